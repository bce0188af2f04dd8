"""Who renews a grant just now, and when its refresh token was last redeemed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; of a grant that is there already, its access token tells when it was renewed."""
    op.add_column("grants", sa.Column("refreshed_at", MOMENT, nullable=True))
    op.add_column("grants", sa.Column("renewal", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("renewing_until", MOMENT, nullable=True))
    # An access token lives for an hour, so this is an hour late at most.
    op.execute("UPDATE grants SET refreshed_at = access_expires_at")
