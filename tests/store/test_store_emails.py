"""Incoming emails, on both databases."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import plans

from gmailsync.errors import NotFound, StoreError
from gmailsync.model.email import Direction, EmailId, EmailStatus
from gmailsync.model.mailbox import NewMailbox


def test_an_incoming_email_comes_back(database, mailbox, incoming):
    """What is listed is what came, without the bytes; the bytes are exact."""
    raw = bytes(range(256))
    email = incoming(mailbox.id, 1700000000000000001, raw)

    with database.begin() as tx:
        email_id = tx.emails.add_incoming([email])[0]
    with database.begin() as tx:
        stored, stored_raw = tx.emails.get(email_id), tx.emails.raw(email_id)

    assert stored_raw == raw
    assert (stored.direction, stored.status) == (Direction.INCOMING, EmailStatus.RECEIVED)
    assert stored.headers == email.headers
    assert (stored.size, stored.sha256) == (256, email.sha256)
    assert (stored.labels, stored.attempts, stored.last_error) == (("\\Inbox",), 0, "")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(1, 5))))
def test_an_email_is_stored_once_however_often_it_comes(database, another_mailbox, incoming, deliveries):
    """Any order and any repetition, in one transaction or in many, stores each Gmail message id once."""
    mailbox = another_mailbox()

    answers = []
    for delivery in deliveries:
        with database.begin() as tx:
            answers += [(number, tx.emails.add_incoming([incoming(mailbox.id, number)])[0]) for number in delivery]
    with database.begin() as tx:
        stored = tx.emails.select(mailbox.id)
        known = tx.emails.known(mailbox.id, {number for number, _ in answers})

    first_seen = list(dict.fromkeys(number for number, _ in answers))
    assert [email.gmail_message_id for email in stored] == first_seen
    assert known == {email.gmail_message_id: (email.id, email.labels) for email in stored}
    assert [email.id for email in stored] == [email_id for _, email_id in answers if email_id is not None]


def test_two_mailboxes_may_store_the_same_message(database, mailbox, incoming):
    """The Gmail message id is unique in a mailbox, not in the world."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        stored = [tx.emails.add_incoming([incoming(owner, 1)])[0] for owner in (mailbox.id, bob.id)]
        of_bob = tx.emails.select(bob.id)

    assert None not in stored
    assert [email.id for email in of_bob] == stored[1:]


def test_a_second_copy_changes_nothing(database, mailbox, incoming):
    """The email that came first stays as it is."""
    with database.begin() as tx:
        email_id = tx.emails.add_incoming([incoming(mailbox.id, 1, b"first")])[0]
        again = tx.emails.add_incoming([incoming(mailbox.id, 1, b"second")])[0]
        raw = tx.emails.raw(email_id)

    assert again is None
    assert raw == b"first"


def test_emails_are_counted_by_status(database, mailbox, incoming, outgoing):
    """Each status has its count; the outbox lists outgoing emails only."""
    with database.begin() as tx:
        for number in range(3):
            tx.emails.add_incoming([incoming(mailbox.id, number)])[0]
        pending = [tx.emails.add_outgoing(outgoing(mailbox.id), "a@contoso.com", []) for _ in range(2)]

        counts = tx.emails.by_status(mailbox.id, EmailStatus)
        assert counts == {EmailStatus.RECEIVED: 3, EmailStatus.PENDING: 2}
        assert tx.emails.with_status(mailbox.id, EmailStatus.PENDING) == pending
        assert tx.emails.with_status(mailbox.id, EmailStatus.RECEIVED) == []
        assert tx.emails.known(mailbox.id, range(5)).keys() == {0, 1, 2}


def test_unknown_emails_are_not_found(database, mailbox, incoming):
    """Every verb that needs an email says that there is none; an incoming one has no SMTP envelope."""
    with database.begin() as tx:
        received = tx.emails.add_incoming([incoming(mailbox.id, 1)])[0]
        unknown = EmailId(0)

        with pytest.raises(NotFound):
            tx.emails.get(unknown)
        with pytest.raises(NotFound):
            tx.emails.raw(unknown)
        with pytest.raises(NotFound):
            tx.emails.envelope(received)


def test_a_known_email_is_found_by_gmail_id_or_by_content(database, mailbox, incoming):
    """Emails of another mailbox, and those on their way out, are not taken for it."""
    with_id, without = incoming(mailbox.id, 1), replace(incoming(mailbox.id, 2), gmail_message_id=None)
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        tx.emails.add_incoming([replace(with_id, mailbox_id=bob.id), replace(without, mailbox_id=bob.id)])
        tx.emails.add_outgoing(without, "alice@contoso.com", ["bob@contoso.com"])
        stored = tx.emails.add_incoming([with_id, without])

        found = tx.emails.numbers_of([without, with_id])

    assert found == stored[::-1]


def test_looking_for_what_came_without_an_id_uses_an_index(database, mailbox, incoming):
    """However many emails of the mailbox came so."""
    email = replace(incoming(mailbox.id, 1), gmail_message_id=None)
    batch = [replace(email, sha256=f"{number:064}") for number in range(9)]
    with database.begin() as tx:
        stored = tx.emails.add_incoming(batch)

    def ask() -> None:
        with database.begin() as tx:
            assert tx.emails.numbers_of(batch[:2]) == stored[:2]

    lines = plans(database, ask)

    assert any("uq_emails_content" in line for line in lines)


def test_the_database_itself_refuses_an_incoming_email_on_its_way_out(database, mailbox, incoming):
    """Direction and status fit together by a check constraint."""
    with pytest.raises(StoreError, match="received_is_incoming"), database.begin() as tx:
        tx.emails.add_incoming([replace(incoming(mailbox.id, 1), status=EmailStatus.PENDING)])[0]


def test_a_test_message_is_known_in_its_mailbox(database, mailbox):
    """Noting it twice is noting it once; another mailbox does not know it."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        tx.emails.note_test_message(mailbox.id, "<test@contoso.com>")
        tx.emails.note_test_message(mailbox.id, "<test@contoso.com>")

        assert tx.emails.is_test_message(mailbox.id, "<test@contoso.com>")
        assert not tx.emails.is_test_message(mailbox.id, "<TEST@contoso.com>")
        assert not tx.emails.is_test_message(bob.id, "<test@contoso.com>")
