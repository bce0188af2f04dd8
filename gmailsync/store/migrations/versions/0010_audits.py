"""The last audit of each mailbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERS = ("server", "stored", "set_aside", "failed", "missing", "extra", "changed", "mended")


def upgrade() -> None:
    """Make the table; no mailbox was audited."""
    op.create_table(
        "audits",
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(number, sa.BigInteger(), nullable=False) for number in NUMBERS),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name="fk_audits_mailbox_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mailbox_id", name="pk_audits"),
    )
