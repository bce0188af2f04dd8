"""Messages that POP lists and does not hand over, or that cannot be read: the ledger has them, and no other waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.flows import cycle, ledger
from gmailsync.flows.pull import Pulled, pull
from gmailsync.flows.pull_pop import pull_pop
from gmailsync.flows.receiving import receive
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import MailboxKind

LATER = timedelta(minutes=5)


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


def deliver(drop, *numbers):
    for number in numbers:
        drop.deliver(message(number), f"id{number}")


@pytest.fixture
def stored(store, mailbox, drop):
    """Return what is stored: subjects, the ledger's entries, and what became of each unique-id."""

    def stored():
        with store.begin() as tx:
            return (
                sorted(email.headers.subject for email in tx.emails.select(mailbox.id)),
                tx.failures.select(mailbox.id),
                tx.fates.known(mailbox.id, drop.mail),
            )

    return stored


def look(ports, mailbox, profile, **options):
    """Look five minutes later."""
    ports.clock.sleep(LATER)
    return pull_pop(ports, mailbox, profile, **options)


def test_a_message_that_pop_refuses_is_in_the_ledger_without_bytes(ports, drop, mailbox, by_pop, stored):
    """With the server's line; the others are stored."""
    deliver(drop, 1, 2, 3)
    drop.poison = {"id2"}

    pulled = look(ports, mailbox, by_pop)

    subjects, [failure], fates = stored()
    assert (pulled.new, [error.code for error in pulled.errors]) == (2, ["message.failed"])
    assert pulled.errors[0].server_line == "-ERR [SYS/TEMP] no"
    assert subjects == ["1", "3"]
    assert (failure.uidl, failure.code, failure.has_bytes) == ("id2", "message.withheld", False)
    assert (failure.server_line, failure.size) == ("-ERR [SYS/TEMP] no", len(message(2)))
    assert fates["id2"] is Outcome.FAILED


@pytest.mark.parametrize("lets_go", [True, False])
def test_a_refused_message_is_asked_for_ever_more_seldom_until_it_comes(ports, drop, mailbox, by_pop, stored, lets_go):
    """At the next sync, then after five minutes, then after fifteen; in between nobody asks, which is no failure."""
    drop.lets_go_of_what_was_read = lets_go
    deliver(drop, 1)
    drop.poison = {"id1"}

    looks = [look(ports, mailbox, by_pop) for _ in range(4)]
    drop.poison = set()
    last = [look(ports, mailbox, by_pop) for _ in range(2)]

    assert [len(pulled.errors) for pulled in looks] == [1, 1, 1, 0]
    assert last == [Pulled(), Pulled(new=1)]
    assert drop.asked == ["id1"] * 4
    assert stored() == (["1"], [], {"id1": Outcome.STORED})


def test_a_message_of_the_ledger_that_is_listed_no_more_stays_in_it(ports, drop, mailbox, by_pop, stored):
    """POP hides what any program has read, so that absence proves nothing."""
    deliver(drop, 1)
    drop.poison = {"id1"}
    look(ports, mailbox, by_pop)
    drop.gone = {"id1"}

    pulled = look(ports, mailbox, by_pop)

    assert pulled == Pulled()
    assert [failure.uidl for failure in stored()[1]] == ["id1"]


@pytest.mark.parametrize("lets_go", [True, False])
def test_a_refused_message_that_is_given_up_is_not_asked_for(ports, drop, mailbox, by_pop, stored, lets_go):
    """Though POP lists it still, session after session; later mail is read as ever."""
    drop.lets_go_of_what_was_read = lets_go
    deliver(drop, 1)
    drop.poison = {"id1"}
    look(ports, mailbox, by_pop)
    ledger.give_up(ports, [stored()[1][0].id], by="ann", why="deleted")
    drop.asked.clear()
    deliver(drop, 2)

    looks = [look(ports, mailbox, by_pop) for _ in range(3)]

    assert [pulled.new for pulled in looks] == [1, 0, 0]
    assert [pulled.errors for pulled in looks] == [(), (), ()]
    assert "id1" not in drop.asked
    assert stored()[2] == {"id1": Outcome.FAILED, "id2": Outcome.STORED}


