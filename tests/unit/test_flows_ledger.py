"""Messages that cannot be had or not be read: the ledger has them, the others do not wait, and none is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.flows import cycle, ledger
from gmailsync.flows.pull import Pulled, pull
from gmailsync.flows.receiving import receive
from gmailsync.model.email import Direction, EmailStatus
from gmailsync.model.folder import Cursor, Outcome, Placement
from gmailsync.model.mailbox import SENT

FOREVER = float("inf")


def message(number):
    return f"Subject: {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\nbody\r\n".encode()


def choking_on(number):
    """Return a reader of mail that has a mistake: one message makes it fail."""

    def receive_or_fail(tx, mailbox, messages, now):
        received = receive(tx, mailbox, messages, now)
        if any(one.raw == message(number) for one in messages):
            raise ZeroDivisionError("secret words of the mail")
        return received

    return receive_or_fail


@pytest.fixture
def look(ports, store, mailbox):
    """Return what is stored: subjects, the ledger's entries, what became of each UID, and how far the cursor is."""

    def look():
        with store.begin() as tx:
            cursor = tx.folders.cursor(mailbox.id, "INBOX")
            return (
                sorted(email.headers.subject for email in tx.emails.select(mailbox.id)),
                tx.failures.select(mailbox.id),
                tx.folders.outcomes(mailbox.id, cursor),
                (cursor.last_uid, cursor.backlog_uid),
            )

    return look


def test_a_message_withheld_keeps_no_other_waiting(ports, gmail, mailbox, profile, look):
    """Gmail lists it and does not hand it over: it is in the ledger, the cursor goes on, and the trouble is told."""
    for number in range(1, 7):
        gmail.deliver(message(number))
    gmail.hidden = {2: FOREVER}

    pulled = pull(ports, mailbox, profile, max_messages=2)

    subjects, [failure], outcomes, reached = look()
    assert (pulled.new, [error.code for error in pulled.errors]) == (5, ["message.failed"])
    assert pulled.errors[0].message == "1 message of the Inbox (UID 2) waits in the failure ledger"
    assert subjects == ["1", "3", "4", "5", "6"]
    assert (failure.uid, failure.code, failure.has_bytes) == (2, "message.withheld", False)
    assert outcomes[2] is Outcome.FAILED
    assert reached == (6, 0)


def test_a_message_withheld_becomes_an_email_once_it_comes(ports, gmail, mailbox, profile, look):
    """The next sync asks again, stores it, and the ledger is empty."""
    for number in (1, 2, 3):
        gmail.deliver(message(number))
    gmail.hidden = {2: 2}
    pull(ports, mailbox, profile)

    pulled = pull(ports, mailbox, profile)

    subjects, failures, outcomes, _ = look()
    assert pulled == Pulled(new=1)
    assert (subjects, failures) == (["1", "2", "3"], [])
    assert set(outcomes.values()) == {Outcome.STORED}


def test_a_message_that_stays_withheld_is_asked_for_ever_more_seldom(ports, gmail, mailbox, profile, look):
    """At the next sync, then after five minutes; a sync in between is no failure and does not ask."""
    gmail.deliver(message(1))
    gmail.hidden = {1: FOREVER}
    pull(ports, mailbox, profile)

    again = pull(ports, mailbox, profile)
    asked = len(gmail.fetched)
    between = pull(ports, mailbox, profile)

    assert [error.code for error in again.errors] == ["message.failed"]
    assert between == Pulled()
    assert len(gmail.fetched) == asked
    [failure] = look()[1]
    assert failure.attempts == 2
    assert failure.next_at - failure.last_at == timedelta(minutes=5)


def test_a_message_of_the_ledger_that_is_gone_leaves_it(ports, gmail, mailbox, profile, look):
    """Confirmed by another question, as ever."""
    for number in (1, 2):
        gmail.deliver(message(number))
    gmail.hidden = {1: FOREVER}
    pull(ports, mailbox, profile)
    gmail.expunge(1)

    pulled = pull(ports, mailbox, profile)

    assert pulled == Pulled()
    assert look()[1:3] == ([], {2: Outcome.STORED})


def test_a_message_that_cannot_be_read_is_kept_with_its_bytes(ports, store, gmail, mailbox, profile, look):
    """The others of its batch are stored; nothing of the mail is in the words about it."""
    for number in (1, 2, 3):
        gmail.deliver(message(number))

    pulled = pull(ports, mailbox, profile, receive=choking_on(2))

    subjects, [failure], outcomes, reached = look()
    with store.begin() as tx:
        kept = tx.failures.get(failure.id)
    assert (pulled.new, [error.code for error in pulled.errors]) == (2, ["message.failed"])
    assert subjects == ["1", "3"]
    assert (kept.raw, kept.size, kept.code) == (message(2), len(message(2)), "message.unreadable")
    assert kept.message == "the message cannot be read (ZeroDivisionError)"
    assert outcomes == {1: Outcome.STORED, 2: Outcome.FAILED, 3: Outcome.STORED}
    assert reached == (3, 0)


def test_a_mended_reader_makes_an_email_of_what_was_kept(ports, gmail, mailbox, profile, look):
    """From the bytes in the ledger, though the message has left the mailbox."""
    for number in (1, 2):
        gmail.deliver(message(number))
    pull(ports, mailbox, profile, receive=choking_on(2))
    gmail.expunge(2)
    pull(ports, mailbox, profile, receive=choking_on(2))
    ports.clock.sleep(timedelta(minutes=5))

    pulled = pull(ports, mailbox, profile)

    assert pulled == Pulled(new=1)
    assert look()[:2] == (["1", "2"], [])


