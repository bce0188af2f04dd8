"""What a client says to a proxy before it speaks with the host it wants: SOCKS 5 or HTTP's CONNECT, without I/O.

The first byte tells the two apart. SOCKS 5 is RFC 1928, without authentication and for CONNECT only; HTTP's CONNECT is
RFC 9110 section 9.3.6.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import IntEnum

SOCKS = 5
NO_AUTHENTICATION = 0
NO_ACCEPTABLE_METHOD = 0xFF
CONNECT = 1
IPV4, DOMAIN, IPV6 = 1, 3, 4

HEAD_LIMIT = 1 << 14
"""Octets of a request's head; nobody needs more to name a host."""

_REQUEST_LINE = re.compile(rb"(\S+) (\S+) HTTP/1\.[01]\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class Reply(IntEnum):
    """RFC 1928 section 6."""

    SUCCEEDED = 0
    NOT_ALLOWED = 2
    REFUSED = 5
    COMMAND_NOT_SUPPORTED = 7
    ADDRESS_TYPE_NOT_SUPPORTED = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """The host that a client wants to be connected with; `rest` are bytes that it sent after saying so."""

    host: str
    port: int
    rest: bytes = b""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refused:
    """The client wants what this proxy has not; `answer` is how it is told."""

    answer: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the client this and go on listening."""

    answer: bytes


class Asking:
    """One client's way to a host: bytes in, and what to do about them out; None when more is needed."""

    def __init__(self) -> None:
        self._buffer = b""
        self._greeted = False

    def receive(self, data: bytes) -> Wanted | Refused | Say | None:
        """Take bytes as they arrived. Call again, without bytes, after a `Say`."""
        self._buffer += data
        if not self._buffer:
            return None
        if self._buffer[0] != SOCKS and not self._greeted:
            return self._http()
        return self._request() if self._greeted else self._greeting()

    def granted(self) -> bytes:
        """Return how the client is told that it is connected."""
        return _reply(Reply.SUCCEEDED) if self._greeted else b"HTTP/1.1 200 Connection established\r\n\r\n"

    def denied(self, reason: str) -> bytes:
        """Return how the client is told that the host is not to be had."""
        return _reply(Reply.NOT_ALLOWED) if self._greeted else _http_refusal("403 Forbidden", reason)

    def broken(self, reason: str) -> bytes:
        """Return how the client is told that the host does not answer."""
        return _reply(Reply.REFUSED) if self._greeted else _http_refusal("502 Bad Gateway", reason)

    def _greeting(self) -> Refused | Say | None:
        """Take version, number of methods, methods (RFC 1928 section 3)."""
        if len(self._buffer) < 2 or len(self._buffer) < 2 + self._buffer[1]:
            return None
        end = 2 + self._buffer[1]
        methods, self._buffer = self._buffer[2:end], self._buffer[end:]
        if NO_AUTHENTICATION not in methods:
            return Refused(bytes([SOCKS, NO_ACCEPTABLE_METHOD]), "a SOCKS client wants to authenticate")
        self._greeted = True
        return Say(bytes([SOCKS, NO_AUTHENTICATION]))

    def _request(self) -> Wanted | Refused | None:
        """Take version, command, a reserved octet, address and port (RFC 1928 sections 4 and 5)."""
        data = self._buffer
        if len(data) < 5:
            return None
        command, kind = data[1], data[3]
        if data[0] != SOCKS or command != CONNECT:
            return Refused(_reply(Reply.COMMAND_NOT_SUPPORTED), f"SOCKS command {command}, and only CONNECT is known")
        length = {IPV4: 4, IPV6: 16, DOMAIN: 1 + data[4]}.get(kind)
        if length is None:
            return Refused(_reply(Reply.ADDRESS_TYPE_NOT_SUPPORTED), f"SOCKS address of type {kind}")
        end = 4 + length + 2
        if len(data) < end:
            return None
        address = data[4 : 4 + length]
        host = address[1:].decode("ascii", "replace") if kind == DOMAIN else str(ipaddress.ip_address(address))
        return Wanted(host, int.from_bytes(data[end - 2 : end]), data[end:])

    def _http(self) -> Wanted | Refused | None:
        head = _HEAD_END.search(self._buffer)
        if head is None:
            too_long = len(self._buffer) > HEAD_LIMIT
            return Refused(_http_refusal("431 Request Header Fields Too Large", ""), "no request") if too_long else None
        line = _REQUEST_LINE.match(self._buffer)
        if line is None:
            return Refused(_http_refusal("400 Bad Request", "neither SOCKS 5 nor HTTP"), "neither SOCKS 5 nor HTTP")
        if line[1] != b"CONNECT":
            reason = f"{line[1].decode('ascii', 'replace')}, and only CONNECT is known"
            return Refused(_http_refusal("405 Method Not Allowed", reason), reason)
        host, _, port = line[2].decode("ascii", "replace").rpartition(":")
        if not host or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII):
            return Refused(_http_refusal("400 Bad Request", "CONNECT host:port"), "CONNECT without host and port")
        return Wanted(host.strip("[]"), int(port), self._buffer[head.end() :])


def _reply(code: Reply) -> bytes:
    """Return a reply of SOCKS; the address bound is nobody's business, and its place is filled with zeros."""
    return bytes([SOCKS, code, 0, IPV4, 0, 0, 0, 0, 0, 0])


def _http_refusal(status: str, reason: str) -> bytes:
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