def test_a_message_that_cannot_be_read_is_kept_with_its_bytes(ports, store, drop, mailbox, by_pop, stored):
    """The others of its batch are stored; nothing of the mail is in the words about it."""
    deliver(drop, 1, 2, 3)

    pulled = look(ports, mailbox, by_pop, receive=choking_on(2))

    subjects, [failure], fates = stored()
    with store.begin() as tx:
        kept = tx.failures.get(failure.id)
    assert (pulled.new, [error.code for error in pulled.errors]) == (2, ["message.failed"])
    assert subjects == ["1", "3"]
    assert (kept.raw, kept.code, kept.uidl) == (message(2), "message.unreadable", "id2")
    assert kept.message == "the message cannot be read (ZeroDivisionError)"
    assert fates == {"id1": Outcome.STORED, "id2": Outcome.FAILED, "id3": Outcome.STORED}


@pytest.mark.parametrize("lets_go", [True, False])
def test_a_mended_reader_makes_an_email_of_what_was_kept(ports, drop, mailbox, by_pop, stored, lets_go):
    """From the bytes in the ledger, whether or not POP still shows the message; its fate says so."""
    drop.lets_go_of_what_was_read = lets_go
    deliver(drop, 1)
    look(ports, mailbox, by_pop, receive=choking_on(1))

    again = look(ports, mailbox, by_pop, receive=choking_on(1))
    mended = look(ports, mailbox, by_pop)

    assert [error.code for error in again.errors] == ["message.failed"]
    assert mended == Pulled(new=1)
    assert drop.asked == ["id1"]
    assert stored() == (["1"], [], {"id1": Outcome.STORED})


def test_bytes_that_pop_shows_again_do_not_take_the_place_of_later_mail(ports, drop, mailbox, by_pop, stored):
    """They are read once more, only so that Gmail lets go of them, and count as one failure."""
    deliver(drop, 1)
    look(ports, mailbox, by_pop, receive=choking_on(1))
    drop.gone.clear()
    deliver(drop, 2)

    pulled = look(ports, mailbox, by_pop, receive=choking_on(1))

    assert (pulled.new, pulled.known, len(pulled.errors)) == (1, 0, 1)
    assert drop.gone == {"id1", "id2"}
    assert [failure.attempts for failure in stored()[1]] == [2]


def test_what_pop_left_in_the_ledger_is_replayed_by_imap(ports, drop, mailbox, profile, by_pop, stored):
    """The profile may have changed since."""
    deliver(drop, 1)
    look(ports, mailbox, by_pop, receive=choking_on(1))

    pulled = pull(ports, mailbox, profile)

    assert pulled == Pulled(new=1)
    assert stored() == (["1"], [], {"id1": Outcome.STORED})


def test_what_replaying_finds_to_be_a_sent_copy_is_no_email(ports, drop, mailbox, by_pop, stored):
    """The rules of reading by POP hold for it, too."""
    sent = f"Subject: s\r\nFrom: {mailbox.address}\r\nTo: bob@example.com\r\n\r\nbody\r\n".encode()
    with ports.store.begin() as tx:
        entry = replace(ledger.entry(mailbox, ledger.unreadable(ValueError()), len(sent), sent), uidl="id1")
        tx.failures.note(entry, ports.clock.now())

    pulled = look(ports, mailbox, by_pop)

    assert pulled == Pulled(refused=1)
    assert stored()[:2] == ([], [])


def test_nothing_of_the_ledger_is_deleted_at_gmail(ports, drop, mailbox, by_pop):
    """Of a queue's mail only what became an email is, at once or later."""
    queue = replace(mailbox, kind=MailboxKind.QUEUE, pop_delete=True, pop_recent=True)
    with ports.store.begin() as tx:
        tx.mailboxes.save(queue)
    deliver(drop, 1, 2, 3)
    drop.poison = {"id1"}

    look(ports, queue, by_pop, receive=choking_on(2))
    at_first = set(drop.deleted)
    look(ports, queue, by_pop)

    assert at_first == {"id3"}
    assert drop.deleted == {"id2", "id3"}


def test_the_alert_stays_until_the_ledger_is_empty(ports, store, drop, mailbox, by_pop):
    """As by IMAP."""
    deliver(drop, 1)
    drop.poison = {"id1"}
    with store.begin() as tx:
        tx.mailboxes.save(mailbox)

    def run():
        ports.clock.sleep(LATER)
        ok = cycle.run(ports, mailbox.address).ok
        with store.begin() as tx:
            return ok, [alert.code for alert in tx.alerts.select(mailbox_id=mailbox.id)]

    runs = [run() for _ in range(4)]
    drop.poison = set()
    last = [run() for _ in range(2)]

    assert runs == [(False, ["message.failed"])] * 3 + [(True, ["message.failed"])]
    assert last == [(True, ["message.failed"]), (True, [])]
