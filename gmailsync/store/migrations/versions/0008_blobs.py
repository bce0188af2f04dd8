"""Bytes of emails compressed, what is large in them once for all emails, and what is noted of their attachments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

PACKINGS = "packing IN ('plain', 'zlib')"
NOTIFICATIONS = "notification IN ('none', 'attachments', 'truncated')"


def upgrade() -> None:
    """Add the tables. What is stored stays untouched: it is a plain skeleton without blobs."""
    op.execute("ALTER TABLE email_content RENAME COLUMN raw TO skeleton")
    # In SQL, because Alembic can add a constraint on SQLite only by copying the table: all mail there is.
    op.execute(
        "ALTER TABLE email_content ADD COLUMN packing TEXT DEFAULT 'plain' NOT NULL"
        f" CONSTRAINT ck_email_content_packing CHECK ({PACKINGS})"
    )
    op.execute(
        f"ALTER TABLE emails ADD COLUMN notification TEXT CONSTRAINT ck_emails_notification CHECK ({NOTIFICATIONS})"
    )
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "blobs",
        sa.Column("id", row_id, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("packing", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blobs"),
        sa.UniqueConstraint("sha256", name="uq_blobs_sha256"),
        sa.CheckConstraint(PACKINGS, name="ck_blobs_packing"),
    )
    op.create_table(
        "email_blobs",
        sa.Column("email_id", row_id, nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("blob_id", row_id, nullable=False),
        sa.PrimaryKeyConstraint("email_id", "start", name="pk_email_blobs"),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name="fk_email_blobs_email_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name="fk_email_blobs_blob_id"),
    )
    op.create_index("ix_email_blobs_blob_id", "email_blobs", ["blob_id"])
