"""Activities, their queue items and the decision trace, on both databases."""

from datetime import timedelta

import pytest

from gmailsync.errors import StoreError
from gmailsync.model.activity import ActivityId, Correlation, CorrelationMethod, MailKind, Party, Role, Unresolved
from gmailsync.model.decision import Reason
from gmailsync.model.directory import NewRecord, RecordKind
from gmailsync.model.email import Direction
from gmailsync.model.tracked import Activity, QueueItem, Trace, Undelivered


@pytest.fixture
def add(database, now):
    """Return a function that stores an activity of an email in a mailbox."""

    def store(mailbox, incoming, number=1, **fields):
        with database.begin() as tx:
            (activity_id,) = tx.activities.numbers(1)
            given = {"direction": Direction.INCOMING, "message_id": f"<{number}@x>"} | fields
            activity = Activity(id=activity_id, **given)
            tx.activities.add([activity], now)
            (email_id,) = tx.emails.add_incoming([incoming(mailbox.id, number)], [activity_id])
        return activity, email_id

    return store


def test_an_activity_comes_back_as_it_was_stored(database, mailbox, incoming, add):
    """Its parties keep their order and the records they mean."""
    with database.begin() as tx:
        (ann,) = tx.records.save([NewRecord(RecordKind.CONTACT, "C-1", "Ann", ("ann@x.com",))])
    parties = (
        Party(Role.SENDER, "ann@x.com", "Ann", (ann,)),
        Party(Role.TO, "who@x.com", "", (), Unresolved.NOBODY),
    )
    first, _ = add(mailbox, incoming, 1)

    stored, _ = add(
        mailbox,
        incoming,
        2,
        subject="Quote",
        mail_kind=MailKind.AUTO_REPLY,
        owner_key="U-1",
        regarding=ann,
        accepted_by=mailbox.id,
        correlation=Correlation(CorrelationMethod.IN_REPLY_TO, first.id, parent=True),
        conversations=("ab12", "ab"),
        parties=parties,
    )

    with database.begin() as tx:
        assert tx.activities.get(stored.id) == stored
        assert tx.activities.mailboxes_of(stored.id) == [mailbox.id]


def test_one_message_is_one_activity(mailbox, incoming, add):
    """The database refuses a second activity of the same Message-ID and direction."""
    add(mailbox, incoming, 1, message_id="<same@x>")

    with pytest.raises(StoreError):
        add(mailbox, incoming, 2, message_id="<same@x>")


def test_sent_and_received_side_may_be_two_activities(mailbox, incoming, add):
    """Mail between two users has one activity for each direction; messages without Message-ID are all different."""
    add(mailbox, incoming, 1, message_id="<same@x>")
    add(mailbox, incoming, 2, message_id="<same@x>", direction=Direction.OUTGOING)
    add(mailbox, incoming, 3, message_id="")
    add(mailbox, incoming, 4, message_id="")


def test_a_message_id_may_be_longer_than_an_index_entry(mailbox, incoming, add):
    """PostgreSQL refuses index entries of a third of a page; a broken program may write a long id."""
    activity, _ = add(mailbox, incoming, 1, message_id=f"<{'x' * 100_000}@x>")

    with pytest.raises(StoreError):
        add(mailbox, incoming, 2, message_id=activity.message_id)


def test_an_email_is_not_twice_in_one_queue(database, mailbox, incoming, add, now):
    """A second item of the same queue changes nothing."""
    activity, _ = add(mailbox, incoming)

    with database.begin() as tx:
        tx.activities.add_to_queues([QueueItem(activity.id, mailbox.id)] * 2, now)
        tx.activities.add_to_queues([QueueItem(activity.id, mailbox.id)], now)

        assert tx.activities.queues_of(activity.id) == [mailbox.id]


def test_the_last_report_on_a_recipient_counts(database, mailbox, incoming, add, now):
    """A bounce after a delay notice replaces it."""
    activity, _ = add(mailbox, incoming, direction=Direction.OUTGOING)

    with database.begin() as tx:
        tx.activities.note_undelivered([Undelivered(activity.id, "x@y.com", "4.4.1", "slow")], now)
        tx.activities.note_undelivered([Undelivered(activity.id, "x@y.com", "5.1.1", "550 gone")], now)

        assert tx.activities.undelivered(activity.id) == [Undelivered(activity.id, "x@y.com", "5.1.1", "550 gone")]


def test_activities_go_with_the_last_mailbox_that_has_them(database, mailbox, another_mailbox, incoming, add):
    """One that another mailbox has too stays."""
    other = another_mailbox()
    alone, _ = add(mailbox, incoming, 1)
    shared, _ = add(mailbox, incoming, 2, correlation=Correlation(CorrelationMethod.REFERENCES, alone.id))
    with database.begin() as tx:
        tx.emails.add_incoming([incoming(other.id, 2)], [shared.id])

    with database.begin() as tx:
        tx.mailboxes.remove(mailbox.id)
        left = tx.activities.get(shared.id)

    assert left.correlation.activity_id is None


def test_numbers_are_given_once(database, mailbox, incoming, add):
    """Numbers ascend, and none comes again."""
    first, _ = add(mailbox, incoming, 1)

    with database.begin() as tx:
        numbers = tx.activities.numbers(3)

    assert numbers == sorted(set(numbers))
    assert numbers[0] > first.id


def test_a_trace_tells_why_an_email_was_kept(database, mailbox, incoming, add, now):
    """It comes back by the email's number."""
    _, email_id = add(mailbox, incoming)
    kept = Trace(
        mailbox_id=mailbox.id,
        decided_at=now,
        reason=Reason.ACCEPTED,
        email_id=email_id,
        gmail_message_id=2**64 - 1,
        subject="hello",
        evidence=("accepted by alice",),
    )

    with database.begin() as tx:
        tx.decisions.add([kept])

        assert tx.decisions.of_email(email_id) == kept


def test_what_was_refused_is_forgotten_and_what_was_kept_is_not(database, mailbox, incoming, add, now):
    """Refusals have an end; the trace of an email stays as long as the email."""
    _, email_id = add(mailbox, incoming)
    old = now - timedelta(days=3)
    traces = [
        Trace(mailbox_id=mailbox.id, decided_at=old, reason=Reason.ACCEPTED, email_id=email_id),
        Trace(mailbox_id=mailbox.id, decided_at=old, reason=Reason.NEVER_LOG),
        Trace(mailbox_id=mailbox.id, decided_at=now, reason=Reason.LOOP),
    ]

    with database.begin() as tx:
        tx.decisions.add(traces)
        forgotten = tx.decisions.forget_refused(mailbox.id, now)
        left = [one.reason for one in tx.decisions.select(mailbox.id)]
        refused = [one.reason for one in tx.decisions.select(mailbox.id, refused_only=True)]

    assert forgotten == 1
    assert left == [Reason.ACCEPTED, Reason.LOOP]
    assert refused == [Reason.LOOP]


def test_an_email_cannot_belong_to_an_activity_that_is_not_there(database, mailbox, incoming):
    """The promise is the database's own."""
    lost = ActivityId(10**9)

    with pytest.raises(StoreError), database.begin() as tx:
        tx.emails.add_incoming([incoming(mailbox.id, 1)], [lost])
