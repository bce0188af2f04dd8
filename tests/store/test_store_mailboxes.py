"""Mailboxes, on both databases."""

from dataclasses import replace

import pytest

from gmailsync.errors import AlreadyExists, NotFound, StoreError
from gmailsync.model.alert import Level, NewAlert
from gmailsync.model.folder import Cursor
from gmailsync.model.mailbox import Approval, DeliveryMethod, MailboxId, NewMailbox, TestStatus
from gmailsync.model.profile import ProfileId


def test_a_mailbox_starts_untested_and_disabled(database):
    """A new mailbox is what was entered, and nothing has happened to it."""
    with database.begin() as tx:
        added = tx.mailboxes.add(NewMailbox("alice@contoso.com", None, outgoing=DeliveryMethod.NONE))
    with database.begin() as tx:
        read = tx.mailboxes.get("alice@contoso.com")

    assert read == added
    assert (read.incoming, read.outgoing) == (DeliveryMethod.SERVER_SIDE_SYNC, DeliveryMethod.NONE)
    assert read.approval is Approval.PENDING
    assert (read.incoming_status, read.outgoing_status) == (TestStatus.NOT_RUN, TestStatus.NOT_RUN)
    assert (read.incoming_enabled, read.outgoing_enabled, read.last_success) == (False, False, None)


def test_an_address_is_kept_as_entered_and_found_in_any_case(database):
    """Capitals are shown as they were typed, and mean nothing."""
    with database.begin() as tx:
        added = tx.mailboxes.add(NewMailbox("Alice.Smith@Contoso.com", None))
        found = tx.mailboxes.get("alice.smith@CONTOSO.com")

    assert found == added
    assert found.address == "Alice.Smith@Contoso.com"


def test_the_same_address_twice_is_refused(database, mailbox):
    """One mailbox per address, whatever its capitals."""
    with database.begin() as tx, pytest.raises(AlreadyExists, match=r"ALICE@contoso\.com"):
        tx.mailboxes.add(NewMailbox("ALICE@contoso.com", None))


def test_saving_changes_every_field(database, mailbox, profile, now):
    """What was saved is what is read, under the same number."""
    with database.begin() as tx:
        changed = replace(
            mailbox,
            address="Alice@contoso.com",
            profile_id=tx.profiles.add(profile).id,
            incoming=DeliveryMethod.NONE,
            outgoing=DeliveryMethod.NONE,
            approval=Approval.APPROVED,
            incoming_status=TestStatus.SUCCESS,
            outgoing_status=TestStatus.FAILURE,
            incoming_enabled=True,
            outgoing_enabled=True,
            last_success=now,
        )
        tx.mailboxes.save(changed)
    with database.begin() as tx:
        read = tx.mailboxes.by_id(mailbox.id)

    assert read == changed


def test_saving_under_a_taken_address_is_refused(database, mailbox):
    """A mailbox cannot take another one's address."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))

        with pytest.raises(AlreadyExists):
            tx.mailboxes.save(replace(bob, address="Alice@contoso.com"))


def test_unknown_mailboxes_are_not_found(database, mailbox):
    """Every verb that needs a mailbox says that there is none."""
    with database.begin() as tx:
        tx.mailboxes.remove(mailbox.id)

        with pytest.raises(NotFound, match=r"alice@contoso\.com"):
            tx.mailboxes.get("alice@contoso.com")
        with pytest.raises(NotFound):
            tx.mailboxes.by_id(mailbox.id)
        with pytest.raises(NotFound):
            tx.mailboxes.save(mailbox)
        with pytest.raises(NotFound):
            tx.mailboxes.remove(mailbox.id)


def test_mailboxes_are_listed_by_address(database):
    """The order is by address without regard to case, whatever the database's locale."""
    with database.begin() as tx:
        for address in ("bob@contoso.com", "Carol@contoso.com", "al-ice@contoso.com", "alice@contoso.com"):
            tx.mailboxes.add(NewMailbox(address, None))
        addresses = [found.address for found in tx.mailboxes.all()]

    assert addresses == ["al-ice@contoso.com", "alice@contoso.com", "bob@contoso.com", "Carol@contoso.com"]


def test_a_mailbox_goes_with_all_that_is_its_own(database, mailbox, now, incoming, outgoing):
    """Emails, cursors, alerts and test messages of a removed mailbox are gone; another one's stay."""
    with database.begin() as tx:
        other = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        for owner in (mailbox.id, other.id):
            tx.emails.add_incoming([incoming(owner, 1)])[0]
            sent = tx.emails.add_outgoing(outgoing(owner), "a@contoso.com", ["b@fabrikam.com"])
            tx.emails.begin_attempt(sent, now)
            tx.folders.save(owner, Cursor("INBOX", 1, 9))
            tx.emails.note_test_message(owner, "<test@contoso.com>")
            tx.alerts.open(NewAlert(owner, Level.ERROR, "network", "No answer.", "Wait."), now)

        tx.mailboxes.remove(mailbox.id)

        assert tx.emails.select(mailbox.id) == []
        assert tx.folders.cursor(mailbox.id, "INBOX") is None
        assert not tx.emails.is_test_message(mailbox.id, "<test@contoso.com>")
        assert tx.alerts.select(open_only=False, mailbox_id=mailbox.id) == []
        assert len(tx.emails.select()) == len(tx.emails.select(other.id)) == 2
        assert tx.folders.cursor(other.id, "INBOX") == Cursor("INBOX", 1, 9)
        assert len(tx.alerts.select()) == 1


def test_an_unknown_profile_is_refused(database):
    """A mailbox cannot point to a profile that does not exist: a foreign key stands behind."""
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.begin() as tx:
        tx.mailboxes.add(NewMailbox("alice@contoso.com", ProfileId(0)))


def test_an_unknown_owner_is_refused(database, incoming):
    """Nothing can belong to a mailbox that does not exist."""
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.begin() as tx:
        tx.emails.add_incoming([incoming(MailboxId(0), 1)])[0]
