"""Cursors and placements in SQL (see `gmailsync.ports.Folders`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, select, update

from gmailsync.model.folder import Cursor, Noted, Outcome, Placement
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.bulk import insert_rows
from gmailsync.store.engine import insert_into
from gmailsync.store.lookup import in_parts
from gmailsync.store.tables import email_envelopes, emails, failures, folders, placements

_PLACE = ("uidvalidity", "last_uid", "backlog_uid", "since", "modseq", "uidnext", "messages")
_FAILED = placements.c.failure_id.is_not(None)
_KEY = ("folder_id", "uidvalidity", "uid")
_OUTCOME = ("outcome", "email_id", "failure_id", "size", "flags")
_ANEW = f"({', '.join(_KEY)}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _OUTCOME)}"
_outcome = attrgetter(*_OUTCOME)
_CURSOR = select(folders).where(folders.c.mailbox_id == bindparam("of_mailbox"), folders.c.name == bindparam("called"))


class Folders:
    """How far the folders of mailboxes are read, and what became of each message in them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cursor(self, mailbox_id: MailboxId, folder: str) -> Cursor | None:
        """Return how far the folder was read; None before the first sync."""
        row = self._connection.execute(_CURSOR, {"of_mailbox": mailbox_id, "called": folder}).one_or_none()
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

    def outcomes(
        self, mailbox_id: MailboxId, cursor: Cursor, first: int = 1, last: int | None = None
    ) -> dict[int, Outcome]:
        """Return what became of each UID from `first` to `last` under the cursor's UIDVALIDITY."""
        found = select(placements.c.uid, placements.c.outcome).where(*self._in(mailbox_id, cursor))
        found = found.where(placements.c.uid >= first)
        if last is not None:
            found = found.where(placements.c.uid <= last)
        return {row.uid: row.outcome for row in self._connection.execute(found)}

    def count(self, mailbox_id: MailboxId, cursor: Cursor, below: int) -> int:
        """Return how many messages under the cursor's UIDVALIDITY are placed with a UID less than `below`."""
        found = select(func.count()).select_from(placements).where(*self._in(mailbox_id, cursor))
        return self._connection.scalars(found.where(placements.c.uid < below)).one()

    def placements(self, mailbox_id: MailboxId, cursor: Cursor, uids: Collection[int]) -> dict[int, Placement]:
        """Return the placements of these UIDs under the cursor's UIDVALIDITY; those without one are left out."""
        columns = (placements.c[name] for name in ("uid", *_OUTCOME))
        of_folder = select(*columns).where(*self._in(mailbox_id, cursor))
        found: dict[int, Placement] = {}
        for asked in in_parts(sorted(uids)):
            for row in self._connection.execute(of_folder.where(placements.c.uid.in_(asked))):
                found[row.uid] = Placement(row.uid, *(getattr(row, name) for name in _OUTCOME))
        return found

    def noted(self, mailbox_id: MailboxId, cursor: Cursor) -> dict[int, Noted]:
        """Return what is noted of every UID under the cursor's UIDVALIDITY."""
        ours = email_envelopes.c.email_id.is_not(None)
        columns = placements.c.uid, placements.c.outcome, emails.c.gmail_message_id, emails.c.size, placements.c.size
        found = select(*columns, ours).join_from(placements, emails, placements.c.email_id == emails.c.id, isouter=True)
        found = found.join(email_envelopes, email_envelopes.c.email_id == emails.c.id, isouter=True)
        rows = self._connection.execute(found.where(*self._in(mailbox_id, cursor)))
        return {
            uid: Noted(outcome, gmail_message_id, None if is_ours else size, told)
            for uid, outcome, gmail_message_id, size, told, is_ours in rows
        }

    def remove(self, mailbox_id: MailboxId, cursor: Cursor, uids: Collection[int]) -> None:
        """Forget the placements of messages that are gone; an email that lies nowhere any more has no labels."""
        for gone in in_parts(sorted(uids)):
            self._remove(*self._in(mailbox_id, cursor), placements.c.uid.in_(gone))

    def forget_former(self, mailbox_id: MailboxId, cursor: Cursor) -> None:
        """Forget what lay in the folder under any other UIDVALIDITY than the cursor's, now that all is read."""
        of_folder = placements.c.folder_id.in_(self._folder(mailbox_id, cursor.folder))
        self._remove(of_folder, placements.c.uidvalidity != cursor.uidvalidity)

    def reopen(self, mailbox_id: MailboxId, folder: str) -> int:
        """Let the folder be read once more for what was left out of it; return how many messages that were.

        What is stored is not fetched again.
        """
        here = placements.c.folder_id.in_(self._folder(mailbox_id, folder))
        gone = self._connection.execute(delete(placements).where(here, placements.c.outcome == Outcome.REFUSED))
        marks = {"modseq": None, "uidnext": None, "messages": None}
        again = update(folders).where(folders.c.mailbox_id == mailbox_id, folders.c.name == folder)
        self._connection.execute(again.values(backlog_uid=folders.c.last_uid, **marks))
        return gone.rowcount

    def forget(self, mailbox_id: MailboxId, folder: str) -> None:
        """Forget the folder, which is not read any more, and what lay in it as if all of it were gone."""
        self._remove(placements.c.folder_id.in_(self._folder(mailbox_id, folder)))
        self._connection.execute(delete(folders).where(folders.c.mailbox_id == mailbox_id, folders.c.name == folder))

    def _remove(self, *which: ColumnElement[bool]) -> None:
        lying = select(placements.c.email_id).where(*which, placements.c.email_id.is_not(None))
        email_ids = list(self._connection.scalars(lying))
        # An entry of the ledger goes with its message, but for bytes that are nowhere else any more.
        failed = set(self._connection.scalars(select(placements.c.failure_id).where(*which, _FAILED)))
        self._connection.execute(delete(placements).where(*which))
        for some in in_parts(sorted(failed)):
            without_bytes = failures.c.id.in_(some), failures.c.raw.is_(None)
            self._connection.execute(delete(failures).where(*without_bytes))
        for some in in_parts(email_ids):
            elsewhere = select(placements.c.email_id).where(placements.c.email_id == emails.c.id).exists()
            homeless = update(emails).where(emails.c.id.in_(some), ~elsewhere)
            self._connection.execute(homeless.values(labels=()))

    def _in(self, mailbox_id: MailboxId, cursor: Cursor) -> tuple[ColumnElement[bool], ...]:
        folder_id = self._folder(mailbox_id, cursor.folder).scalar_subquery()
        return placements.c.folder_id == folder_id, placements.c.uidvalidity == cursor.uidvalidity

    def _folder(self, mailbox_id: MailboxId, folder: str) -> Select[tuple[int]]:
        return select(folders.c.id).where(folders.c.mailbox_id == mailbox_id, folders.c.name == folder)

    def _folder_id(self, key: dict[str, object], cursor: Cursor) -> int:
        """Return the folder's row, making one that has read nothing yet."""
        unread = insert_into(self._connection, folders).values(key | {"uidvalidity": cursor.uidvalidity, "last_uid": 0})
        self._connection.execute(unread.on_conflict_do_nothing(index_elements=list(key)))
        folder_id: int = self._connection.scalars(select(folders.c.id).filter_by(**key)).one()
        return folder_id

    def _place(self, folder_id: int, uidvalidity: int, found: Sequence[Placement]) -> None:
        rows = ((folder_id, uidvalidity, one.uid, *_outcome(one)) for one in found)
        insert_rows(self._connection, placements, (*_KEY, *_OUTCOME), rows, _ANEW)
