"""What became of messages by their POP unique-ids, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gmailsync.errors import StoreError
from gmailsync.model.failure import NewFailure
from gmailsync.model.folder import Outcome
from gmailsync.model.maildrop import Fate


def test_fates_are_known_by_mailbox_and_unique_id(database, mailbox, another_mailbox, incoming):
    """More of them than one statement names; those of another mailbox say nothing."""
    uidls, other = [f"GmailId{number:016x}" for number in range(2500)], another_mailbox()

    with database.begin() as tx:
        [number] = tx.emails.add_incoming([incoming(mailbox.id, 1)])
        tx.fates.save(mailbox.id, [Fate(uidl, Outcome.STORED, number, size=7) for uidl in uidls])
        tx.fates.save(other.id, [Fate("GmailIdffff", Outcome.REFUSED)])
    with database.begin() as tx:
        known = tx.fates.known(mailbox.id, [*uidls, "GmailIdffff"])

    assert known == dict.fromkeys(uidls, Outcome.STORED)


def test_a_fate_may_change(database, mailbox, incoming):
    """What was left out may be wanted after all; there is one fate at a time."""
    with database.begin() as tx:
        tx.fates.save(mailbox.id, [Fate("a", Outcome.REFUSED), Fate("b", Outcome.TEST)])
        tx.fates.save(mailbox.id, [])
    with database.begin() as tx:
        [number] = tx.emails.add_incoming([incoming(mailbox.id, 1)])
        tx.fates.save(mailbox.id, [Fate("a", Outcome.STORED, number)])

    with database.begin() as tx:
        assert tx.fates.known(mailbox.id, ["a", "b"]) == {"a": Outcome.STORED, "b": Outcome.TEST}


@pytest.mark.parametrize("fate", [Fate("a", Outcome.STORED), Fate("a", Outcome.FAILED)])
def test_the_database_itself_refuses_a_fate_without_its_proof(database, mailbox, fate):
    """Stored needs an email, failed an entry of the ledger."""
    with pytest.raises(StoreError, match="ck_fates_"), database.begin() as tx:
        tx.fates.save(mailbox.id, [fate])


def test_fates_go_with_their_mailbox(database, mailbox, incoming):
    """Nothing is left of a mailbox that is removed."""
    with database.begin() as tx:
        [number] = tx.emails.add_incoming([incoming(mailbox.id, 1)])
        tx.fates.save(mailbox.id, [Fate("a", Outcome.STORED, number)])

    with database.begin() as tx:
        tx.mailboxes.remove(mailbox.id)
        assert tx.fates.known(mailbox.id, ["a"]) == {}


def test_a_fate_is_settled_with_its_entry_of_the_ledger(database, mailbox, incoming):
    """Only the one that failed, and the entry leaves the ledger in the same transaction."""
    with database.begin() as tx:
        entry = NewFailure(mailbox.id, "message.unreadable", "it cannot be read", uidl="a", raw=b"raw")
        number = tx.failures.note(entry, datetime(2026, 1, 1, tzinfo=UTC))
        tx.fates.save(mailbox.id, [Fate("a", Outcome.FAILED, failure_id=number), Fate("b", Outcome.REFUSED)])

    with database.begin() as tx:
        [email] = tx.emails.add_incoming([incoming(mailbox.id, 1)])
        tx.failures.settle(number, Outcome.STORED, email)

    with database.begin() as tx:
        assert tx.fates.known(mailbox.id, ["a", "b"]) == {"a": Outcome.STORED, "b": Outcome.REFUSED}
        assert tx.failures.select(mailbox.id) == []


def test_no_entry_leaves_the_ledger_while_a_fate_needs_it(database, mailbox):
    """The database itself refuses it."""
    with database.begin() as tx:
        entry = NewFailure(mailbox.id, "message.withheld", "it is withheld", uidl="a")
        number = tx.failures.note(entry, datetime(2026, 1, 1, tzinfo=UTC))
        tx.fates.save(mailbox.id, [Fate("a", Outcome.FAILED, failure_id=number)])

    with pytest.raises(StoreError), database.begin() as tx:
        tx.failures.remove(number)
