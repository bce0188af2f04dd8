"""Opening a database: made when new, used when fitting, refused and untouched otherwise."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import MetaData, create_engine, make_url, select, text

from gmailsync.errors import BadInput, DatabaseTooNew, DatabaseTooOld, StoreError, WrongKey
from gmailsync.model.grant import Grant, SignInAttempt
from gmailsync.model.mailbox import NewMailbox
from gmailsync.model.secret import Secret
from gmailsync.store.opening import Condition, judge, open_database, upgrade


def engine_of(url: str):
    """Connect past our own code."""
    return create_engine(make_url(url.replace("postgresql://", "postgresql+psycopg://")))


def execute(url: str, *statements: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    engine, found = engine_of(url), MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        rows = {name: [tuple(row) for row in connection.execute(select(table))] for name, table in found.tables.items()}
    engine.dispose()
    return rows


def bytes_of(url: str) -> bytes | None:
    """Return the file of a SQLite database, or None when it is another database or is not there."""
    path = Path(url.removeprefix("sqlite:///"))
    return path.read_bytes() if path.is_file() else None


def never(new: bool) -> bytes:
    """Stand for a key that must not be asked for."""
    raise AssertionError("the key was asked for")


def test_a_new_database_is_made_and_found_again(url, key):
    """The key is asked for with `new` at first, and without it from then on."""
    asked = []

    def key_for(new: bool) -> bytes:
        asked.append(new)
        return key

    first = open_database(url, key_for)
    with first.begin() as tx:
        made = tx.mailboxes.add(NewMailbox("alice@contoso.com", None))
    first.close()
    second = open_database(url, key_for)
    with second.begin() as tx:
        found = tx.mailboxes.all()
    second.close()

    assert found == [made]
    assert asked == [True, False]


def test_a_sqlite_database_is_private_and_written_ahead(tmp_path, key):
    """Only the owner may read the file; it is in WAL mode; missing directories are made, for the owner only."""
    path = tmp_path / "new" / "strange ?#% name.db"

    open_database(f"sqlite:///{path}", lambda new: key).close()

    with closing(sqlite3.connect(path)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    assert mode == "wal"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_an_empty_file_becomes_a_database(tmp_path, key):
    """What a process left that was stopped at its very first step is no obstacle."""
    path = tmp_path / "gmailsync.db"
    path.touch()

    open_database(f"sqlite:///{path}", lambda new: key).close()

    assert path.stat().st_size > 0


REFUSED = {
    "newer": (DatabaseTooNew, "newer", ["UPDATE alembic_version SET version_num = '9999'"]),
    "older": (DatabaseTooOld, "older", ["DELETE FROM alembic_version"]),
    "two heads": (DatabaseTooNew, "newer", ["INSERT INTO alembic_version VALUES ('9999')"]),
    "foreign": (StoreError, "another program", ["DROP TABLE alembic_version"]),
    "without proof": (StoreError, "proof", ["DELETE FROM vault"]),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_database_that_does_not_fit_is_left_alone(made_url, key, why):
    """A newer, older or foreign database is refused with one sentence, and stays as it was to the byte."""
    error, words, statements = REFUSED[why]
    execute(made_url, *statements)
    before, bytes_before = content(made_url), bytes_of(made_url)

    with pytest.raises(error, match=words) as caught:
        open_database(made_url, never if why != "without proof" else lambda new: key)

    assert "\n" not in caught.value.message
    assert content(made_url) == before
    assert bytes_of(made_url) == bytes_before


def test_the_wrong_key_is_refused(made_url):
    """Another key is found out at once, before it seals anything."""
    before, bytes_before = content(made_url), bytes_of(made_url)

    with pytest.raises(WrongKey, match="does not open"):
        open_database(made_url, lambda new: Fernet.generate_key())

    assert content(made_url) == before
    assert bytes_of(made_url) == bytes_before


def test_a_key_that_cannot_be_had_makes_no_database(tmp_path):
    """When the key is refused, no file is made for a new database."""

    def refuse(new: bool) -> bytes:
        raise BadInput("GMAILSYNC_KEY", "(not shown)", "must be a key")

    with pytest.raises(BadInput):
        open_database(f"sqlite:///{tmp_path}/gmailsync.db", refuse)

    assert list(tmp_path.iterdir()) == []


def test_no_secret_is_in_the_database_in_plain_text(made_url, key, profile, now):
    """Client secret, tokens and PKCE verifier are unreadable wherever the database keeps its data."""
    database = open_database(made_url, lambda new: key)
    with database.begin() as tx:
        tx.profiles.add(profile)
        mailbox = tx.mailboxes.add(NewMailbox("alice@contoso.com", None))
        tokens = Secret("1//0plain-text"), Secret("ya29.plain-text")
        tx.grants.save(Grant(mailbox.id, "client", frozenset(), *tokens, access_expires_at=now, granted_at=now))
        tx.grants.begin_sign_in(SignInAttempt("state", mailbox.id, Secret("verifier-plain-text"), "uri", "url", now))
    database.close()

    seen = repr(content(made_url)).encode() + (bytes_of(made_url) or b"")

    assert b"alice@contoso.com" in seen
    assert b"plain-text" not in seen


@pytest.mark.parametrize("size", [1, 100, 10000])
def test_a_file_that_is_no_database_is_left_alone(tmp_path, size):
    """A file of another kind is named and not touched."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"x" * size)

    with pytest.raises(StoreError, match=r"notes\.txt is no SQLite database") as caught:
        open_database(f"sqlite:///{path}", never)

    assert caught.value.code == "store"
    assert path.read_bytes() == b"x" * size
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_where_no_file_can_be_is_named(tmp_path, key):
    """A directory in the file's place, or a file in the directory's place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        open_database(f"sqlite:///{tmp_path}", lambda new: key)
    with pytest.raises(StoreError, match=r"file/x\.db cannot be read: Not a directory"):
        open_database(f"sqlite:///{tmp_path}/file/x.db", lambda new: key)


def test_a_damaged_database_is_named(tmp_path):
    """A file that only begins like a database is refused as SQLite itself does."""
    path = tmp_path / "gmailsync.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)

    with pytest.raises(StoreError, match=r"gmailsync\.db cannot be used: file is not a database"):
        open_database(f"sqlite:///{path}", never)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_named(tmp_path, key):
    """Where nothing may be written, the reason is the system's own."""
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match="Permission denied"):
        open_database(f"sqlite:///{tmp_path}/x.db", lambda new: key)


