"""Tables of what is set up: the vault, profiles, mailboxes, and their owners' grants."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    false,
    text,
)

from gmailsync.model.mailbox import Acceptance, Approval, DeliveryMethod, MailboxKind, TestStatus
from gmailsync.model.profile import Authentication, IncomingProtocol, ServerType
from gmailsync.store.columns import RowId, SafeText, TextList, UtcDateTime, Word
from gmailsync.store.tables.base import mailbox_id, metadata, one_of, own_id, partial_index


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
    own_id(),
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
    one_of("protocol", IncomingProtocol),
    one_of("server_type", ServerType),
    one_of("authentication", Authentication),
    _port("incoming_port"),
    _port("outgoing_port"),
    sqlite_autoincrement=True,  # as on PostgreSQL, the number of what was removed never comes back
)
partial_index(
    "uq_profiles_default",
    profiles.c.is_default,
    unique=True,
    where=text("is_default"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    own_id(),
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
    one_of("incoming", DeliveryMethod),
    one_of("outgoing", DeliveryMethod),
    one_of("approval", Approval),
    one_of("incoming_status", TestStatus),
    one_of("outgoing_status", TestStatus),
    one_of("kind", MailboxKind),
    one_of("acceptance", Acceptance),
    sqlite_autoincrement=True,
)

grants = Table(
    "grants",
    metadata,
    mailbox_id(primary_key=True),
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
    own_id(),
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
    mailbox_id(index=True),
    Column("code_verifier", Text, nullable=False),  # sealed
    Column("redirect_uri", SafeText, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
