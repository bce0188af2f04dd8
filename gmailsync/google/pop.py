"""Gmail by POP: one signed-in session over poplib (RFC 1939).

poplib makes the connection; answers are read by hand, because poplib takes no line above 2,048 octets and cuts messages
into lines that cannot be put together again exactly.
"""

from __future__ import annotations

import poplib
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import BinaryIO

from gmailsync.errors import ConnectionLost, PopError
from gmailsync.google.lines import clean
from gmailsync.google.network import TIMEOUTS, Network, Timeouts
from gmailsync.google.pop_refusals import refused
from gmailsync.google.sasl import XOAUTH2, base64_text, xoauth2
from gmailsync.model.maildrop import Offered
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

RECENT = "recent:"
"""In front of the user name: the last 30 days, whoever fetched them before (google.md 4.3)."""

_PIECE = 1 << 16
"""Octets read at once; a line may be longer."""
_LONGEST_LINE = 1 << 13
"""Octets of a line that is no part of a message; RFC 2449 section 4 allows 512, and a SASL challenge may have more."""
_END = b".\r\n"


class _Connection(poplib.POP3):
    """poplib's side of the protocol over our network, with TLS from the first byte."""

    def __init__(self, network: Network, endpoint: Endpoint, timeouts: Timeouts) -> None:
        self._network = network
        self._endpoint = endpoint
        self._read_timeout = timeouts.read
        super().__init__(endpoint.host, endpoint.port, timeout=timeouts.connect)

    def _create_socket(self, timeout: float) -> socket.socket:
        connection = self._network.connect_tls(self._endpoint, timeout)
        connection.settimeout(self._read_timeout)
        return connection

    def say(self, *commands: str) -> None:
        """Send commands, several in one go where the server takes that (RFC 2449 section 6.6)."""
        self.sock.sendall("".join(f"{command}\r\n" for command in commands).encode())

    def line(self) -> bytes:
        """Read a line that is no part of a message, without its end."""
        line = self.file.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise EOFError if len(line) < _LONGEST_LINE else ValueError("a line without end")
        return line.rstrip(b"\r\n")

    def status(self) -> bytes:
        """Read the first line of an answer; what is not +OK is raised as poplib does."""
        line = self.line()
        if line[:3] == b"+OK":
            return line[3:].strip()
        if line[:4] == b"-ERR":
            raise poplib.error_proto(line)
        raise ValueError("neither +OK nor -ERR")

    def lines(self) -> list[bytes]:
        """Read the lines of a multi-line answer after its first."""
        found: list[bytes] = []
        while (line := self.line()) != b".":
            found.append(line.removeprefix(b"."))
        return found

    def text(self) -> bytes:
        """Read a message or its header."""
        return read_text(self.file)


def read_text(file: BinaryIO) -> bytes:
    """Read everything up to the line of one dot, exact to the octet but for dots that were doubled.

    A line ends with CRLF and nothing else (RFC 1939 section 3), so that a dot after a bare LF is what it is. The text
    is gathered in one growing buffer that becomes the result, so that it is never held twice. EOFError when cut short.
    """
    gathered = BytesIO()
    before = b"\r\n"
    while piece := file.readline(_PIECE):
        if before == b"\r\n" and piece[:1] == b".":
            if piece == _END:
                return gathered.getvalue()
            piece = piece[1:]
        gathered.write(piece)
        before = (before + piece)[-2:]
    raise EOFError


class PopDrop:
    """A signed-in session, as `gmailsync.ports.MailDrop` wants it."""

    def __init__(self, connection: _Connection, endpoint: Endpoint, address: str) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._address = address
        with self._speaking():
            connection.say("CAPA")
            capabilities = _capabilities(connection)
        self.lets_go_of_what_was_read = "X-GOOGLE-RICO" in capabilities
        self._pipelines = "PIPELINING" in capabilities

    def listing(self) -> list[Offered]:
        """Return what the session shows. `PopDisabled` here at the earliest: Gmail lets in whom POP is closed to."""
        with self._speaking():
            self._connection.say("STAT")
            words = self._connection.status().split()
            if words[:1] == [b"0"]:
                return []
            unique_ids, sizes = self._table("UIDL"), self._table("LIST")
        return [Offered(number, uidl, int(sizes.get(number, "0"))) for number, uidl in unique_ids.items()]

    def retrieve(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | PopError]]:
        """Read whole messages in this order; in the place of one that Gmail does not hand over, why.

        What concerns all of them is raised, and then the session is of no more use; so it is when not all were taken.
        """
        groups = [numbers] if self._pipelines else [[number] for number in numbers]
        for group in groups:
            with self._speaking():
                self._connection.say(*(f"RETR {number}" for number in group))
            for number in group:
                try:
                    with self._speaking():
                        self._connection.status()
                        raw = self._connection.text()
                except PopError as error:
                    if not error.server_line:  # what followed would be taken for the next answer
                        raise
                    yield number, error
                else:
                    yield number, raw
                    del raw  # so that it is not held while the next one is read

    def top(self, number: int) -> bytes:
        """Read the header of a message, which is no fetch to Gmail."""
        with self._speaking():
            self._connection.say(f"TOP {number} 0")
            self._connection.status()
            return self._connection.text()

    def delete(self, numbers: Sequence[int]) -> None:
        """Mark messages as deleted; they are when the session has ended well."""
        for number in numbers:
            with self._speaking():
                self._connection.say(f"DELE {number}")
                self._connection.status()

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        _hang_up(self._connection)

    def _table(self, command: str) -> dict[int, str]:
        self._connection.say(command)
        self._connection.status()
        rows = [line.decode("ascii").split(maxsplit=1) for line in self._connection.lines()]
        return {int(number): word.strip() for number, word in rows}

    def _speaking(self) -> _Speaking:
        return _Speaking(self._endpoint, self._address)


