"""Tables of emails: what lists show of them, their bytes, and how they were sent."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gmailsync.model.email import Direction, EmailStatus, Notification, SendEvent
from gmailsync.store.columns import RowId, SafeText, TextList, Unsigned64, UtcDateTime, Word
from gmailsync.store.packing import Packing
from gmailsync.store.tables.base import email_id, mailbox_id, metadata, one_of, own_id, partial_index

emails = Table(
    "emails",
    metadata,
    own_id(),
    mailbox_id(),
    Column("direction", Word(Direction), nullable=False),
    Column("status", Word(EmailStatus), nullable=False),
    Column("message_id", SafeText, nullable=False),
    Column("subject", SafeText, nullable=False),
    Column("sender", SafeText, nullable=False),
    Column("recipients", TextList, nullable=False),
    Column("date", UtcDateTime),
    Column("in_reply_to", SafeText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("gmail_message_id", Unsigned64),
    Column("gmail_thread_id", Unsigned64),
    Column("labels", TextList, nullable=False),
    Column("last_error", SafeText, nullable=False),
    Column("notification", Word(Notification)),  # empty where an earlier version did not look
    Column("activity_id", RowId, ForeignKey("activities.id", ondelete="SET NULL")),
    UniqueConstraint("mailbox_id", "gmail_message_id"),
    Index("ix_emails_thread", "mailbox_id", "gmail_thread_id", "activity_id"),
    Index("ix_emails_activity", "activity_id", "mailbox_id"),
    Index(None, "mailbox_id", "status"),
    one_of("direction", Direction),
    one_of("status", EmailStatus),
    one_of("notification", Notification),
    CheckConstraint("(direction = 'incoming') = (status = 'received')", name="received_is_incoming"),
    sqlite_autoincrement=True,
)

WITHOUT_ID = text("direction = 'incoming' AND gmail_message_id IS NULL")
"""Which emails are looked up by their content: of a server without ids, where the same bytes are the same message."""
partial_index(
    "uq_emails_content",
    emails.c.mailbox_id,
    emails.c.sha256,
    unique=True,
    where=WITHOUT_ID,
)

LONGEST_ID = 500
SHORT_ID = text(f"length(message_id) <= {LONGEST_ID}")
"""Which Message-IDs are looked up by an index: PostgreSQL has no room in one for the monsters that spam makes."""
partial_index(
    "ix_emails_folding",  # to find what another protocol has brought
    emails.c.mailbox_id,
    emails.c.message_id,
    emails.c.sha256,
    where=SHORT_ID,
)

email_content = Table(
    "email_content",
    metadata,
    email_id(primary_key=True),
    Column("packing", Word(Packing), nullable=False, server_default=Packing.PLAIN),
    Column("skeleton", LargeBinary, nullable=False),
    one_of("packing", Packing),
)

blobs = Table(
    "blobs",
    metadata,
    own_id(),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("size", Integer, nullable=False),  # of what was packed, as is the SHA-256
    Column("packing", Word(Packing), nullable=False),
    Column("content", LargeBinary, nullable=False),
    one_of("packing", Packing),
)

email_blobs = Table(
    "email_blobs",
    metadata,
    email_id(primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),  # where in the message the blob has its place
    Column("line", Integer, nullable=False),  # letters in a line of base64; 0: the octets stand there as they are
    Column("blob_id", RowId, ForeignKey("blobs.id"), nullable=False, index=True),
)

email_envelopes = Table(
    "email_envelopes",
    metadata,
    email_id(primary_key=True),
    Column("sender", SafeText, nullable=False),
    Column("recipients", TextList, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    own_id(),
    email_id(index=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),  # stays empty when the program was stopped in the middle
    Column("event", Word(SendEvent)),  # empty while the attempt is under way
    Column("reply", SafeText, nullable=False),
    one_of("event", SendEvent),
    sqlite_autoincrement=True,
)
partial_index(
    "uq_attempts_under_way",
    attempts.c.email_id,
    unique=True,
    where=text("event IS NULL"),
)

test_messages = Table(
    "test_messages",
    metadata,
    mailbox_id(primary_key=True),
    Column("message_id", SafeText, primary_key=True),
)
