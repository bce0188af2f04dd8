"""Every table, with the promises it keeps as constraints.

The migrations make these tables; a test holds the two against each other. What belongs to a mailbox
goes with it (ON DELETE CASCADE). The bytes of emails lie apart, so that lists of emails stay light; what is
large in them lies in `blobs`, once for all emails.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from gmailsync.model.activity import CorrelationMethod, MailKind
from gmailsync.model.alert import Level
from gmailsync.model.decision import Reason
from gmailsync.model.directory import RecordKind
from gmailsync.model.email import Direction, EmailStatus, Notification, SendEvent
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Acceptance, Approval, DeliveryMethod, MailboxKind, TestStatus
from gmailsync.model.profile import Authentication, IncomingProtocol, ServerType
from gmailsync.store.columns import RowId, SafeText, TextList, Unsigned64, UtcDateTime, Word
from gmailsync.store.packing import Packing

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True)


def _mailbox_id(*, primary_key: bool = False, index: bool = False) -> Column[int]:
    owner = ForeignKey("mailboxes.id", ondelete="CASCADE")
    return Column("mailbox_id", RowId, owner, nullable=False, primary_key=primary_key, index=index)


def _email_id(*, primary_key: bool = False, index: bool = False) -> Column[int]:
    owner = ForeignKey("emails.id", ondelete="CASCADE")
    return Column("email_id", RowId, owner, nullable=False, primary_key=primary_key, index=index)


def _one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    values = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def _port(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN 1 AND 65535", name=column)


vault = Table(
    "vault",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("proof", Text, nullable=False),  # a known text, sealed: opens only with this database's key
    CheckConstraint("id = 1", name="single"),
)

profiles = Table(
    "profiles",
    metadata,
    _id(),
    Column("name", SafeText, nullable=False, unique=True),
    Column("client_id", SafeText, nullable=False),
    Column("client_secret", Text, nullable=False),  # sealed
    Column("environment", SafeText, nullable=False),
    Column("protocol", Word(IncomingProtocol), nullable=False),
    Column("incoming_host", SafeText, nullable=False),
    Column("incoming_port", Integer, nullable=False),
    Column("outgoing_host", SafeText, nullable=False),
    Column("outgoing_port", Integer, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("server_type", Word(ServerType), nullable=False),
    Column("authentication", Word(Authentication), nullable=False),
    Column("read_from", UtcDateTime),
    _one_of("protocol", IncomingProtocol),
    _one_of("server_type", ServerType),
    _one_of("authentication", Authentication),
    _port("incoming_port"),
    _port("outgoing_port"),
    sqlite_autoincrement=True,  # as on PostgreSQL, the number of what was removed never comes back
)
Index(
    "uq_profiles_default",
    profiles.c.is_default,
    unique=True,
    sqlite_where=text("is_default"),
    postgresql_where=text("is_default"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    _id(),
    Column("address", SafeText, nullable=False),
    Column("address_key", SafeText, nullable=False, unique=True),  # the address in lower case
    Column("profile_id", RowId, ForeignKey("profiles.id", ondelete="SET NULL"), index=True),
    Column("incoming", Word(DeliveryMethod), nullable=False),
    Column("outgoing", Word(DeliveryMethod), nullable=False),
    Column("approval", Word(Approval), nullable=False),
    Column("incoming_status", Word(TestStatus), nullable=False),
    Column("outgoing_status", Word(TestStatus), nullable=False),
    Column("incoming_enabled", Boolean, nullable=False),
    Column("outgoing_enabled", Boolean, nullable=False),
    Column("last_success", UtcDateTime),
    Column("fence", BigInteger, nullable=False, server_default="0"),  # grows with each claim, never falls
    Column("lease_since", UtcDateTime),
    Column("lease_until", UtcDateTime),  # when the lease ends, should its holder not be heard of again
    Column("lease_holder", TextList),  # host, pid, place and start of the worker, as in the model
    Column("kind", Word(MailboxKind), nullable=False, server_default="user"),
    Column("acceptance", Word(Acceptance), nullable=False, server_default="all"),
    Column("folders", TextList, nullable=False, server_default='["INBOX"]'),
    Column("labels", TextList, nullable=False, server_default="[]"),
    Column("read_from", UtcDateTime),
    Column("pop_recent", Boolean, nullable=False, server_default=false()),
    Column("pop_delete", Boolean, nullable=False, server_default=false()),
    Column("pop_looked_at", UtcDateTime),
    _one_of("incoming", DeliveryMethod),
    _one_of("outgoing", DeliveryMethod),
    _one_of("approval", Approval),
    _one_of("incoming_status", TestStatus),
    _one_of("outgoing_status", TestStatus),
    _one_of("kind", MailboxKind),
    _one_of("acceptance", Acceptance),
    sqlite_autoincrement=True,
)

grants = Table(
    "grants",
    metadata,
    _mailbox_id(primary_key=True),
    Column("client_id", SafeText, nullable=False),
    Column("scopes", TextList, nullable=False),
    Column("refresh_token", Text, nullable=False),  # sealed
    Column("access_token", Text, nullable=False),  # sealed
    Column("access_expires_at", UtcDateTime, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("refresh_expires_at", UtcDateTime),
    Column("refreshed_at", UtcDateTime),  # when the refresh token was last redeemed
    Column("renewal", Text),  # the lease of whoever redeems the refresh token just now
    Column("renewing_until", UtcDateTime),  # when that lease ends, should its holder be gone
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    _id(),
    Column("account", SafeText, nullable=False),  # the address in lower case; no mailbox's: Google counts on without it
    Column("client_id", SafeText, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("dies_at", UtcDateTime, nullable=False),  # when Google lets it die by itself, if nobody uses it
    Index("ix_refresh_tokens_account", "account", "client_id"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("state", SafeText, primary_key=True),
    _mailbox_id(index=True),
    Column("code_verifier", Text, nullable=False),  # sealed
    Column("redirect_uri", SafeText, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

emails = Table(
    "emails",
    metadata,
    _id(),
    _mailbox_id(),
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
    _one_of("direction", Direction),
    _one_of("status", EmailStatus),
    _one_of("notification", Notification),
    CheckConstraint("(direction = 'incoming') = (status = 'received')", name="received_is_incoming"),
    sqlite_autoincrement=True,
)

Index(
    "uq_emails_content",  # where a server has no ids as Gmail's, the same bytes are the same message
    emails.c.mailbox_id,
    emails.c.sha256,
    unique=True,
    sqlite_where=text("direction = 'incoming' AND gmail_message_id IS NULL"),
    postgresql_where=text("direction = 'incoming' AND gmail_message_id IS NULL"),
)

LONGEST_ID = 500
SHORT_ID = text(f"length(message_id) <= {LONGEST_ID}")
"""Which Message-IDs are looked up by an index: PostgreSQL has no room in one for the monsters that spam makes."""
Index(
    "ix_emails_folding",  # to find what another protocol has brought
    emails.c.mailbox_id,
    emails.c.message_id,
    emails.c.sha256,
    sqlite_where=SHORT_ID,
    postgresql_where=SHORT_ID,
)

email_content = Table(
    "email_content",
    metadata,
    _email_id(primary_key=True),
    Column("packing", Word(Packing), nullable=False, server_default=Packing.PLAIN),
    Column("skeleton", LargeBinary, nullable=False),
    _one_of("packing", Packing),
)

blobs = Table(
    "blobs",
    metadata,
    _id(),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("size", Integer, nullable=False),  # of what was packed, as is the SHA-256
    Column("packing", Word(Packing), nullable=False),
    Column("content", LargeBinary, nullable=False),
    _one_of("packing", Packing),
)

email_blobs = Table(
    "email_blobs",
    metadata,
    _email_id(primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),  # where in the message the blob has its place
    Column("line", Integer, nullable=False),  # letters in a line of base64; 0: the octets stand there as they are
    Column("blob_id", RowId, ForeignKey("blobs.id"), nullable=False, index=True),
)

email_envelopes = Table(
    "email_envelopes",
    metadata,
    _email_id(primary_key=True),
    Column("sender", SafeText, nullable=False),
    Column("recipients", TextList, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    _email_id(index=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),  # stays empty when the program was stopped in the middle
    Column("event", Word(SendEvent)),  # empty while the attempt is under way
    Column("reply", SafeText, nullable=False),
    _one_of("event", SendEvent),
    sqlite_autoincrement=True,
)
Index(
    "uq_attempts_under_way",
    attempts.c.email_id,
    unique=True,
    sqlite_where=text("event IS NULL"),
    postgresql_where=text("event IS NULL"),
)

folders = Table(
    "folders",
    metadata,
    _id(),
    _mailbox_id(),
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
    _id(),
    _mailbox_id(index=True),
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
    UniqueConstraint("mailbox_id", "folder", "uidvalidity", "uid", "uidl"),
    sqlite_autoincrement=True,
)

placements = Table(
    "placements",
    metadata,
    Column("folder_id", RowId, ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", Word(Outcome), nullable=False),
    Column("email_id", RowId, ForeignKey("emails.id", ondelete="CASCADE"), index=True),
    # Checked when the transaction ends: by then an entry that is taken off the ledger has become something else.
    Column("failure_id", RowId, ForeignKey("failures.id", deferrable=True, initially="DEFERRED")),
    Column("size", BigInteger, nullable=False),
    Column("flags", TextList, nullable=False),
    _one_of("outcome", Outcome),
    CheckConstraint("(outcome = 'stored') = (email_id IS NOT NULL)", name="stored_is_an_email"),
    CheckConstraint("(outcome = 'failed') = (failure_id IS NOT NULL)", name="failed_is_in_the_ledger"),
    sqlite_with_rowid=False,
)
_LISTED = text("outcome = 'listed'")
Index(
    "ix_placements_listed",
    placements.c.folder_id,
    placements.c.uidvalidity,
    placements.c.uid,
    sqlite_where=_LISTED,
    postgresql_where=_LISTED,
)
_FAILED = text("failure_id IS NOT NULL")
Index("ix_placements_failure_id", placements.c.failure_id, sqlite_where=_FAILED, postgresql_where=_FAILED)

fates = Table(
    "fates",
    metadata,
    _mailbox_id(primary_key=True),
    Column("uidl", SafeText, primary_key=True),
    Column("outcome", Word(Outcome), nullable=False),
    Column("email_id", RowId, ForeignKey("emails.id", ondelete="CASCADE"), index=True),
    Column("failure_id", RowId, ForeignKey("failures.id", deferrable=True, initially="DEFERRED")),
    Column("size", BigInteger, nullable=False),
    _one_of("outcome", Outcome),
    CheckConstraint("(outcome = 'stored') = (email_id IS NOT NULL)", name="stored_is_an_email"),
    CheckConstraint("(outcome = 'failed') = (failure_id IS NOT NULL)", name="failed_is_in_the_ledger"),
    sqlite_with_rowid=False,
)
"""What became of each message that was read by POP, by its unique-id."""
Index("ix_fates_failure_id", fates.c.failure_id, sqlite_where=_FAILED, postgresql_where=_FAILED)

test_messages = Table(
    "test_messages",
    metadata,
    _mailbox_id(primary_key=True),
    Column("message_id", SafeText, primary_key=True),
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    _mailbox_id(index=True),
    Column("level", Word(Level), nullable=False),
    Column("code", SafeText, nullable=False),
    Column("message", SafeText, nullable=False),
    Column("advice", SafeText, nullable=False),
    Column("server_line", SafeText, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("sightings", Integer, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("dismissed_at", UtcDateTime),
    _one_of("level", Level),
    sqlite_autoincrement=True,
)
OPEN = text("resolved_at IS NULL AND dismissed_at IS NULL")
"""Which alerts are open."""
Index("uq_alerts_open", alerts.c.mailbox_id, alerts.c.code, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)

trials = Table(
    "trials",
    metadata,
    _mailbox_id(primary_key=True),
    Column("address", SafeText, nullable=False),
    Column("stages", Text, nullable=False),  # a JSON array, in order
    Column("tried_at", UtcDateTime, nullable=False),
)

audits = Table(
    "audits",
    metadata,
    _mailbox_id(primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    *(
        Column(number, BigInteger, nullable=False)
        for number in ("server", "stored", "set_aside", "failed", "missing", "extra", "changed", "mended")
    ),
)

# --- Deciding --------------------------------------------------------------------------------

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
    _id(),
    Column("kind", Word(RecordKind), nullable=False),
    Column("key", SafeText, nullable=False),
    Column("name", SafeText, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("email_enabled", Boolean, nullable=False),
    Column("owner_key", SafeText),
    Column("parent_key", SafeText),
    UniqueConstraint("kind", "key"),
    _one_of("kind", RecordKind),
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
    _id(),
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
    _one_of("direction", Direction),
    _one_of("mail_kind", MailKind),
    _one_of("method", CorrelationMethod),
    CheckConstraint("correlated_id IS NOT NULL OR NOT is_parent", name="parent_is_correlated"),
    sqlite_autoincrement=True,
)
"""Emails as the business system sees them: one for all of our mailboxes that a message came to."""

_NAMED = text("message_id <> ''")
Index(
    "uq_activities_message",
    activities.c.message_id,
    activities.c.direction,
    unique=True,
    sqlite_where=_NAMED,
    postgresql_where=_NAMED,
)


def _sparse(column: str, condition: str) -> Index:
    where = text(f"{column} {condition}")
    return Index(f"ix_activities_{column}", activities.c[column], sqlite_where=where, postgresql_where=where)


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
    Index(None, "activity_id"),
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
    _id(),
    _activity_id(),
    _mailbox_id(index=True),
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
    _id(),
    _mailbox_id(),
    Column("email_id", RowId, ForeignKey("emails.id", ondelete="CASCADE"), unique=True),  # none of what was refused
    Column("gmail_message_id", Unsigned64),
    Column("message_id", SafeText, nullable=False),
    Column("subject", SafeText, nullable=False),
    Column("sender", SafeText, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("reason", Word(Reason), nullable=False),
    Column("evidence", TextList, nullable=False),
    _one_of("reason", Reason),
    CheckConstraint("kept = (email_id IS NOT NULL)", name="kept_is_an_email"),
    Index(None, "mailbox_id", "kept", "decided_at"),
    sqlite_autoincrement=True,
)
"""The decision trace."""
