"""Octets that are compressed by Zstandard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

OLD = "packing IN ('plain', 'zlib')"
NEW = "packing IN ('plain', 'zlib', 'zstd')"


def upgrade() -> None:
    """Allow the word. What is stored stays as it is."""
    if op.get_bind().dialect.name != "sqlite":
        for table in ("email_content", "blobs"):
            op.drop_constraint(f"ck_{table}_packing", table, type_="check")
            op.create_check_constraint(f"ck_{table}_packing", table, NEW)
        return
    # SQLite's own way to change a check (https://www.sqlite.org/lang_altertable.html#otheralter): copying the tables
    # instead would copy all mail there is.
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :old, :new) "
            "WHERE type = 'table' AND name IN ('email_content', 'blobs')"
        ).bindparams(old=OLD, new=NEW)
    )
    op.execute("PRAGMA writable_schema = RESET")
