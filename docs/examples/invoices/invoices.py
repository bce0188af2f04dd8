"""A program of somebody's own: it collects the subjects of unread invoices from a Gmail mailbox, and answers them."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage

Dial = Callable[[str, int], socket.socket]
"""How to reach a host and port; a test reaches the simulated Google by another one."""


class Busy(Exception):
    """Gmail did not let us finish; trying again later may help."""


class _Imap(imaplib.IMAP4):
    def __init__(self, dial: Dial, trust: ssl.SSLContext) -> None:
        self._dial, self._trust = dial, trust
        super().__init__("imap.gmail.com", 993)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - the dialler has its own
        return self._trust.wrap_socket(self._dial(self.host, self.port), server_hostname=self.host)

    def __exit__(self, *reason: object) -> None:
        try:
            super().__exit__(*reason)
        except self.abort:  # nobody is there any more who could be said goodbye to
            self.shutdown()
            raise


class _Smtp(smtplib.SMTP):
    def __init__(self, dial: Dial, trust: ssl.SSLContext) -> None:
        self._dial, self._trust = dial, trust
        super().__init__("smtp.gmail.com", 465, local_hostname="invoices.example")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - as above
        return self._trust.wrap_socket(self._dial(host, port), server_hostname=host)


def unread_invoices(address: str, token: str, *, dial: Dial, trust: ssl.SSLContext) -> list[str]:
    """Return the subjects of unread invoices and mark them as read. Raises Busy."""
    try:
        with _Imap(dial, trust) as imap:
            imap.authenticate("XOAUTH2", lambda _: _bearer(address, token).encode())
            imap.select("INBOX")
            _, found = imap.uid("SEARCH", 'X-GM-RAW "is:unread subject:invoice"')
            subjects = []
            for uid in found[0].split():
                _, parts = imap.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
                subjects.append(str(message_from_bytes(parts[0][1])["Subject"]))
                imap.uid("STORE", uid.decode(), "+FLAGS (\\Seen)")
            return subjects
    except (imaplib.IMAP4.abort, OSError) as error:
        raise Busy(str(error)) from error


def answer(address: str, token: str, to: str, subject: str, *, dial: Dial, trust: ssl.SSLContext) -> None:
    """Thank somebody for an invoice."""
    thanks = EmailMessage()
    thanks["From"], thanks["To"], thanks["Subject"] = address, to, f"Re: {subject}"
    thanks.set_content("Thank you for the invoice.\n")
    with _Smtp(dial, trust) as smtp:
        smtp.ehlo()
        smtp.auth("XOAUTH2", lambda challenge=None: _bearer(address, token) if challenge is None else "")
        smtp.send_message(thanks)


def _bearer(address: str, token: str) -> str:
    return f"user={address}\x01auth=Bearer {token}\x01\x01"
