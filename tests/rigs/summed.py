"""What the migrations make of a new SQLite database, as a script; run as a program, this writes it into the product."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import create_engine, func, select, table, text

from gmailsync.store import migrations

FILE = Path(migrations.__file__).with_name("sum.sql")

_MADE = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"


def summed(folder: Path) -> str:
    """Run all migrations on a new database in this folder, and return the statements that make what they made."""
    engine = create_engine(f"sqlite:///{folder / 'summed.sqlite3'}")
    with engine.begin() as connection:
        migrations.migrate(connection)
        made = connection.scalars(text(_MADE)).all()
        tables = connection.scalars(text("SELECT name FROM sqlite_schema WHERE type = 'table'")).all()
        filled = {name for name in tables if connection.scalar(select(func.count()).select_from(table(name)))}
    engine.dispose()
    assert filled == {"alembic_version"}, filled
    return "".join(f"{statement.strip()};\n" for statement in made)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        FILE.write_text(summed(Path(place)), encoding="utf-8")
