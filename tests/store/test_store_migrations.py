"""The migrations: their sum is the tables, and being killed or starting twice at once does no harm."""

import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from summed import FILE, summed

from gmailsync.model.failure import GivenUp
from gmailsync.model.grant import TokenOwner
from gmailsync.model.mailbox import Acceptance, MailboxKind, NewMailbox
from gmailsync.model.profile import IncomingProtocol
from gmailsync.model.secret import Secret
from gmailsync.store import migrations
from gmailsync.store.migrations import HEAD, REVISIONS
from gmailsync.store.opening import open_database, upgrade
from gmailsync.store.tables import metadata, vault
from gmailsync.store.tables.base import tell_postgresql
from gmailsync.store.vault import Vault

KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from gmailsync.store.opening import open_database

@event.listens_for(Engine, "after_cursor_execute")
def kill_after(connection, cursor, statement, *rest):
    if statement.strip().startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

open_database(sys.argv[1], lambda new: sys.argv[2].encode())
"""

STARTED = """
import sys
from pathlib import Path
from gmailsync.store.keys import load_key
from gmailsync.store.opening import open_database

home = Path(sys.argv[2])
sys.stdin.read()  # until the test lets all go at once
open_database(sys.argv[1], lambda new: load_key(home, {}, create=new)).close()
print((home / "key").read_text(), end="")
"""


def engine_of(url: str) -> Engine:
    """Connect past our own code."""
    return create_engine(make_url(url.replace("postgresql://", "postgresql+psycopg://")))


def plain(value: object) -> object:
    """Show the SQL of what SQLAlchemy reflected, instead of an object's address."""
    return {key: str(item) for key, item in value.items()} if isinstance(value, dict) else str(value)


