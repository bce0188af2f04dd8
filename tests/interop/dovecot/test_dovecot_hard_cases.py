"""Hard cases of mail sync against a Dovecot: counted changes, watermarks, shifting numbers, ranges, equal counts."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from enabling import connect
from imapclient import IMAPClient

from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows.pull import Pulled, pull
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.ports import Ports

pytestmark = pytest.mark.needs_package("dovecot-imapd")

SCOPES = ("https://mail.google.com/", "https://www.googleapis.com/auth/userinfo.email")


def message(number: int) -> bytes:
    return f"Message-ID: <{number}@x.example>\r\nSubject: {number}\r\n\r\nbody\r\n".encode()


@dataclass
class Product:
    """A mailbox that lies at Dovecot."""

    rig: Any
    ports: Ports
    mailbox: Mailbox
    profile: ServerProfile

    def deliver(self, *numbers: int) -> None:
        """Put messages there by APPEND: a file in its folder Dovecot may notice only a second later."""
        with self.owner() as client:
            for number in numbers:
                client.append("INBOX", message(number))

    def pull(self, **changes: Any) -> Pulled:
        return pull(replace(self.ports, **changes), self.mailbox, self.profile)

    @contextmanager
    def owner(self) -> Iterator[IMAPClient]:
        """Sign in as the owner's own program does."""
        host, _, port = self.rig.dovecot.hosts["imap.gmail.com:993"].rpartition(":")
        context = ssl.create_default_context(cafile=str(self.rig.google.network.ca_file))
        context.check_hostname = False
        with IMAPClient(host, int(port), ssl_context=context) as client:
            client.oauth2_login(self.mailbox.address, self.rig.google.access_token(self.mailbox.address, scopes=SCOPES))
            client.select_folder("INBOX")
            yield client

    def expunge(self, uid: int) -> None:
        with self.owner() as client:
            client.delete_messages([uid])
            client.expunge()

    def places(self) -> dict[int, tuple[str, tuple[str, ...]]]:
        """Return {UID: subject and flags} as they are stored."""
        with self.ports.store.begin() as tx:
            cursor = tx.folders.cursor(self.mailbox.id, "INBOX")
            assert cursor is not None
            placed = tx.folders.placements(self.mailbox.id, cursor, range(1, 100))
            subject = {email.id: email.headers.subject for email in tx.emails.select(self.mailbox.id)}
        return {uid: (subject[place.email_id], place.flags) for uid, place in placed.items() if place.email_id}

    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.places().values()]


@pytest.fixture
def product(rig, tmp_path, monkeypatch) -> Iterator[Product]:
    """Make a mailbox with five messages, all read."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    address = rig.newcomer()
    with App.open(read_settings({}, home=tmp_path), network=rig.network, clock=rig.google.clock) as app:
        connect(app.ports, rig.google, address)
        with app.ports.store.begin() as tx:
            mailbox, profile = tx.mailboxes.get(address), tx.profiles.get("Gmail")
        made = Product(rig, app.ports, mailbox, profile)
        made.deliver(1, 2, 3, 4, 5)
        assert made.pull() == Pulled(new=5)
        yield made


class Watched:
    """A connector whose sessions a test changes: `change` makes another source of each."""

    def __init__(self, connector: Any, change: Any) -> None:
        self._connector = connector
        self._change = change

    @contextmanager
    def imap(self, *arguments: Any) -> Iterator[Any]:
        with self._connector.imap(*arguments) as source:
            yield self._change(source)


class Wrapped:
    """A session of which a test replaces some calls."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


def test_hard_case_04_highestmodseq_falls(product) -> None:
    """A mark above what the server tells: all flags are asked for once, and counted changes are asked for again."""
    with product.ports.store.begin() as tx:
        cursor = tx.folders.cursor(product.mailbox.id, "INBOX")
        tx.folders.save(product.mailbox.id, replace(cursor, modseq=cursor.modseq + 1_000))
    with product.owner() as client:
        client.add_flags([2], ["\\Seen"])

    first = product.pull()
    with product.owner() as client:
        client.add_flags([3], ["\\Flagged"])
    second = product.pull()

    assert (first, second) == (Pulled(), Pulled())
    assert product.places()[2] == ("2", ("\\Seen",))
    assert product.places()[3] == ("3", ("\\Flagged",))


def test_hard_case_05_what_comes_between_the_questions_is_there_at_the_next_run(product) -> None:
    """Mail and a flag that change as soon as the folder is open."""

    class Late(Wrapped):
        def open_folder(self, name: str) -> Any:
            state = self._source.open_folder(name)
            product.deliver(7)
            with product.owner() as client:
                client.add_flags([1], ["\\Seen"])
            return state

    product.deliver(6)
    first = product.pull(mail=Watched(product.ports.mail, Late))
    second = product.pull()

    assert first.new + second.new == 2
    assert product.subjects() == ["1", "2", "3", "4", "5", "6", "7"]
    assert product.places()[1] == ("1", ("\\Seen",))


def test_hard_case_08_sequence_numbers_shift_during_a_listing(product) -> None:
    """A message goes between listing and fetch; all survivors are stored."""

    class Shifting(Wrapped):
        def listing(self, *arguments: Any, **named: Any) -> Any:
            listed = self._source.listing(*arguments, **named)
            product.expunge(2)
            product.expunge(7)
            return listed

    product.deliver(6, 7, 8)
    first = product.pull(mail=Watched(product.ports.mail, Shifting))
    second = product.pull()

    assert (first.errors, second.errors) == ((), ())
    assert {"1", "3", "4", "5", "6", "8"} == set(product.subjects())


def test_hard_case_09_range_edge_cases(product) -> None:
    """`n:*` names a message below n, and then there is none at all: no error, and nothing twice."""
    product.deliver(6)
    product.pull()
    product.expunge(6)
    gap = product.pull()
    for uid in range(1, 6):
        product.expunge(uid)
    emptied = product.pull()

    assert (gap, emptied, product.pull()) == (Pulled(), Pulled(), Pulled())
    assert product.places() == {}
    with product.ports.store.begin() as tx:
        assert len(tx.emails.select(product.mailbox.id)) == 6


def test_hard_case_10_same_count_different_mail(product) -> None:
    """One went and one came; then only a flag changed."""
    product.expunge(2)
    product.deliver(6)
    first = product.pull()
    with product.owner() as client:
        client.add_flags([4], ["\\Answered"])
    second = product.pull()

    assert (first, second) == (Pulled(new=1), Pulled())
    assert product.subjects() == ["1", "3", "4", "5", "6"]
    assert product.places()[4] == ("4", ("\\Answered",))
