"""What the database knows of a batch: found by a few statements, each of which uses an index, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from plans import plans

from gmailsync.model.activity import ActivityId
from gmailsync.model.directory import NewRecord, RecordKind
from gmailsync.model.email import Direction
from gmailsync.model.mailbox import Acceptance, DeliveryMethod, MailboxKind, NewMailbox
from gmailsync.model.settings import DecidingSettings
from gmailsync.model.tracked import Activity, Named, QueueItem

SMART = DecidingSettings(use_smart_matching=True, queue_item_for_owners_default_queue=True)


@pytest.fixture
def add(database, mailbox, incoming, now) -> Callable[..., ActivityId]:
    """Return a function that stores an activity with an email in the mailbox, in the thread of its number."""

    def store(number: int, stored: datetime = now, **fields: object) -> ActivityId:
        with database.begin() as tx:
            (activity_id,) = tx.activities.numbers(1)
            given = {"direction": Direction.INCOMING, "message_id": f"<{number}@x>"} | fields
            tx.activities.add([Activity(id=activity_id, **given)], stored)
            tx.emails.add_incoming([incoming(mailbox.id, number)], [activity_id])
        return activity_id

    return store


def test_every_question_uses_an_index(database, mailbox, add, now):
    """No table is read from one end to the other, however large it has become."""
    add(1, tracking_token="CRM:0001001", conversations=("ab", "a"), subject_hashes=frozenset({7}))
    with database.begin() as tx:
        tx.records.save(
            [
                NewRecord(RecordKind.USER, "U-1", "Alice", ("alice@contoso.com",), queue_key="Q-1"),
                NewRecord(RecordKind.QUEUE, "Q-1", "Support", ("support@contoso.com",), owner_key="U-1"),
            ]
        )
        support = tx.mailboxes.add(NewMailbox("support@contoso.com", None, kind=MailboxKind.QUEUE))
    named = Named(
        mailbox_id=mailbox.id,
        addresses=frozenset({"alice@contoso.com", "support@contoso.com"}),
        message_ids=frozenset({"<1@x>", "<2@x>"}),
        tokens=frozenset({"CRM:0001001"}),
        thread_ids=frozenset({1}),
        conversations=frozenset({"ab"}),
        subject_hashes=frozenset({7}),
        alike_since=now.date(),
    )

    def ask() -> None:
        with database.begin() as tx:
            known = tx.knowledge.known(named, SMART)
        assert (len(known.candidates), known.default_queues["U-1"].mailbox_id) == (1, support.id)

    lines = plans(database, ask)

    # Scanning a subquery is scanning the rows that an index already found; what is listed was asked about.
    lines = [line for line in lines if not line.startswith(("SCAN (subquery", "SCAN ranked", "SCAN listed"))]
    scans = [line for line in lines if "Seq Scan" in line or line.startswith("SCAN")]
    assert scans == []
    assert len(lines) > 10


def test_an_activity_is_found_by_everything_that_leads_to_it(database, mailbox, add, now):
    """By Message-ID, token, thread, conversation and the words of its subject."""
    known_by = {"tracking_token": "CRM:0001001", "conversations": ("ab", "a"), "subject_hashes": frozenset({7})}
    activity_id = add(1, recipient_hashes=frozenset({-5}), **known_by)
    named = Named(
        mailbox_id=mailbox.id,
        message_ids=frozenset({"<1@x>", "<none@x>"}),
        tokens=frozenset({"CRM:0001001"}),
        thread_ids=frozenset({1, 2}),
        conversations=frozenset({"a", "b"}),
        subject_hashes=frozenset({7, 8}),
    )

    with database.begin() as tx:
        tx.activities.add_to_queues([QueueItem(activity_id, mailbox.id)], now)
        known = tx.knowledge.known(named, SMART)

    (found,) = known.activities["<1@x>"]
    assert known.activities.keys() == {"<1@x>"}
    assert (found.id, found.mailbox_ids, found.queue_ids) == (activity_id, {mailbox.id}, {mailbox.id})
    assert (found.subject_hashes, found.recipient_hashes) == ({7}, {-5})
    assert known.tokens == {"CRM:0001001": found}
    assert known.threads == {(mailbox.id, 1): found}
    assert known.conversations == {"a": found}
    assert known.candidates == {7: (found,)}


def test_the_newest_of_several_counts(database, mailbox, add):
    """A token that came round again, and a conversation that went on, lead to the last email."""
    add(1, tracking_token="CRM:0001001", conversations=("ab", "a"))
    newest = add(2, tracking_token="CRM:0001001", conversations=("ac", "a"))
    named = Named(mailbox_id=mailbox.id, tokens=frozenset({"CRM:0001001"}), conversations=frozenset({"a"}))

    with database.begin() as tx:
        known = tx.knowledge.known(named, DecidingSettings())

    assert (known.tokens["CRM:0001001"].id, known.conversations["a"].id) == (newest, newest)


def test_sent_and_received_side_are_both_found(database, mailbox, add):
    """Mail between two of our users has two activities of one Message-ID."""
    sent = add(1, message_id="<same@x>", direction=Direction.OUTGOING)
    received = add(2, message_id="<same@x>")

    with database.begin() as tx:
        named = Named(mailbox_id=mailbox.id, message_ids=frozenset({"<same@x>"}))
        known = tx.knowledge.known(named, DecidingSettings())

    assert [one.id for one in known.activities["<same@x>"]] == [sent, received]


def test_a_mailbox_is_found_by_its_own_and_by_its_records_addresses(database, mailbox):
    """An alias that only the directory knows leads to the mailbox of that user."""
    with database.begin() as tx:
        (alice,) = tx.records.save(
            [NewRecord(RecordKind.USER, "U-1", "Alice", ("alice@contoso.com", "sales@contoso.com"))]
        )
        named = Named(mailbox_id=mailbox.id, addresses=frozenset({"sales@contoso.com", "ann@fabrikam.com"}))
        known = tx.knowledge.known(named, DecidingSettings())

    receiver = known.receivers["sales@contoso.com"]
    assert receiver is known.receivers["alice@contoso.com"]
    assert (receiver.mailbox_id, receiver.record, receiver.owner_key) == (mailbox.id, alice, "U-1")
    assert [one.name for one in known.records["sales@contoso.com"]] == ["Alice"]
    assert "ann@fabrikam.com" not in known.records


def test_nobody_disabled_may_own(database, mailbox):
    """A disabled user owns nothing new, and neither does a queue whose owner is disabled."""
    with database.begin() as tx:
        tx.records.save(
            [
                NewRecord(RecordKind.USER, "U-1", "Alice", ("alice@contoso.com",), active=False),
                NewRecord(RecordKind.QUEUE, "Q-1", "Support", ("support@contoso.com",), owner_key="U-1"),
            ]
        )
        queue = NewMailbox("support@contoso.com", None, kind=MailboxKind.QUEUE, acceptance=Acceptance.RESPONSES)
        tx.mailboxes.add(queue)
        named = Named(mailbox_id=mailbox.id, addresses=frozenset({"alice@contoso.com", "support@contoso.com"}))
        known = tx.knowledge.known(named, DecidingSettings())

    support = known.receivers["support@contoso.com"]
    assert (support.kind, support.acceptance, support.owner_key) == (MailboxKind.QUEUE, Acceptance.RESPONSES, None)
    assert known.receivers["alice@contoso.com"].owner_key is None


def test_a_mailbox_that_takes_no_mail_receives_nothing(database, mailbox):
    """It is somebody's address, and no mailbox that mail could be tracked for."""
    with database.begin() as tx:
        tx.mailboxes.add(NewMailbox("bob@contoso.com", None, incoming=DeliveryMethod.NONE))
        named = Named(mailbox_id=mailbox.id, addresses=frozenset({"bob@contoso.com", "alice@contoso.com"}))
        known = tx.knowledge.known(named, DecidingSettings())

    assert known.receivers.keys() == {"alice@contoso.com"}