def shape(engine: Engine) -> dict[str, object]:
    """Describe every table by its columns and constraints, in no particular order."""
    inspector = inspect(engine)

    def described(found: Iterable[Mapping[str, object]]) -> list[str]:
        return sorted(str({key: plain(value) for key, value in one.items()}) for one in found)

    return {
        name: {
            "columns": described(inspector.get_columns(name)),
            "primary key": described([inspector.get_pk_constraint(name)]),
            "foreign keys": described(inspector.get_foreign_keys(name)),
            "unique": described(inspector.get_unique_constraints(name)),
            "checks": described(inspector.get_check_constraints(name)),
            "indexes": described(inspector.get_indexes(name)),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def test_the_known_revisions_are_those_in_the_directory():
    """The constant that start-up compares with is the head of the scripts."""
    scripts = ScriptDirectory(Path(migrations.__file__).parent)

    revisions = [script.revision for script in scripts.walk_revisions()]

    assert scripts.get_heads() == [HEAD]
    assert tuple(reversed(revisions)) == REVISIONS


def test_the_tables_equal_the_sum_of_the_migrations(empty_url, key):
    """Alembic sees no difference, and neither does the database between the two ways to make the tables."""
    migrated_url, declared_url = empty_url(), empty_url()
    open_database(migrated_url, lambda new: key).close()
    migrated, declared = engine_of(migrated_url), engine_of(declared_url)
    tell_postgresql()
    metadata.create_all(declared)

    with migrated.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    shapes = shape(migrated), shape(declared)
    migrated.dispose()
    declared.dispose()

    assert differences == []
    assert shapes[0] == shapes[1]


def test_a_new_sqlite_database_is_made_by_the_sum_of_the_migrations(tmp_path):
    """The script that makes it at once says what the steps say; after a new step, summed.py writes it anew."""
    made = summed(tmp_path)

    assert made == FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("statement", ["CREATE TABLE emails", "INSERT INTO vault"])
def test_killed_in_the_middle_the_next_run_continues(url, key, statement):
    """Wherever the first start is killed, the next one makes the database whole."""
    killed = subprocess.run([sys.executable, "-c", KILLED, url, key.decode(), statement], check=False)

    database = open_database(url, lambda new: key)
    with database.begin() as tx:
        tx.mailboxes.add(NewMailbox("alice@contoso.com", None))
        found = tx.mailboxes.all()
    database.close()

    assert killed.returncode == -signal.SIGKILL
    assert len(found) == 1


def test_several_first_starts_at_once_make_one_database(url, tmp_path):
    """Processes that start together agree on one key and one set of tables."""
    home = tmp_path / "home"
    command = [sys.executable, "-c", STARTED, url, home]
    starts = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    for start in starts:
        start.stdin.close()
    ends = [(start.wait(), start.stdout.read(), start.stderr.read()) for start in starts]
    for start in starts:
        start.stdout.close()
        start.stderr.close()

    engine = engine_of(url)
    with engine.connect() as connection:
        proofs = connection.execute(text("SELECT proof FROM vault")).all()
    engine.dispose()
    assert [(code, errors) for code, _, errors in ends] == [(0, "")] * 3
    assert {printed for _, printed, _ in ends} == {(home / "key").read_text()}
    assert len(proofs) == 1


A_MAILBOX = """
INSERT INTO mailboxes (id, address, address_key, incoming, outgoing, approval, incoming_status, outgoing_status,
    incoming_enabled, outgoing_enabled)
VALUES (1, 'alice@contoso.com', 'alice@contoso.com', 'none', 'none', 'pending', 'not_run', 'not_run', false, false)
"""
A_GRANT = """
INSERT INTO grants (mailbox_id, client_id, scopes, refresh_token, access_token, access_expires_at, granted_at)
VALUES (1, 'client', '[]', :token, :token, '2026-03-02 10:30:00.000000', '2026-01-02 09:30:00.000000')
"""
A_PROFILE = """
INSERT INTO profiles (id, name, client_id, client_secret, environment, protocol, incoming_host, incoming_port,
    outgoing_host, outgoing_port, is_default, active, server_type, authentication)
VALUES (1, 'Gmail', 'client', :secret, 'https://contoso.crm.dynamics.com', 'imap', 'imap.gmail.com', 993,
    'smtp.gmail.com', 587, true, true, 'gmail', 'gmail_oauth')
"""


def migrate_to(revision: str, connection: Connection) -> None:
    """Bring the tables to where an earlier release had them; times without a zone are UTC from here on."""
    config = Config()
    config.set_main_option("script_location", "gmailsync.store:migrations")
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TIME ZONE 'UTC'"))
    command.upgrade(config, revision)


def make_first_tables(url: str, key: bytes, revision: str = REVISIONS[0]) -> None:
    """Make a database as the first release did, or one of a later revision, with a mailbox that is signed in."""
    engine, seal = engine_of(url), Vault(key).seal
    with engine.begin() as connection:
        migrate_to(revision, connection)
        connection.execute(vault.insert().values(id=1, proof=seal(Secret("gmailsync"))))
        connection.execute(text(A_MAILBOX))
        connection.execute(text(A_GRANT), {"token": seal(Secret("refresh-1"))})
        connection.execute(text(A_PROFILE), {"secret": seal(Secret("secret-1"))})
        connection.execute(text("UPDATE mailboxes SET profile_id = 1"))
    engine.dispose()


def test_a_database_of_the_first_release_keeps_its_grants(url, key):
    """The owner is signed in, the grant was last used when its access token was made, its refresh token counts."""
    make_first_tables(url, key)

    upgraded = upgrade(url)
    database = open_database(url, lambda new: key)
    with database.begin() as tx:
        grant = tx.grants.get(tx.mailboxes.get("alice@contoso.com").id)
        renewal = tx.grants.begin_renewal(grant.mailbox_id, grant.granted_at, grant.access_expires_at)
        end = grant.granted_at + timedelta(days=181)
        issued = [tx.grants.count_issued(moment) for moment in (end - timedelta(seconds=1), end)]
    database.close()

    assert upgraded
    assert grant.refresh_token == Secret("refresh-1")
    assert grant.refreshed_at == grant.access_expires_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    assert renewal is not None
    assert issued == [{TokenOwner.of("alice@contoso.com", "client"): 1}, {}]


def test_a_database_of_the_first_release_keeps_its_profile_and_takes_pop(url, key):
    """The mailbox has its profile still, which may now read by POP; all its mail is read, as before."""
    make_first_tables(url, key)

    upgrade(url)
    database = open_database(url, lambda new: key)
    with database.begin() as tx:
        profile, mailbox = tx.profiles.get("Gmail"), tx.mailboxes.get("alice@contoso.com")
        tx.profiles.save(replace(profile, protocol=IncomingProtocol.POP))
        found = tx.profiles.by_id(mailbox.profile_id).protocol
    database.close()

    assert found is IncomingProtocol.POP
    assert (mailbox.folders, mailbox.acceptance, mailbox.kind) == (("INBOX",), Acceptance.ALL, MailboxKind.USER)


AN_EMAIL = """
INSERT INTO emails (id, mailbox_id, direction, status, message_id, subject, sender, recipients, in_reply_to, size,
    sha256, labels, last_error)
VALUES (1, 1, 'incoming', 'received', '<1@example.com>', 'old', 'bob@example.com', '[]', '', 70000, '', '[]', '')
"""


def test_a_database_of_the_first_release_keeps_its_emails(url, key):
    """They are read as they were stored, and go with their mailbox."""
    raw = b"Subject: old\r\n\r\n" + bytes(range(256)) * 280
    make_first_tables(url, key)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text(AN_EMAIL))
        connection.execute(text("INSERT INTO email_content (email_id, raw) VALUES (1, :raw)"), {"raw": raw})
    engine.dispose()

    upgrade(url)
    database = open_database(url, lambda new: key)
    with database.begin() as tx:
        mailbox = tx.mailboxes.get("alice@contoso.com")
        [email] = tx.emails.select(mailbox.id)
        stored = tx.emails.raw(email.id)
        tx.mailboxes.remove(mailbox.id)
        left = tx.emails.select()
    database.close()

    assert stored == raw
    assert email.notification is None
    assert left == []


AN_ACTIVITY = """
INSERT INTO activities (id, message_id, direction, subject, mail_kind, method, is_parent, subject_changed,
    tracking_token, conversation, conversation_base, parties)
VALUES (1, '<1@x>', 'incoming', 'offer', 'ordinary', 'none', false, false, '', '', '', '[]')
"""
A_WORD = "INSERT INTO activity_hashes (is_subject, hash, activity_id) VALUES (true, 7, 1)"


def test_what_smart_matching_knew_before_counts_as_stored_at_the_upgrade(url, key):
    """Nobody noted the day, and what was found yesterday is found today."""
    make_first_tables(url, key, "0010")
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text(AN_ACTIVITY))
        connection.execute(text(A_WORD))

    upgrade(url)

    with engine.begin() as connection:
        lately = connection.scalars(text("SELECT hash FROM activity_hashes WHERE stored_on > '2026-01-01'")).all()
    engine.dispose()
    assert lately == [7]


