"""Whatever bytes clients send over real sockets, the servers stay up, stay small, and make no mistake of their own."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import tracemalloc
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.actions import PIECE, Send
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Protocol:
    """How to reach a server, how clients talk to it, and how its lines begin."""

    host: str
    port: int
    greets: bool
    """Whether the server speaks first."""
    sign_in: bytes
    words: tuple[bytes, ...]
    answers: tuple[bytes, ...]

    def connect(self, google: SimulatedGoogle) -> ssl.SSLSocket:
        plain = google.network.dial(self.host, self.port, 20)
        return google.network.ssl_context().wrap_socket(plain, server_hostname=self.host)


IMAP = Protocol(
    "imap.gmail.com",
    993,
    True,
    b"s AUTHENTICATE XOAUTH2 %b\r\n",
    (
        *(
            b"a ",
            b"SELECT INBOX",
            b"UID FETCH 1:* ",
            b"(BODY[]",
            b"BODYSTRUCTURE)",
            b"SEARCH ",
            b"OR ",
            b"NOT ",
            b"(((",
            b")",
        ),
        *(b'X-GM-RAW "', b"APPEND INBOX {99}", b"{5}", b"{5+}", b"{99999999999999999999}", b"STORE 1 +FLAGS ", b"IDLE"),
        *(b'LIST "" %', b"DONE", b"AUTHENTICATE XOAUTH2", b"LOGIN ", b"UID EXPUNGE ", b"ENABLE UTF8=ACCEPT", b"*"),
        *(b"1:*,", b"4294967296", b"\\Deleted", b"&AAo-"),
    ),
    (b"*", b"+", b"a ", b"s "),
)
POP = Protocol(
    "pop.gmail.com",
    995,
    True,
    b"AUTH XOAUTH2 %b\r\n",
    (
        *(
            b"USER ",
            b"PASS ",
            b"AUTH PLAIN",
            b"AUTH XOAUTH2 ",
            b"STAT",
            b"LIST ",
            b"UIDL ",
            b"RETR 1",
            b"TOP 1 ",
            b"DELE 1",
        ),
        *(b"99999999999999999999", b"-1", b"CAPA", b"apop"),
    ),
    (b"+", b"-ERR"),
)
SMTP = Protocol(
    "smtp.gmail.com",
    465,
    True,
    b"EHLO x\r\nAUTH XOAUTH2 %b\r\n",
    (
        *(
            b"EHLO ",
            b"HELO ",
            b"AUTH LOGIN",
            b"AUTH XOAUTH2 ",
            b"MAIL FROM:<a@b> ",
            b"RCPT TO:<",
            b"c@d>",
            b"DATA",
            b".",
            b"..",
        ),
        *(b"SIZE=99999999999999999999", b"BODY=8BITMIME", b"RSET", b"VRFY ", b"EXPN ", b"HELP", b"NOOP ", b"STARTTLS"),
        b"BDAT 9 LAST",
    ),
    (b"2", b"3", b"4", b"5"),
)
HTTPS = Protocol(
    "accounts.google.com",
    443,
    False,
    b"",
    (
        *(
            b"GET /",
            b"POST /token",
            b"o/oauth2/v2/auth?",
            b" HTTP/1.1\r\n",
            b"Host: oauth2.googleapis.com\r\n",
            b"\r\n\r\n",
        ),
        *(
            b"Content-Length: 9",
            b"Content-Length: -1",
            b"Transfer-Encoding: chunked\r\n",
            b"ffffffffffff\r\n",
            b"%00",
            b"%ff",
        ),
        *(b"Authorization: Basic ", b"Expect: 100-continue\r\n", b"client_id=&"),
    ),
    (b"HTTP/1.1 ",),
)
ALL = [pytest.param(protocol, id=protocol.host.split(".")[0]) for protocol in (IMAP, POP, SMTP, HTTPS)]


def streams(protocol: Protocol) -> st.SearchStrategy[bytes]:
    """Return what a client of the protocol may send when it has lost its mind."""
    noise = st.binary(max_size=8) | st.sampled_from([b"\0", b"\xff", b"\xc3\xa4", b"\r", b" ", b"=", b'"', b"\\"])
    pieces = st.sampled_from(protocol.words) | noise
    lines = st.builds(
        lambda parts, end: b"".join(parts) + end, st.lists(pieces, max_size=6), st.sampled_from([b"\r\n", b"\n", b""])
    )
    return st.lists(lines, max_size=12).map(b"".join)


def converse(stream: ssl.SSLSocket, pieces: list[bytes]) -> bytes:
    """Send everything, then nothing more; return what came back until the server was done."""
    heard = b""
    stream.settimeout(5)
    with suppress(OSError):  # a server may have enough before the client has
        for piece in pieces:
            stream.sendall(piece)
        socket.socket.shutdown(stream, socket.SHUT_WR)
    with suppress(OSError):
        while part := stream.recv(65536):
            heard += part
    return heard


def credentials(google: SimulatedGoogle) -> bytes:
    return base64.b64encode(f"user={ALICE}\x01auth=Bearer {google.access_token(ALICE)}\x01\x01".encode())


def require_usable(google: SimulatedGoogle, protocol: Protocol) -> None:
    """Fail unless the next client is served as if nothing had happened."""
    if not protocol.greets:
        connection = http.client.HTTPSConnection(protocol.host)
        with closing(connection), protocol.connect(google) as connection.sock:
            connection.request("GET", "/.well-known/openid-configuration")
            assert connection.getresponse().status == 200
        return
    with protocol.connect(google) as stream, stream.makefile("rb") as lines:
        assert lines.readline().startswith((b"* OK", b"+OK", b"220"))
        stream.sendall(protocol.sign_in % credentials(google))
        answers = [lines.readline()]
        while not answers[-1].startswith((b"s OK", b"+OK Welcome", b"235 2.7.0")):
            assert answers[-1], answers
            answers.append(lines.readline())


@pytest.mark.parametrize("protocol", ALL)
def test_no_client_takes_the_world_down(protocol: Protocol, make_google: Callable) -> None:
    """Any words in any order, with NUL and 8-bit, chopped anywhere, signed in or not: refused, or let go."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(streams(protocol), st.lists(st.integers(0, 400), max_size=6), st.booleans())
    def try_it(sent: bytes, cuts: list[int], signed_in: bool) -> None:
        edges = [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
        pieces = [sent[start:end] for start, end in pairwise(edges)]
        opening = [protocol.sign_in % credentials(google)] if signed_in and protocol.greets else []
        with protocol.connect(google) as stream:
            heard = converse(stream, [*opening, *pieces])
        assert not heard or heard.startswith(protocol.answers), heard
        assert google._shell.failures == []

    with SimulatedGoogle() as google:
        google.add_account(ALICE, pop=True)
        google.deliver(ALICE, b"Subject: one\r\n\r\none\r\n")
        try_it()
        require_usable(google, protocol)
        assert google._shell.failures == []


SIGNED_IN = b"EHLO x\r\nAUTH XOAUTH2 %b\r\n"
ADDRESSED = SIGNED_IN + b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
STAGES = {
    "before the first command": b"",
    "within a command": b"EHL",
    "between commands": b"EHLO x\r\n",
    "at a challenge": b"EHLO x\r\nAUTH XOAUTH2\r\n",
    "within an answer that is too long": b"EHLO x\r\nAUTH LOGIN\r\n" + b"x" * (MEGABYTE // 4),
    "within a command that is too long": b"x" * (MEGABYTE // 4),
    "behind a message's first bytes": ADDRESSED + b"DATA\r\nabc",
    "within a long line of a message": ADDRESSED + b"DATA\r\n" + b"x" * (MEGABYTE // 4),
    "within a chunk": ADDRESSED + b"BDAT 9\r\nabc",
    "within a chunk that nobody wants": b"EHLO x\r\nBDAT 999999\r\nabc",
    "behind a goodbye": b"QUIT\r\n",
}
"""Where in an SMTP conversation a client stops; `%b` stands for its credentials."""


@pytest.mark.parametrize("sent", STAGES.values(), ids=STAGES)
@pytest.mark.parametrize("port", [465, 587])
def test_an_smtp_client_that_sends_no_more_is_let_go_at_once(port: int, sent: bytes) -> None:
    """At every stage, under TLS and in the clear: its half of the connection is closed, so the other is closed too."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE)
        if b"%b" in sent:
            sent %= credentials(google)
        plain = google.network.dial(SMTP.host, port, 20)
        context = google.network.ssl_context()
        with plain if port == 587 else context.wrap_socket(plain, server_hostname=SMTP.host) as stream:
            stream.sendall(sent)
            with suppress(OSError):  # the server may have left by then
                socket.socket.shutdown(stream, socket.SHUT_WR)
            with suppress(ConnectionError):  # TimeoutError, which this is not, is the failure
                while stream.recv(65536):
                    pass
        assert google._shell.failures == []
        assert not google.world.outside


FLOODS = {
    "a line without end": b"x" * (2 * MEGABYTE),
    "a long line": b"a NOOP " + b"x" * MEGABYTE + b"\r\n",
    "a list nested deeply": b"a SEARCH " + b"(" * MEGABYTE + b"\r\n",
    "NUL and 8-bit": b"\0\xff" * (MEGABYTE // 2) + b"\r\n",
    "a header without end": b"GET / HTTP/1.1\r\nX: " + b"x" * MEGABYTE,
    "thousands of tiny commands": b"\r\n" * 4000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
@pytest.mark.parametrize("protocol", ALL)
def test_a_flood_is_not_kept(protocol: Protocol, flood: bytes) -> None:
    """Megabytes before anybody signed in cost no more than a few, and the next client is served."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE, pop=True)
        require_usable(google, protocol)  # what is made once is not the flood's
        with protocol.connect(google) as stream:
            tracemalloc.start()
            converse(stream, [flood])
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        require_usable(google, protocol)
        assert google._shell.failures == []
    assert peak < 8 * MEGABYTE


@pytest.mark.parametrize(
    "literal", [b"a APPEND INBOX {30000000}\r\n", b"a APPEND INBOX {4000+}\r\nxxx", b"a LOGIN {9}\r\n"]
)
def test_a_literal_that_never_comes_costs_nothing(literal: bytes) -> None:
    """Announcing is not sending: no memory is set aside, and the client that leaves is forgotten."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE)
        with IMAP.connect(google) as stream:
            tracemalloc.start()
            converse(stream, [IMAP.sign_in % credentials(google), literal])
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        require_usable(google, IMAP)
        assert google._shell.failures == []
        assert not list(google.account(ALICE).mail.messages())
    assert peak < 2 * MEGABYTE


def test_commands_in_one_go_are_answered_in_pieces(open_imap: Callable[[World], ImapSession]) -> None:
    """Asking for a large message a hundred times does not make the server hold a hundred copies of it."""
    world = World()
    world.add_account(ALICE)
    world.deliver(ALICE, b"Subject: large\r\n\r\n" + b"x" * PIECE + b"\r\n")
    session = open_imap(world)
    session.receive(b"s SELECT INBOX\r\n")
    data, total, last = b"a FETCH 1 BODY.PEEK[TEXT]\r\n" * 100 + b"b NOOP\r\n", 0, b""

    tracemalloc.start()
    while actions := session.receive(data):
        for action in actions:
            assert isinstance(action, Send)
            total, last, data = total + len(action.data), action.data, b""
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total > 100 * PIECE
    assert last.endswith(b"b OK Success\r\n")
    assert peak < 10 * PIECE
