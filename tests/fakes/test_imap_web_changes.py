"""What the owner changes on the web moves HIGHESTMODSEQ at once and reaches a session late."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from fakes.accounts import Account
from fakes.actions import Action
from fakes.gmail.message import SEEN
from fakes.imap.session import ImapSession
from fakes.world import World

ALICE = "alice@contoso.com"
Talk = Callable[..., None]
Said = Callable[[Iterable[Action]], str]
DELAY = timedelta(minutes=2)


@pytest.fixture
def ids(world: World, alice: Account) -> list[int]:
    """Return the ids of Alice's three messages, of whose changes sessions hear after two minutes."""
    alice.mail.web_delay = DELAY
    return [world.deliver(ALICE, b"Subject: %d\r\n\r\n" % number).gm_msgid for number in range(3)]


@pytest.fixture
def selected(imap: ImapSession, ids: list[int]) -> ImapSession:
    """Return a session that has the Inbox open."""
    imap.receive(b"a SELECT INBOX (CONDSTORE)\r\n")
    return imap


def test_flags_are_seen_late(selected: ImapSession, world: World, ids: list[int], talk: Talk) -> None:
    """STATUS tells that something has changed; FETCH and CHANGEDSINCE find nothing yet."""
    with world.on_the_web(ALICE) as mail:
        before = mail.highest_modseq
        mail.set_flags(ids[0], [SEEN])

    talk(
        selected,
        f"""
        C: a STATUS INBOX (HIGHESTMODSEQ)
        S: * STATUS "INBOX" (HIGHESTMODSEQ {before + 1})
        S: a OK Success
        C: b FETCH 1 (FLAGS) (CHANGEDSINCE {before})
        S: b OK Success
        C: c FETCH 1 (FLAGS)
        S: * 1 FETCH (FLAGS ())
        S: c OK Success
        """,
    )
    world.clock.advance(DELAY)
    talk(
        selected,
        f"""
        C: d NOOP
        S: * 1 FETCH (UID 1 MODSEQ ({before + 1}) FLAGS (\\Seen))
        S: d OK Success
        """,
    )


def test_mail_comes_and_goes_late(selected: ImapSession, world: World, ids: list[int], said: Said, talk: Talk) -> None:
    """Numbers stay what they were until the session is told; a folder opened anew shows all."""
    with world.on_the_web(ALICE) as mail:
        mail.delete(ids[0])
        mail.remove_labels(ids[1], ["\\Inbox"])
        mail.add(b"Subject: draft\r\n\r\n", labels=["\\Inbox"])
    world.deliver(ALICE, b"Subject: late\r\n\r\n")

    assert said(selected.receive(b"a NOOP\r\n")) == "a OK Success\r\n"
    assert said(selected.receive(b"b UID SEARCH ALL\r\n")).startswith("* SEARCH 3\r\n")
    selected.receive(b"c IDLE\r\n")
    assert selected.due == world.clock.now() + DELAY
    world.clock.advance(DELAY)

    assert said(selected.wake()) == "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 3 EXISTS\r\n"


def test_opening_a_folder_shows_what_is(selected: ImapSession, world: World, ids: list[int], said: Said) -> None:
    """Lateness belongs to sessions that were there before."""
    with world.on_the_web(ALICE) as mail:
        mail.delete(ids[0])

    assert "* 2 EXISTS\r\n" in said(selected.receive(b"a SELECT INBOX\r\n"))


def test_what_the_session_stores_goes_onto_what_is(
    selected: ImapSession, world: World, alice: Account, ids: list[int]
) -> None:
    """The owner's change is not undone by a client that has not heard of it."""
    with world.on_the_web(ALICE) as mail:
        mail.set_flags(ids[0], ["Seen-on-the-web"])

    selected.receive(b"a STORE 1 +FLAGS (\\Answered)\r\nb FETCH 1 BODY[]\r\n")

    assert alice.mail.message(ids[0]).flags == {"Seen-on-the-web", "\\Answered", SEEN}


def test_without_a_delay_all_is_as_ever(
    selected: ImapSession, world: World, alice: Account, ids: list[int], said: Said
) -> None:
    """The switch is off unless somebody sets it."""
    alice.mail.web_delay = timedelta(0)

    with world.on_the_web(ALICE) as mail:
        mail.delete(ids[0])

    assert said(selected.receive(b"a NOOP\r\n")) == "* 1 EXPUNGE\r\n* 2 EXISTS\r\na OK Success\r\n"
    with pytest.raises(ValueError, match="no account"), world.on_the_web("nobody@contoso.com"):
        pass