def test_a_reader_that_is_not_mended_is_told_again(ports, gmail, mailbox, profile, look):
    """And counts one more attempt."""
    gmail.deliver(message(1))
    pull(ports, mailbox, profile, receive=choking_on(1))

    pulled = pull(ports, mailbox, profile, receive=choking_on(1))

    [failure] = look()[1]
    assert [error.code for error in pulled.errors] == ["message.failed"]
    assert failure.attempts == 2


def test_the_alert_stays_until_the_ledger_is_empty(ports, store, gmail, mailbox):
    """A sync that asks for nothing does not resolve it; one that gets the message does."""
    gmail.deliver(message(1))
    gmail.hidden = {1: 4}
    with store.begin() as tx:
        tx.mailboxes.save(mailbox)

    def open_codes():
        with store.begin() as tx:
            return [alert.code for alert in tx.alerts.select(mailbox_id=mailbox.id)]

    runs = [cycle.run(ports, mailbox.address).ok for _ in range(3)]
    before = open_codes()
    ports.clock.sleep(timedelta(minutes=5))
    runs.append(cycle.run(ports, mailbox.address).ok)

    assert runs == [False, False, True, True]
    assert before == ["message.failed"]
    assert open_codes() == []


def test_a_changed_uidvalidity_takes_the_entries_along(ports, gmail, mailbox, profile, look):
    """The message is read under its new UID, and the entry about the former one is gone."""
    for number in (1, 2):
        gmail.deliver(message(number))
    gmail.hidden = {1: 2}
    pull(ports, mailbox, profile)
    gmail.renumber(7)

    pulled = pull(ports, mailbox, profile)

    assert (pulled.new, pulled.errors) == (1, ())
    assert look()[:2] == (["1", "2"], [])


def test_a_message_of_the_sent_folder_is_sent_when_it_is_read_at_last(ports, store, mailbox, profile):
    """The folder says so, as it does to a message that is read at once; not every server has labels that would."""
    entry = ledger.entry(mailbox, ledger.unreadable(ZeroDivisionError()), len(message(1)), message(1))
    with store.begin() as tx:
        place = replace(entry, folder=SENT, uidvalidity=1, uid=1)
        failed = Placement(1, Outcome.FAILED, failure_id=tx.failures.note(place, ports.clock.now()))
        tx.folders.save(mailbox.id, Cursor(SENT, 1, 1), [failed])

    pulled = pull(ports, replace(mailbox, folders=("INBOX",)), profile)

    with store.begin() as tx:
        [email] = tx.emails.select(mailbox.id)
    assert pulled == Pulled(new=1)
    assert (email.direction, email.status) == (Direction.OUTGOING, EmailStatus.SENT)


def test_what_was_kept_with_its_bytes_is_known_in_other_folders(ports, store, gmail, mailbox, profile):
    """Gmail's id is kept with them, so that labels follow and nothing is fetched again."""
    gmail.deliver(message(1), gmail_message_id=77)
    pull(ports, mailbox, profile, receive=choking_on(1))
    pull(ports, mailbox, profile)
    gmail.change(1, labels=("Work",))
    pull(ports, mailbox, profile)

    with store.begin() as tx:
        [email] = tx.emails.select(mailbox.id)
    assert (email.gmail_message_id, email.labels) == (77, ("Work",))


def test_what_was_kept_with_its_bytes_has_its_thread_and_the_labels_of_today_when_it_is_read(
    ports, store, gmail, mailbox, profile
):
    """Also those that it was given while it waited, of which no later look tells."""
    gmail.deliver(message(1), gmail_message_id=77)
    gmail.change(1, labels=("\\Inbox",), gmail_thread_id=78, flags=("\\Seen",))
    pull(ports, mailbox, profile, receive=choking_on(1))
    gmail.change(1, labels=("\\Inbox", "Work"))
    pull(ports, mailbox, profile, receive=choking_on(1))
    ports.clock.sleep(timedelta(minutes=5))

    pulled = pull(ports, mailbox, profile)

    with store.begin() as tx:
        [email] = tx.emails.select(mailbox.id)
        place = tx.folders.placements(mailbox.id, tx.folders.cursor(mailbox.id, "INBOX"), [1])[1]
    assert pulled == Pulled(new=1)
    assert (email.gmail_message_id, email.gmail_thread_id, email.labels) == (77, 78, ("\\Inbox", "Work"))
    assert (place.outcome, place.flags) == (Outcome.STORED, ("\\Seen",))


def test_what_the_owner_sent_is_sent_though_it_is_read_from_the_ledger(ports, store, gmail, mailbox, profile):
    """Its label says so, in whatever folder it was found."""
    gmail.deliver(message(1), gmail_message_id=77)
    gmail.change(1, labels=("\\Sent",))
    pull(ports, mailbox, profile, receive=choking_on(1))

    pull(ports, mailbox, profile)

    with store.begin() as tx:
        [email] = tx.emails.select(mailbox.id)
        activity = tx.activities.get(email.activity_id)
    assert activity.direction is Direction.OUTGOING
