"""Outcomes of audits, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gmailsync.model.audit import Audit
from gmailsync.model.mailbox import NewMailbox

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_the_last_audit_of_each_mailbox_is_kept(database, mailbox):
    """A later one takes the place of an earlier one; a removed mailbox takes its own along."""
    first = Audit(mailbox.id, NOW, 41, 38, 1, 2, 3, 4, 5, 6, 7)
    last = replace(first, at=NOW + timedelta(days=1), stored=40, failed=0)

    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        tx.audits.save(first)
        tx.audits.save(last)
        tx.audits.save(Audit(bob.id, NOW))
        kept = tx.audits.all()
        tx.mailboxes.remove(bob.id)
        left = tx.audits.all()

    assert kept == {mailbox.id: last, bob.id: Audit(bob.id, NOW)}
    assert left == {mailbox.id: last}
