"""Entries of the failure ledger that a person gives up: tried no more, told no more, and still accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import BadInput, NotFound
from gmailsync.flows import cycle, ledger
from gmailsync.flows.overview import standing
from gmailsync.flows.pull import Pulled, pull
from gmailsync.model.failure import FailureId, GivenUp
from gmailsync.model.folder import Outcome

FOREVER = float("inf")
A_WEEK = timedelta(days=7)


def message(number):
    return f"Subject: {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\nbody\r\n".encode()


@pytest.fixture
def withheld(ports, gmail, mailbox):
    """Sync a mailbox of three messages of which Gmail withholds two; return the numbers of their entries."""
    for number in (1, 2, 3):
        gmail.deliver(message(number))
    gmail.hidden = {1: FOREVER, 2: FOREVER}
    assert not cycle.run(ports, mailbox.address).ok
    with ports.store.begin() as tx:
        return [failure.id for failure in tx.failures.select(mailbox.id)]


@pytest.fixture
def told(ports, mailbox):
    """Return what a person is told: the open alerts, and how many failures a status counts."""

    def told():
        with ports.store.begin() as tx:
            stands = standing(tx, tx.mailboxes.get(mailbox.address), ports.clock.now())
            return [alert.code for alert in stands.alerts], stands.failures

    return told


def give_up(ports, *numbers):
    return ledger.give_up(ports, numbers, by="ann", why="deleted in Gmail")


def test_the_alert_ends_when_the_last_open_entry_is_given_up(ports, withheld, told):
    """At once, and not before."""
    before = told()
    give_up(ports, withheld[0])
    between = told()
    give_up(ports, withheld[1])

    assert (before, between) == ((["message.failed"], 2), (["message.failed"], 1))
    assert told() == ([], 0)


def test_what_is_given_up_is_not_asked_for_any_more(ports, gmail, mailbox, withheld, told):
    """However long that is, the mailbox stays well, though Gmail lists the messages still."""
    give_up(ports, *withheld)
    fetched = len(gmail.fetched)

    runs = []
    for _ in range(3):
        ports.clock.sleep(A_WEEK)
        runs.append(cycle.run(ports, mailbox.address).ok)

    assert runs == [True] * 3
    assert len(gmail.fetched) == fetched
    assert told() == ([], 0)


def test_what_is_given_up_stays_in_the_ledger_with_the_reason(ports, mailbox, withheld):
    """The message's place names it, so that the cursor has passed nothing of which nothing is known."""
    give_up(ports, *withheld)

    with ports.store.begin() as tx:
        entries = tx.failures.select(mailbox.id)
        outcomes = tx.folders.outcomes(mailbox.id, tx.folders.cursor(mailbox.id, "INBOX"))
    assert [one.given_up for one in entries] == [GivenUp(ports.clock.now(), "ann", "deleted in Gmail")] * 2
    assert outcomes == {1: Outcome.FAILED, 2: Outcome.FAILED, 3: Outcome.STORED}


def test_what_was_given_up_can_be_tried_again(ports, gmail, mailbox, withheld, told):
    """The alert comes back with it at once, and ends when the message has come."""
    give_up(ports, *withheld)

    count = ledger.try_again(ports, withheld)
    between = told()
    gmail.hidden = {}
    run = cycle.run(ports, mailbox.address)

    assert (count, between) == (2, (["message.failed"], 2))
    assert (run.ok, run.incoming.new) == (True, 2)
    assert told() == ([], 0)


def test_all_that_is_tried_again_leaves_out_what_was_given_up(ports, mailbox, withheld):
    """A person said so of this one."""
    give_up(ports, withheld[0])

    count = ledger.try_again(ports)

    with ports.store.begin() as tx:
        assert [one.id for one in tx.failures.due(mailbox.id, ports.clock.now())] == [withheld[1]]
    assert count == 1


def test_a_message_that_is_gone_takes_its_entry_along(ports, gmail, mailbox, withheld):
    """By IMAP, which can tell; there is nothing left to account for."""
    give_up(ports, *withheld)
    gmail.expunge(1)

    cycle.run(ports, mailbox.address)

    with ports.store.begin() as tx:
        assert [one.uid for one in tx.failures.select(mailbox.id)] == [2]


def test_another_uidvalidity_makes_it_another_message(ports, gmail, mailbox, profile, withheld):
    """Nothing says that it is the one that was given up, so it is asked for and entered anew."""
    give_up(ports, *withheld)
    gmail.renumber(7)

    pulled = pull(ports, mailbox, profile)

    with ports.store.begin() as tx:
        assert [(one.uid, one.given_up) for one in tx.failures.select(mailbox.id)] == [(1, None), (2, None)]
    assert [error.code for error in pulled.errors] == ["message.failed"]


def test_bytes_that_are_given_up_are_kept_and_not_read_again(ports, mailbox, profile):
    """A mended reader makes an email of them only when it is asked to."""
    with ports.store.begin() as tx:
        unreadable = ledger.entry(mailbox, ledger.unreadable(ValueError()), len(message(1)), message(1))
        number = tx.failures.note(replace(unreadable, uidl="id1"), ports.clock.now())
    give_up(ports, number)

    pulled = pull(ports, mailbox, profile)
    with ports.store.begin() as tx:
        kept = tx.failures.get(number).raw
    ledger.try_again(ports, [number])
    again = pull(ports, mailbox, profile)

    assert (pulled, kept, again) == (Pulled(), message(1), Pulled(new=1))


def test_an_entry_given_twice_counts_once(ports, withheld):
    """To give up, and to try again."""
    assert give_up(ports, withheld[0], withheld[0]) == 1
    assert ledger.try_again(ports, [withheld[0]] * 2) == 1


@pytest.mark.parametrize(
    ("unknown", "words", "complaint"),
    [
        ([FailureId(99)], {}, "failure: 99: no entry"),
        ([], {"why": " \n"}, "why: .*: must say something"),
        ([], {"by": ""}, "by: '': must say something"),
    ],
)
def test_what_cannot_be_given_up_is_told_and_nothing_is_changed(ports, withheld, told, unknown, words, complaint):
    """Neither the entry that does not exist, nor those before it."""
    with pytest.raises((NotFound, BadInput), match=complaint):
        ledger.give_up(ports, withheld + unknown, **{"by": "ann", "why": "deleted"} | words)

    assert told() == (["message.failed"], 2)


def test_what_was_given_up_already_is_not_given_up_again(ports, withheld, told):
    """The first reason stays, and is told."""
    give_up(ports, withheld[0])

    with pytest.raises(BadInput, match="was given up already, by ann: deleted in Gmail"):
        ledger.give_up(ports, withheld, by="bob", why="too")

    assert told() == (["message.failed"], 1)
