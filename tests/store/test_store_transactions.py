"""What a transaction promises: all or nothing, one after the other, plain errors."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import make_url

from gmailsync.errors import AlreadyExists, ImpossibleTransition, StoreError
from gmailsync.model.folder import Cursor
from gmailsync.model.mailbox import Approval, MailboxId, NewMailbox, TestStatus
from gmailsync.model.profile import Endpoint
from gmailsync.store.engine import plain_errors
from gmailsync.store.opening import open_database

THREADS = 4


def interrupt():
    """Stop in the middle, as by Ctrl-C."""
    raise KeyboardInterrupt


def at_once(act):
    """Do the same in several threads that start together, and return what each returned."""
    start = Barrier(THREADS)

    def run(number):
        start.wait(timeout=10)
        return act(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


def test_emails_and_cursor_commit_together(database, mailbox, incoming):
    """A transaction that breaks off leaves neither; done again, it stores each email once."""

    def pull(end):
        with database.begin() as tx:
            tx.emails.add_incoming([incoming(mailbox.id, 1)])[0]
            tx.folders.save(mailbox.id, Cursor("INBOX", 1, 1))
            end()

    def stored():
        with database.begin() as tx:
            return len(tx.emails.select()), tx.folders.cursor(mailbox.id, "INBOX")

    with pytest.raises(KeyboardInterrupt):
        pull(interrupt)
    after_interruption = stored()
    pull(lambda: None)
    after_second_try = stored()

    assert after_interruption == (0, None)
    assert after_second_try == (1, Cursor("INBOX", 1, 1))


def test_two_who_change_a_mailbox_at_once_both_have_their_way(database, mailbox):
    """Who reads it to change it is not overtaken: an approval does not undo a test's outcome, nor that the approval."""

    def approve():
        with database.begin() as tx:
            tx.mailboxes.save(replace(tx.mailboxes.get(mailbox.address, to_save=True), approval=Approval.APPROVED))

    with ThreadPoolExecutor(1) as administrator:
        with database.begin() as tx:
            tested = replace(tx.mailboxes.by_id(mailbox.id, to_save=True), incoming_status=TestStatus.SUCCESS)
            approval = administrator.submit(approve)
            wait([approval], timeout=0.2)  # it waits for us; without that it would be through by now
            tx.mailboxes.save(tested)
        approval.result(timeout=10)

    with database.begin() as tx:
        both = tx.mailboxes.by_id(mailbox.id)
    assert (both.approval, both.incoming_status) == (Approval.APPROVED, TestStatus.SUCCESS)


def test_two_who_change_a_profile_at_once_both_have_their_way(database, profile):
    """As with a mailbox: a new port does not undo a new client id."""
    with database.begin() as tx:
        tx.profiles.add(profile)

    def change_client():
        with database.begin() as tx:
            tx.profiles.save(replace(tx.profiles.get(profile.name, to_save=True), client_id="another"))

    with ThreadPoolExecutor(1) as administrator:
        with database.begin() as tx:
            moved = replace(tx.profiles.get(profile.name, to_save=True), incoming=Endpoint("imap.gmail.com", 1993))
            other_change = administrator.submit(change_client)
            wait([other_change], timeout=0.2)  # it waits for us; without that it would be through by now
            tx.profiles.save(moved)
        other_change.result(timeout=10)

    with database.begin() as tx:
        both = tx.profiles.get(profile.name)
    assert (both.client_id, both.incoming.port) == ("another", 1993)


def test_our_own_errors_pass_and_roll_back(database, mailbox):
    """A refusal that nobody catches in the block undoes the whole block."""

    def add_two():
        with database.begin() as tx:
            tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
            tx.mailboxes.add(NewMailbox(mailbox.address, None))

    with pytest.raises(AlreadyExists):
        add_two()

    with database.begin() as tx:
        assert tx.mailboxes.all() == [mailbox]


def test_a_refusal_leaves_the_transaction_usable(database, mailbox):
    """Who catches a refusal in the block may go on; what else was done is kept."""
    with database.begin() as tx:
        with pytest.raises(AlreadyExists):
            tx.mailboxes.add(NewMailbox(mailbox.address, None))
        tx.mailboxes.add(NewMailbox("bob@contoso.com", None))

    with database.begin() as tx:
        assert len(tx.mailboxes.all()) == 2


def test_the_last_place_in_a_profile_is_given_once(database, profile):
    """Several who each count and then add never add more than the limit together."""
    with database.begin() as tx:
        stored = tx.profiles.add(profile)

    def add_if_empty(number):
        with database.begin() as tx:
            if tx.profiles.mailbox_count(stored.id) == 0:
                tx.mailboxes.add(NewMailbox(f"user{number}@contoso.com", stored.id))

    at_once(add_if_empty)

    with database.begin() as tx:
        assert tx.profiles.mailbox_count(stored.id) == 1


def test_one_of_many_claims_an_email(database, mailbox, outgoing, now):
    """Several who want to send the same email at once: one may, the others are refused."""
    with database.begin() as tx:
        email_id = tx.emails.add_outgoing(outgoing(mailbox.id), "alice@contoso.com", ["bob@fabrikam.com"])

    def claim(number):
        try:
            with database.begin() as tx:
                return tx.emails.begin_attempt(email_id, now)
        except ImpossibleTransition:
            return None

    claims = at_once(claim)

    assert len([claimed for claimed in claims if claimed is not None]) == 1


def test_an_error_of_the_database_tells_no_data(database, incoming):
    """The sentence is the database's own first line; no bytes, no parameters, no SQL."""
    broken = incoming(MailboxId(0), 1, b"private words")

    with pytest.raises(StoreError, match=r"(?i)foreign key") as caught, database.begin() as tx:
        tx.emails.add_incoming([broken])[0]

    assert "\n" not in caught.value.message
    assert "INSERT" not in caught.value.message
    assert "private words" not in f"{caught.value} {caught.value.__cause__}"


def test_a_vanished_database_is_a_plain_error(tmp_path, key):
    """A file that somebody removed is not made anew behind his back."""
    path = Path(tmp_path / "gmailsync.db")
    database = open_database(f"sqlite:///{path}", lambda new: key)
    database.close()
    path.unlink()

    with pytest.raises(StoreError, match=r"gmailsync\.db cannot be used: unable to open"), database.begin():
        pass

    assert not path.exists()


def test_a_server_that_restarted_is_found_again(postgresql, key):
    """Connections that PostgreSQL closed meanwhile are opened anew, without an error."""
    name = postgresql.create()
    database = open_database(postgresql.url(name), lambda new: key)
    with database.begin() as tx:
        tx.mailboxes.add(NewMailbox("alice@contoso.com", None))

    postgresql.disconnect(name)
    with database.begin() as tx:
        found = tx.mailboxes.all()
    database.close()
    postgresql.drop(name)

    assert len(found) == 1


def test_a_database_that_another_program_holds_is_told_with_what_to_do():
    """SQLite lets one write at a time, and ours do for fractions of a second."""
    with pytest.raises(StoreError, match="database is locked") as refusal, plain_errors(make_url("sqlite:///x.db")):
        raise sqlite3.OperationalError("database is locked")

    assert refusal.value.advice == "Another program works on it: try again when that has ended."