def test_gmail_spellings_are_one_address_where_the_settings_say_so(database):
    """Dots and tags lead to the same mailbox and the same record."""
    settings = DecidingSettings(normalise_gmail_addresses=True)
    with database.begin() as tx:
        mailbox = tx.mailboxes.add(NewMailbox("al.ice@gmail.com", None))
        tx.records.save([NewRecord(RecordKind.CONTACT, "C-1", "Ann", ("a.n.n@googlemail.com",))])
        named = Named(mailbox_id=mailbox.id, addresses=frozenset({"alice@gmail.com", "ann@gmail.com"}))
        known = tx.knowledge.known(named, settings)

    assert known.receivers["alice@gmail.com"].mailbox_id == mailbox.id
    assert [one.name for one in known.records["ann@gmail.com"]] == ["Ann"]


def test_more_than_a_hundred_records_of_an_address_are_cut(database, mailbox):
    """One more than a hundred is enough to know that they are too many."""
    with database.begin() as tx:
        tx.records.save([NewRecord(RecordKind.LEAD, str(number), "", ("info@x.com",)) for number in range(120)])
        named = Named(mailbox_id=mailbox.id, addresses=frozenset({"info@x.com"}))
        known = tx.knowledge.known(named, DecidingSettings())

    assert len(known.records["info@x.com"]) == 101


