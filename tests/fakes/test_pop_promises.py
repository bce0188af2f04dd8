"""What is true of every POP conversation, however it goes."""

from __future__ import annotations

import base64
import hashlib
import os
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.actions import PIECE, Action, Close, Send
from fakes.gmail.popping import Disposition, PopWindow
from fakes.gmail.seeding import SeedMessage, read_messages
from fakes.pop.session import PopSession
from fakes.wire import crlf
from fakes.world import World

ALICE = "alice@contoso.com"

CONVERSATION = (
    b"CAPA\r\nUSER alice@contoso.com\r\nPASS secret\r\nAUTH PLAIN\r\nAGEAYg==\r\nAUTH XOAUTH2\r\nbm9uc2Vuc2U=\r\n"
    b"AUTH OAUTHBEARER bm9uc2Vuc2U=\r\nUIDL\r\nauth xoauth2\r\n%b\r\nSTAT\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 1\r\n"
    b"NONSENSE\r\n\r\nRETR 9\r\nDELE 2\r\nRSET\r\nDELE 1\r\nLIST 1\r\nCAPA\r\nNOOP\r\nQUIT\r\nNOOP\r\n"
)


def bytes_of(actions: Iterable[Action]) -> bytes:
    """Return what actions send, and where they close."""
    return b"".join(action.data if isinstance(action, Send) else b"(closes)" for action in actions)


def everything(session: PopSession, data: bytes) -> Iterator[Action]:
    """Play the shell: feed, and ask for more until nothing comes."""
    while actions := session.receive(data):
        yield from actions
        data = b""


def stage(access_token: Callable[..., str]) -> tuple[PopSession, bytes, World]:
    """Return a session over a mailbox with two messages, and the conversation to have with it, sign-in included."""
    world = World()
    alice = world.add_account(ALICE, pop=True)
    alice.mail.add(b"Subject: one\r\n\r\n.\r\n..\r\nbare\n.lf", labels=["\\Inbox", "Work"])
    alice.mail.add(b"Subject: two\r\n\r\na\r\nb\r\n", labels=["\\Inbox"])
    response = f"user={ALICE}\x01auth=Bearer {access_token(world)}\x01\x01".encode()
    session = PopSession(world)
    session.connected()
    return session, CONVERSATION % base64.b64encode(response), world


@settings(max_examples=200)
@given(st.data())
def test_replies_do_not_depend_on_how_the_bytes_arrive(access_token: Callable[..., str], data: st.DataObject) -> None:
    """Any chopping of a whole conversation gives the same replies."""
    whole, conversation, _ = stage(access_token)
    chopped, _, _ = stage(access_token)
    cuts = data.draw(st.lists(st.integers(0, len(conversation)), max_size=60))

    pieces = [conversation[start:end] for start, end in pairwise([0, *sorted(cuts), len(conversation)])]

    wanted = bytes_of(whole.receive(conversation))
    assert b"".join(bytes_of(chopped.receive(piece)) for piece in pieces) == wanted
    assert wanted.endswith(b"+OK Farewell.\r\n(closes)")
    assert b"+OK Welcome.\r\n" in wanted


def test_replies_to_single_bytes_are_the_same(access_token: Callable[..., str]) -> None:
    """The finest chopping of all; and two worlds of one seed say the same, ids and all."""
    whole, conversation, _ = stage(access_token)
    chopped, _, _ = stage(access_token)

    replies = b"".join(bytes_of(chopped.receive(bytes([byte]))) for byte in conversation)

    assert replies == bytes_of(whole.receive(conversation))


VERBS = (
    b"CAPA", b"USER", b"PASS", b"AUTH", b"STAT", b"LIST", b"UIDL", b"RETR", b"TOP", b"DELE", b"NOOP", b"RSET", b"apop",
    b"AUTH XOAUTH2", b"auth plain", b"AUTH OAUTHBEARER",
)  # fmt: skip

lines = st.lists(
    st.binary()
    | st.builds(
        lambda verb, rest, end: b" ".join((verb, rest)) + end,
        st.sampled_from(VERBS),
        st.binary() | st.sampled_from([b"1", b"1 1", b"2", b"0", b"=", b"", b"\0", b"AQ==", b"dXNlcj1h"]),
        st.sampled_from([b"\r\n", b"\n", b"\r"]),
    )
)


@given(lines)
def test_nothing_that_a_client_sends_takes_the_world_down(
    access_token: Callable[..., str], open_pop: Callable[..., PopSession], lines: list[bytes]
) -> None:
    """Any bytes, signed in or not, end in whole lines, a close or nothing; signed out it is never "welcome"."""
    world = World()
    world.add_account(ALICE, pop=True)
    world.deliver(ALICE, b"Subject: one\r\n\r\n")
    for session in (PopSession(world), open_pop(world)):
        for line in lines:
            answer = bytes_of(everything(session, line))
            assert not answer or answer.endswith((b"\r\n", b"(closes)"))
            assert answer.startswith((b"+", b"-ERR")) or not answer
            assert b"Welcome" not in answer
        session.closed()
    assert not world.accounts[ALICE].popping.in_use


