"""What holds for any bytes that a client sends to smtp.gmail.com, however they arrive."""

from __future__ import annotations

import base64
import os
import re
import socket
import ssl
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakes.gmail.seeding import SeedMessage, read_messages
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.pop.session import PopSession
from fakes.post.limits import Limits
from fakes.smtp.reading import LONGEST_COMMAND
from fakes.submission import without_bcc

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
HEADER = (
    b"From: alice@contoso.com\r\nMessage-ID: <1@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\nSubject: x\r\n"
)
REPLY = re.compile(rb"(?:[2-5]\d\d-[^\r]*\r\n)*[2-5]\d\d [^\r]*\r\n")
WORDS = [
    b"EHLO x", b"HELO", b"STARTTLS", b"AUTH", b"AUTH XOAUTH2", b"auth plain =", b"AUTH LOGIN", b"MAIL FROM:<>",
    b"MAIL FROM:<alice@contoso.com>", b"RCPT TO:<bob@contoso.com>", b"DATA", b"BDAT 3", b"BDAT 0 LAST", b"BDAT",
    b"RSET", b"NOOP", b"VRFY", b"HELP", b"QUIT", b".", b"", b"*", b"<", b">", b"\xff\0", b"\r", b"\x80@\xe9", b"SIZE=9",
    b":", b"EHLO x\r\0",
]  # fmt: skip
BYTES = st.lists(st.one_of(st.sampled_from([*WORDS, b"\r\n", b"\r\n", b"\n", b" "]), st.binary(max_size=20))).map(
    b"".join
)
SLOWLY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Connection:
    """A client that sends what it is told and reads to the end; on 465, signed in as Alice if asked."""

    def __init__(self, google: SimulatedGoogle, *, port: int, signed_in: bool = False) -> None:
        plain = google.network.dial("smtp.gmail.com", port)
        plain.settimeout(10)
        self._socket: socket.socket = (
            google.network.ssl_context().wrap_socket(plain, server_hostname="smtp.gmail.com") if port == 465 else plain
        )
        if signed_in:
            response = base64.b64encode(f"user={ALICE}\1auth=Bearer {google.access_token(ALICE)}\1\1".encode())
            self._socket.sendall(b"EHLO client.example\r\nAUTH XOAUTH2 " + response + b"\r\n")
            heard = b""
            while b"235 2.7.0 Accepted\r\n" not in heard:
                heard += self._socket.recv(1000)

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._socket.sendall(piece)

    def ask(self, data: bytes) -> bytes:
        """Send a command and return its reply."""
        self._socket.sendall(data)
        heard = b""
        while not REPLY.fullmatch(heard):
            heard += self._socket.recv(65536)
        return heard

    def rest(self) -> bytes:
        """Say that nothing more will come, and return what the server still says until it closes."""
        heard = b""
        try:
            if not isinstance(self._socket, ssl.SSLSocket):
                self._socket.shutdown(socket.SHUT_WR)
            while data := self._socket.recv(65536):
                heard += data
        except ConnectionError:
            pass
        finally:
            self._socket.close()
        return heard


@pytest.fixture
def served(google: SimulatedGoogle) -> Iterator[SimulatedGoogle]:
    """Run a Google with Alice and Bob; what clients ask by chance is not complained of."""
    google.add_account(ALICE)
    google.add_account(BOB)
    yield google
    google.world.unimitated.clear()


def replies(heard: bytes) -> list[bytes]:
    """Return the replies, session ids cut; fail when there is anything else."""
    assert REPLY.sub(b"", heard) == b""
    return [re.sub(rb"\S+ - gsmtp", b"- gsmtp", reply) for reply in REPLY.findall(heard)]


@SLOWLY
@given(BYTES)
@example(b"AUTH PLAIN \xff\r\n")
def test_a_stranger_gets_replies_or_a_close(served: SimulatedGoogle, sent: bytes) -> None:
    """Before TLS, whatever comes."""
    connection = Connection(served, port=587)

    connection.send(sent)

    replies(connection.rest())


@SLOWLY
@given(BYTES)
@example(b"EHLO \xff\r\n")
@example(b"AUTH XOAUTH2 \xe9\r\n")
def test_an_account_gets_replies_or_a_close(served: SimulatedGoogle, sent: bytes) -> None:
    """Signed in, whatever comes; QUIT ends it, if nothing did before."""
    connection = Connection(served, port=465, signed_in=True)

    connection.send(sent, b"\r\n.\r\n" * 3, b"QUIT\r\n" * 7)

    assert replies(connection.rest())


PROGRAM = (
    b"MAIL FROM:<alice@contoso.com>\r\nRCPT TO:<bob@contoso.com>\r\nDATA\r\n" + HEADER + b"\r\n.dot\r\n..\r\n.\r\n"
    b"MAIL FROM:<alice@contoso.com> SIZE=5\r\nRCPT TO:<bob@contoso.com>\r\nRCPT TO:<>\r\nBDAT 5\r\nx: 1\n"
    b"BDAT 3 LAST\r\n\r\n.NOOP\r\nFOO\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n"
)


