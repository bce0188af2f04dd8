"""A plain IMAP client for comparing servers: lines out, answers in, each read into lists of Python.

It knows RFC 3501's tokens and nothing of what they mean: atoms and strings become bytes, NIL becomes None, lists
become tuples.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Self

from fakes.actions import Send
from fakes.imap.session import ImapSession

Value = bytes | None | tuple["Value", ...]

_LITERAL = re.compile(rb"\{(\d+)\}\Z")
_ATOM = re.compile(rb'(?:[^\s()"\[\]]|\[[^\]]*\])+')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S)
_BLANKS = re.compile(rb"\s*")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended, its response code, and the untagged responses that came before."""

    status: bytes
    code: tuple[Value, ...]
    untagged: tuple[tuple[Value, ...], ...]


class Server:
    """One connection; `exchange` sends bytes and returns those that come back, which is all that comes at once."""

    def __init__(self, exchange: Callable[[bytes], bytes]) -> None:
        self._exchange = exchange
        self._buffer = b""

    @classmethod
    def simulated(cls, session: ImapSession) -> Self:
        """Talk to a session without a socket."""

        def exchange(data: bytes) -> bytes:
            return b"".join(action.data for action in session.receive(data) if isinstance(action, Send))

        session.connected()
        return cls(exchange)

    @classmethod
    def dialled(cls, address: str, context: ssl.SSLContext) -> tuple[Self, ssl.SSLSocket]:
        """Talk to a server over TLS; also returns the connection, which is the caller's to close."""
        host, _, port = address.rpartition(":")
        raw = socket.create_connection((host, int(port)), timeout=30)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = context.wrap_socket(raw, server_hostname="localhost")

        def exchange(data: bytes) -> bytes:
            connection.sendall(data)
            return connection.recv(1 << 16)

        talk = cls(exchange)
        talk._line(lambda: connection.recv(1 << 16))
        return talk, connection

    def do(self, command: bytes, *literals: bytes) -> Answer:
        """Run a command; what follows `{n}` at its end is sent when the server says so."""
        self._buffer += self._exchange(b"t " + command + b"\r\n")
        pending = list(literals)
        untagged: list[tuple[Value, ...]] = []
        while True:
            line = self._response()
            if line.startswith(b"+"):
                self._buffer += self._exchange(pending.pop(0))
            elif line.startswith(b"* "):
                untagged.append(_untagged(line[2:]))
            else:
                status, code = _ended(line.removeprefix(b"t "))
                return Answer(status, code, tuple(untagged))

    def _response(self) -> bytes:
        """Read a line with its literals."""
        line = self._line()
        while match := _LITERAL.search(line):
            size = int(match[1])
            while len(self._buffer) < size:
                self._more()
            literal, self._buffer = self._buffer[:size], self._buffer[size:]
            line = line + b"\r\n" + literal + self._line()
        return line

    def _line(self, more: Callable[[], bytes] | None = None) -> bytes:
        while b"\r\n" not in self._buffer:
            self._more(more)
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _more(self, more: Callable[[], bytes] | None = None) -> None:
        data = more() if more else self._exchange(b"")
        if not data:
            raise ConnectionError(f"the server said no more after {self._buffer!r}")
        self._buffer += data


def parsed(data: bytes) -> tuple[Value, ...]:
    """Read values up to the end."""
    values, end = _row(data, 0)
    assert end == len(data), data[end:]
    return values


def _row(data: bytes, at: int) -> tuple[tuple[Value, ...], int]:
    """Read values up to the end or a closing parenthesis."""
    values: list[Value] = []
    while True:
        at = _end(_BLANKS, data, at)
        if at == len(data) or data.startswith(b")", at):
            return tuple(values), at
        if data.startswith(b"(", at):
            inner, at = _row(data, at + 1)
            values.append(inner)
            at += 1
        elif match := _QUOTED.match(data, at):
            values.append(re.sub(rb"\\(.)", rb"\1", match[1], flags=re.S))
            at = match.end()
        elif match := re.compile(rb"\{(\d+)\}\r\n").match(data, at):
            at = match.end() + int(match[1])
            values.append(data[match.end() : at])
        else:
            match = _ATOM.match(data, at)
            assert match, data[at:]
            values.append(None if match[0].upper() == b"NIL" else match[0])
            at = match.end()


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return match.end() if match else at


def _untagged(data: bytes) -> tuple[Value, ...]:
    """Read an untagged response; of one with text only its code."""
    if re.match(rb"(?i)(OK|NO|BAD|BYE|PREAUTH)\b", data):
        status, code = _ended(data)
        return (status, code)
    return parsed(data)


def _ended(data: bytes) -> tuple[bytes, tuple[Value, ...]]:
    """Return status and response code."""
    status, _, rest = data.partition(b" ")
    code = re.match(rb"\[([^\]]*)\]", rest)
    return status.upper(), parsed(code[1]) if code else ()


# --- FETCH responses in a form in which equal ones are equal ---


def numbered(answer: Answer) -> dict[int, dict[bytes, object]]:
    """Return the FETCH responses by sequence number; of several about one message all of it."""
    shown: dict[int, dict[bytes, object]] = {}
    for response in answer.untagged:
        if response[1:2] == (b"FETCH",):
            shown.setdefault(int(response[0]), {}).update(fetched(response[2]))
    return shown


def fetched(items: tuple[Value, ...]) -> dict[bytes, object]:
    """Return a message's items in a form in which equal ones are equal."""
    return {name.upper(): _normal(name.upper(), value) for name, value in zip(items[::2], items[1::2], strict=True)}


def _normal(name: bytes, value: Value) -> object:
    if name == b"FLAGS":
        return frozenset(value)
    if name == b"INTERNALDATE":
        return parsedate_to_datetime(value.decode().strip().replace("-", " ", 2))
    if name in (b"BODY", b"BODYSTRUCTURE"):
        return _structure(value, extended=name == b"BODYSTRUCTURE")
    return value or b"" if name.startswith(b"BODY[") else value


def _structure(part: tuple[Value, ...], *, extended: bool) -> object:
    """Return a structure in small letters and without the location that ends it at Dovecot."""
    if extended:
        basic = 4 if isinstance(part[0], tuple) else 8
        multipart = isinstance(part[0], tuple)
        # multipart: parts, subtype, parameters, disposition, language, location
        while part and part[-1] is None and len(part) > (2 if multipart else basic):
            part = part[:-1]
    return tuple(_small(value, extended=extended) for value in part)


def _small(value: Value, *, extended: bool) -> object:
    if isinstance(value, tuple):
        return _structure(value, extended=extended)
    return None if value is None else value.lower()