@given(lines)
def test_without_quit_a_mailbox_is_as_before(open_pop: Callable[..., PopSession], lines: list[bytes]) -> None:
    """Whatever a client does, only QUIT makes it count."""
    world = World()
    alice = world.add_account(ALICE, pop=True)
    world.set_pop(ALICE, disposition=Disposition.TRASH)
    before = world.deliver(ALICE, b"Subject: one\r\n\r\n")
    session = open_pop(world)

    for line in lines:
        session.receive(line.replace(b"QUIT", b""))
    session.closed()

    assert list(alice.mail.messages()) == [before]
    assert not alice.popping.popped


def test_a_line_without_end_ends_the_conversation(world: World) -> None:
    """It is not kept in memory for ever; nothing after it is read, and the mailbox is free."""
    session = PopSession(world)

    answer = bytes_of(session.receive(b"x" * 70_000))

    assert answer == b"-ERR bad command\r\n(closes)"
    assert session.receive(b"QUIT\r\n") == []


def test_a_line_without_end_frees_the_mailbox(world: World, alice, open_pop: Callable[..., PopSession]) -> None:
    """Another session may come at once."""
    world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    session = open_pop(world)

    assert Close() in session.receive(b"x" * 1_000_000)
    open_pop(world)


def test_an_answer_comes_in_pieces(world: World, alice, open_pop: Callable[..., PopSession]) -> None:
    """Commands sent in one go do not make the server hold a thousand copies of a large message."""
    world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    raw = b"Subject: large\r\n\r\n" + b"x" * PIECE + b"\r\n"
    world.deliver(ALICE, raw)
    session = open_pop(world)
    total = 0

    tracemalloc.start()
    for action in everything(session, b"RETR 1\r\n" * 100 + b"NOOP\r\n"):
        assert isinstance(action, Send)
        total += len(action.data)
        last = action.data
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total == 100 * len(b"+OK message follows\r\n" + raw + b".\r\n") + len(b"+OK\r\n")
    assert last == b"+OK\r\n"
    assert peak < 10 * PIECE


def corpus() -> Path | None:
    """Return where real mail lies, if it does: GMAILSYNC_CORPUS, or beside the project."""
    places = [os.environ.get("GMAILSYNC_CORPUS"), Path(__file__).parents[3] / "shared" / "corpus"]
    return next((Path(place) for place in places if place and Path(place).is_dir()), None)


@pytest.mark.skipif(
    corpus() is None, reason="needs real mail: set GMAILSYNC_CORPUS to a folder of folders of .eml files"
)
def test_real_mail_comes_out_as_it_went_in(open_pop: Callable[..., PopSession]) -> None:
    """Batch by batch, SHA-256 of every message is that of its file with the line ends that mail has: CRLF."""
    world = World()
    mail = world.add_account(ALICE, pop=True).mail
    where = corpus()
    assert where is not None
    folders = [folder for folder in sorted(where.iterdir()) if folder.is_dir()]
    seeds = [seed for folder in folders for seed in read_messages(folder) if isinstance(seed, SeedMessage)]
    for seed in seeds:
        mail.add(seed.raw, labels=["\\Inbox"], internal_date=seed.internal_date)

    fetched = []
    while (session := open_pop(world)) and (sizes := sizes_of(session)):
        for number, size in sizes:
            message = unstuffed(bytes_of(everything(session, b"RETR %d\r\n" % number)))
            assert len(message) == size
            fetched.append(hashlib.sha256(message).hexdigest())
        session.receive(b"QUIT\r\n")

    assert sorted(fetched) == sorted(hashlib.sha256(crlf(seed.raw)).hexdigest() for seed in seeds)
    assert len(fetched) > 500


def sizes_of(session: PopSession) -> list[tuple[int, int]]:
    """Return number and size of every message, by LIST."""
    lines = bytes_of(session.receive(b"LIST\r\n")).split(b"\r\n")[1:-2]
    return [(int(number), int(size)) for number, size in map(bytes.split, lines)]


def unstuffed(answer: bytes) -> bytes:
    """Return the text of a dot-block, as a reader of RFC 1939 section 3 has it."""
    first, _, rest = answer.partition(b"\r\n")
    assert first == b"+OK message follows"
    lines = rest.split(b"\r\n")
    end = lines.index(b".")
    assert lines[end + 1 :] == [b""]
    return b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n" for line in lines[:end])
