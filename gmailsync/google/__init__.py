"""Adapters to Google: network, OAuth 2.0, IMAP and SMTP. No exception of a library leaves this package."""
