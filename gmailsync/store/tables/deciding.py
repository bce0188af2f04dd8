"""Tables of deciding: the directory, the business system's emails, and why each message was kept or not."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gmailsync.model.activity import CorrelationMethod, MailKind
from gmailsync.model.decision import Reason
from gmailsync.model.directory import RecordKind
from gmailsync.model.email import Direction
from gmailsync.store.columns import RowId, SafeText, TextList, Unsigned64, UtcDateTime, Word
from gmailsync.store.tables.base import mailbox_id, metadata, one_of, own_id, partial_index

settings = Table(
    "settings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),  # JSON; what it does not name has its default
    CheckConstraint("id = 1", name="single"),
)

records = Table(
    "records",
    metadata,
    own_id(),
    Column("kind", Word(RecordKind), nullable=False),
    Column("key", SafeText, nullable=False),
    Column("name", SafeText, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("email_enabled", Boolean, nullable=False),
    Column("owner_key", SafeText),
    Column("parent_key", SafeText),
    Column("queue_key", SafeText),  # of a user: the queue that the user's own work goes to
    UniqueConstraint("kind", "key"),
    one_of("kind", RecordKind),
    sqlite_autoincrement=True,
)
"""The directory: whom the business system knows."""

record_addresses = Table(
    "record_addresses",
    metadata,
    Column("record_id", RowId, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("address", SafeText, primary_key=True, index=True),  # in lower case
    Column("normalised", SafeText, nullable=False, index=True),  # without what Gmail gives no meaning to
    Column("position", Integer, nullable=False),
    sqlite_with_rowid=False,
)

activities = Table(
    "activities",
    metadata,
    own_id(),
    Column("message_id", SafeText, nullable=False),  # as `columns.indexable` makes it
    Column("direction", Word(Direction), nullable=False),
    Column("subject", SafeText, nullable=False),
    Column("mail_kind", Word(MailKind), nullable=False),
    Column("owner_key", SafeText),
    Column("regarding", RowId, ForeignKey("records.id", ondelete="SET NULL")),
    Column("accepted_by", RowId, ForeignKey("mailboxes.id", ondelete="SET NULL")),
    Column("method", Word(CorrelationMethod), nullable=False),
    Column("correlated_id", RowId, ForeignKey("activities.id", ondelete="SET NULL")),
    Column("is_parent", Boolean, nullable=False),
    Column("subject_changed", Boolean, nullable=False),
    Column("tracking_token", SafeText, nullable=False),
    Column("conversation", SafeText, nullable=False),  # the whole of its conversation index, as `columns.indexable`
    Column("conversation_base", SafeText, nullable=False),
    Column("parties", Text, nullable=False),  # JSON, in their order
    one_of("direction", Direction),
    one_of("mail_kind", MailKind),
    one_of("method", CorrelationMethod),
    CheckConstraint("correlated_id IS NOT NULL OR NOT is_parent", name="parent_is_correlated"),
    sqlite_autoincrement=True,
)
"""Emails as the business system sees them: one for all of our mailboxes that a message came to."""

_NAMED = text("message_id <> ''")
partial_index(
    "uq_activities_message",
    activities.c.message_id,
    activities.c.direction,
    unique=True,
    where=_NAMED,
)


def _sparse(column: str, condition: str) -> Index:
    return partial_index(f"ix_activities_{column}", activities.c[column], where=text(f"{column} {condition}"))


for _column in ("tracking_token", "conversation", "conversation_base"):
    _sparse(_column, "<> ''")
for _column in ("regarding", "accepted_by", "correlated_id"):
    _sparse(_column, "IS NOT NULL")


def _activity_id(*, primary_key: bool = False) -> Column[int]:
    owner = ForeignKey("activities.id", ondelete="CASCADE")
    return Column("activity_id", RowId, owner, nullable=False, primary_key=primary_key)


activity_hashes = Table(
    "activity_hashes",
    metadata,
    Column("is_subject", Boolean, primary_key=True),  # of a word of the subject, or else of an address
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    _activity_id(primary_key=True),
    Column("stored_on", Date, nullable=False, server_default="1970-01-01"),  # the day in UTC
    Index(None, "activity_id"),
    Index("ix_activity_hashes_since", "is_subject", "hash", "stored_on"),
    sqlite_with_rowid=False,
)
"""For smart matching, of activities stored while it is on."""

party_records = Table(
    "party_records",
    metadata,
    _activity_id(primary_key=True),
    Column("record_id", RowId, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)
"""Whose emails they are: the records that the parties of activities mean."""

queue_items = Table(
    "queue_items",
    metadata,
    own_id(),
    _activity_id(),
    mailbox_id(index=True),
    Column("entered_at", UtcDateTime, nullable=False),
    UniqueConstraint("activity_id", "mailbox_id"),  # an email cannot be twice in one queue
    sqlite_autoincrement=True,
)

undelivered = Table(
    "undelivered",
    metadata,
    _activity_id(primary_key=True),
    Column("address", SafeText, primary_key=True),
    Column("status", SafeText, nullable=False),
    Column("diagnostic", SafeText, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Recipients whom an email of ours did not reach, as a bounce said."""

decisions = Table(
    "decisions",
    metadata,
    own_id(),
    mailbox_id(),
    Column("email_id", RowId, ForeignKey("emails.id", ondelete="CASCADE"), unique=True),  # none of what was refused
    Column("gmail_message_id", Unsigned64),
    Column("message_id", SafeText, nullable=False),
    Column("subject", SafeText, nullable=False),
    Column("sender", SafeText, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("reason", Word(Reason), nullable=False),
    Column("evidence", TextList, nullable=False),
    one_of("reason", Reason),
    CheckConstraint("kept = (email_id IS NOT NULL)", name="kept_is_an_email"),
    Index(None, "mailbox_id", "kept", "decided_at"),
    sqlite_autoincrement=True,
)
"""The decision trace."""
