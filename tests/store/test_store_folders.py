"""Cursors and placements, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from gmailsync.errors import StoreError
from gmailsync.model.folder import Cursor, Outcome, Placement

CURSOR = Cursor("INBOX", 7, last_uid=9, backlog_uid=3, since=datetime(2026, 1, 2, tzinfo=UTC))


def test_a_cursor_moves(database, mailbox):
    """Each folder has its own cursor; there is none before the first sync."""
    inbox, moved = Cursor("INBOX", 1, 40), Cursor("INBOX", 2**32 - 1, 2**32 - 1)
    japanese = Cursor("[Gmail]/すべてのメール", 11, 7)

    with database.begin() as tx:
        before = tx.folders.cursor(mailbox.id, "INBOX")
        tx.folders.save(mailbox.id, inbox)
        tx.folders.save(mailbox.id, japanese)
        tx.folders.save(mailbox.id, moved)
    with database.begin() as tx:
        after = [tx.folders.cursor(mailbox.id, name) for name in ("INBOX", "[Gmail]/すべてのメール")]

    assert before is None
    assert after == [moved, japanese]


def test_a_cursor_keeps_all_it_says(database, mailbox):
    """Backlog, start date and what the server said come back as they went in."""
    seen = replace(CURSOR, modseq=2**63 - 1, uidnext=2**32, messages=100_000)

    with database.begin() as tx:
        tx.folders.save(mailbox.id, seen)
    with database.begin() as tx:
        found = tx.folders.cursor(mailbox.id, "INBOX")

    assert found == seen


@pytest.mark.parametrize("cursor", [CURSOR, replace(CURSOR, backlog_uid=0), replace(CURSOR, last_uid=5)])
def test_the_database_itself_refuses_a_cursor_that_passes_what_is_only_listed(database, mailbox, cursor):
    """Neither stored nor in the ledger nor gone: no cursor covers it, and nothing of the transaction stays."""
    listed = Placement(5, Outcome.LISTED)

    with pytest.raises(StoreError, match="neither stored nor in the failure ledger"), database.begin() as tx:
        tx.folders.save(mailbox.id, cursor, [listed])
    with database.begin() as tx:
        found = tx.folders.cursor(mailbox.id, "INBOX")

    assert found is None


@pytest.mark.parametrize("cursor", [replace(CURSOR, last_uid=4), replace(CURSOR, backlog_uid=5)])
def test_a_cursor_may_stand_before_or_behind_what_is_only_listed(database, mailbox, cursor):
    """Newer mail is yet to come, and the backlog yet to be read."""
    with database.begin() as tx:
        tx.folders.save(mailbox.id, cursor, [Placement(5, Outcome.LISTED)])

    with database.begin() as tx:
        assert tx.folders.cursor(mailbox.id, "INBOX") == cursor


def test_a_cursor_passes_what_was_dealt_with_after_all(database, mailbox, incoming):
    """A placement that was only listed becomes an email, and the cursor goes on."""
    with database.begin() as tx:
        tx.folders.save(mailbox.id, replace(CURSOR, last_uid=4), [Placement(5, Outcome.LISTED)])
    with database.begin() as tx:
        [number] = tx.emails.add_incoming([incoming(mailbox.id, 1)])
        tx.folders.save(mailbox.id, CURSOR, [Placement(5, Outcome.STORED, number)])

    with database.begin() as tx:
        assert tx.folders.cursor(mailbox.id, "INBOX") == CURSOR


@pytest.mark.parametrize("placement", [Placement(5, Outcome.STORED), Placement(5, Outcome.FAILED)])
def test_the_database_itself_refuses_an_outcome_without_its_proof(database, mailbox, placement):
    """Stored needs an email, failed an entry of the ledger."""
    with pytest.raises(StoreError, match="ck_placements_"), database.begin() as tx:
        tx.folders.save(mailbox.id, CURSOR, [placement])


@pytest.fixture
def stored(database, mailbox, incoming):
    """Store three emails that lie in the Inbox as UIDs 1, 2 and 3, the second one in Work, too."""
    with database.begin() as tx:
        numbers = tx.emails.add_incoming([incoming(mailbox.id, number) for number in (1, 2, 3)])
        tx.emails.relabel(dict.fromkeys(numbers, ("\\Inbox",)))
        places = [Placement(uid, Outcome.STORED, number, size=9) for uid, number in enumerate(numbers, 1)]
        tx.folders.save(mailbox.id, Cursor("INBOX", 7, 3), [*places, Placement(4, Outcome.REFUSED)])
        tx.folders.save(mailbox.id, Cursor("Work", 7, 1), [Placement(1, Outcome.STORED, numbers[1])])
    return numbers


def test_places_are_counted_and_found(database, mailbox, stored):
    """Under the cursor's UIDVALIDITY and in its folder only."""
    cursor, other = Cursor("INBOX", 7, 3), Cursor("INBOX", 8, 3)

    with database.begin() as tx:
        outcomes = [tx.folders.outcomes(mailbox.id, one, first=2, last=4) for one in (cursor, other)]
        counts = [tx.folders.count(mailbox.id, one, below=4) for one in (cursor, other)]
        found = tx.folders.placements(mailbox.id, cursor, [1, 99])

    assert outcomes == [{2: Outcome.STORED, 3: Outcome.STORED, 4: Outcome.REFUSED}, {}]
    assert counts == [3, 0]
    assert found == {1: Placement(1, Outcome.STORED, stored[0], size=9)}


