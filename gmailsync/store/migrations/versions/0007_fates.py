"""What became of messages that were read by POP, and an index to find what the other protocol has brought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "fates",
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("uidl", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("email_id", ROW_ID),
        sa.Column("failure_id", ROW_ID),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("outcome IN ('listed', 'stored', 'failed', 'test', 'refused')", name="ck_fates_outcome"),
        sa.CheckConstraint("(outcome = 'stored') = (email_id IS NOT NULL)", name="ck_fates_stored_is_an_email"),
        sa.CheckConstraint("(outcome = 'failed') = (failure_id IS NOT NULL)", name="ck_fates_failed_is_in_the_ledger"),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name="fk_fates_mailbox_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name="fk_fates_email_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["failure_id"], ["failures.id"], name="fk_fates_failure_id", deferrable=True, initially="DEFERRED"
        ),
        sa.PrimaryKeyConstraint("mailbox_id", "uidl", name="pk_fates"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_fates_email_id", "fates", ["email_id"])
    failed = sa.text("failure_id IS NOT NULL")
    op.create_index("ix_fates_failure_id", "fates", ["failure_id"], sqlite_where=failed, postgresql_where=failed)
    short = sa.text("length(message_id) <= 500")
    op.create_index(
        "ix_emails_folding",
        "emails",
        ["mailbox_id", "message_id", "sha256"],
        sqlite_where=short,
        postgresql_where=short,
    )
