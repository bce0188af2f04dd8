"""What became of messages by their POP unique-ids, in SQL (see `gmailsync.ports.Fates`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, select

from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.maildrop import Fate
from gmailsync.store.engine import insert_into
from gmailsync.store.lookup import in_parts
from gmailsync.store.tables import fates

_OUTCOME = ("outcome", "email_id", "failure_id", "size")


class Fates:
    """What became of messages by their unique-ids, which POP knows them by."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, mailbox_id: MailboxId, uidls: Collection[str]) -> dict[str, Outcome]:
        """Return what became of those of the unique-ids that were seen before."""
        found: dict[str, Outcome] = {}
        of_mailbox = select(fates.c.uidl, fates.c.outcome).where(fates.c.mailbox_id == mailbox_id)
        for asked in in_parts(uidls):
            rows = self._connection.execute(of_mailbox.where(fates.c.uidl.in_(asked)))
            found |= {row.uidl: row.outcome for row in rows}
        return found

    def save(self, mailbox_id: MailboxId, became: Sequence[Fate]) -> None:
        """Store what became of messages; commit it with the emails."""
        if not became:
            return
        new = insert_into(self._connection, fates)
        changed = {column: new.excluded[column] for column in _OUTCOME}
        rows = [
            {"mailbox_id": mailbox_id, "uidl": fate.uidl} | {column: getattr(fate, column) for column in _OUTCOME}
            for fate in became
        ]
        key = [fates.c.mailbox_id, fates.c.uidl]
        self._connection.execute(new.on_conflict_do_update(index_elements=key, set_=changed), rows)

    def reopen(self, mailbox_id: MailboxId) -> int:
        """Forget what was left out, so that it is read once more when it is shown; return of how many messages."""
        left_out = fates.c.mailbox_id == mailbox_id, fates.c.outcome == Outcome.REFUSED
        return self._connection.execute(delete(fates).where(*left_out)).rowcount
