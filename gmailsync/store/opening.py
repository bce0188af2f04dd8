"""Opening a database: a new one is made, a fitting one is used, any other is refused and left as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto

from sqlalchemy import Connection, Engine, column, func, insert, inspect, select, table

from gmailsync.errors import DatabaseTooNew, DatabaseTooOld, StoreError, WrongKey
from gmailsync.model.secret import Secret
from gmailsync.store import tables
from gmailsync.store.database import Database
from gmailsync.store.engine import (
    connect,
    describe,
    file_exists,
    parse_url,
    plain_errors,
    prepare_file,
    sqlite_path,
)
from gmailsync.store.migrations import REVISIONS, make, migrate
from gmailsync.store.vault import Vault

_PROOF = Secret("gmailsync")
"""What the vault table keeps sealed; opening it shows that the key is the right one."""

_VERSION = table("alembic_version", column("version_num"))
"""Where Alembic writes how far a database has come."""

_CREATION_LOCK = 0x676D61696C  # any number that no other program on the same PostgreSQL takes: "gmail" in ASCII


class Condition(Enum):
    """What is found at a database URL."""

    NEW = auto()
    OLDER = auto()
    CURRENT = auto()
    NEWER = auto()


def open_database(url: str, key_for: Callable[[bool], bytes]) -> Database:
    """Return the database, making it when there is none.

    `key_for(new)` returns the key, and may make one only when `new` is True. Raises `BadInput` for a URL
    of another kind; `DatabaseTooNew`, `DatabaseTooOld` and `WrongKey` for a database that does not fit
    this program or this key; `StoreError` when it cannot be reached or belongs to another program. After
    any of these the database is as it was.
    """
    with _engine(url) as engine:
        condition = _condition(engine)
        _refuse_unless_usable(condition, engine)
        vault = Vault(key_for(condition is Condition.NEW))
        if condition is Condition.NEW:
            _create(engine, vault)
        _check_key(engine, vault)
        return Database(engine, vault)


def upgrade(url: str) -> bool:
    """Bring an older database to this program's tables; return False when nothing was to be done.

    All or nothing: when it is interrupted, the database is as before. `DatabaseTooNew` and `StoreError` as in
    `open_database`; no key is needed.
    """
    with _engine(url) as engine:
        try:
            if _condition(engine) is Condition.NEW:
                raise StoreError(f"There is no database of gmailsync at {describe(engine.url)}.")
            with _alone(engine) as connection:
                condition = _look(connection)
                if condition is Condition.NEWER:
                    raise _too_new(engine)
                if condition is Condition.OLDER:
                    migrate(connection)
            return condition is Condition.OLDER
        finally:
            engine.dispose()


def judge(found: Iterable[str], known: Sequence[str]) -> Condition:
    """Compare the revisions that a database says it has with those that this program knows, oldest first."""
    revisions = set(found)
    if revisions == {known[-1]}:
        return Condition.CURRENT
    return Condition.OLDER if revisions <= set(known) else Condition.NEWER


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    """Connect; what goes wrong inside becomes a plain error, and leaves no connection open."""
    location = parse_url(url)
    engine = connect(location)
    try:
        with plain_errors(location):
            yield engine
    except BaseException:
        engine.dispose()
        raise


def _condition(engine: Engine) -> Condition:
    path = sqlite_path(engine.url)
    if path is not None and not file_exists(path):
        return Condition.NEW
    with engine.connect() as connection:
        return _look(connection)


def _look(connection: Connection) -> Condition:
    """Read the revision as Alembic wrote it, without Alembic: importing it takes longer than all the rest."""
    names = inspect(connection).get_table_names()
    if _VERSION.name in names:
        return judge(connection.scalars(select(_VERSION.c.version_num)), REVISIONS)
    if names:
        raise StoreError(
            f"The database {describe(connection.engine.url)} belongs to another program.",
            advice="Give gmailsync a database of its own.",
        )
    return Condition.NEW


def _refuse_unless_usable(condition: Condition, engine: Engine) -> None:
    if condition is Condition.NEWER:
        raise _too_new(engine)
    if condition is Condition.OLDER:
        raise DatabaseTooOld(f"The database {describe(engine.url)} was made by an older gmailsync.")


def _create(engine: Engine, vault: Vault) -> None:
    """Make all tables and the proof of the key in one transaction.

    A process killed in the middle leaves nothing, and the next one starts over. Of two that start at once,
    the second waits and then finds the work done.
    """
    path = sqlite_path(engine.url)
    if path is not None:
        prepare_file(path)
    with _alone(engine) as connection:
        if _look(connection) is Condition.NEW:
            make(connection)
            connection.execute(insert(tables.vault).values(id=1, proof=vault.seal(_PROOF)))


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that no other one of this kind runs beside (on SQLite none ever does)."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
        yield connection


def _check_key(engine: Engine, vault: Vault) -> None:
    with engine.connect() as connection:
        sealed = connection.scalars(select(tables.vault.c.proof)).one_or_none()
    if sealed is None:
        raise StoreError(f"The database {describe(engine.url)} has lost the proof of its key.")
    try:
        vault.open(sealed)
    except WrongKey as error:
        raise WrongKey(f"The key does not open the secrets in the database {describe(engine.url)}.") from error


def _too_new(engine: Engine) -> DatabaseTooNew:
    return DatabaseTooNew(f"The database {describe(engine.url)} was made by a newer gmailsync.")