@pytest.mark.parametrize(
    "url", ["postgresql://me:hunter2@127.0.0.1:1/crm", "postgres://me:hunter2@127.0.0.1:1/crm?password=hunter3"]
)
def test_an_unreachable_server_is_named_without_its_password(url):
    """The sentence names the server and the reason on one line."""
    with pytest.raises(StoreError, match=r"postgresql://me@127\.0\.0\.1:1/crm cannot be used: .*refused") as caught:
        open_database(url, never)

    assert "\n" not in caught.value.message
    assert "hunter" not in f"{caught.value} {caught.value.server_line}"


def test_a_missing_database_on_the_server_is_named(postgresql):
    """Tables are made, but no databases."""
    with pytest.raises(StoreError, match="does not exist"):
        open_database(postgresql.url("nowhere"), never)


def test_a_missing_driver_is_named(monkeypatch):
    """Without psycopg the advice says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreError, match="psycopg") as caught:
        open_database("postgresql://127.0.0.1:1/crm", never)

    assert "gmailsync[postgresql]" in caught.value.advice


def test_an_old_sqlite_is_named(tmp_path, monkeypatch):
    """A Python that was built with too old a SQLite is told apart from a broken database."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 1))

    with pytest.raises(StoreError, match=r"needs 3\.38"):
        open_database(f"sqlite:///{tmp_path}/gmailsync.db", never)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gmailsync.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://me:hunter2@host/db",
        "postgresql://me:hunter2@host:x/db",
    ],
)
def test_other_urls_are_bad_input(url):
    """Only two kinds of database exist; a password in a mistyped URL is not shown."""
    with pytest.raises(BadInput, match="sqlite:///PATH or postgresql://") as caught:
        open_database(url, never)

    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("found", "condition"),
    [
        ({"0003"}, Condition.CURRENT),
        ({"0002"}, Condition.OLDER),
        (set(), Condition.OLDER),
        ({"0004"}, Condition.NEWER),
        ({"0003", "0004"}, Condition.NEWER),
        ({"5d41402abc4b"}, Condition.NEWER),
    ],
)
def test_revisions_are_compared_with_those_we_know(found, condition):
    """What we do not know is newer; what we know and is not the last is older."""
    assert judge(found, ("0001", "0002", "0003")) is condition


def test_starting_does_not_import_alembic(sqlite_template, key):
    """A database that fits is opened without the migration tool, which takes longer to import than all the rest."""
    program = (
        "import sys; from gmailsync.store.opening import open_database; "
        "open_database(sys.argv[1], lambda new: sys.argv[2].encode()).close(); print('alembic' in sys.modules)"
    )

    result = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{sqlite_template}", key.decode()],
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout == "False\n"


def test_an_upgrade_brings_an_older_database_up(url):
    """The first revision is missing, as in a database from before it; the second time there is nothing to do."""
    execute(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")

    first, second = upgrade(url), upgrade(url)

    assert (first, second) == (True, False)
    assert "emails" in content(url)


def test_an_upgrade_leaves_a_newer_database_alone(made_url):
    """What a newer gmailsync made is refused."""
    execute(made_url, "UPDATE alembic_version SET version_num = '9999'")
    before = content(made_url)

    with pytest.raises(DatabaseTooNew):
        upgrade(made_url)

    assert content(made_url) == before


def test_an_upgrade_makes_no_database(tmp_path):
    """Upgrading nothing says that there is nothing."""
    with pytest.raises(StoreError, match="no database of gmailsync"):
        upgrade(f"sqlite:///{tmp_path}/gmailsync.db")

    assert list(tmp_path.iterdir()) == []
