"""Thread and labels of messages in the failure ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns. Nothing tells what entries made before had."""
    op.add_column("failures", sa.Column("gmail_thread_id", sa.BigInteger()))
    op.add_column("failures", sa.Column("labels", sa.Text(), server_default="[]", nullable=False))
