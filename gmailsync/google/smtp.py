"""Gmail by SMTP submission over smtplib: sign in, and send one message to all its recipients or to none.

Step by step, because it matters when a connection breaks: until the final dot nothing was sent, after it nobody
knows.
"""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from gmailsync.errors import (
    BadInput,
    ConnectionLost,
    GmailSyncError,
    MailServerError,
    SendDeferred,
    SendInDoubt,
    SendRejected,
    TlsFailed,
    TokenRefused,
)
from gmailsync.google.lines import clean, reason
from gmailsync.google.network import TIMEOUTS, Network, Timeouts
from gmailsync.google.sasl import XOAUTH2, base64_text, xoauth2
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

IMPLICIT_TLS_PORT = 465
"""TLS from the first byte (RFC 8314 section 3.3); on every other port STARTTLS comes first."""

EHLO_NAME = "[127.0.0.1]"
"""An address literal, which RFC 5321 section 4.1.4 wants from a client without a meaningful name.

The machine's own name may hold an underscore, which Gmail refuses ("HELO/EHLO argument invalid"), takes a DNS query
to find out, and would tell every recipient how things are called inside.
"""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)  # doubled on the wire (RFC 5321 section 4.5.2)
_BARE_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


def no_objection() -> None:
    """Let DATA be said."""


class _Connection(smtplib.SMTP):
    """smtplib's side of the protocol over our network."""

    def __init__(self, network: Network, endpoint: Endpoint, timeouts: Timeouts) -> None:
        self._network = network
        self._endpoint = endpoint
        super().__init__(endpoint.host, endpoint.port, local_hostname=EHLO_NAME, timeout=timeouts.connect)

    def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
        if port == IMPLICIT_TLS_PORT:
            return self._network.connect_tls(self._endpoint, timeout)
        return self._network.connect(self._endpoint, timeout)


class SmtpSession:
    """A secured connection: sign in first, then send."""

    def __init__(self, connection: _Connection, endpoint: Endpoint, timeouts: Timeouts) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._timeouts = timeouts

    @property
    def greeting(self) -> str:
        """Return the first line of the answer to EHLO under TLS."""
        return clean((self._connection.ehlo_resp or b"").partition(b"\n")[0])

    def sign_in(self, address: str, token: Secret) -> str:
        """Sign in by XOAUTH2 and return the server's reply. Raises `TokenRefused`, or `SendDeferred` for a 4xx."""
        with _speaking(self._endpoint):
            code, reply = self._connection.docmd("AUTH", f"{XOAUTH2} {base64_text(xoauth2(address, token))}")
            if code == 334:  # what is wrong, in JSON; Gmail refuses only after a line, whatever it holds
                code, reply = self._connection.docmd("")
        if code != 235:
            raise _refusal(code, reply, f"the sign-in of {address}")
        return _line(code, reply)

    def send(
        self, sender: str, recipients: Sequence[str], raw: bytes, before_data: Callable[[], None] = no_objection
    ) -> str:
        """Submit one message, to all recipients or to none, and return the reply to the final dot.

        `raw` goes out exactly as it is, but for bare CR and LF, which no SMTP server may be sent (RFC 5321 section
        2.3.8) and which become CRLF. Errors as in `gmailsync.ports.MailConnector.send`; `BadInput` for what is
        no bare address.
        """
        _check("sender", sender)
        for recipient in recipients:
            _check("recipient", recipient)
        message = _with_crlf(raw)
        with _speaking(self._endpoint):
            self._mail(sender, message)
            self._rcpt(recipients)
            before_data()
            code, reply = self._connection.docmd("DATA")
            if code != 354:
                raise _refusal(code, reply, "DATA")
            self._connection.send(_LEADING_DOT.sub(b"..", message))
        return self._final_dot()

    def _mail(self, sender: str, message: bytes) -> None:
        """Announce size and 8-bit content, so that what cannot be taken is refused before it is sent."""
        options = [f"SIZE={len(message)}"] if self._connection.has_extn("size") else []
        if not message.isascii() and self._connection.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        code, reply = self._connection.docmd("MAIL", " ".join([f"FROM:<{sender}>", *options]))
        if code != 250:
            raise _refusal(code, reply, f"the sender {sender}")

    def _rcpt(self, recipients: Sequence[str]) -> None:
        """Name every recipient; if one is refused, take all back and say which."""
        refused: dict[str, tuple[int, bytes]] = {}
        for recipient in recipients:
            code, reply = self._connection.docmd("RCPT", f"TO:<{recipient}>")
            if code not in (250, 251):
                refused[recipient] = code, reply
            if code == 421:  # the server is about to hang up
                break
        if refused:
            with suppress(OSError):
                self._connection.docmd("RSET")
            # A refusal for good (5xx) outweighs one for now, which would have us try again for nothing.
            code, reply = max(refused.values())
            raise _refusal(code, reply, f"the recipient {', '.join(refused)}")

    def _final_dot(self) -> str:
        try:
            if self._connection.sock is not None:
                self._connection.sock.settimeout(self._timeouts.final_dot)
            self._connection.send(b".\r\n")
            code, reply = self._connection.getreply()
        except OSError as error:  # smtplib's exceptions are OSErrors as well
            raise SendInDoubt(f"the connection to {self._endpoint} broke off before the email was confirmed") from error
        if 200 <= code <= 299:
            return _line(code, reply)
        if 400 <= code <= 599:
            raise _refusal(code, reply, "the email")
        raise SendInDoubt(f"{self._endpoint} did not say whether it took the email", server_line=_line(code, reply))


