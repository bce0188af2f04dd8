"""The failure ledger in SQL (see `gmailsync.ports.Failures`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, or_, select, update

from gmailsync.errors import NotFound
from gmailsync.model.email import EmailId
from gmailsync.model.failure import Failure, FailureId, GivenUp, NewFailure
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import MailboxId
from gmailsync.rules.ledger import TOO_LATE, next_try
from gmailsync.store.bulk import relabel
from gmailsync.store.engine import insert_into
from gmailsync.store.lookup import in_parts
from gmailsync.store.tables import failures, fates, placements

_PLACE = ("mailbox_id", "folder", "uidvalidity", "uid", "uidl")
_TROUBLE = ("code", "message", "advice", "server_line")
_MESSAGE = ("gmail_message_id", "gmail_thread_id", "labels", "size")
_HISTORY = ("attempts", "first_at", "last_at", "next_at")
_OPEN = failures.c.given_up_at.is_(None)
_HAS_BYTES = failures.c.raw.is_not(None).label("has_bytes")
_WITHOUT_BYTES = [*(column for column in failures.c if column.name != "raw"), _HAS_BYTES]
_IN_ORDER = select(*_WITHOUT_BYTES).order_by(failures.c.id)
_TIME_HAS_COME = or_(failures.c.next_at <= bindparam("now"), failures.c.next_at > bindparam("too_late"))
_DUE = _IN_ORDER.where(failures.c.mailbox_id == bindparam("of_mailbox"), _TIME_HAS_COME)


class Failures:
    """Messages that could not be fetched or read; a place in a mailbox has one entry at most."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, failure: NewFailure, now: datetime) -> FailureId:
        """Enter a message into the ledger; one that is there already has failed once more.

        One that was given up stays so: a look that began before may still end with this message.
        """
        place = {column: getattr(failure, column) for column in _PLACE}
        found = select(failures.c.id, failures.c.attempts, _OPEN.label("is_open")).filter_by(**place).with_for_update()
        row = self._connection.execute(found).one_or_none()
        attempts = 1 if row is None else row.attempts + 1
        values = {column: getattr(failure, column) for column in (*_TROUBLE, *_MESSAGE, "raw")}
        next_at = next_try(attempts, now) if row is None or row.is_open else None
        values |= {"attempts": attempts, "last_at": now, "next_at": next_at}
        if row is not None:
            self._connection.execute(update(failures).where(failures.c.id == row.id).values(values))
            return FailureId(row.id)
        new = insert_into(self._connection, failures).values(place | values | {"first_at": now})
        return FailureId(self._connection.execute(new.returning(failures.c.id)).scalar_one())

    def get(self, failure_id: FailureId) -> Failure:
        """Return the entry with its bytes, or raise `NotFound`."""
        row = self._connection.execute(select(failures, _HAS_BYTES).where(failures.c.id == failure_id)).one_or_none()
        if row is None:
            raise NotFound("failure", failure_id, "no entry of the failure ledger has this number")
        return _failure(row, raw=row.raw)

    def select(self, mailbox_id: MailboxId | None = None) -> list[Failure]:
        """Return the entries in the order they were made, without their bytes."""
        found = _IN_ORDER
        if mailbox_id is not None:
            found = found.where(failures.c.mailbox_id == mailbox_id)
        return [_failure(row) for row in self._connection.execute(found)]

    def due(self, mailbox_id: MailboxId, now: datetime) -> list[Failure]:
        """Return the entries of the mailbox whose next try has come, without their bytes."""
        asked = {"of_mailbox": mailbox_id, "now": now, "too_late": now + TOO_LATE}
        return [_failure(row) for row in self._connection.execute(_DUE, asked)]

    def make_due(self, failure_ids: Collection[FailureId], now: datetime) -> None:
        """Let the next sync try these again, however often they failed, and even if they were given up."""
        due = update(failures).values(next_at=now, given_up_at=None, given_up_by="", given_up_why="")
        for some in in_parts(failure_ids):
            self._connection.execute(due.where(failures.c.id.in_(some)))

    def give_up(self, failure_ids: Collection[FailureId], given_up: GivenUp) -> None:
        """Let nothing try these any more; one that was given up already keeps who did so and why."""
        word = {"given_up_at": given_up.at, "given_up_by": given_up.by, "given_up_why": given_up.why}
        for some in in_parts(failure_ids):
            still_open = update(failures).where(failures.c.id.in_(some), _OPEN)
            self._connection.execute(still_open.values(next_at=None, **word))

    def relabel(self, labels: Mapping[FailureId, tuple[str, ...]]) -> None:
        """Store the labels that messages have now, so that they have them when they become emails."""
        relabel(self._connection, failures, labels)

    def settle(self, failure_id: FailureId, outcome: Outcome, email_id: EmailId | None) -> None:
        """Take an entry off the ledger, and note what became of its message wherever it lies."""
        became = {"outcome": outcome, "email_id": email_id, "failure_id": None}
        for table in (placements, fates):
            self._connection.execute(update(table).where(table.c.failure_id == failure_id).values(became))
        self.remove(failure_id)

    def remove(self, failure_id: FailureId) -> None:
        """Take an entry off the ledger; in the same transaction its placement becomes something else."""
        self._connection.execute(delete(failures).where(failures.c.id == failure_id))

    def counts(self) -> dict[MailboxId, int]:
        """Return how many open entries each mailbox has; mailboxes without are left out."""
        number = func.count().label("number")
        by_mailbox = select(failures.c.mailbox_id, number).where(_OPEN).group_by(failures.c.mailbox_id)
        return {MailboxId(row.mailbox_id): row.number for row in self._connection.execute(by_mailbox)}


def _failure(row: Row[Any], raw: bytes | None = None) -> Failure:
    columns = (*_PLACE, *_TROUBLE, *_MESSAGE, *_HISTORY)
    values = {column: getattr(row, column) for column in columns}
    given_up = GivenUp(row.given_up_at, row.given_up_by, row.given_up_why) if row.given_up_at else None
    return Failure(id=FailureId(row.id), raw=raw, has_bytes=bool(row.has_bytes), given_up=given_up, **values)
