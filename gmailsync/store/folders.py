"""Cursors and placements in SQL (see `gmailsync.ports.Folders`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from gmailsync.model.folder import Cursor, Placement
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import folders, placements

_PLACE = ("uidvalidity", "last_uid", "backlog_uid", "since", "modseq", "uidnext", "messages")
_OUTCOME = ("outcome", "email_id", "failure_id", "size", "flags")


class Folders:
    """How far the folders of mailboxes are read, and what became of each message in them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cursor(self, mailbox_id: MailboxId, folder: str) -> Cursor | None:
        """Return how far the folder was read; None before the first sync."""
        found = select(folders).where(folders.c.mailbox_id == mailbox_id, folders.c.name == folder)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else Cursor(row.name, **{column: getattr(row, column) for column in _PLACE})

    def save(self, mailbox_id: MailboxId, cursor: Cursor, found: Sequence[Placement] = ()) -> None:
        """Store the placements, under the cursor's UIDVALIDITY, and then the cursor; commit both with the emails.

        `StoreError` when the cursor would pass a message that is only listed.
        """
        key = {"mailbox_id": mailbox_id, "name": cursor.folder}
        if found:
            self._place(self._folder_id(key, cursor), cursor.uidvalidity, found)
        place = {column: getattr(cursor, column) for column in _PLACE}
        new = insert_into(self._connection, folders).values(key | place)
        self._connection.execute(new.on_conflict_do_update(index_elements=list(key), set_=place))

    def _folder_id(self, key: dict[str, object], cursor: Cursor) -> int:
        """Return the folder's row, making one that has read nothing yet."""
        unread = insert_into(self._connection, folders).values(key | {"uidvalidity": cursor.uidvalidity, "last_uid": 0})
        self._connection.execute(unread.on_conflict_do_nothing(index_elements=list(key)))
        folder_id: int = self._connection.scalars(select(folders.c.id).filter_by(**key)).one()
        return folder_id

    def _place(self, folder_id: int, uidvalidity: int, found: Sequence[Placement]) -> None:
        new = insert_into(self._connection, placements)
        changed = {column: new.excluded[column] for column in _OUTCOME}
        rows = [
            {"folder_id": folder_id, "uidvalidity": uidvalidity, "uid": one.uid}
            | {column: getattr(one, column) for column in _OUTCOME}
            for one in found
        ]
        key = [placements.c.folder_id, placements.c.uidvalidity, placements.c.uid]
        self._connection.execute(new.on_conflict_do_update(index_elements=key, set_=changed), rows)
