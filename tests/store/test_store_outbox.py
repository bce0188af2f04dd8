"""An outgoing email's life, on both databases."""

from itertools import product

import pytest

from gmailsync.errors import ImpossibleTransition, NotFound
from gmailsync.model.email import TRANSITIONS, AttemptId, EmailId, EmailStatus, SendEvent

WAYS: dict[EmailStatus, tuple[SendEvent, ...]] = {
    EmailStatus.PENDING: (),
    EmailStatus.SENDING: (SendEvent.CLAIMED,),
    EmailStatus.SENT: (SendEvent.CLAIMED, SendEvent.ACCEPTED),
    EmailStatus.FAILED: (SendEvent.CLAIMED, SendEvent.REJECTED),
    EmailStatus.IN_DOUBT: (SendEvent.CLAIMED, SendEvent.LOST),
    EmailStatus.CANCELED: (SendEvent.CANCELED,),
}
"""How an email gets into each status, from the moment it is written."""


@pytest.fixture
def email_id(database, mailbox, outgoing) -> EmailId:
    """Store a pending email."""
    with database.begin() as tx:
        return tx.emails.add_outgoing(outgoing(mailbox.id), "alice@contoso.com", ["bob@fabrikam.com", "c@x.com"])


def test_an_outgoing_email_waits_with_its_envelope(database, email_id, mailbox):
    """It is pending, has been tried never, and its SMTP envelope is kept beside the headers."""
    with database.begin() as tx:
        email, raw, envelope = tx.emails.get(email_id), tx.emails.raw(email_id), tx.emails.envelope(email_id)

    assert (email.status, email.attempts, email.last_error) == (EmailStatus.PENDING, 0, "")
    assert (email.gmail_message_id, email.gmail_thread_id) == (None, None)
    assert email.headers.recipients == ("bob@fabrikam.com",)
    assert envelope == ("alice@contoso.com", ("bob@fabrikam.com", "c@x.com"))
    assert raw == b"Subject: Quote\r\n\r\n"


@pytest.mark.parametrize(("status", "event"), list(product(WAYS, SendEvent)))
def test_every_pair_of_status_and_event(database, email_id, status, event):
    """A pair in the table leads where the table says; every other pair is refused and changes nothing."""
    with database.begin() as tx:
        for step in WAYS[status]:
            tx.emails.apply(email_id, step)

        if (status, event) in TRANSITIONS:
            assert tx.emails.apply(email_id, event) is TRANSITIONS[status, event]
            assert tx.emails.get(email_id).status is TRANSITIONS[status, event]
        else:
            with pytest.raises(ImpossibleTransition):
                tx.emails.apply(email_id, event)
            assert tx.emails.get(email_id).status is status


def test_the_refusal_says_what_would_have_fitted(database, email_id):
    """Whoever cancels too late reads why, and when it would have been possible."""
    with database.begin() as tx:
        for step in WAYS[EmailStatus.SENT]:
            tx.emails.apply(email_id, step)

        with pytest.raises(ImpossibleTransition, match="it is sent, and only one that is pending can be canceled"):
            tx.emails.apply(email_id, SendEvent.CANCELED)


@pytest.mark.parametrize("event", list(SendEvent))
def test_an_incoming_email_has_no_such_life(database, mailbox, incoming, event):
    """What was received stays received."""
    with database.begin() as tx:
        received = tx.emails.add_incoming([incoming(mailbox.id, 1)])[0]

        with pytest.raises(ImpossibleTransition):
            tx.emails.apply(received, event)


def test_attempts_are_counted_and_the_last_error_is_kept(database, email_id, now):
    """Each try counts; the server's last line stays until the email is sent."""
    told = []
    for event, reply in [(SendEvent.DEFERRED, "421 4.7.0 Try again later"), (SendEvent.ACCEPTED, "250 2.0.0 OK")]:
        with database.begin() as tx:
            attempt = tx.emails.begin_attempt(email_id, now)
        with database.begin() as tx:
            status = tx.emails.finish_attempt(attempt, event, now, reply)
            email = tx.emails.get(email_id)
            told.append((status, email.status, email.attempts, email.last_error))

    assert told == [
        (EmailStatus.PENDING, EmailStatus.PENDING, 1, "421 4.7.0 Try again later"),
        (EmailStatus.SENT, EmailStatus.SENT, 2, ""),
    ]


def test_only_one_can_claim(database, email_id, now):
    """While an attempt is under way, nobody begins another."""
    with database.begin() as tx:
        tx.emails.begin_attempt(email_id, now)

        with pytest.raises(ImpossibleTransition):
            tx.emails.begin_attempt(email_id, now)
        assert tx.emails.get(email_id).attempts == 1


def test_an_attempt_ends_once(database, email_id, now):
    """Whoever was held to be lost cannot end a later attempt by the number of his own."""
    with database.begin() as tx:
        lost = tx.emails.begin_attempt(email_id, now)
        tx.emails.apply(email_id, SendEvent.LOST)
        tx.emails.apply(email_id, SendEvent.NOT_FOUND)
        tx.emails.begin_attempt(email_id, now)

    with database.begin() as tx:
        with pytest.raises(ImpossibleTransition, match="has ended already"):
            tx.emails.finish_attempt(lost, SendEvent.ACCEPTED, now, "250 2.0.0 OK")
        assert tx.emails.get(email_id).status is EmailStatus.SENDING


def test_an_impossible_end_leaves_the_attempt_open(database, email_id, now):
    """An event that does not fit is refused as a whole: the attempt can still end properly."""
    with database.begin() as tx:
        attempt = tx.emails.begin_attempt(email_id, now)

        with pytest.raises(ImpossibleTransition):
            tx.emails.finish_attempt(attempt, SendEvent.FOUND, now, "")

        assert tx.emails.finish_attempt(attempt, SendEvent.ACCEPTED, now, "250 2.0.0 OK") is EmailStatus.SENT


def test_unknown_numbers_are_not_found(database, email_id, now):
    """Every verb says when there is no such email or attempt."""
    with database.begin() as tx:
        with pytest.raises(NotFound):
            tx.emails.apply(EmailId(0), SendEvent.CANCELED)
        with pytest.raises(NotFound):
            tx.emails.begin_attempt(EmailId(0), now)
        with pytest.raises(NotFound):
            tx.emails.finish_attempt(AttemptId(0), SendEvent.LOST, now, "")
