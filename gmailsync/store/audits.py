"""The last audit of each mailbox in SQL (see `gmailsync.ports.Audits`)."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select

from gmailsync.model.audit import Audit
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import audits


class Audits:
    """The last audit of each mailbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, audit: Audit) -> None:
        """Keep the last audit of the mailbox."""
        values = asdict(audit)
        new = insert_into(self._connection, audits).values(values)
        self._connection.execute(new.on_conflict_do_update(index_elements=[audits.c.mailbox_id], set_=values))

    def all(self) -> dict[MailboxId, Audit]:
        """Return the last audit of every mailbox that had one."""
        rows = self._connection.execute(select(audits)).mappings()
        return {MailboxId(row["mailbox_id"]): Audit(**row) for row in rows}
