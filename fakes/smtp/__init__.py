"""Gmail's submission server: aiosmtpd's protocol, Gmail's texts, the world's accounts (google.md section 5)."""

from fakes.smtp.server import GmailSmtp

__all__ = ["GmailSmtp"]
