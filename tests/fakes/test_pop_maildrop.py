"""What a POP client sees and does once it has signed in: the commands of RFC 1939 as Gmail answers them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.gmail.popping import PopWindow
from fakes.pop.session import PopSession
from fakes.world import World

Talk = Callable[..., None]
Open = Callable[..., PopSession]

ALICE = "alice@contoso.com"
FIRST = b"Subject: one\r\n\r\nhello\r\n.\r\n..dots\r\n"
SECOND = b"Subject: two\r\n\r\nbye\r\n"


@pytest.fixture
def session(world: World, alice: Account, open_pop: Open) -> PopSession:
    """Return a session of Alice's, who has two messages; the ids are those of a world with seed 0."""
    world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    world.deliver(ALICE, FIRST)
    world.deliver(ALICE, SECOND)
    return open_pop(world)


def gmail_id(account: Account, number: int) -> str:
    """Return the unique-id of the account's n-th message."""
    return f"GmailId{list(account.mail.messages())[number - 1].gm_msgid:016x}"


def test_the_lists_of_messages(session: PopSession, alice: Account, talk: Talk) -> None:
    """Sizes are those of the messages, without the dots that the wire adds."""
    one, two = gmail_id(alice, 1), gmail_id(alice, 2)

    talk(
        session,
        f"""
        C: STAT
        S: +OK 2 55
        C: LIST
        S: +OK 2 messages (55 bytes)
        S: 1 34
        S: 2 21
        S: .
        C: list 2
        S: +OK 2 21
        C: UIDL
        S: +OK
        S: 1 {one}
        S: 2 {two}
        S: .
        C: UIDL 2
        S: +OK 2 {two}
        C: NOOP
        S: +OK
        """,
    )
    assert len(one) == len("GmailId12f79852626270cc")


def test_messages_come_whole_with_their_dots_doubled(session: PopSession, talk: Talk) -> None:
    """RFC 1939 section 3: a line that begins with a dot gets another one."""
    talk(
        session,
        """
        C: RETR 1
        S: +OK message follows
        S: Subject: one
        S:
        S: hello
        S: ..
        S: ...dots
        S: .
        C: TOP 1 2
        S: +OK message follows
        S: Subject: one
        S:
        S: hello
        S: ..
        S: .
        C: TOP 2 0
        S: +OK message follows
        S: Subject: two
        S:
        S: .
        C: TOP 2 9999999999
        S: +OK message follows
        S: Subject: two
        S:
        S: bye
        S: .
        """,
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"", b""),
        (b"\r\nbody\r\n", b"\r\n"),
        (b"Subject: no body\r\n", b"Subject: no body\r\n"),
        (b"Subject: no end", b"Subject: no end\r\n"),
        (b"A: b\n\nold line ends\n", b"A: b\r\n\r\n"),
    ],
)
def test_the_top_of_odd_messages(world: World, alice: Account, open_pop: Open, said, raw, shown) -> None:
    """Without header, body or last line end the header is what there is of it."""
    world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    world.deliver(ALICE, raw)
    session = open_pop(world)

    assert said(session.receive(b"TOP 1 0\r\n")).encode() == b"+OK message follows\r\n" + shown + b".\r\n"


def test_deleting_and_taking_it_back(session: PopSession, talk: Talk) -> None:
    """A deleted message keeps its number to itself until RSET."""
    talk(
        session,
        """
        C: DELE 1
        S: +OK
        C: STAT
        S: +OK 1 21
        C: LIST
        S: +OK 1 messages (21 bytes)
        S: 2 21
        S: .
        C: RETR 1
        S: -ERR no such message
        C: DELE 1
        S: -ERR no such message
        C: LIST 1
        S: -ERR no such message
        C: UIDL 1
        S: -ERR no such message
        C: TOP 1 1
        S: -ERR no such message
        C: RSET
        S: +OK
        C: STAT
        S: +OK 2 55
        """,
    )


@pytest.mark.parametrize("number", ["0", "3", "9999999999"])
def test_numbers_of_no_message(session: PopSession, talk: Talk, number: str) -> None:
    """Numbers begin with 1 and end with what STAT says."""
    for verb in ("LIST", "UIDL", "RETR", "DELE"):
        talk(session, f"C: {verb} {number}\nS: -ERR no such message")
    talk(session, f"C: TOP {number} 1\nS: -ERR no such message")


@pytest.mark.parametrize(
    "line",
    ["", " ", "NONSENSE", "RETR", "RETR x", "RETR -1", "RETR 1 2", "TOP 1", "TOP 1 -1", "DELE", "STAT 1", "QUIT now",
     "LIST 99999999999", "\0", "RETR\0001", "R\xcbTR 1", "LANG", "UTF8", "STLS"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_bad_command(session: PopSession, world: World, talk: Talk, line: str) -> None:
    """And no more than that: the session goes on."""
    talk(session, f"C: {line}\nS: -ERR bad command\nC: NOOP\nS: +OK")

    assert world.unimitated == []


@pytest.mark.parametrize("line", ["USER alice", "PASS x", "AUTH XOAUTH2"])
def test_who_is_in_need_not_sign_in(session: PopSession, talk: Talk, line: str) -> None:
    """RFC 1939 section 4: these belong to the state before."""
    talk(session, f"C: {line}\nS: -ERR Command not understood")


def test_the_mailbox_stands_still_during_a_session(session, world: World, alice: Account, talk: Talk) -> None:
    """What arrives, moves or goes by other ways changes neither numbers nor bytes."""
    first, second = list(alice.mail.messages())
    world.deliver(ALICE, b"Subject: three\r\n\r\n")
    alice.mail.delete(first.gm_msgid)
    alice.mail.add_labels(second.gm_msgid, ["\\Trash"])

    talk(
        session,
        """
        C: STAT
        S: +OK 2 55
        C: RETR 2
        S: +OK message follows
        S: Subject: two
        S:
        S: bye
        S: .
        C: DELE 1
        S: +OK
        C: QUIT
        S: +OK Farewell.
        S: (closes)
        """,
    )


def test_the_list_is_all_mail_oldest_first(world: World, alice: Account, open_pop: Open, said) -> None:
    """Archived and sent mail too; neither Spam nor Trash."""
    world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    start = world.clock.now()
    for day, labels in ((3, ["Work"]), (1, ["\\Sent"]), (4, ["\\Trash"]), (2, ["\\Junk"]), (0, ["\\Inbox"])):
        date = start.replace(year=2025, day=1 + day)
        alice.mail.add(b"Subject: %d\r\n\r\n" % day, labels=labels, internal_date=date)

    session = open_pop(world)

    told = [said(session.receive(b"RETR %d\r\n" % number)).split("\r\n")[1] for number in (1, 2, 3)]
    assert told == ["Subject: 0", "Subject: 1", "Subject: 3"]
    assert said(session.receive(b"RETR 4\r\n")) == "-ERR no such message\r\n"


def test_mail_sent_by_smtp_is_there_for_pop(world: World, alice: Account, open_pop: Open, said) -> None:
    """One world stands behind all servers."""
    world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    world.submit(alice, ["bob@example.com"], b"From: alice@contoso.com\r\nSubject: sent\r\n\r\n")

    assert "Subject: sent" in said(open_pop(world).receive(b"TOP 1 0\r\n"))
