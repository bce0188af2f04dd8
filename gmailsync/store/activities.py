"""Activities in SQL, with their parties and queue items (see `gmailsync.ports.Activities`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, exists, select, text

from gmailsync.errors import NotFound
from gmailsync.model.activity import ActivityId, Correlation, Party, Role, Unresolved
from gmailsync.model.directory import RecordId
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.tracked import Activity, QueueItem, Undelivered
from gmailsync.store.bulk import insert_rows, reserve_ids
from gmailsync.store.columns import indexable, json_array, json_text
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import (
    activities,
    activity_hashes,
    emails,
    party_records,
    queue_items,
    undelivered,
)


class Activities:
    """The business system's emails."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self) -> None:
        """Let nobody else add activities before this transaction ends: two that decide at once make one activity.

        On SQLite a transaction is alone with the database anyway.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("LOCK TABLE activities IN SHARE ROW EXCLUSIVE MODE"))

    def numbers(self, count: int) -> list[ActivityId]:
        """Return numbers for new activities, in ascending order; nobody else is given them."""
        return list(map(ActivityId, reserve_ids(self._connection, activities, count)))

    def add(self, batch: Sequence[Activity], now: datetime) -> None:
        """Store new activities with their parties, in the order of their numbers."""
        insert_rows(self._connection, activities, _COLUMNS, map(_values, batch))
        meant = [
            (activity.id, record_id)
            for activity in batch
            for record_id in dict.fromkeys(number for party in activity.parties for number in party.records)
        ]
        insert_rows(self._connection, party_records, ("activity_id", "record_id"), meant)
        today = now.astimezone(UTC).date()
        hashes = [
            (is_subject, number, activity.id, today)
            for activity in batch
            for is_subject, numbers in ((True, activity.subject_hashes), (False, activity.recipient_hashes))
            for number in numbers
        ]
        insert_rows(self._connection, activity_hashes, ("is_subject", "hash", "activity_id", "stored_on"), hashes)

    def get(self, activity_id: ActivityId) -> Activity:
        """Return the activity or raise `NotFound`. Its hashes are left out."""
        row = self._connection.execute(select(activities).where(activities.c.id == activity_id)).one_or_none()
        if row is None:
            raise NotFound("activity", activity_id, "no activity has this number")
        correlated = None if row.correlated_id is None else ActivityId(row.correlated_id)
        return Activity(
            id=activity_id,
            direction=row.direction,
            message_id=row.message_id,
            subject=row.subject,
            mail_kind=row.mail_kind,
            owner_key=row.owner_key,
            regarding=None if row.regarding is None else RecordId(row.regarding),
            accepted_by=None if row.accepted_by is None else MailboxId(row.accepted_by),
            correlation=Correlation(row.method, correlated, parent=row.is_parent, subject_changed=row.subject_changed),
            tracking_token=row.tracking_token,
            conversations=tuple(dict.fromkeys(filter(None, (row.conversation, row.conversation_base)))),
            parties=_read_parties(row.parties),
        )

    def add_to_queues(self, items: Sequence[QueueItem], now: datetime) -> None:
        """Put activities into queues; one that is in a queue already is not there twice."""
        rows = [
            {"activity_id": item.activity_id, "mailbox_id": item.mailbox_id, "entered_at": now}
            for item in dict.fromkeys(items)
        ]
        if rows:
            new = insert_into(self._connection, queue_items)
            self._connection.execute(new.on_conflict_do_nothing(), rows)

    def queues_of(self, activity_id: ActivityId) -> list[MailboxId]:
        """Return the queue mailboxes that have an item of the activity, in the order in which they got it."""
        found = select(queue_items.c.mailbox_id).where(queue_items.c.activity_id == activity_id)
        return [MailboxId(number) for number in self._connection.scalars(found.order_by(queue_items.c.id))]

    def mailboxes_of(self, activity_id: ActivityId) -> list[MailboxId]:
        """Return our mailboxes that have an email of the activity, in the order in which they got it."""
        found = select(emails.c.mailbox_id).where(emails.c.activity_id == activity_id).order_by(emails.c.id)
        return [MailboxId(number) for number in dict.fromkeys(self._connection.scalars(found))]

    def note_undelivered(self, reports: Sequence[Undelivered], now: datetime) -> None:
        """Remember whom emails did not reach; the last report on a recipient counts."""
        last = {(one.activity_id, one.address): one for one in reports}
        rows = [
            {
                "activity_id": one.activity_id,
                "address": indexable(one.address),
                "status": one.status,
                "diagnostic": one.diagnostic,
                "reported_at": now,
            }
            for one in last.values()
        ]
        if rows:
            key = ["activity_id", "address"]
            new = insert_into(self._connection, undelivered)
            told = {"status": new.excluded.status, "diagnostic": new.excluded.diagnostic, "reported_at": now}
            self._connection.execute(new.on_conflict_do_update(index_elements=key, set_=told), rows)

    def undelivered(self, activity_id: ActivityId) -> list[Undelivered]:
        """Return the recipients whom the activity did not reach, by address."""
        found = select(undelivered).where(undelivered.c.activity_id == activity_id)
        rows = self._connection.execute(found).all()
        return sorted(
            (Undelivered(activity_id, row.address, row.status, row.diagnostic) for row in rows),
            key=lambda one: one.address,
        )

    def remove_orphans(self) -> None:
        """Remove the activities of which no mailbox has an email any more."""
        self.hold()
        held = exists().where(emails.c.activity_id == activities.c.id)
        self._connection.execute(delete(activities).where(~held))


_COLUMNS = (
    "id",
    "message_id",
    "direction",
    "subject",
    "mail_kind",
    "owner_key",
    "regarding",
    "accepted_by",
    "method",
    "correlated_id",
    "is_parent",
    "subject_changed",
    "tracking_token",
    "conversation",
    "conversation_base",
    "parties",
)


def _values(activity: Activity) -> tuple[object, ...]:
    correlation, conversations = activity.correlation, activity.conversations
    return (
        activity.id,
        indexable(activity.message_id),
        activity.direction,
        activity.subject,
        activity.mail_kind,
        activity.owner_key,
        activity.regarding,
        activity.accepted_by,
        correlation.method,
        correlation.activity_id,
        correlation.parent,
        correlation.subject_changed,
        activity.tracking_token,
        indexable(conversations[0]) if conversations else "",
        indexable(conversations[-1]) if conversations else "",
        json_array(map(_party, activity.parties)),
    )


def _party(one: Party) -> str:
    words = one.role, one.address, one.name, one.unresolved
    return json_array((*map(json_text, words), *map(str, one.records)))


def _read_parties(document: str) -> tuple[Party, ...]:
    return tuple(
        Party(Role(role), address, name, tuple(map(RecordId, records)), Unresolved(unresolved))
        for role, address, name, unresolved, *records in json.loads(document)
    )
