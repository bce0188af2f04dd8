"""The product with an enabled mailbox, for tests that let a whole cycle run."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest
from enabling import add_mailbox, add_profile, enable, let_move, let_sign_in, opened
from office import ALICE, BOB, DIRECTORY, SUPPORT, Office

from gmailsync.flows.pull import pull
from gmailsync.flows.receiving import receive
from gmailsync.model.mailbox import MailboxKind


@pytest.fixture
def app(google, made_home, tmp_path, monkeypatch):
    """Open the product with an enabled mailbox, on the world's clock: nothing waits for real."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for address in (ALICE, BOB):
        google.add_account(address)
    shutil.copytree(made_home, tmp_path, dirs_exist_ok=True)
    with opened(google, tmp_path) as app:
        enable(app.ports, google, ALICE)
        yield app


class Through:
    """Connects as the product does, and lets the test stand in each session."""

    def __init__(self, ports, wrapper):
        self._mail, self._wrapper = ports.mail, wrapper

    @contextmanager
    def imap(self, *arguments):
        with self._mail.imap(*arguments) as source:
            yield self._wrapper(source)


class Life:
    """A mailbox at the simulated Gmail and what is stored of it."""

    def __init__(self, app, google):
        self.app = app
        self.google = google
        self.mail = google.account(ALICE).mail

    def deliver(self, *numbers):
        """Deliver numbered messages and return them by number."""
        return {
            number: self.google.deliver(
                ALICE, f"Message-ID: <{number}@x.example>\r\nSubject: {number}\r\n\r\n".encode()
            )
            for number in numbers
        }

    def set(self, **fields):
        """Change fields of the stored mailbox."""
        with self.app.ports.store.begin() as tx:
            tx.mailboxes.save(replace(tx.mailboxes.get(ALICE), **fields))

    def ports(self, through=None):
        """Return the product's ports; `through` makes of each session one that the test stands in."""
        return self.app.ports if through is None else replace(self.app.ports, mail=Through(self.app.ports, through))

    def pull(self, max_messages=500, *, through=None, receive=receive, progress=None):
        """Look at the mailbox once, through what the test stands in."""
        ports = self.ports(through)
        ports = ports if progress is None else replace(ports, progress=progress)
        with ports.store.begin() as tx:
            mailbox, profile = tx.mailboxes.get(ALICE), tx.profiles.get("Gmail")
        return pull(ports, mailbox, profile, max_messages=max_messages, receive=receive)

    def emails(self):
        """Return the stored incoming emails by subject."""
        with self.app.ports.store.begin() as tx:
            emails = tx.emails.select(tx.mailboxes.get(ALICE).id)
        return {email.headers.subject: email for email in emails if email.headers.subject.isdigit()}

    def places(self, folder="INBOX"):
        """Return {UID: subject or what else became of it} as it is stored."""
        with self.app.ports.store.begin() as tx:
            mailbox = tx.mailboxes.get(ALICE)
            cursor = tx.folders.cursor(mailbox.id, folder)
            placed = tx.folders.placements(mailbox.id, cursor, range(1, 6000))
            subject = {email.id: email.headers.subject for email in tx.emails.select(mailbox.id)}
        return {uid: subject.get(place.email_id, str(place.outcome)) for uid, place in placed.items()}

    def cursor(self, folder="INBOX"):
        """Return how far a folder is read."""
        with self.app.ports.store.begin() as tx:
            return tx.folders.cursor(tx.mailboxes.get(ALICE).id, folder)

    def heard(self, word):
        """Return the client's IMAP lines with this word, from the journal."""
        return [entry.text for entry in self.google.journal.entries if entry.channel == "imap" and word in entry.text]


@pytest.fixture
def life(app, google):
    """Give the mailbox of Alice, whose Inbox holds what the test puts there, from UID 2 on."""
    living = Life(app, google)
    with google.world.lock:
        for message in list(living.mail.messages()):  # of Test & Enable
            living.mail.delete(message.gm_msgid)
    return living


@pytest.fixture
def office(cli, google, tmp_path, monkeypatch):
    """Open three enabled mailboxes, and take over a directory by command."""
    google.network.write(tmp_path / "network.json")
    for address in (ALICE, BOB, SUPPORT):
        google.add_account(address)
    with opened(google, tmp_path / "home") as app:
        add_profile(app.ports, google)
        for address in (ALICE, BOB, SUPPORT):
            kind = MailboxKind.QUEUE if address == SUPPORT else MailboxKind.USER
            add_mailbox(app.ports, address, kind=kind)
            let_sign_in(app.ports, google, address)
            let_move(app.ports, address)
        monkeypatch.setenv("GMAILSYNC_NETWORK", str(tmp_path / "network.json"))
        (tmp_path / "directory.csv").write_text(DIRECTORY)
        office = Office(cli, google, app.ports)
        assert office.run("record", "import", tmp_path / "directory.csv") == {"added": 5, "updated": 0}
        yield office
