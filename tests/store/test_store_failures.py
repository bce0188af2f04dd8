"""The failure ledger, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gmailsync.errors import NotFound, StoreError
from gmailsync.model.failure import FailureId, GivenUp, NewFailure
from gmailsync.model.folder import Cursor, Outcome, Placement
from gmailsync.model.mailbox import NewMailbox
from gmailsync.rules.ledger import MOST_ATTEMPTS

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def failure(mailbox):
    """Return what is noted of a message that Gmail withholds."""
    return NewFailure(mailbox.id, "imap", "withheld", folder="INBOX", uidvalidity=7, uid=5, gmail_message_id=2**63)


def test_an_entry_keeps_all_that_is_known_of_the_message(database, mailbox, failure):
    """Cause, place and bytes come back; lists leave the bytes out."""
    unreadable = replace(
        failure,
        raw=b"\0\xff\r\n",
        advice="Wait.",
        server_line="NO",
        size=4,
        gmail_thread_id=2**64 - 1,
        labels=("a", "b"),
    )

    with database.begin() as tx:
        number = tx.failures.note(unreadable, NOW)
        found, [listed] = tx.failures.get(number), tx.failures.select(mailbox.id)

    assert (found.raw, found.uid) == (b"\0\xff\r\n", 5)
    assert (found.gmail_message_id, found.gmail_thread_id, found.labels) == (2**63, 2**64 - 1, ("a", "b"))
    assert (found.advice, found.server_line, found.size) == ("Wait.", "NO", 4)
    assert (found.attempts, found.first_at, found.last_at, found.next_at) == (1, NOW, NOW, NOW)
    assert found.has_bytes
    assert listed == replace(found, raw=None)


def test_a_second_failure_at_one_place_is_the_same_entry(database, failure):
    """It has been tried once more; when it first failed stays."""
    with database.begin() as tx:
        numbers = [tx.failures.note(failure, NOW), tx.failures.note(replace(failure, code="mail"), LATER)]
        [found] = tx.failures.select()

    assert numbers == [found.id, found.id]
    assert (found.code, found.attempts, found.first_at, found.last_at) == ("mail", 2, NOW, LATER)
    assert found.next_at == LATER + timedelta(minutes=5)


def test_an_entry_has_the_labels_that_its_message_has_now(database, failure):
    """Others keep theirs."""
    with database.begin() as tx:
        one, two = (tx.failures.note(replace(failure, uid=uid, labels=("old",)), NOW) for uid in (1, 2))

        tx.failures.relabel({one: ("new", "x")})

        assert {entry.id: entry.labels for entry in tx.failures.select()} == {one: ("new", "x"), two: ("old",)}


def test_entries_are_due_when_their_next_try_has_come(database, mailbox, failure):
    """Those of other mailboxes are not."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        tx.failures.note(failure, NOW)
        tx.failures.note(replace(failure, uid=6), NOW)
        tx.failures.note(replace(failure, uid=6), NOW)
        tx.failures.note(replace(failure, mailbox_id=bob.id), NOW)

        due = {moment: [found.uid for found in tx.failures.due(mailbox.id, moment)] for moment in (NOW, LATER)}

    assert due == {NOW: [5], LATER: [5, 6]}


def test_an_entry_of_a_clock_that_was_far_ahead_is_due(database, mailbox, failure):
    """Nobody waits for the year in which it would be tried; what a person has given up stays so."""
    ahead = NOW + timedelta(days=3650)
    with database.begin() as tx:
        tx.failures.note(failure, ahead)
        given_up = tx.failures.note(replace(failure, uid=6), ahead)
        tx.failures.give_up([given_up], GivenUp(ahead, "ann", "deleted"))

        due = tx.failures.due(mailbox.id, NOW)

    assert [found.uid for found in due] == [5]


def test_after_a_week_only_a_person_has_it_tried_again(database, mailbox, failure):
    """It is never due by itself, and at once when somebody asks."""
    with database.begin() as tx:
        for _ in range(MOST_ATTEMPTS):
            number = tx.failures.note(failure, NOW)
        given_up = tx.failures.due(mailbox.id, NOW + timedelta(days=9999))
        tx.failures.make_due([number], NOW)
        asked_for = tx.failures.due(mailbox.id, NOW)

    assert given_up == []
    assert [found.id for found in asked_for] == [number]