A_FAILURE = """
INSERT INTO failures (id, mailbox_id, code, message, advice, server_line, folder, uidvalidity, uid, uidl, size,
    attempts, first_at, last_at, next_at)
VALUES (7, 1, 'message.withheld', 'withheld', '', '', 'INBOX', 3, 5, '', 9, 2, '2026-01-02 09:30:00.000000',
    '2026-01-02 09:35:00.000000', '2026-01-02 09:40:00.000000')
"""
AN_AUDIT = """
INSERT INTO audits (mailbox_id, at, server, stored, set_aside, failed, missing, extra, changed, mended)
VALUES (1, '2026-01-02 09:30:00.000000', 4, 3, 0, 1, 0, 0, 0, 0)
"""


def test_a_database_from_before_giving_up_keeps_its_ledger_and_audits(url, key):
    """The entry is open and due as it was, the audit counted none given up; the entry can be."""
    make_first_tables(url, key)
    engine = engine_of(url)
    with engine.begin() as connection:
        migrate_to("0010", connection)
        connection.execute(text(A_FAILURE))
        connection.execute(text(AN_AUDIT))
    engine.dispose()

    upgrade(url)
    database = open_database(url, lambda new: key)
    with database.begin() as tx:
        mailbox = tx.mailboxes.get("alice@contoso.com")
        [entry], audit = tx.failures.select(mailbox.id), tx.audits.all()[mailbox.id]
        counted = tx.failures.counts()
        tx.failures.give_up([entry.id], GivenUp(entry.last_at, "ann", "deleted"))
        left = tx.failures.counts()
    database.close()

    assert (entry.id, entry.attempts, entry.given_up) == (7, 2, None)
    assert entry.next_at == datetime(2026, 1, 2, 9, 40, tzinfo=UTC)
    assert (audit.server, audit.stored, audit.failed, audit.given_up, audit.expected) == (4, 3, 1, 0, 4)
    assert (counted, left) == ({mailbox.id: 1}, {})
