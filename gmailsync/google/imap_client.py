"""An IMAP connection: IMAPClient over our network, signed in by XOAUTH2, with the server's own words in errors."""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout

from gmailsync.errors import ConnectionLost, ImapError, NetworkError
from gmailsync.google.imap_refusals import refused
from gmailsync.google.lines import clean
from gmailsync.google.network import Network, Timeouts
from gmailsync.google.sasl import XOAUTH2, xoauth2
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

_REFUSAL = re.compile(rb"(?:\*|[A-Z]+\d+) ((?:NO|BAD|BYE) .*)")
_NUMBER = re.compile(rb"\d{1,20}")
_TOO_LARGE = 1 << 63
_UIDVALIDITY = re.compile(rb"UIDVALIDITY (\d+)", re.IGNORECASE)


class Conversation:
    """With whom an IMAP session is held, and the last refusal the server sent.

    imaplib's exceptions quote the server in several ways; its own line says it best.
    """

    def __init__(self, endpoint: Endpoint, address: str = "") -> None:
        self.endpoint = endpoint
        self.address = address or "this account"
        self.refusal = ""

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Translate what a command raises. None of the libraries' texts is shown: they may quote mail."""
        self.refusal = ""
        try:
            yield
        except TimeoutError as error:
            raise ConnectionLost(f"{self.endpoint} fell silent") from error
        except (imaplib.IMAP4.abort, OSError) as error:
            if self.refusal:
                raise refused(self.refusal, self.address) from error
            raise ConnectionLost(f"the connection to {self.endpoint} broke off") from error
        except (imaplib.IMAP4.error, ValueError) as error:
            if self.refusal:
                raise refused(self.refusal, self.address) from error
            raise ImapError(f"{self.endpoint} answered what is not IMAP ({type(error).__name__})") from error


class _Connection(imaplib.IMAP4):
    """imaplib's side of the protocol over our network, with TLS from the first byte.

    Questions that FETCH responses answer may be asked before earlier ones are answered. The server may mix the answers
    (RFC 3501 section 5.5; Dovecot does), so that only the UIDs in them tell what belongs where.
    """

    def __init__(self, network: Network, conversation: Conversation, timeout: float) -> None:
        self._network = network
        self._conversation = conversation
        self._unanswered: list[bytes] = []
        self._refused: dict[bytes, str] = {}
        self._heard: list[Any] = []
        super().__init__(conversation.endpoint.host, conversation.endpoint.port, timeout)

    def _create_socket(self, timeout: float) -> ssl.SSLSocket:
        return self._network.connect_tls(self._conversation.endpoint, timeout)

    def sign_in_at_once(self, mechanism: str, response: bytes) -> None:
        """AUTHENTICATE with an initial response, which imaplib's own `authenticate` cannot send."""
        self.literal = self._answer  # type: ignore[assignment]  # imaplib asks a method what to answer a challenge
        status, data = self._simple_command("AUTHENTICATE", mechanism, b64encode(response).decode("ascii"))
        if status != "OK":
            raise self.error(clean(data[-1]))
        self.state = "AUTH"

    def _answer(self, _challenge: bytes) -> bytes:
        """Answer the challenge that tells why the token is refused: with an empty line."""
        return b""

    def ask(self, *arguments: str) -> bytes:
        """Send a UID command that FETCH responses answer, without waiting for them; return its tag."""
        tag = self._send("UID", *arguments)
        self._unanswered.append(tag)
        return tag

    def hear(self, tag: bytes) -> list[Any]:
        """Read until that command is completed; return imaplib's pieces of all FETCH responses that came meanwhile."""
        while tag in self._unanswered:
            self._hear_next()
        heard, self._heard = self._heard, []
        return heard

    def check_heard(self, tag: bytes) -> None:
        """Raise it if that command was refused, though another one was heard when the server said so."""
        if tag in self._refused:
            self._conversation.refusal = self._refused.pop(tag)
            raise self.error(self._conversation.refusal)

    def _hear_next(self) -> None:
        tag = self._unanswered.pop(0)
        status, said = self._command_complete("UID", tag)
        if status != "OK":
            self._refused[tag] = f"{status} {clean(said[-1])}"
        _, data = self._untagged_response("OK", [None], "FETCH")  # what can be had comes before a refusal, too
        self._heard += (piece for piece in data if piece is not None)

    def _command(self, name: str, *arguments: str) -> bytes:
        """Send any other command; imaplib would take an answer under way for a part of the answer to it."""
        while self._unanswered:
            self._hear_next()
        return self._send(name, *arguments)

    def _send(self, name: str, *arguments: str) -> bytes:
        tag: bytes = super()._command(name, *arguments)  # type: ignore[misc]  # typeshed leaves it out
        return tag

    def readline(self) -> bytes:
        line = super().readline()
        if refusal := _REFUSAL.match(line):
            self._conversation.refusal = clean(refusal[1])
        return line


