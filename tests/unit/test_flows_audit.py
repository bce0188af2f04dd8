"""The audit proves a mailbox message by message, finds what has drifted apart, and mends it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from gmailsync.flows import audit as auditor
from gmailsync.flows import cycle, ledger
from gmailsync.flows.leases import LEASE
from gmailsync.model.folder import Cursor, Outcome, Placement
from gmailsync.model.mailbox import ALL_MAIL, Acceptance
from gmailsync.model.profile import IncomingProtocol

NUMBERS = ("server", "stored", "set_aside", "failed", "given_up", "missing", "extra", "changed", "mended")


def message(number):
    return f"From: bob@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\nb\r\n".encode()


@pytest.fixture
def synced(ports, gmail, mailbox):
    """Sync a mailbox of three messages."""
    for number in (1, 2, 3):
        gmail.deliver(message(number))
    assert cycle.run(ports, mailbox.address).ok
    return mailbox


@pytest.fixture
def audit(ports, mailbox):
    """Return a call that audits the mailbox and returns the numbers that are not 0."""

    def audit():
        done = auditor.audit(ports, mailbox.address)
        return done.ok, {number: getattr(done.audit, number) for number in NUMBERS if getattr(done.audit, number)}

    return audit


def subjects(store, mailbox):
    with store.begin() as tx:
        return sorted(email.headers.subject for email in tx.emails.select(mailbox.id))


def drift(store, mailbox, *placements, gone=()):
    """Write into the folder's notes what no sync would."""
    with store.begin() as tx:
        cursor = tx.folders.cursor(mailbox.id, "INBOX")
        tx.folders.remove(mailbox.id, cursor, gone)
        tx.folders.save(mailbox.id, cursor, placements)


def number_of(store, mailbox, subject):
    with store.begin() as tx:
        return next(email.id for email in tx.emails.select(mailbox.id) if email.headers.subject == subject)


def test_a_mailbox_in_step_is_proven(store, clock, synced, audit):
    """Each of the server's messages is an email; the numbers and the time are kept."""
    found = audit()

    with store.begin() as tx:
        kept = tx.audits.all()[synced.id]
    assert found == (True, {"server": 3, "stored": 3})
    assert (kept.stored, kept.expected, kept.at) == (3, 3, clock.now())


def test_new_mail_is_brought_before_it_is_counted(gmail, synced, audit):
    """What came in the last minute is not told as missing."""
    gmail.deliver(message(4))

    assert audit() == (True, {"server": 4, "stored": 4})


def test_what_no_sync_would_find_any_more_is_found_and_stored(ports, store, gmail, mailbox, audit):
    """The cursor says that all is dealt with, and nothing is: the sync sees no change, the audit does."""
    for number in (1, 2):
        gmail.deliver(message(number))
    done = Cursor("INBOX", gmail.uidvalidity, gmail.uidnext - 1, modseq=gmail.modseq, uidnext=gmail.uidnext, messages=2)
    with store.begin() as tx:
        tx.folders.save(mailbox.id, done)
        tx.mailboxes.save(replace(mailbox, last_success=ports.clock.now()))
    cycle.run(ports, mailbox.address)
    blind = subjects(store, mailbox)

    found = audit()

    assert blind == []
    assert found == (True, {"server": 2, "stored": 2, "mended": 2})
    assert subjects(store, mailbox) == ["1", "2"]


def test_a_note_about_a_message_that_is_not_there_is_taken_back(store, synced, audit):
    """The email it names stays."""
    drift(store, synced, Placement(2**31, Outcome.STORED, number_of(store, synced, "1")))

    assert audit() == (True, {"server": 3, "stored": 3, "mended": 1})
    assert audit() == (True, {"server": 3, "stored": 3})


def test_a_note_that_is_lost_is_made_again(store, gmail, synced, audit):
    """Known by Gmail's id, the message is not fetched a second time."""
    drift(store, synced, gone=[2])
    fetched = len(gmail.fetched)

    assert audit() == (True, {"server": 3, "stored": 3, "mended": 1})
    assert len(gmail.fetched) == fetched


def test_a_note_about_another_message_is_corrected(store, synced, audit):
    """Told by Gmail's id."""
    drift(store, synced, Placement(2, Outcome.STORED, number_of(store, synced, "1")))

    assert audit() == (True, {"server": 3, "stored": 3, "mended": 1})


def test_an_email_whose_bytes_are_damaged_is_stored_anew(store, gmail, synced, audit):
    """The server hands over other bytes, of the size that it tells: they are stored, and what is read from them."""
    before = number_of(store, synced, "2")
    whole = message(2).replace(b"Subject: 2", b"Subject: two") + b"more"
    gmail.inbox[2] = replace(gmail.inbox[2], raw=whole)

    assert audit() == (True, {"server": 3, "stored": 3, "mended": 1})
    assert audit() == (True, {"server": 3, "stored": 3})
    with store.begin() as tx:
        email = tx.emails.get(before)
        assert (tx.emails.raw(before), email.size, email.sha256) == (whole, len(whole), sha256(whole).hexdigest())
    assert email.headers.subject == "two"


