"""The queue that a user's own work goes to, and since when the words of an email's subject are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add both; nobody has such a queue yet, and what is stored counts as stored today."""
    op.add_column("records", sa.Column("queue_key", sa.Text()))
    op.add_column("activity_hashes", sa.Column("stored_on", sa.Date(), nullable=False, server_default="1970-01-01"))
    op.execute("UPDATE activity_hashes SET stored_on = CURRENT_DATE")
    op.create_index("ix_activity_hashes_since", "activity_hashes", ["is_subject", "hash", "stored_on"])