@pytest.mark.parametrize(("days", "found"), [(0, [90, 91, 0]), (90, [90, 0]), (89, [0])])
def test_only_what_was_stored_lately_is_compared_by_its_words(database, mailbox, add, now, days, found):
    """The day of the limit counts; without a limit all are compared."""
    words = {"subject_hashes": frozenset({7})}
    numbers = {add(1 + age, now - timedelta(days=age), **words): age for age in (90, 91, 0)}
    since = (now - timedelta(days=days)).date() if days else None

    with database.begin() as tx:
        named = Named(mailbox_id=mailbox.id, subject_hashes=frozenset({7}), alike_since=since)
        known = tx.knowledge.known(named, SMART)

    assert [numbers[one.id] for one in reversed(known.candidates[7])] == found


@pytest.mark.parametrize(
    ("kind", "queue_key", "expected"),
    [
        pytest.param(MailboxKind.QUEUE, "Q-1", ["service@contoso.com"], id="the queue's mailbox"),
        pytest.param(MailboxKind.USER, "Q-1", [], id="which is none of a queue"),
        pytest.param(MailboxKind.QUEUE, None, [], id="no queue named"),
        pytest.param(MailboxKind.QUEUE, "Q-2", [], id="a queue without a mailbox"),
    ],
)
def test_the_default_queue_of_an_owner_is_found_where_it_is_asked_for(database, mailbox, kind, queue_key, expected):
    """By the queue's record, whose address is a queue mailbox's; it need not take mail itself."""
    with database.begin() as tx:
        tx.mailboxes.add(NewMailbox("service@contoso.com", None, incoming=DeliveryMethod.NONE, kind=kind))
        tx.records.save(
            [
                NewRecord(RecordKind.USER, "U-1", "Alice", ("alice@contoso.com",), queue_key=queue_key),
                NewRecord(RecordKind.QUEUE, "Q-1", "Service", ("old@contoso.com", "Service@contoso.com")),
                NewRecord(RecordKind.QUEUE, "Q-2", "Other", ("other@contoso.com",)),
            ]
        )
        named = Named(mailbox_id=mailbox.id, addresses=frozenset({"alice@contoso.com"}))
        asked, not_asked = (tx.knowledge.known(named, settings) for settings in (SMART, DecidingSettings()))

    assert [one.address for one in asked.default_queues.values()] == expected
    assert not_asked.default_queues == {}


def test_what_is_older_than_the_limit_is_not_even_read(database, mailbox, add, now):
    """The day is a part of the index by which the words are found."""
    add(1, subject_hashes=frozenset({7, 8}))
    named = Named(mailbox_id=mailbox.id, subject_hashes=frozenset({7, 8}), alike_since=now.date())

    def ask() -> None:
        with database.begin() as tx:
            assert tx.knowledge.known(named, SMART).candidates.keys() == {7, 8}

    lines = plans(database, ask)

    assert [line for line in lines if "stored_on>?" in line or ("Index Cond" in line and "stored_on >=" in line)]