def test_a_size_that_the_server_tells_wrongly_is_noted_once_the_bytes_are_compared(gmail, synced, audit):
    """They are those stored: it is a quirk of the server's, and costs no fetch the next time."""
    gmail.sizes = {2: 4711}

    first = audit()
    fetched = len(gmail.fetched)
    again = audit()

    assert first == (True, {"server": 3, "stored": 3, "mended": 1})
    assert again == (True, {"server": 3, "stored": 3})
    assert len(gmail.fetched) == fetched


def test_a_size_that_was_noted_under_other_uids_is_compared_again(gmail, synced, audit):
    """Only bytes that were seen under this UID tell that the server is wrong about it."""
    gmail.sizes = {2: 4711}
    audit()
    gmail.renumber(7)
    fetched = len(gmail.fetched)

    assert audit() == (True, {"server": 3, "stored": 3, "mended": 1})
    assert len(gmail.fetched) == fetched + 1


def test_bytes_of_neither_size_are_told_and_left(store, gmail, synced, audit):
    """What is stored stays as it is, and the mailbox unproven."""
    gmail.inbox[2] = replace(gmail.inbox[2], raw=message(2) + b"more")
    gmail.sizes = {2: 4711}

    assert [audit(), audit()] == [(False, {"server": 3, "stored": 3, "changed": 1})] * 2
    number = number_of(store, synced, "2")
    with store.begin() as tx:
        assert tx.emails.raw(number) == message(2)


def test_a_label_that_no_answer_about_changes_told_is_found(store, gmail, mailbox, audit):
    """All Mail refused the message, and the change was left out of the one answer that should have named it."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, folders=(ALL_MAIL,), labels=("work",)))
    for number in (1, 2):
        gmail.deliver(message(number))
    before = audit()
    gmail.change(1, labels=("Work",))
    gmail.changed.clear()

    assert before == (True, {"server": 2, "set_aside": 2})
    assert audit() == (True, {"server": 2, "stored": 1, "set_aside": 1, "mended": 1})
    assert subjects(store, mailbox) == ["1"]


def test_what_nobody_accepts_is_no_drift_whatever_its_label(store, gmail, mailbox, audit):
    """It was refused for another reason, and is again."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, folders=(ALL_MAIL,), labels=("work",), acceptance=Acceptance.NONE))
    gmail.deliver(message(1))
    gmail.change(1, labels=("Work",))

    assert [audit(), audit()] == [(True, {"server": 1, "set_aside": 1})] * 2


def test_a_message_of_the_failure_ledger_keeps_the_mailbox_unproven(gmail, synced, audit):
    """It is counted as what it is."""
    gmail.deliver(message(4))
    gmail.hidden = {4: float("inf")}

    assert audit() == (False, {"server": 4, "stored": 3, "failed": 1})


def test_a_message_that_was_given_up_is_counted_by_itself(store, ports, gmail, synced, audit):
    """The mailbox is proven but for it; one that is still tried keeps it unproven."""
    for number in (4, 5):
        gmail.deliver(message(number))
    gmail.hidden = {4: float("inf"), 5: float("inf")}
    before = audit()
    with store.begin() as tx:
        first, second = (one.id for one in tx.failures.select(synced.id))

    ledger.give_up(ports, [first], by="ann", why="a newsletter")
    between = audit()
    ledger.give_up(ports, [second], by="ann", why="another")

    assert before == (False, {"server": 5, "stored": 3, "failed": 2})
    assert between == (False, {"server": 5, "stored": 3, "failed": 1, "given_up": 1})
    assert audit() == (True, {"server": 5, "stored": 3, "given_up": 2})


def test_a_test_message_is_set_aside(store, gmail, synced, audit):
    """It should be no email, and none is missed for it."""
    with store.begin() as tx:
        tx.emails.note_test_message(synced.id, "<test@contoso.com>")
    gmail.deliver(b"Message-ID: <test@contoso.com>\r\n\r\n")

    assert audit() == (True, {"server": 4, "stored": 3, "set_aside": 1})


def test_a_mailbox_by_pop_cannot_be_proven(ports, store, profile, synced):
    """POP does not show all messages; that is said, and nothing is written down."""
    with store.begin() as tx:
        tx.profiles.save(replace(profile, protocol=IncomingProtocol.POP))

    done = auditor.audit(ports, synced.address)

    assert (done.ok, done.audit, done.error.code) == (False, None, "mailbox.no-audit")


def test_a_mailbox_that_a_sync_works_on_is_left_to_it(ports, store, clock, synced):
    """The audit says so and does nothing."""
    with store.begin() as tx:
        tx.leases.claim(synced.id, replace(ports.workers.me(), pid=2), clock.now(), clock.now() + LEASE)

    done = auditor.audit(ports, synced.address)

    assert (done.ok, done.audit, done.under_way.worker.pid) == (False, None, 2)