class _Speaking:
    """Translates what a command raises. Nothing is shown but the server's own line: the rest may quote mail."""

    def __init__(self, endpoint: Endpoint, address: str) -> None:
        self._endpoint = endpoint
        self._address = address or "this account"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TimeoutError):
            raise ConnectionLost(f"{self._endpoint} fell silent") from error
        if isinstance(error, poplib.error_proto) and (said := _refusal(error)):
            raise refused(said, self._address) from error
        if isinstance(error, (OSError, EOFError)):
            raise ConnectionLost(f"the connection to {self._endpoint} broke off") from error
        if isinstance(error, (poplib.error_proto, ValueError)):
            raise PopError(f"{self._endpoint} answered what is not POP ({type(error).__name__})") from error


@contextmanager
def pop_session(
    network: Network,
    endpoint: Endpoint,
    address: str,
    token: Secret,
    *,
    recent: bool = False,
    timeouts: Timeouts = TIMEOUTS,
) -> Iterator[PopDrop]:
    """Connect, sign in, and say QUIT at the end; after any error just hang up.

    To Gmail QUIT means that what was read is done with, and is not shown again; so it is said only when nothing that
    was read can still be lost here (RFC 1939 section 6: without QUIT the server removes nothing).
    """
    with _connected(network, endpoint, address, timeouts) as connection:
        with _Speaking(endpoint, address):
            _sign_in(connection, RECENT + address if recent else address, token)
        yield PopDrop(connection, endpoint, address)


def pop_greeting(network: Network, endpoint: Endpoint, timeouts: Timeouts = TIMEOUTS) -> str:
    """Connect, and return the greeting after its `+OK`."""
    with _connected(network, endpoint, "", timeouts) as connection:
        return clean(connection.welcome).removeprefix("+OK ")


@contextmanager
def _connected(network: Network, endpoint: Endpoint, address: str, timeouts: Timeouts) -> Iterator[_Connection]:
    with _Speaking(endpoint, address):
        connection = _Connection(network, endpoint, timeouts)
    try:
        yield connection
        # Lost or refused, it changes nothing here: what Gmail shows again is known by its unique-id.
        with suppress(poplib.error_proto, OSError, EOFError, ValueError):
            connection.say("QUIT")
            connection.status()
    finally:
        with suppress(OSError):
            connection.close()


def _sign_in(connection: _Connection, user: str, token: Secret) -> None:
    """Sign in by XOAUTH2; the challenge of a refusal is answered with an empty line (google.md 4.1)."""
    connection.say(f"AUTH {XOAUTH2} {base64_text(xoauth2(user, token))}")
    line = connection.line()
    if line[:2] == b"+ " or line == b"+":
        connection.say("")
        line = connection.line()
    if line[:4] == b"-ERR":
        raise poplib.error_proto(line)
    if line[:3] != b"+OK":
        raise ValueError("neither +OK nor -ERR")


def _capabilities(connection: _Connection) -> set[str]:
    """Read the answer to CAPA (RFC 2449 section 5); a server without the command has none."""
    try:
        connection.status()
    except poplib.error_proto:
        return set()
    return {words[0].decode("ascii", "replace").upper() for line in connection.lines() if (words := line.split())}


def _refusal(error: poplib.error_proto) -> str:
    """Return the server's line out of poplib's exception; empty when it is poplib that complains."""
    said = error.args[0] if error.args else b""
    return clean(said) if isinstance(said, bytes) and said.startswith(b"-ERR") else ""


def _hang_up(connection: _Connection) -> None:
    # The TCP connection beneath: TLS's own shutdown would pull the rug from under the other thread's call.
    if isinstance(connection.sock, socket.socket):
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
