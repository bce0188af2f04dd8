"""The steps that make the tables, by Alembic; each is written once and never changed.

A change of the tables is a new file in `versions` and a new line in `REVISIONS`.
"""

from __future__ import annotations

from sqlalchemy import Connection

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012")
"""Every revision, oldest first. Kept here so that a start-up can compare without importing Alembic."""

HEAD = REVISIONS[-1]
"""The revision that this program works with."""


def migrate(connection: Connection) -> None:
    """Bring the database to `HEAD` inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "gmailsync.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
