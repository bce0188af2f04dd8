"""The directory, activities with their parties and queue items, the decision trace, and the settings of deciding."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables. Emails that are stored already have no activity: nobody decided about them."""
    _make_settings()
    _make_directory()
    _make_activities()
    _make_parties()
    _make_queue_items()
    _point_emails_to_activities()
    _make_decisions()


def _owned_by(table: str, owner: str, column: str, *, action: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=f"fk_{table}_{column}", ondelete=action)


def _make_settings() -> None:
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_settings_single"),
        sa.PrimaryKeyConstraint("id", name="pk_settings"),
    )


def _make_directory() -> None:
    op.create_table(
        "records",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("email_enabled", sa.Boolean(), nullable=False),
        sa.Column("owner_key", sa.Text()),
        sa.Column("parent_key", sa.Text()),
        sa.CheckConstraint(
            "kind IN ('user', 'contact', 'account', 'lead', 'equipment', 'team', 'business_unit', 'queue', 'other')",
            name="ck_records_kind",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
        sa.UniqueConstraint("kind", "key", name="uq_records_kind_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "record_addresses",
        sa.Column("record_id", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normalised", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _owned_by("record_addresses", "records", "record_id"),
        sa.PrimaryKeyConstraint("record_id", "address", name="pk_record_addresses"),
        sqlite_with_rowid=False,
    )
    for column in ("address", "normalised"):
        op.create_index(f"ix_record_addresses_{column}", "record_addresses", [column])


def _make_activities() -> None:
    op.create_table(
        "activities",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("mail_kind", sa.Text(), nullable=False),
        sa.Column("owner_key", sa.Text()),
        sa.Column("regarding", ROW_ID),
        sa.Column("accepted_by", ROW_ID),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("correlated_id", ROW_ID),
        sa.Column("is_parent", sa.Boolean(), nullable=False),
        sa.Column("subject_changed", sa.Boolean(), nullable=False),
        sa.Column("tracking_token", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("conversation_base", sa.Text(), nullable=False),
        sa.Column("parties", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="ck_activities_direction"),
        sa.CheckConstraint(
            "mail_kind IN ('ordinary', 'auto_reply', 'bounce', 'loop', 'list')", name="ck_activities_mail_kind"
        ),
        sa.CheckConstraint(
            "method IN ('none', 'skipped', 'delivery_report', 'in_reply_to', 'references', 'tracking_token', "
            "'gmail_thread', 'conversation_index', 'smart_matching')",
            name="ck_activities_method",
        ),
        sa.CheckConstraint("correlated_id IS NOT NULL OR NOT is_parent", name="ck_activities_parent_is_correlated"),
        _owned_by("activities", "records", "regarding", action="SET NULL"),
        _owned_by("activities", "mailboxes", "accepted_by", action="SET NULL"),
        _owned_by("activities", "activities", "correlated_id", action="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
        sqlite_autoincrement=True,
    )
    _make_index("uq_activities_message", ["message_id", "direction"], "message_id <> ''", unique=True)
    for column in ("tracking_token", "conversation", "conversation_base"):
        _make_index(f"ix_activities_{column}", [column], f"{column} <> ''")
    for column in ("regarding", "accepted_by", "correlated_id"):
        _make_index(f"ix_activities_{column}", [column], f"{column} IS NOT NULL")
    op.create_table(
        "activity_hashes",
        sa.Column("is_subject", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("activity_id", ROW_ID, nullable=False),
        _owned_by("activity_hashes", "activities", "activity_id"),
        sa.PrimaryKeyConstraint("is_subject", "hash", "activity_id", name="pk_activity_hashes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_activity_hashes_activity_id", "activity_hashes", ["activity_id"])


def _make_index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "activities", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _make_parties() -> None:
    op.create_table(
        "party_records",
        sa.Column("activity_id", ROW_ID, nullable=False),
        sa.Column("record_id", ROW_ID, nullable=False),
        _owned_by("party_records", "activities", "activity_id"),
        _owned_by("party_records", "records", "record_id"),
        sa.PrimaryKeyConstraint("activity_id", "record_id", name="pk_party_records"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_party_records_record_id", "party_records", ["record_id"])


def _make_queue_items() -> None:
    op.create_table(
        "queue_items",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("activity_id", ROW_ID, nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        _owned_by("queue_items", "activities", "activity_id"),
        _owned_by("queue_items", "mailboxes", "mailbox_id"),
        sa.PrimaryKeyConstraint("id", name="pk_queue_items"),
        sa.UniqueConstraint("activity_id", "mailbox_id", name="uq_queue_items_activity_id_mailbox_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_queue_items_mailbox_id", "queue_items", ["mailbox_id"])
    op.create_table(
        "undelivered",
        sa.Column("activity_id", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("diagnostic", sa.Text(), nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        _owned_by("undelivered", "activities", "activity_id"),
        sa.PrimaryKeyConstraint("activity_id", "address", name="pk_undelivered"),
        sqlite_with_rowid=False,
    )


def _point_emails_to_activities() -> None:
    op.add_column("emails", sa.Column("activity_id", ROW_ID))
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key(
            "fk_emails_activity_id", "emails", "activities", ["activity_id"], ["id"], ondelete="SET NULL"
        )
    else:
        # SQLite's own way to add a constraint (https://www.sqlite.org/lang_altertable.html#otheralter): copying the
        # table instead would take the emails' content with the old one.
        op.execute("PRAGMA writable_schema = ON")
        op.execute(
            "UPDATE sqlite_schema SET sql = substr(rtrim(sql, ' ' || char(10)), 1, "
            "length(rtrim(sql, ' ' || char(10))) - 1) || ', CONSTRAINT fk_emails_activity_id FOREIGN KEY(activity_id) "
            "REFERENCES activities (id) ON DELETE SET NULL)' WHERE type = 'table' AND name = 'emails'"
        )
        op.execute("PRAGMA writable_schema = RESET")
    op.create_index("ix_emails_thread", "emails", ["mailbox_id", "gmail_thread_id", "activity_id"])
    op.create_index("ix_emails_activity", "emails", ["activity_id", "mailbox_id"])


def _make_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("email_id", ROW_ID),
        sa.Column("gmail_message_id", sa.BigInteger()),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('accepted', 'already-promoted', 'invalid-sender', 'never-log', 'loop', 'internal', "
            "'no-recipient-match', 'no-correlation-match', 'no-sender-match', 'not-asked-for')",
            name="ck_decisions_reason",
        ),
        sa.CheckConstraint("kept = (email_id IS NOT NULL)", name="ck_decisions_kept_is_an_email"),
        _owned_by("decisions", "mailboxes", "mailbox_id"),
        _owned_by("decisions", "emails", "email_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.UniqueConstraint("email_id", name="uq_decisions_email_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_mailbox_id_kept_decided_at", "decisions", ["mailbox_id", "kept", "decided_at"])
