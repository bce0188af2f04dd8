"""A customer's day over sockets: two users and a support queue, contacts by CSV, and what comes of their mail."""

from __future__ import annotations

import shutil

import pytest
from arriving import Arriving
from enabling import add_mailbox, add_profile, let_move, let_sign_in, opened

from gmailsync.directoryfile import DirectoryFile
from gmailsync.flows import outbox
from gmailsync.flows.directory import import_directory
from gmailsync.model.activity import CorrelationMethod, MailKind
from gmailsync.model.decision import Reason
from gmailsync.model.email import Direction
from gmailsync.model.mailbox import Acceptance, MailboxKind
from gmailsync.model.settings import DecidingSettings

ALICE, BOB, SUPPORT = "alice@contoso.com", "bob@contoso.com", "support@contoso.com"
ANN, STRANGER = "ann@fabrikam.com", "shop@example.org"
DIRECTORY = f"""kind,key,name,addresses,owner
user,alice,Alice,{ALICE},
user,bob,Bob,{BOB},
queue,support,Support,{SUPPORT},bob
contact,ann,Ann Weiler,{ANN},alice
"""


class Day(Arriving):
    """The product with three mailboxes, and the Gmail that they are in."""

    def emails(self, address: str) -> list[object]:
        """Return what was received by a mailbox."""
        with self.ports.store.begin() as tx:
            found = tx.emails.select(tx.mailboxes.get(address).id)
        return [email for email in found if email.direction is Direction.INCOMING]

    def activity(self, email: object) -> object:
        with self.ports.store.begin() as tx:
            return tx.activities.get(email.activity_id)

    def refused(self) -> list[Reason]:
        with self.ports.store.begin() as tx:
            return [trace.reason for trace in tx.decisions.select(refused_only=True)]


