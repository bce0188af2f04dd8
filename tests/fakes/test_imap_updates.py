from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]
Said = Callable[..., str]

RAW = b"Subject: x\r\n\r\n"


@pytest.fixture
def selected(imap: ImapSession, alice: Account) -> ImapSession:
    """Return a session that has selected an INBOX with three messages."""
    for _ in range(3):
        alice.mail.add(RAW, labels=["\\Inbox"])
    imap.receive(b"s SELECT INBOX\r\n")
    return imap


def ids(alice: Account) -> list[int]:
    """Return the X-GM-MSGID of every message."""
    return [message.gm_msgid for message in alice.mail.messages()]


def test_what_changed_is_told_at_the_end_of_a_command(
    selected: ImapSession, world: World, alice: Account, talk: Talk
) -> None:
    """A SEARCH sees the folder as it was told; new mail is announced behind it and found from then on."""
    world.deliver("alice@contoso.com", RAW)

    talk(
        selected,
        """
        C: a UID SEARCH ALL
        S: * SEARCH 1 2 3
        S: * 4 EXISTS
        S: a OK SEARCH completed (Success)
        C: b UID SEARCH ALL
        S: * SEARCH 1 2 3 4
        S: b OK SEARCH completed (Success)
        """,
    )


def test_expunges_flags_and_arrivals_are_told_together(
    selected: ImapSession, world: World, alice: Account, talk: Talk
) -> None:
    """Expunges first, then how many there are, then flags under the new numbers."""
    first, second, third = ids(alice)
    alice.mail.remove_labels(first, ["\\Inbox"])
    world.deliver("alice@contoso.com", RAW)
    alice.mail.set_flags(third, ["\\Seen"])
    alice.mail.set_flags(first, ["\\Seen"])
    alice.mail.delete(second)

    talk(
        selected,
        r"""
        C: a NOOP
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: * 1 FETCH (UID 3 FLAGS (\Seen))
        S: a OK Success
        C: b NOOP
        S: b OK Success
        """,
    )


