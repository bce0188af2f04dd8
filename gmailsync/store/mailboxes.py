"""Mailboxes in SQL (see `gmailsync.ports.Mailboxes`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update

from gmailsync.errors import AlreadyExists, NotFound
from gmailsync.model.mailbox import Mailbox, MailboxId, NewMailbox
from gmailsync.model.profile import ProfileId
from gmailsync.store.activities import Activities
from gmailsync.store.contents import Contents
from gmailsync.store.engine import insert_into
from gmailsync.store.lookup import listed
from gmailsync.store.tables import mailboxes

_BY_ADDRESS = select(mailboxes).where(mailboxes.c.address_key == bindparam("key"))
_BY_ID = select(mailboxes).where(mailboxes.c.id == bindparam("number"))
# On SQLite a transaction has the whole database to itself anyway.
_TO_SAVE = {found: found.with_for_update(key_share=True) for found in (_BY_ADDRESS, _BY_ID)}
_SUCCEEDED = update(mailboxes).where(mailboxes.c.id == bindparam("number")).values(last_success=bindparam("at"))


class Mailboxes:
    """Mailboxes in one transaction; an address is kept as entered and found without regard to case."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, mailbox: NewMailbox) -> Mailbox:
        """Store a mailbox. `AlreadyExists` by address."""
        new = Mailbox(
            id=MailboxId(0),  # the database gives the real one
            address=mailbox.address,
            profile_id=mailbox.profile_id,
            incoming=mailbox.incoming,
            outgoing=mailbox.outgoing,
            approval=mailbox.approval,
            kind=mailbox.kind,
            acceptance=mailbox.acceptance,
            folders=mailbox.folders,
            labels=mailbox.labels,
            read_from=mailbox.read_from,
            pop_recent=mailbox.pop_recent,
            pop_delete=mailbox.pop_delete,
        )
        insert = insert_into(self._connection, mailboxes).values(_values(new))
        row_id = self._connection.scalar(
            insert.on_conflict_do_nothing(index_elements=[mailboxes.c.address_key]).returning(mailboxes.c.id)
        )
        if row_id is None:
            raise _taken(mailbox.address)
        return self.by_id(MailboxId(row_id))

    def get(self, address: str, *, to_save: bool = False) -> Mailbox:
        """Return the mailbox or raise `NotFound`. With `to_save` nobody else changes it until the transaction ends."""
        row = self._row(_BY_ADDRESS, to_save=to_save, key=_key(address))
        if row is None:
            raise NotFound("mailbox", address, "no mailbox has this address")
        return _mailbox(row)

    def by_id(self, mailbox_id: MailboxId, *, to_save: bool = False) -> Mailbox:
        """Return the mailbox or raise `NotFound`; `to_save` as in `get`."""
        row = self._row(_BY_ID, to_save=to_save, number=mailbox_id)
        if row is None:
            raise _unknown(mailbox_id)
        return _mailbox(row)

    def all(self) -> list[Mailbox]:
        """Return every mailbox by address."""
        # Sorted here, because the databases sort by their own locales.
        return sorted(map(_mailbox, self._connection.execute(select(mailboxes))), key=lambda found: _key(found.address))

    def by_addresses(self, addresses: Iterable[str]) -> list[Mailbox]:
        """Return the mailboxes with one of these addresses, in no particular order."""
        keys = select(listed(self._connection, map(_key, addresses)).c.value)
        rows = self._connection.execute(select(mailboxes).where(mailboxes.c.address_key.in_(keys)))
        return list(map(_mailbox, rows))

    def save(self, mailbox: Mailbox) -> None:
        """Store changed fields. `NotFound` when the mailbox is gone, `AlreadyExists` by a changed address."""
        namesake = self._row(_BY_ADDRESS, key=_key(mailbox.address))
        if namesake is not None and namesake.id != mailbox.id:
            raise _taken(mailbox.address)
        changed = update(mailboxes).where(mailboxes.c.id == mailbox.id).values(_values(mailbox))
        if self._connection.execute(changed).rowcount == 0:
            raise _unknown(mailbox.id)

    def succeeded(self, mailbox_id: MailboxId, at: datetime) -> None:
        """Note that a cycle proved the mailbox to be in step; a mailbox that is gone is left alone."""
        self._connection.execute(_SUCCEEDED, {"number": mailbox_id, "at": at})

    def remove(self, mailbox_id: MailboxId) -> None:
        """Remove the mailbox with all that belongs to it and to nobody else. `NotFound` when there is none."""
        contents = Contents(self._connection)
        shared = contents.shared_by(mailbox_id)
        if self._connection.execute(delete(mailboxes).where(mailboxes.c.id == mailbox_id)).rowcount == 0:
            raise _unknown(mailbox_id)
        contents.remove_unused(shared)
        Activities(self._connection).remove_orphans()

    def _row(self, which: Select[Any], *, to_save: bool = False, **asked: object) -> Row[Any] | None:
        return self._connection.execute(_TO_SAVE[which] if to_save else which, asked).one_or_none()


def _key(address: str) -> str:
    return address.lower()


def _values(mailbox: Mailbox) -> dict[str, object]:
    return {
        "address": mailbox.address,
        "address_key": _key(mailbox.address),
        "profile_id": mailbox.profile_id,
        "incoming": mailbox.incoming,
        "outgoing": mailbox.outgoing,
        "approval": mailbox.approval,
        "incoming_status": mailbox.incoming_status,
        "outgoing_status": mailbox.outgoing_status,
        "incoming_enabled": mailbox.incoming_enabled,
        "outgoing_enabled": mailbox.outgoing_enabled,
        "last_success": mailbox.last_success,
        "kind": mailbox.kind,
        "acceptance": mailbox.acceptance,
        "folders": mailbox.folders,
        "labels": mailbox.labels,
        "read_from": mailbox.read_from,
        "pop_recent": mailbox.pop_recent,
        "pop_delete": mailbox.pop_delete,
        "pop_looked_at": mailbox.pop_looked_at,
    }


def _mailbox(row: Row[Any]) -> Mailbox:
    return Mailbox(
        id=MailboxId(row.id),
        address=row.address,
        profile_id=None if row.profile_id is None else ProfileId(row.profile_id),
        incoming=row.incoming,
        outgoing=row.outgoing,
        approval=row.approval,
        incoming_status=row.incoming_status,
        outgoing_status=row.outgoing_status,
        incoming_enabled=row.incoming_enabled,
        outgoing_enabled=row.outgoing_enabled,
        last_success=row.last_success,
        kind=row.kind,
        acceptance=row.acceptance,
        folders=row.folders,
        labels=row.labels,
        read_from=row.read_from,
        pop_recent=row.pop_recent,
        pop_delete=row.pop_delete,
        pop_looked_at=row.pop_looked_at,
    )


def _taken(address: str) -> AlreadyExists:
    return AlreadyExists("mailbox", address, "there is a mailbox of this address already")


def _unknown(mailbox_id: MailboxId) -> NotFound:
    return NotFound("mailbox", mailbox_id, "no mailbox has this number")
