"""Tables of where emails come from: folders, what became of each message there, and the failure ledger."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

from gmailsync.model.folder import Outcome
from gmailsync.store.columns import RowId, SafeText, TextList, Unsigned64, UtcDateTime, Word
from gmailsync.store.tables.base import mailbox_id, metadata, one_of, own_id, partial_index

folders = Table(
    "folders",
    metadata,
    own_id(),
    mailbox_id(),
    Column("name", SafeText, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),  # 32 bits without sign (RFC 9051 section 9, nz-number)
    Column("last_uid", BigInteger, nullable=False),
    Column("backlog_uid", BigInteger, nullable=False, server_default="0"),
    Column("since", UtcDateTime),
    Column("modseq", BigInteger),  # 63 bits (RFC 7162 section 3.1)
    Column("uidnext", BigInteger),
    Column("messages", BigInteger),
    UniqueConstraint("mailbox_id", "name"),
    CheckConstraint("backlog_uid BETWEEN 0 AND last_uid", name="backlog"),
    sqlite_autoincrement=True,
)
"""How far folders are read. A trigger refuses a cursor that passes a placement which is only listed."""

failures = Table(
    "failures",
    metadata,
    own_id(),
    mailbox_id(),
    Column("code", SafeText, nullable=False),
    Column("message", SafeText, nullable=False),
    Column("advice", SafeText, nullable=False),
    Column("server_line", SafeText, nullable=False),
    Column("folder", SafeText, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),  # 0 by POP, as the UID
    Column("uid", BigInteger, nullable=False),
    Column("uidl", SafeText, nullable=False),
    Column("gmail_message_id", Unsigned64),
    Column("size", BigInteger, nullable=False),
    Column("raw", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("given_up_at", UtcDateTime),
    Column("given_up_by", SafeText, nullable=False, server_default=""),
    Column("given_up_why", SafeText, nullable=False, server_default=""),
    Column("gmail_thread_id", Unsigned64),
    Column("labels", TextList, nullable=False, server_default="[]"),
    UniqueConstraint("mailbox_id", "folder", "uidvalidity", "uid", "uidl"),
    CheckConstraint(
        "given_up_at IS NULL OR (given_up_by <> '' AND given_up_why <> '' AND next_at IS NULL)", name="given_up"
    ),
    sqlite_autoincrement=True,
)
# Both columns, so that the open entries can be counted without reading the entries.
Index("ix_failures_mailbox_id_given_up_at", failures.c.mailbox_id, failures.c.given_up_at)


def _became() -> tuple[SchemaItem, ...]:
    """Return the columns that tell what became of a message, and what they promise each other."""
    return (
        Column("outcome", Word(Outcome), nullable=False),
        Column("email_id", RowId, ForeignKey("emails.id", ondelete="CASCADE"), index=True),
        # Checked when the transaction ends: by then an entry that is taken off the ledger has become something else.
        Column("failure_id", RowId, ForeignKey("failures.id", deferrable=True, initially="DEFERRED")),
        Column("size", BigInteger, nullable=False),
        one_of("outcome", Outcome),
        CheckConstraint("(outcome = 'stored') = (email_id IS NOT NULL)", name="stored_is_an_email"),
        CheckConstraint("(outcome = 'failed') = (failure_id IS NOT NULL)", name="failed_is_in_the_ledger"),
    )


placements = Table(
    "placements",
    metadata,
    Column("folder_id", RowId, ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    *_became(),
    Column("flags", TextList, nullable=False),
    sqlite_with_rowid=False,
)
_LISTED = text("outcome = 'listed'")
partial_index(
    "ix_placements_listed",
    placements.c.folder_id,
    placements.c.uidvalidity,
    placements.c.uid,
    where=_LISTED,
)
_FAILED = text("failure_id IS NOT NULL")
partial_index(
    "ix_placements_failure_id",
    placements.c.failure_id,
    where=_FAILED,
)

fates = Table(
    "fates",
    metadata,
    mailbox_id(primary_key=True),
    Column("uidl", SafeText, primary_key=True),
    *_became(),
    sqlite_with_rowid=False,
)
"""What became of each message that was read by POP, by its unique-id."""
partial_index(
    "ix_fates_failure_id",
    fates.c.failure_id,
    where=_FAILED,
)
