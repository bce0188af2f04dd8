"""Cursors and placements, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
