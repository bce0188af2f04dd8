"""Which worker runs a mailbox's cycle just now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add fence and lease; no mailbox is claimed."""
    op.add_column("mailboxes", sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("mailboxes", sa.Column("lease_since", MOMENT, nullable=True))
    op.add_column("mailboxes", sa.Column("lease_until", MOMENT, nullable=True))
    op.add_column("mailboxes", sa.Column("lease_holder", sa.Text(), nullable=True))
