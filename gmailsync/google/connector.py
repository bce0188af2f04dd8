"""Every way to Gmail's mail servers, as `gmailsync.ports.MailConnector` wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from gmailsync.google.imap import imap_greeting, imap_session
from gmailsync.google.network import TIMEOUTS, Network, Timeouts
from gmailsync.google.pop import pop_greeting, pop_session
from gmailsync.google.smtp import no_objection, smtp_session
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret
from gmailsync.ports import MailDrop, MailSource


class GmailConnector:
    """Gmail by IMAP, POP and SMTP over one network; each call is a connection of its own."""

    def __init__(self, network: Network, timeouts: Timeouts = TIMEOUTS) -> None:
        self._network = network
        self._timeouts = timeouts

    def imap(self, endpoint: Endpoint, address: str, token: Secret) -> AbstractContextManager[MailSource]:
        """Connect and sign in by XOAUTH2; log out at the end."""
        return imap_session(self._network, endpoint, address, token, self._timeouts)

    def imap_greeting(self, endpoint: Endpoint) -> str:
        """Connect by TLS, return the server's greeting, and leave."""
        return imap_greeting(self._network, endpoint, self._timeouts)

    def pop(
        self, endpoint: Endpoint, address: str, token: Secret, *, recent: bool = False
    ) -> AbstractContextManager[MailDrop]:
        """Connect and sign in by XOAUTH2; say QUIT at the end, but not after an error."""
        return pop_session(self._network, endpoint, address, token, recent=recent, timeouts=self._timeouts)

    def pop_greeting(self, endpoint: Endpoint) -> str:
        """Connect by TLS, return the server's greeting, and leave."""
        return pop_greeting(self._network, endpoint, self._timeouts)

    def smtp_greeting(self, endpoint: Endpoint) -> str:
        """Connect, secure the connection, return the EHLO answer's first line, and leave."""
        with smtp_session(self._network, endpoint, self._timeouts) as session:
            return session.greeting

    def smtp_sign_in(self, endpoint: Endpoint, address: str, token: Secret) -> str:
        """Sign in by XOAUTH2 without sending; return the server's reply."""
        with smtp_session(self._network, endpoint, self._timeouts) as session:
            return session.sign_in(address, token)

    def send(
        self,
        endpoint: Endpoint,
        address: str,
        token: Secret,
        recipients: Sequence[str],
        raw: bytes,
        before_data: Callable[[], None] = no_objection,
    ) -> str:
        """Submit one message and return Gmail's reply to the final dot."""
        with smtp_session(self._network, endpoint, self._timeouts) as session:
            session.sign_in(address, token)
            return session.send(address, recipients, raw, before_data)