@SLOWLY
@given(st.lists(st.integers(0, len(PROGRAM)), max_size=8))
def test_replies_do_not_depend_on_how_the_bytes_arrive(served: SimulatedGoogle, cuts: list[int]) -> None:
    """Any chopping of pipelined commands, messages and chunks is the same conversation."""
    edges = sorted({0, *cuts, len(PROGRAM)})
    connection = Connection(served, port=465, signed_in=True)

    connection.send(*(PROGRAM[start:end] for start, end in pairwise(edges)))

    codes = [reply[:3] for reply in replies(connection.rest())]
    assert codes == [
        b"250", b"250", b"354", b"250", b"250", b"250", b"555", b"250", b"250", b"250", b"502", b"250", b"250", b"221"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"x" * 1_000_000, b"555"),
        (b"NOOP " + b"x" * (LONGEST_COMMAND + 1), b"555"),
        (b"MAIL FROM:<" + b"x" * 1_000_000 + b">", b"555"),
        (b"AUTH PLAIN " + b"A" * 1_000_000, b"555"),
        (b"AUTH PLAIN\r\n" + b"A" * 1_000_000, b"501"),
        (b"AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIGIBAQ==\r\n" + b"A" * 1_000_000, b"535"),
    ],
)
def test_a_line_without_end_is_refused_and_the_connection_goes_on(
    served: SimulatedGoogle, line: bytes, code: bytes
) -> None:
    """A megabyte of command, of credentials, or of an answer to a challenge."""
    connection = Connection(served, port=465)

    connection.send(b"EHLO x\r\n", line, b"\r\nNOOP\r\nQUIT\r\n")

    *_, refusal, noop, bye = replies(connection.rest())
    assert [reply[:3] for reply in (refusal, noop, bye)] == [code, b"250", b"221"]


def test_a_chunk_that_nobody_wants_is_read_and_forgotten(served: SimulatedGoogle) -> None:
    """From a stranger, or before MAIL and RCPT; what follows it is a command again."""
    stranger = Connection(served, port=465)
    stranger.send(b"BDAT 3\r\n\r\nX", b"EHLO x\r\nBDAT 7 LAST\r\n\r\nQUIT\r", b"QUIT\r\n")
    early = Connection(served, port=465, signed_in=True)
    early.send(b"BDAT 2\r\nXY", b"MAIL FROM:<>\r\nBDAT 1\r\nXBDAT 1x\r\nQUIT\r\n")

    assert [reply[:3] for reply in replies(stranger.rest())] == [b"220", b"503", b"250", b"530", b"221"]
    assert [reply[:3] for reply in replies(early.rest())] == [b"503", b"250", b"503", b"555", b"221"]


def test_chunks_and_data_do_not_mix(served: SimulatedGoogle) -> None:
    """After a chunk there are only chunks, until the last one or RSET (RFC 3030 section 3)."""
    connection = Connection(served, port=465, signed_in=True)

    connection.send(
        b"MAIL FROM:<alice@contoso.com>\r\nRCPT TO:<bob@contoso.com>\r\nBDAT 1\r\nX"
        b"DATA\r\nRCPT TO:<alice@contoso.com>\r\nRSET\r\nDATA\r\nQUIT\r\n"
    )

    assert [reply[:3] for reply in replies(connection.rest())] == [
        b"250", b"250", b"250", b"503", b"503", b"250", b"503", b"221"
    ]  # fmt: skip
    assert list(served.account(BOB).mail.messages()) == []


@SLOWLY
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_chunks_arrive_byte_for_byte(served: SimulatedGoogle, body: bytes, cuts: list[int]) -> None:
    """Bare line ends, dots and 8-bit bytes are no concern of BDAT's."""
    raw = HEADER + b"\r\n" + body
    edges = sorted({0, *cuts, len(raw)} - {cut for cut in cuts if cut > len(raw)})
    pieces = [raw[start:end] for start, end in pairwise(edges)]
    connection = Connection(served, port=465, signed_in=True)

    connection.send(b"MAIL FROM:<alice@contoso.com>\r\nRCPT TO:<bob@contoso.com>\r\n")
    connection.send(*(b"BDAT %d\r\n%b" % (len(piece), piece) for piece in pieces), b"BDAT 0 LAST\r\nQUIT\r\n")

    assert {reply[:3] for reply in replies(connection.rest())} == {b"250", b"221"}
    *_, arrived = served.account(BOB).mail.messages()
    assert arrived.raw == raw