@pytest.fixture
def day(google, made_home, tmp_path, monkeypatch):
    """Open the product with three enabled mailboxes and a directory; Alice wants answers only, Bob mail from people."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for address in (ALICE, BOB, SUPPORT):
        google.add_account(address)
    (tmp_path / "directory.csv").write_text(DIRECTORY)
    chosen = {ALICE: Acceptance.RESPONSES, BOB: Acceptance.PEOPLE, SUPPORT: Acceptance.ALL}
    shutil.copytree(made_home, tmp_path, dirs_exist_ok=True)
    with opened(google, tmp_path) as app:
        add_profile(app.ports, google)
        for address, acceptance in chosen.items():
            kind = MailboxKind.QUEUE if address == SUPPORT else MailboxKind.USER
            add_mailbox(app.ports, address, kind=kind, acceptance=acceptance)
            let_sign_in(app.ports, google, address)
            let_move(app.ports, address)
        import_directory(app.ports, DirectoryFile(tmp_path / "directory.csv"))
        day = Day(google, app.ports, ANN)
        day.sync(ALICE, BOB, SUPPORT)  # Test & Enable left test messages, which never become emails
        yield day


def test_an_answer_to_what_alice_sent_is_kept_and_a_strangers_mail_is_not(day):
    """Alice accepts responses: one belongs to her offer, the other one is told in the trace."""
    outbox.queue(day.ports, sender=ALICE, to=[ANN], subject="Offer", body="text")
    day.sync(ALICE)
    with day.ports.store.begin() as tx:
        (offer,) = tx.emails.select()
    day.arrive(ALICE, subject="Re: Offer", headers=f"In-Reply-To: {offer.headers.message_id}\r\n")
    day.arrive(ALICE, sender=STRANGER, subject="Big sale")

    day.sync(ALICE)

    (kept,) = day.emails(ALICE)
    assert kept.headers.subject == "Re: Offer"
    assert day.activity(kept).correlation.method is CorrelationMethod.IN_REPLY_TO
    assert day.activity(kept).correlation.activity_id == offer.activity_id
    assert day.activity(kept).owner_key == "alice"
    assert day.refused() == [Reason.NO_CORRELATION_MATCH]


def test_an_answer_that_lost_its_headers_is_known_by_the_token_in_its_subject(day):
    """Some mail programs drop In-Reply-To; people leave the token."""
    with day.ports.store.begin() as tx:
        tx.switches.save(DecidingSettings(token_in_subject=True))
    outbox.queue(day.ports, sender=ALICE, to=[ANN], subject="Offer", body="text")
    day.sync(ALICE)
    with day.ports.store.begin() as tx:
        (offer,) = tx.emails.select()
    day.arrive(ALICE, subject=f"AW: {offer.headers.subject}")

    day.sync(ALICE)

    (kept,) = day.emails(ALICE)
    assert day.activity(kept).correlation.method is CorrelationMethod.TRACKING_TOKEN
    assert day.activity(kept).correlation.activity_id == offer.activity_id


def test_mail_to_both_and_to_the_queue_is_one_activity_with_one_queue_item(day):
    """Whichever mailbox is read first; the contact is the sender, users and queue are recipients."""
    day.arrive(ALICE, BOB, SUPPORT, subject="Broken")

    day.sync(ALICE, BOB, SUPPORT)
    day.sync(ALICE, BOB, SUPPORT)

    found = [day.emails(address) for address in (ALICE, BOB, SUPPORT)]
    assert [len(emails) for emails in found] == [1, 1, 1]
    (shared,) = {emails[0].activity_id for emails in found}
    with day.ports.store.begin() as tx:
        support = tx.mailboxes.get(SUPPORT).id
        assert tx.activities.queues_of(shared) == [support]
        assert len(tx.activities.mailboxes_of(shared)) == 3
        activity = tx.activities.get(shared)
    assert all(party.records for party in activity.parties)


def test_mail_through_a_list_reaches_the_queue(day):
    """It names a list, and a server noted the delivery; the queue has it in its hands."""
    day.arrive(
        SUPPORT,
        sender=STRANGER,
        to="users@lists.example.org",
        subject="Digest",
        headers=f"Delivered-To: {SUPPORT}\r\nList-Id: <users.lists.example.org>\r\n",
    )

    day.sync(SUPPORT)

    (kept,) = day.emails(SUPPORT)
    with day.ports.store.begin() as tx:
        assert tx.activities.queues_of(kept.activity_id) == [kept.mailbox_id]
    assert day.activity(kept).mail_kind is MailKind.LIST


def test_an_automatic_answer_is_told_apart(day):
    """Ann is on holiday: her contact's mail is kept, and says that a program wrote it."""
    day.arrive(BOB, subject="Away", headers="Auto-Submitted: auto-replied\r\n")

    day.sync(BOB)

    (kept,) = day.emails(BOB)
    assert day.activity(kept).mail_kind is MailKind.AUTO_REPLY


def test_mail_of_the_never_log_list_is_kept_nowhere(day):
    """Not even in the queue that accepts everything."""
    with day.ports.store.begin() as tx:
        tx.switches.save(DecidingSettings(never_log=frozenset({"example.org"})))
    day.arrive(BOB, SUPPORT, sender=STRANGER, subject="Private")

    day.sync(ALICE, BOB, SUPPORT)

    assert day.emails(BOB) == day.emails(SUPPORT) == []
    assert day.refused() == [Reason.NEVER_LOG] * 2


def test_gmails_own_bounce_is_tied_to_the_email_that_it_is_about(day):
    """Nobody has the address: Gmail says so, and the email says whom it did not reach."""
    outbox.queue(day.ports, sender=ALICE, to=["nobody@contoso.com"], subject="Hello?", body="text")

    day.sync(ALICE)
    day.sync(ALICE)

    with day.ports.store.begin() as tx:
        (sent,) = [email for email in tx.emails.select() if email.direction is Direction.OUTGOING]
        failed = tx.activities.undelivered(sent.activity_id)
    assert [(one.address, one.status) for one in failed] == [("nobody@contoso.com", "5.1.1")]
    assert [day.activity(email).mail_kind for email in day.emails(ALICE)] == [MailKind.BOUNCE]