def test_an_email_that_lies_nowhere_any_more_has_no_labels(database, mailbox, stored):
    """One that lies in another folder keeps them; both stay stored."""
    cursor = Cursor("INBOX", 7, 3)

    with database.begin() as tx:
        tx.folders.remove(mailbox.id, cursor, [1, 2])
    with database.begin() as tx:
        labels = [tx.emails.get(number).labels for number in stored]
        left = tx.folders.outcomes(mailbox.id, cursor)

    assert labels == [(), ("\\Inbox",), ("\\Inbox",)]
    assert sorted(left) == [3, 4]


def test_former_places_are_forgotten(database, mailbox, stored):
    """Those under the cursor's UIDVALIDITY stay."""
    cursor = Cursor("INBOX", 9, 1)

    with database.begin() as tx:
        tx.folders.save(mailbox.id, cursor, [Placement(1, Outcome.STORED, stored[2])])
        tx.folders.forget_former(mailbox.id, cursor)
    with database.begin() as tx:
        labels = [tx.emails.get(number).labels for number in stored]
        left = [tx.folders.outcomes(mailbox.id, one) for one in (cursor, Cursor("INBOX", 7, 3))]

    assert left == [{1: Outcome.STORED}, {}]
    assert labels == [(), ("\\Inbox",), ("\\Inbox",)]


def test_a_folder_that_is_not_read_any_more_is_forgotten(database, mailbox, stored):
    """As if all that lay there were gone; what lies in another folder, too, keeps its labels."""
    with database.begin() as tx:
        tx.folders.forget(mailbox.id, "INBOX")
    with database.begin() as tx:
        labels = [tx.emails.get(number).labels for number in stored]
        left = tx.folders.cursor(mailbox.id, "INBOX"), tx.folders.outcomes(mailbox.id, Cursor("INBOX", 7, 3))

    assert labels == [(), ("\\Inbox",), ()]
    assert left == (None, {})


def test_a_folder_is_opened_again_for_what_was_left_out(database, mailbox, stored):
    """What was refused has no place any more; what is stored keeps its own."""
    with database.begin() as tx:
        tx.folders.reopen(mailbox.id, "INBOX")
    with database.begin() as tx:
        cursor = tx.folders.cursor(mailbox.id, "INBOX")
        left = tx.folders.outcomes(mailbox.id, cursor)

    assert cursor == Cursor("INBOX", 7, 3, backlog_uid=3)
    assert sorted(left) == [1, 2, 3]


def test_emails_are_known_by_gmails_ids(database, mailbox, stored, outgoing):
    """With their labels; an outgoing one is known by its Message-ID until it takes on Gmail's id."""
    with database.begin() as tx:
        sent = tx.emails.add_outgoing(outgoing(mailbox.id), "alice@contoso.com", ["bob@contoso.com"])
        by_message_id = tx.emails.sent(mailbox.id, [outgoing(mailbox.id)])
        tx.emails.identify(sent, 2**64 - 1, 2**64 - 2)
        tx.emails.identify(sent, 5, 5)
        known = tx.emails.known(mailbox.id, [1, 2**64 - 1, 4])

    assert set(by_message_id.values()) == {sent}
    assert known == {1: (stored[0], ("\\Inbox",)), 2**64 - 1: (sent, ())}


def test_looking_for_what_we_sent_uses_an_index(database, mailbox, outgoing, incoming):
    """However many emails a mailbox has; an id that no index has room for finds nothing."""
    monster = replace(
        outgoing(mailbox.id), headers=outgoing(mailbox.id).headers._replace(message_id=f"<{'x' * 600}@a>")
    )
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    with database.begin() as tx:
        sent = tx.emails.add_outgoing(outgoing(mailbox.id), "alice@contoso.com", ["bob@contoso.com"])
        tx.emails.add_outgoing(monster, "alice@contoso.com", ["bob@contoso.com"])
        tx.emails.add_incoming([incoming(mailbox.id, number) for number in range(100, 600)])
    event.listen(database._engine, "before_cursor_execute", note)
    with database.begin() as tx:
        found = tx.emails.sent(mailbox.id, [outgoing(mailbox.id), monster])
    event.remove(database._engine, "before_cursor_execute", note)
    [(question, parameters)] = [one for one in asked if one[0].startswith("SELECT emails.message_id")]
    with database._engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        if connection.dialect.name != "sqlite":
            connection.exec_driver_sql("ANALYZE emails")
        plan = str(connection.exec_driver_sql(f"{explain} {question}", parameters).all())

    assert set(found.values()) == {sent}
    assert "ix_emails_folding" in plan