def test_expunges_wait_while_the_client_counts_by_numbers(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """FETCH, STORE and SEARCH by numbers hear of arrivals only; those by UID may hear of expunges."""
    alice.mail.delete(ids(alice)[0])
    alice.mail.add(RAW, labels=["\\Inbox"])

    talk(
        selected,
        """
        C: a SEARCH ALL
        S: * SEARCH 2 3
        S: * 4 EXISTS
        S: a OK SEARCH completed (Success)
        C: b FETCH 4 UID
        S: * 4 FETCH (UID 4)
        S: b OK Success
        C: c UID FETCH 4 UID
        S: * 4 FETCH (UID 4)
        S: * 1 EXPUNGE
        S: * 3 EXISTS
        S: c OK Success
        """,
    )


def test_mail_that_came_and_went_is_never_told(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """Between two commands only the difference counts."""
    alice.mail.delete(alice.mail.add(RAW, labels=["\\Inbox"]).gm_msgid)

    talk(
        selected,
        """
        C: a NOOP
        S: a OK Success
        """,
    )


def test_two_sessions_hear_of_each_other(
    selected: ImapSession, world: World, open_imap: Callable[[World], ImapSession], talk: Talk
) -> None:
    """One stores and expunges, the other is told; each hears of its own doings once, as an answer."""
    other = open_imap(world)
    other.receive(b"s SELECT INBOX\r\n")

    talk(
        selected,
        r"""
        C: a UID STORE 3 +FLAGS (\Seen)
        S: * 3 FETCH (UID 3 FLAGS (\Seen))
        S: a OK Success
        C: b UID STORE 1 +FLAGS (\Deleted)
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: b OK Success
        """,
    )
    talk(
        other,
        r"""
        C: a UID STORE 2 +FLAGS.SILENT (\Seen)
        S: * 1 EXPUNGE
        S: * 2 EXISTS
        S: * 2 FETCH (UID 3 FLAGS (\Seen))
        S: a OK Success
        """,
    )
    talk(
        selected,
        r"""
        C: c CHECK
        S: * 1 FETCH (UID 2 FLAGS (\Seen))
        S: c OK Success
        """,
    )


def test_an_answer_to_the_client_tells_what_others_did_too(selected: ImapSession, alice: Account, talk: Talk) -> None:
    """Flags that somebody else set just before are in the answer to a STORE, and not told once more."""
    alice.mail.set_flags(ids(alice)[0], ["\\Answered"])
    alice.mail.set_flags(ids(alice)[1], ["\\Answered"])

    talk(
        selected,
        r"""
        C: a STORE 1 +FLAGS (\Seen)
        S: * 1 FETCH (FLAGS (\Answered \Seen))
        S: * 2 FETCH (UID 2 FLAGS (\Answered))
        S: a OK Success
        """,
    )


def test_idle_tells_at_once(selected: ImapSession, world: World, alice: Account, said: Said) -> None:
    """The shell is called when something changed, and then hears what to say."""
    calls: list[str] = []
    selected.on_change = lambda: calls.append("changed")

    began = said(selected.receive(b"a IDLE\r\n"))
    world.deliver("alice@contoso.com", RAW)
    arrived = said(selected.wake())
    nothing = said(selected.wake())
    alice.mail.delete(ids(alice)[0])
    alice.mail.set_flags(ids(alice)[0], ["\\Seen"])
    changed = said(selected.wake())
    alice.mail.delete(ids(alice)[0])
    ended = said(selected.receive(b"DONE\r\n"))

    assert began == "+ idling\r\n"
    assert arrived == "* 4 EXISTS\r\n"
    assert nothing == ""
    assert changed == "* 1 EXPUNGE\r\n* 3 EXISTS\r\n* 1 FETCH (UID 2 FLAGS (\\Seen))\r\n"
    assert ended == "* 1 EXPUNGE\r\n* 2 EXISTS\r\na OK IDLE terminated (Success)\r\n"
    assert calls == ["changed"] * 4


def test_what_came_before_idle_is_told_as_it_begins(selected: ImapSession, world: World, talk: Talk) -> None:
    """A client that has looked for mail and idles then misses none in between."""
    world.deliver("alice@contoso.com", b"fourth")

    talk(
        selected,
        """
        C: a IDLE
        S: + idling
        S: * 4 EXISTS
        C: DONE
        S: a OK IDLE terminated (Success)
        """,
    )


def test_a_session_that_does_not_idle_is_not_woken(selected: ImapSession, world: World, said: Said) -> None:
    """Before IDLE and after DONE changes wait for the next command."""
    calls: list[str] = []
    selected.on_change = lambda: calls.append("changed")
    selected.receive(b"a IDLE\r\ndone\r\n")

    world.deliver("alice@contoso.com", RAW)

    assert calls == []
    assert said(selected.wake()) == ""


def test_idle_ends_with_done_and_nothing_else(selected: ImapSession, talk: Talk) -> None:
    """Another line ends it as well, but badly."""
    talk(
        selected,
        """
        C: a IDLE
        S: + idling
        C: b NOOP
        S: a BAD Could not parse command
        C: c NOOP
        S: c OK Success
        """,
    )


@pytest.mark.parametrize("end", ["CLOSE", "UNSELECT", "LOGOUT", "SELECT Nothing", "closed"])
def test_a_session_that_left_a_folder_hears_no_more(selected: ImapSession, alice: Account, end: str) -> None:
    """Nothing keeps listening to the account's mail, however the folder was left."""
    if end == "closed":
        selected.receive(b"a IDLE\r\n")
        selected.closed()
    else:
        selected.receive(f"a {end}\r\n".encode())
    calls: list[str] = []
    selected.on_change = lambda: calls.append("changed")

    alice.mail.add(RAW, labels=["\\Inbox"])

    assert calls == []
    assert alice.mail._listeners == []