class Client(IMAPClient):  # type: ignore[misc]  # IMAPClient ships no types
    """IMAPClient over our network."""

    def __init__(self, network: Network, conversation: Conversation, timeouts: Timeouts) -> None:
        self._network = network
        self._conversation = conversation
        endpoint = conversation.endpoint
        super().__init__(endpoint.host, endpoint.port, timeout=SocketTimeout(timeouts.connect, timeouts.read))
        self._imap.debug = 0  # IMAPClient sets it to 5, which formats every line, tokens included, for a log

    def _create_IMAP4(self) -> _Connection:  # noqa: N802 - IMAPClient's name
        return _Connection(self._network, self._conversation, self._timeout.connect)

    def sign_in(self, address: str, token: Secret) -> None:
        """Sign in by XOAUTH2, in one step where the server takes an initial response (SASL-IR, RFC 4959).

        The challenge of a refusal is answered with an empty line.
        """
        if "SASL-IR" in self._imap.capabilities:
            self._imap.sign_in_at_once(XOAUTH2, xoauth2(address, token))
            return
        answers = iter([xoauth2(address, token)])
        self._imap.authenticate(XOAUTH2, lambda _challenge: next(answers, b""))

    def examine(self, folder: str) -> Mapping[str, int]:
        """Open a folder for reading, and return the numbers the server tells of it; what is no number is left out.

        So is one of more than 63 bits, which no database takes: RFC 4551 allowed them for HIGHESTMODSEQ.

        With CONDSTORE (RFC 7162 section 3.1.8), where the server has it, changes are counted from now on at the latest.
        """
        name = self._normalise_folder(folder)
        counted = name + b" (CONDSTORE)" if self.has_capability("CONDSTORE") else name
        self._command_and_check("select", counted, True)
        return {
            word: int(values[-1])
            for word in ("EXISTS", "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ")
            if (values := self._imap.untagged_responses.get(word))
            and _NUMBER.fullmatch(values[-1])
            and int(values[-1]) < _TOO_LARGE
        }

    def uidvalidity(self, folder: str) -> int:
        """Ask by STATUS for the UIDVALIDITY that EXAMINE did not tell; 0 when STATUS does not either."""
        self._imap.untagged_responses.pop("STATUS", None)
        answer = self._command_and_check("status", self._normalise_folder(folder), "(UIDVALIDITY)")
        found = _UIDVALIDITY.search(answer[-1] or b"")
        return int(found[1]) if found else 0

    def look_again(self) -> None:
        """Run NOOP over imaplib, which takes whatever the server has to tell (IMAPClient's own reads it too)."""
        self._command_and_check("noop")

    def uid_command(self, name: str, *arguments: str) -> list[Any]:
        """Run a UID command and return imaplib's untagged data for it."""
        status, data = self._imap.uid(name, *arguments)
        self._checkok(name, status, data)
        return [piece for piece in data if piece is not None]

    def ask_to_fetch(self, uids: str, items: str) -> bytes:
        """Send UID FETCH and return its tag, by which `hear` reads the answer. Several may be under way."""
        tag: bytes = self._imap.ask("FETCH", uids, items)
        return tag

    def hear(self, tag: bytes) -> list[Any]:
        """Read until that FETCH is completed, and return imaplib's data; some may belong to others under way."""
        pieces: list[Any] = self._imap.hear(tag)
        return pieces

    def check_heard(self, tag: bytes) -> None:
        """Raise it if that FETCH, which was heard, was refused."""
        self._imap.check_heard(tag)


@contextmanager
def connected(network: Network, conversation: Conversation, timeouts: Timeouts) -> Iterator[Client]:
    """Log out politely while the server listens; after a lost connection or an interrupt just hang up."""
    with conversation.speaking():
        client = Client(network, conversation, timeouts)
    try:
        yield client
    except BaseException as error:
        if isinstance(error, NetworkError) or not isinstance(error, Exception):
            hang_up(client)
        else:
            _log_out(client)
        raise
    else:
        _log_out(client)


def _log_out(client: Client) -> None:
    """End the session; what was read stays read, however badly this goes."""
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        hang_up(client)


def hang_up(client: Client) -> None:
    """End the connection without a word."""
    with suppress(OSError):
        client.shutdown()
