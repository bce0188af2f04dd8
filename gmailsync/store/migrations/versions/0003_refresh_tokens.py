"""Which refresh tokens Google issued to this product, for its limit of 100 for each account and client."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNUSED_LIFE = timedelta(days=181)


def upgrade() -> None:
    """Make the table; of those issued before, the ones that are kept as grants are known."""
    op.create_table(
        "refresh_tokens",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("dies_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refresh_tokens"),
    )
    op.create_index("ix_refresh_tokens_account", "refresh_tokens", ["account", "client_id"])
    op.bulk_insert(_table("refresh_tokens", "account", "client_id", "issued_at", "dies_at"), _known())


def _known() -> list[dict[str, object]]:
    grants = _table("grants", "mailbox_id", "client_id", "granted_at", "refresh_expires_at")
    mailboxes = _table("mailboxes", "id", "address_key")
    found = sa.select(
        mailboxes.c.address_key, grants.c.client_id, grants.c.granted_at, grants.c.refresh_expires_at
    ).join_from(grants, mailboxes, grants.c.mailbox_id == mailboxes.c.id)
    return [
        {
            "account": row.address_key,
            "client_id": row.client_id,
            "issued_at": row.granted_at,
            "dies_at": row.refresh_expires_at or row.granted_at + UNUSED_LIFE,
        }
        for row in op.get_bind().execute(found)
    ]


def _table(name: str, *columns: str) -> sa.TableClause:
    """Name a table's columns; those that end in `_at` are moments."""
    return sa.table(name, *(sa.column(column, MOMENT if column.endswith("_at") else None) for column in columns))
