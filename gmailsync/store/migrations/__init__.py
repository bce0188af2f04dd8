"""The steps that make the tables, by Alembic; each is written once and never changed.

A change of the tables is a new file in `versions` and a new line in `REVISIONS`. What all steps together make of a new
SQLite database is kept in `sum.sql`, because Alembic takes longer to be imported than a small command takes: a test
compares it with the steps, and `python tests/rigs/summed.py` writes it anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

REVISIONS = (
    "0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013", "0014",
)  # fmt: skip
"""Every revision, oldest first. Kept here so that a start-up can compare without importing Alembic."""

HEAD = REVISIONS[-1]
"""The revision that this program works with."""


_SUM = Path(__file__).with_name("sum.sql")


def make(connection: Connection) -> None:
    """Make the tables of a new database at `HEAD` inside the connection's transaction."""
    if connection.dialect.name != "sqlite":
        migrate(connection)
        return
    for statement in _statements(_SUM.read_text(encoding="utf-8")):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))


def _statements(script: str) -> Iterator[str]:
    """Cut a script where SQLite sees a statement end; a trigger has semicolons within."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migrate(connection: Connection) -> None:
    """Bring the database to `HEAD` inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "gmailsync.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