def corpus() -> Path | None:
    """Return where real mail lies, if it does: GMAILSYNC_CORPUS, or beside the project."""
    places = [os.environ.get("GMAILSYNC_CORPUS"), Path(__file__).parents[3] / "shared" / "corpus"]
    return next((Path(place) for place in places if place and Path(place).is_dir()), None)


@pytest.mark.skipif(
    corpus() is None, reason="needs real mail: set GMAILSYNC_CORPUS to a folder of folders of .eml files"
)
def test_real_mail_comes_out_by_imap_and_by_pop_as_it_went_in(served: SimulatedGoogle) -> None:
    """Apart from what Gmail itself changes: fields before the others, two renamed ones, Bcc; never the body.

    POP has the same bytes with the line ends that mail has; the file's own are IMAP's.
    """
    where = corpus()
    assert where is not None
    folders = [folder for folder in sorted(where.iterdir()) if folder.is_dir()]
    seeds = [seed.raw for folder in folders for seed in read_messages(folder) if isinstance(seed, SeedMessage)]
    bob = served.add_account("bob@fabrikam.com", pop=True)
    served.account(ALICE).post.limits = Limits(messages=10**6, recipients=10**6, external=10**6)
    connection = Connection(served, port=465, signed_in=True)
    session = ImapSession(served.world)
    session.connected()
    response = f"user={bob.address}\1auth=Bearer {served.access_token(bob.address)}\1\1".encode()
    credentials = base64.b64encode(response)
    session.receive(b"a AUTHENTICATE XOAUTH2 " + credentials + b"\r\n")

    taken = []
    for raw in seeds:
        connection.ask(b"MAIL FROM:<alice@contoso.com>\r\n")
        connection.ask(b"RCPT TO:<bob@fabrikam.com>\r\n")
        if connection.ask(b"BDAT %d LAST\r\n%b" % (len(raw), raw)).startswith(b"250"):
            taken.append(raw)
    connection.ask(b"QUIT\r\n")
    connection.rest()
    session.receive(b"b EXAMINE INBOX\r\n")

    popped = list(by_pop(served, credentials))
    for number, raw in enumerate(taken, 1):
        answer = b"".join(action.data for action in session.receive(b"c FETCH %d BODY.PEEK[]\r\n" % number))
        size = int(re.match(rb"\* \d+ FETCH \(BODY\[\] \{(\d+)\}\r\n", answer)[1])
        fetched = answer[answer.index(b"\r\n") + 2 :][:size]
        assert unrenamed(fetched).endswith(unrenamed(without_bcc(raw)))
        assert popped[number - 1] == in_lines_of_mail(fetched)
        assert in_lines_of_mail(unrenamed(popped[number - 1])).endswith(in_lines_of_mail(unrenamed(without_bcc(raw))))
    assert len(popped) == len(taken) > 500


def by_pop(google: SimulatedGoogle, credentials: bytes) -> Iterator[bytes]:
    """Fetch everything by POP, batch by batch."""
    while True:
        session = PopSession(google.world)
        session.connected()
        session.receive(b"AUTH XOAUTH2 " + credentials + b"\r\n")
        count = int(b"".join(action.data for action in session.receive(b"STAT\r\n")).split()[1])
        if not count:
            return
        for number in range(1, count + 1):
            actions = session.receive(b"RETR %d\r\n" % number)
            answer = b""
            while actions:  # a large one is said in parts
                answer += b"".join(action.data for action in actions)
                actions = session.receive(b"")
            block = answer[answer.index(b"\r\n") :]
            assert block.endswith(b"\r\n.\r\n")
            yield block.removesuffix(b".\r\n").replace(b"\r\n.", b"\r\n").removeprefix(b"\r\n")
        session.receive(b"QUIT\r\n")


def in_lines_of_mail(raw: bytes) -> bytes:
    """Return what POP makes of a message, whose lines end with CRLF (RFC 1939 section 3)."""
    raw = re.sub(rb"(?<!\r)\n", b"\r\n", raw)
    return raw if raw.endswith(b"\r\n") or not raw else raw + b"\r\n"


def unrenamed(raw: bytes) -> bytes:
    return raw.replace(b"X-Google-Original-", b"")


@pytest.mark.parametrize("last", [b"QUIT\r\n", b"EHLO a_b\r\n", b"FOO\r\n" * 5])
def test_nothing_behind_a_goodbye_is_carried_out(served: SimulatedGoogle, last: bytes) -> None:
    """Not even what arrives together with it."""
    connection = Connection(served, port=465, signed_in=True)
    connection.ask(b"MAIL FROM:<alice@contoso.com>\r\n")
    connection.ask(b"RCPT TO:<bob@contoso.com>\r\n")

    connection.send(last + b"BDAT 4 LAST\r\nx:y\nNOOP\r\nQUIT\r\n")

    assert replies(connection.rest())[-1][:3] in (b"221", b"501", b"502")
    assert list(served.account(BOB).mail.messages()) == []
