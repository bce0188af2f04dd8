"""COMPRESS=DEFLATE: the same conversation, compressed in both directions, and bombs that do not go off."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.actions import Action, Close, Send
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"
OpenImap = Callable[[World], ImapSession]
Said = Callable[[Iterable[Action]], str]
MANY = 1 << 22


class Client:
    """The client's side of a session that compresses."""

    def __init__(self, session: ImapSession) -> None:
        self.session = session
        self.closed = False
        self._inflate = zlib.decompressobj(-15)
        self._deflate = zlib.compressobj(wbits=-15)
        (answer,) = session.receive(b"z COMPRESS DEFLATE\r\n")
        assert answer == Send(b"z OK Success\r\n")

    def say(self, data: bytes) -> bytes:
        """Send, and return the answer."""
        return self.raw(self.squeezed(data))

    def squeezed(self, data: bytes) -> bytes:
        """Return what is sent for these bytes."""
        return self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are, and return the answer."""
        return self.read(self.session.receive(data))

    def read(self, actions: Iterable[Action]) -> bytes:
        """Return what was said."""
        heard = b""
        for action in actions:
            self.closed |= isinstance(action, Close)
            if isinstance(action, Send):
                heard += self._inflate.decompress(action.data)
        return heard


@pytest.fixture
def client(imap: ImapSession) -> Client:
    """Return Alice's client behind COMPRESS."""
    return Client(imap)


def test_the_conversation_goes_on_compressed(client: Client, world: World) -> None:
    """Commands, literals and what is told in IDLE; the journal reads as ever."""
    assert client.say(b"a APPEND INBOX {3}\r\n") == b"+ go ahead\r\n"
    assert client.say(b"a\r\n\r\n") == b"a OK [APPENDUID 1 1] (Success)\r\n"
    assert client.say(b"b SELECT INBOX\r\n").endswith(b"b OK [READ-WRITE] INBOX selected. (Success)\r\n")
    assert client.say(b"c FETCH 1 BODY.PEEK[]\r\n") == b"* 1 FETCH (BODY[] {3}\r\na\r\n)\r\nc OK Success\r\n"
    assert client.say(b"d IDLE\r\n") == b"+ idling\r\n"
    world.deliver(ALICE, b"Subject: x\r\n\r\n")
    assert client.read(client.session.wake()) == b"* 2 EXISTS\r\n"
    assert client.say(b"DONE\r\ne LOGOUT\r\n").endswith(b"e OK 73 good day (Success)\r\n")
    assert client.closed
    assert [entry.text for entry in world.journal.entries][-2:] == [
        "* BYE LOGOUT Requested",
        "e OK 73 good day (Success)",
    ]


def test_compression_begins_once_and_knows_deflate_alone(client: Client) -> None:
    """What Gmail says is not known; the response code is RFC 4978's."""
    assert client.say(b"a COMPRESS DEFLATE\r\n") == b"a NO [COMPRESSIONACTIVE] DEFLATE active (Failure)\r\n"
    assert client.say(b"a COMPRESS GZIP\r\n") == b"a BAD Could not parse command\r\n"


def test_only_who_has_signed_in_compresses(world: World, said: Said) -> None:
    """It is announced afterwards."""
    session = ImapSession(world, session_id="k2if6111336rvb.0")

    assert said(session.receive(b"a COMPRESS DEFLATE\r\n")) == "a BAD Unknown command k2if6111336rvb.0\r\n"


def test_who_does_not_wait_for_the_answer_is_not_understood(imap: ImapSession, said: Said) -> None:
    """RFC 4978 section 3 forbids commands before it."""
    heard = said(imap.receive(b"a COMPRESS DEFLATE\r\nb NOOP\r\n"))

    assert heard == "a OK Success\r\n* BAD Could not parse command\r\n(closes)\r\n"


def test_faults_find_the_plain_conversation(client: Client, world: World) -> None:
    """A reply is cut at a plain byte; a refusal is compressed like any answer."""
    world.faults.add("imap", "NOOP", "refuse", times=1)
    world.faults.add("imap", "EXAMINE", "truncate=9", times=1)

    assert client.say(b"a NOOP\r\n").startswith(b"a NO [UNAVAILABLE]")
    client.say(b"b SELECT INBOX\r\n")
    assert client.say(b"c EXAMINE INBOX\r\n") == b"* FLAGS ("
    assert client.closed


def test_what_is_no_deflate_ends_the_session(client: Client) -> None:
    """As a line without end does."""
    assert client.raw(b"a NOOP\r\n" * 10) == b"* BAD Could not parse command\r\n"
    assert client.closed


BOMBS = {
    "a line without end": b"x" * MANY,
    "empty lines": b"\r\n" * (MANY // 2),
    "commands": b"a NOOP\r\n" * (MANY // 8),
    "small literals": b"a APPEND INBOX {4096+}\r\n" + b"\0" * MANY,
    "a literal that is refused": b"a APPEND INBOX {999999999+}\r\n" + b"\0" * MANY,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_does_not_go_off(client: Client, world: World, bomb: bytes) -> None:
    """4 MiB out of some kB: the session ends with BAD, and most of it was never looked at."""
    small = client.squeezed(bomb)
    assert len(small) < len(bomb) // 150

    heard = b""
    data = small
    while not client.closed and (actions := client.session.receive(data)):
        heard += client.read(actions)
        data = b""

    assert client.closed
    assert heard.endswith(b"* BAD Could not parse command\r\n")
    assert len(world.journal.entries) < 200_000


def test_a_large_message_may_be_small_on_the_way(client: Client) -> None:
    """What was welcomed as a literal may inflate as it likes."""
    client.say(b"a APPEND INBOX {%d}\r\n" % (MANY // 2))

    assert client.say(b"\0" * (MANY // 2) + b"\r\n") == b"a OK [APPENDUID 1 1] (Success)\r\n"


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, 300)), junk=st.binary(max_size=200))
def test_any_chopping_and_any_bytes(cuts: list[int], junk: bytes, open_imap: OpenImap) -> None:
    """However the bytes arrive the answer is the same, and rubbish behind them ends in an answer or a good-bye."""
    world = World()
    world.add_account(ALICE)
    client = Client(open_imap(world))
    data = client.squeezed(b"a SELECT INBOX\r\nb APPEND INBOX {3+}\r\nabc\r\nc UID FETCH 1:* (UID FLAGS)\r\n")
    edges = sorted({0, len(data), *(cut % len(data) for cut in cuts)})

    heard = b"".join(client.raw(data[start:end]) for start, end in pairwise(edges))

    assert heard.endswith(b"c OK Success\r\n")
    client.raw(junk)