def test_what_is_given_up_is_kept_and_never_due(database, mailbox, failure):
    """With its bytes, and with who gave it up, when and why; it does not count as open, and another one does."""
    word = GivenUp(LATER, "ann", "deleted in Gmail")
    with database.begin() as tx:
        number = tx.failures.note(replace(failure, raw=b"\0\r\n"), NOW)
        tx.failures.note(replace(failure, uid=6), NOW)

        tx.failures.give_up([number], word)

        found, counts = tx.failures.get(number), tx.failures.counts()
        due = [one.uid for one in tx.failures.due(mailbox.id, NOW + timedelta(days=9999))]
        listed = [one.given_up for one in tx.failures.select(mailbox.id)]
    assert (found.given_up, found.next_at, found.raw) == (word, None, b"\0\r\n")
    assert (counts, due, listed) == ({mailbox.id: 1}, [6], [word, None])


def test_what_is_given_up_stays_so_when_it_fails_once_more(database, failure):
    """A look that had begun before ends with it; the attempt counts, and that is all."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)
        tx.failures.give_up([number], GivenUp(NOW, "ann", "deleted"))

        again = tx.failures.note(failure, LATER)

        found = tx.failures.get(number)
    assert again == number
    assert (found.attempts, found.next_at, found.given_up) == (2, None, GivenUp(NOW, "ann", "deleted"))


def test_the_first_word_about_an_entry_given_up_stays(database, failure):
    """Who comes second changes nothing; being tried again takes it back."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)
        tx.failures.give_up([number], GivenUp(NOW, "ann", "deleted"))
        tx.failures.give_up([number], GivenUp(LATER, "bob", "me too"))
        first = tx.failures.get(number).given_up
        tx.failures.make_due([number], LATER)
        again = tx.failures.get(number)

    assert first == GivenUp(NOW, "ann", "deleted")
    assert (again.given_up, again.next_at) == (None, LATER)


@pytest.mark.parametrize("word", [GivenUp(NOW, "ann", ""), GivenUp(NOW, "", "deleted")])
def test_the_database_itself_wants_to_know_who_gave_up_and_why(database, failure, word):
    """An entry without either is not given up."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)

    with pytest.raises(StoreError, match="ck_failures_given_up"), database.begin() as tx:
        tx.failures.give_up([number], word)


def test_the_database_itself_keeps_what_is_given_up_as_long_as_a_placement_names_it(database, mailbox, failure):
    """The cursor passed it because the ledger has it."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)
        tx.folders.save(mailbox.id, Cursor("INBOX", 7, 5), [Placement(5, Outcome.FAILED, failure_id=number)])
        tx.failures.give_up([number], GivenUp(NOW, "ann", "deleted"))

    with pytest.raises(StoreError, match=r"foreign key|FOREIGN KEY"), database.begin() as tx:
        tx.failures.remove(number)


def test_the_database_itself_keeps_an_entry_that_a_placement_names(database, mailbox, failure):
    """Off the ledger only together with another outcome of the message."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)
        tx.folders.save(mailbox.id, Cursor("INBOX", 7, 5), [Placement(5, Outcome.FAILED, failure_id=number)])

    with pytest.raises(StoreError, match=r"foreign key|FOREIGN KEY"), database.begin() as tx:
        tx.failures.remove(number)
    with database.begin() as tx:
        tx.folders.save(mailbox.id, Cursor("INBOX", 7, 5), [Placement(5, Outcome.TEST)])
        tx.failures.remove(number)
        left = tx.failures.counts()

    assert left == {}


def test_an_entry_that_is_settled_leaves_its_message_in_its_place(database, mailbox, failure, incoming):
    """As the email that it has become."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)
        cursor = Cursor("INBOX", 7, 5)
        tx.folders.save(mailbox.id, cursor, [Placement(5, Outcome.FAILED, failure_id=number)])
        [email] = tx.emails.add_incoming([incoming(mailbox.id, 1)])

        tx.failures.settle(number, Outcome.STORED, email)

        assert tx.folders.placements(mailbox.id, cursor, [5]) == {5: Placement(5, Outcome.STORED, email)}
        assert tx.failures.select() == []


def test_counts_are_by_mailbox_and_go_with_it(database, mailbox, failure):
    """A removed mailbox takes its entries along, placements and all."""
    with database.begin() as tx:
        number = tx.failures.note(failure, NOW)
        tx.failures.note(replace(failure, uid=6), NOW)
        tx.folders.save(mailbox.id, Cursor("INBOX", 7, 5), [Placement(5, Outcome.FAILED, failure_id=number)])
        before = tx.failures.counts()
        tx.mailboxes.remove(mailbox.id)
    with database.begin() as tx:
        after = tx.failures.counts()

    assert (before, after) == ({mailbox.id: 2}, {})


def test_an_unknown_number_is_told(database):
    """The number is named."""
    with database.begin() as tx, pytest.raises(NotFound, match="failure: 99"):
        tx.failures.get(FailureId(99))
