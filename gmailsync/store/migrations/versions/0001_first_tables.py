"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
EVENTS = "'claimed', 'accepted', 'deferred', 'rejected', 'lost', 'found', 'not_found', 'canceled', 'retried'"
STATUSES = "'received', 'pending', 'sending', 'sent', 'failed', 'in_doubt', 'canceled'"
OPEN = sa.text("resolved_at IS NULL AND dismissed_at IS NULL")


def upgrade() -> None:
    """Make every table, those that are referred to first."""
    _make_vault_and_profiles()
    _make_mailboxes_and_grants()
    _make_emails()
    _make_attempts_and_cursors()
    _make_alerts_and_trials()


def _make_vault_and_profiles() -> None:
    op.create_table(
        "vault",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vault"),
        sa.CheckConstraint("id = 1", name="ck_vault_single"),
    )
    op.create_table(
        "profiles",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("incoming_host", sa.Text(), nullable=False),
        sa.Column("incoming_port", sa.Integer(), nullable=False),
        sa.Column("outgoing_host", sa.Text(), nullable=False),
        sa.Column("outgoing_port", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("server_type", sa.Text(), nullable=False),
        sa.Column("authentication", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
        sa.UniqueConstraint("name", name="uq_profiles_name"),
        sa.CheckConstraint("protocol IN ('imap')", name="ck_profiles_protocol"),
        sa.CheckConstraint("server_type IN ('gmail')", name="ck_profiles_server_type"),
        sa.CheckConstraint("authentication IN ('gmail_oauth')", name="ck_profiles_authentication"),
        sa.CheckConstraint("incoming_port BETWEEN 1 AND 65535", name="ck_profiles_incoming_port"),
        sa.CheckConstraint("outgoing_port BETWEEN 1 AND 65535", name="ck_profiles_outgoing_port"),
        sqlite_autoincrement=True,
    )
    default = sa.text("is_default")
    op.create_index(
        "uq_profiles_default",
        "profiles",
        ["is_default"],
        unique=True,
        sqlite_where=default,
        postgresql_where=default,
    )


def _make_mailboxes_and_grants() -> None:
    methods = "'none', 'server_side_sync'"
    outcomes = "'not_run', 'success', 'failure'"
    op.create_table(
        "mailboxes",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("profile_id", ROW_ID, nullable=True),
        sa.Column("incoming", sa.Text(), nullable=False),
        sa.Column("outgoing", sa.Text(), nullable=False),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.Column("incoming_status", sa.Text(), nullable=False),
        sa.Column("outgoing_status", sa.Text(), nullable=False),
        sa.Column("incoming_enabled", sa.Boolean(), nullable=False),
        sa.Column("outgoing_enabled", sa.Boolean(), nullable=False),
        sa.Column("last_success", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mailboxes"),
        sa.ForeignKeyConstraint(["profile_id"], ["profiles.id"], name="fk_mailboxes_profile_id", ondelete="SET NULL"),
        sa.UniqueConstraint("address_key", name="uq_mailboxes_address_key"),
        sa.CheckConstraint(f"incoming IN ({methods})", name="ck_mailboxes_incoming"),
        sa.CheckConstraint(f"outgoing IN ({methods})", name="ck_mailboxes_outgoing"),
        sa.CheckConstraint("approval IN ('pending', 'approved', 'rejected')", name="ck_mailboxes_approval"),
        sa.CheckConstraint(f"incoming_status IN ({outcomes})", name="ck_mailboxes_incoming_status"),
        sa.CheckConstraint(f"outgoing_status IN ({outcomes})", name="ck_mailboxes_outgoing_status"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mailboxes_profile_id", "mailboxes", ["profile_id"])
    op.create_table(
        "grants",
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("access_expires_at", MOMENT, nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("refresh_expires_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("mailbox_id", name="pk_grants"),
        _belongs_to_mailbox("grants"),
    )
    op.create_table(
        "sign_ins",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_sign_ins"),
        _belongs_to_mailbox("sign_ins"),
    )
    op.create_index("ix_sign_ins_mailbox_id", "sign_ins", ["mailbox_id"])


def _make_emails() -> None:
    op.create_table(
        "emails",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("date", MOMENT, nullable=True),
        sa.Column("in_reply_to", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("gmail_message_id", sa.BigInteger(), nullable=True),
        sa.Column("gmail_thread_id", sa.BigInteger(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_emails"),
        _belongs_to_mailbox("emails"),
        sa.UniqueConstraint("mailbox_id", "gmail_message_id", name="uq_emails_mailbox_id_gmail_message_id"),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="ck_emails_direction"),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_emails_status"),
        sa.CheckConstraint("(direction = 'incoming') = (status = 'received')", name="ck_emails_received_is_incoming"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_emails_mailbox_id_status", "emails", ["mailbox_id", "status"])
    op.create_table(
        "email_content",
        sa.Column("email_id", ROW_ID, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("email_id", name="pk_email_content"),
        _belongs_to_email("email_content"),
    )
    op.create_table(
        "email_envelopes",
        sa.Column("email_id", ROW_ID, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("email_id", name="pk_email_envelopes"),
        _belongs_to_email("email_envelopes"),
    )


def _make_attempts_and_cursors() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("email_id", ROW_ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        _belongs_to_email("attempts"),
        sa.CheckConstraint(f"event IN ({EVENTS})", name="ck_attempts_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_email_id", "attempts", ["email_id"])
    under_way = sa.text("event IS NULL")
    op.create_index(
        "uq_attempts_under_way",
        "attempts",
        ["email_id"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_table(
        "cursors",
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "folder", name="pk_cursors"),
        _belongs_to_mailbox("cursors"),
    )
    op.create_table(
        "test_messages",
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "message_id", name="pk_test_messages"),
        _belongs_to_mailbox("test_messages"),
    )


def _make_alerts_and_trials() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("server_line", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("dismissed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        _belongs_to_mailbox("alerts"),
        sa.CheckConstraint("level IN ('warning', 'error')", name="ck_alerts_level"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_mailbox_id", "alerts", ["mailbox_id"])
    op.create_index(
        "uq_alerts_open", "alerts", ["mailbox_id", "code"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "trials",
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("tried_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", name="pk_trials"),
        _belongs_to_mailbox("trials"),
    )


def _belongs_to_mailbox(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=f"fk_{table}_mailbox_id", ondelete="CASCADE")


def _belongs_to_email(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=f"fk_{table}_email_id", ondelete="CASCADE")
