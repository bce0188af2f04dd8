"""From a database URL to SQLAlchemy's engine, and from its exceptions to ours.

Two forms of URL: `sqlite:///PATH`, where everything after the third slash is the path as it is, and
`postgresql://USER:PASSWORD@HOST/NAME`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gmailsync.errors import BadInput, StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")

_LOCKED = "database is locked"
"""What SQLite says when a writer has not ended in the time that is waited for it."""

_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#magic_header_string

LOCK_PATIENCE = 30
"""Seconds that a transaction waits for another process's to end; ours take fractions of one."""

OLDEST_SQLITE = (3, 38)
"""The first version that has json_each whoever built it (https://www.sqlite.org/json1.html)."""

CONNECT_PATIENCE = 10
"""Seconds until a PostgreSQL server that does not answer counts as unreachable."""


def parse_url(text: str) -> URL:
    """Return the URL with its driver. `BadInput` when it names neither of our databases."""
    if text.startswith(SQLITE) and (path := text.removeprefix(SQLITE)) not in ("", ":memory:"):
        return URL.create("sqlite", database=path)
    try:
        url = make_url(text)
        if url.drivername in POSTGRESQL:
            return url.set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        pass
    # Only the beginning is shown: the rest may hold a password.
    raise BadInput("database", f"{text.partition(':')[0]}:...", "must be sqlite:///PATH or postgresql://...")


def describe(url: URL) -> str:
    """Name the database to people, without its password."""
    if url.drivername == "sqlite":
        return str(url.database)
    place = URL.create("postgresql", username=url.username, host=url.host, port=url.port, database=url.database)
    return place.render_as_string()


def connect(url: URL) -> Engine:
    """Return an engine; nothing is opened before it is used. `StoreError` when the driver is not installed."""
    return _connect_sqlite(url) if url.drivername == "sqlite" else _connect_postgresql(url)


def sqlite_path(url: URL) -> Path | None:
    """Return the database's file, or None when it is not SQLite."""
    return Path(str(url.database)) if url.drivername == "sqlite" else None


def file_exists(path: Path) -> bool:
    """Tell whether there is a SQLite database, or an empty file that may become one.

    `StoreError` when the file is of another kind: SQLite itself would take a short one for an empty
    database, and write over it. So too when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_MAGIC))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"The database {path} cannot be read: {error.strerror}.") from error
    if beginning not in (b"", _MAGIC):
        raise StoreError(f"The file {path} is no SQLite database.")
    return True


def prepare_file(path: Path) -> None:
    """Make an empty SQLite database in WAL mode, or put one that is still empty into WAL mode.

    In that mode readers do not wait for the disk; it is written into the file and stays. The mail in it is
    private, so only the owner may read the file. `StoreError` when the file cannot be made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(_open_file(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StoreError(f"The database {path} cannot be made: {reason}.") from error


@contextmanager
def plain_errors(url: URL) -> Iterator[None]:
    """Turn what SQLAlchemy raises into `StoreError`, with the database's own first line and no parameters."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        line = str(reason).strip().partition("\n")[0]
        advice = "Another program works on it: try again when that has ended." if line == _LOCKED else None
        raise StoreError(
            f"The database {describe(url)} cannot be used: {line}.", advice=advice, server_line=line
        ) from error


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT that may go on to ON CONFLICT: both databases spell it alike, SQLAlchemy has it per database."""
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # all of its drivers; not loaded where SQLite is all there is

    return postgresql.insert(table)


def _connect_sqlite(url: URL) -> Engine:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(f"Python's SQLite is {sqlite3.sqlite_version}; gmailsync needs {needed} or newer.")
    path = Path(str(url.database))
    engine = create_engine(url, creator=lambda: _open_file(path), hide_parameters=True)

    # A transaction that begins by reading and writes later can find the database changed in between, and
    # then waiting does not help. Ours take the write lock first: short, one after the other, never in vain.
    @event.listens_for(engine, "begin")
    def begin_immediately(connection: Connection) -> None:
        # By the driver itself: nothing of it is to be compiled or read, and each transaction begins with it.
        connection.connection.cursor().execute("BEGIN IMMEDIATE")

    return engine


def _open_file(path: Path) -> sqlite3.Connection:
    """Open an existing file. It is written to disk before a commit returns, and foreign keys count."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=LOCK_PATIENCE,
        isolation_level=None,  # transactions begin where SQLAlchemy says, also around CREATE TABLE
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connect_postgresql(url: URL) -> Engine:
    given = url.query.get("options", "")
    options = given if isinstance(given, str) else " ".join(given)
    try:
        return create_engine(
            url,
            # In another zone, the first and the last day that Python knows could not be read back.
            connect_args={
                "options": f"{options} -c timezone=UTC -c lock_timeout={LOCK_PATIENCE}s",
                "connect_timeout": CONNECT_PATIENCE,
            },
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs a driver that is not installed: psycopg.",
            advice="Run: pip install 'gmailsync[postgresql]'",
        ) from error
