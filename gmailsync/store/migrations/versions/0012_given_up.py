"""Entries of the failure ledger that are given up, and how many of them an audit met."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns; nothing was given up before."""
    op.add_column("failures", sa.Column("given_up_at", sa.DateTime(timezone=True)))
    op.add_column("failures", sa.Column("given_up_by", sa.Text(), server_default="", nullable=False))
    # With its check at once, which only plain SQL can say on SQLite.
    op.execute(
        "ALTER TABLE failures ADD COLUMN given_up_why TEXT DEFAULT '' NOT NULL CONSTRAINT ck_failures_given_up "
        "CHECK (given_up_at IS NULL OR (given_up_by <> '' AND given_up_why <> '' AND next_at IS NULL))"
    )
    op.drop_index("ix_failures_mailbox_id", "failures")
    op.create_index("ix_failures_mailbox_id_given_up_at", "failures", ["mailbox_id", "given_up_at"])
    op.add_column("audits", sa.Column("given_up", sa.BigInteger(), server_default="0", nullable=False))