@contextmanager
def smtp_session(network: Network, endpoint: Endpoint, timeouts: Timeouts = TIMEOUTS) -> Iterator[SmtpSession]:
    """Connect and secure the connection; say QUIT at the end, whose answer changes nothing any more."""
    with _speaking(endpoint):
        connection = _Connection(network, endpoint, timeouts)
    try:
        with _speaking(endpoint):
            _secure(connection, network, endpoint, timeouts)
        try:
            yield SmtpSession(connection, endpoint, timeouts)
        except MailServerError:
            _quit(connection, timeouts)
            raise
        else:
            _quit(connection, timeouts)
    finally:
        connection.close()


def _secure(connection: _Connection, network: Network, endpoint: Endpoint, timeouts: Timeouts) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(timeouts.read)
    _ehlo(connection)
    if endpoint.port != IMPLICIT_TLS_PORT:
        try:
            connection.starttls(context=network.ssl_context())
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException):
            raise
        except OSError as error:  # TLS itself, or a server that offers none
            raise TlsFailed(f"no secure connection to {endpoint}: {reason(error)}") from error
        _ehlo(connection)


def _ehlo(connection: _Connection) -> None:
    code, reply = connection.ehlo()
    if code != 250:
        raise _refusal(code, reply, "EHLO")


def _quit(connection: _Connection, timeouts: Timeouts) -> None:
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.settimeout(timeouts.read)
        connection.docmd("QUIT")


@contextmanager
def _speaking(endpoint: Endpoint) -> Iterator[None]:
    """Translate what smtplib raises before the final dot: nothing has been sent yet."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        if isinstance(error.smtp_error, str):  # smtplib's own words, for a line that is too long
            raise ConnectionLost(f"{endpoint} answered what is not SMTP: {error.smtp_error}") from error
        raise _refusal(error.smtp_code, error.smtp_error, "the connection") from error
    except OSError as error:
        raise ConnectionLost(f"the connection to {endpoint} broke off: {reason(error)}") from error


def _refusal(code: int, reply: bytes, what: str) -> GmailSyncError:
    """Return what a reply that is not the hoped-for one means (google.md 5.3 and 7.5)."""
    line = _line(code, reply)
    if not 400 <= code <= 599:
        return ConnectionLost(f"Gmail answered out of turn to {what}", server_line=line)
    if code in (534, 535):
        return TokenRefused(f"Gmail refused {what}: it does not accept the access token", server_line=line)
    if line[4:].startswith("5.4.5 "):
        # The limit of the day, a 550 because Gmail means this attempt; tomorrow the same email is welcome.
        error = SendDeferred("Gmail's sending limit for the day is used up", reply_code=code, server_line=line)
        error.advice = "Wait; Gmail sends again within 24 hours."
        return error
    # "Too many recipients" is a 452 for lists that can be split (RFC 5321 section 4.5.3.1.10); ours go to all or to
    # none, and will be as many the next time.
    if code < 500 and not line[4:].startswith("4.5.3 "):
        return SendDeferred(f"Gmail put off {what}", reply_code=code, server_line=line)
    return SendRejected(f"Gmail refused {what}", reply_code=code, server_line=line)


def _with_crlf(raw: bytes) -> bytes:
    """Return a message whose every line, the last one too, ends in CRLF."""
    message = _LINE_END.sub(b"\r\n", raw)
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def _line(code: int, reply: bytes) -> str:
    return f"{code} {clean(reply)}"


def _check(field: str, address: str) -> None:
    if not _BARE_ADDRESS.fullmatch(address):
        raise BadInput(field, address, "must be a bare address such as bob@example.com")
