"""Deciding in a sync: what becomes an activity, what it belongs to, and what the trace says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.flows import cycle, outbox
from gmailsync.flows.receiving import receive
from gmailsync.model.activity import CorrelationMethod, MailKind
from gmailsync.model.decision import Reason
from gmailsync.model.directory import NewRecord, RecordKind
from gmailsync.model.email import Direction
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Acceptance, Mailbox, MailboxKind, NewMailbox
from gmailsync.model.settings import DecidingSettings

ALICE, ANN = "alice@contoso.com", "ann@fabrikam.com"


def raw(number: int, *lines: str, sender: str = ANN, to: str = ALICE, subject: str = "Quote") -> bytes:
    """Return a message with the Message-ID of its number, and further header lines."""
    head = (f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{number}@x>", *lines)
    return "\r\n".join((*head, "", "text", "")).encode()


BOUNCE = """From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r
To: alice@contoso.com\r
Subject: Delivery Status Notification (Failure)\r
Return-Path: <>\r
Auto-Submitted: auto-replied\r
Message-ID: <bounce@x>\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Nobody there.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; googlemail.com\r
\r
Final-Recipient: rfc822; ann@fabrikam.com\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Message-ID: {message_id}\r
Subject: Offer\r
\r
--b--\r
"""


@pytest.fixture
def take(store, gmail, clock):
    """Return a function that hands messages to a mailbox in one batch, and returns what became of each."""

    def hand_over(mailbox: Mailbox, *messages: bytes):
        fetched = [gmail.deliver(message) for message in messages]
        with store.begin() as tx:
            return receive(tx, mailbox, fetched, clock.now())

    return hand_over


@pytest.fixture
def activity(store):
    """Return a function that gives the activity of what became of a message."""

    def find(received):
        with store.begin() as tx:
            return tx.activities.get(tx.emails.get(received.email_id).activity_id)

    return find


def save(store, mailbox: Mailbox, **changes) -> Mailbox:
    changed = replace(mailbox, **changes)
    with store.begin() as tx:
        tx.mailboxes.save(changed)
    return changed


def switch(store, **changes) -> None:
    with store.begin() as tx:
        tx.switches.save(DecidingSettings(**changes))


def test_a_message_may_answer_an_earlier_one_of_its_batch(mailbox, take, activity):
    """What came before it is known though nothing is committed yet."""
    first, second = take(mailbox, raw(1), raw(2, "In-Reply-To: <1@x>", subject="Re: Quote"))

    answer = activity(second)
    assert answer.correlation.method is CorrelationMethod.IN_REPLY_TO
    assert (answer.correlation.activity_id, answer.correlation.parent) == (activity(first).id, True)
    assert not answer.correlation.subject_changed


def test_what_no_mailbox_wants_becomes_no_email_and_is_told(store, mailbox, take):
    """The trace says why; the message stays in Gmail."""
    choosy = save(store, mailbox, acceptance=Acceptance.RESPONSES)

    (received,) = take(choosy, raw(1))

    with store.begin() as tx:
        (trace,) = tx.decisions.select(refused_only=True)
        emails = tx.emails.select()
    assert received.outcome is Outcome.REFUSED
    assert emails == []
    assert (trace.reason, trace.sender, trace.subject) == (Reason.NO_CORRELATION_MATCH, ANN, "Quote")
    assert trace.evidence


def test_refusals_are_forgotten_after_three_days(ports, store, mailbox, gmail, clock):
    """A cycle forgets what is older; until then it says why."""
    save(store, mailbox, acceptance=Acceptance.NONE)
    gmail.deliver(raw(1))
    cycle.run(ports, ALICE)
    told = []

    for days in (3, 1):
        clock.time += timedelta(days=days)
        cycle.run(ports, ALICE)
        with store.begin() as tx:
            told.append(len(tx.decisions.select()))

    assert told == [1, 0]


def test_two_mailboxes_share_one_activity(store, mailbox, take, activity):
    """The second mailbox's email joins what the first one's made; both are recipients."""
    with store.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
    message = raw(1, to=f"{ALICE}, bob@contoso.com")

    (first,) = take(mailbox, message)
    (second,) = take(bob, message)

    shared = activity(first)
    with store.begin() as tx:
        mailboxes = tx.activities.mailboxes_of(shared.id)
        trace = tx.decisions.of_email(second.email_id)
    assert first.email_id != second.email_id
    assert shared == activity(second)
    assert mailboxes == [mailbox.id, bob.id]
    assert trace.reason is Reason.ALREADY_PROMOTED


def test_a_message_that_lies_in_two_folders_is_decided_about_once(store, mailbox, take, gmail, clock):
    """Seen again through another folder, or twice in one batch, it is the email that is stored."""
    message = gmail.deliver(raw(1))

    with store.begin() as tx:
        first = receive(tx, mailbox, [message, message], clock.now())
        second = receive(tx, mailbox, [message], clock.now())
        decisions = tx.decisions.select()

    assert [one.is_new for one in (*first, *second)] == [True, False, False]
    assert len({one.email_id for one in (*first, *second)}) == 1
    assert len(decisions) == 1


def test_a_queue_gets_an_item_once(store, mailbox, take, activity):
    """A queue that is named gets an item, whichever mailbox is read first."""
    with store.begin() as tx:
        support = tx.mailboxes.add(NewMailbox("support@contoso.com", None, kind=MailboxKind.QUEUE))
    message = raw(1, to=f"{ALICE}, support@contoso.com")

    (first,) = take(mailbox, message)
    take(support, message)

    shared = activity(first)
    with store.begin() as tx:
        assert tx.activities.queues_of(shared.id) == [support.id]


def test_a_bounce_says_whom_our_email_did_not_reach(ports, store, mailbox, take, activity):
    """It is tied to the email that it is about."""
    email_id = outbox.queue(ports, sender=ALICE, to=[ANN], subject="Offer", body="text")
    with store.begin() as tx:
        sent = tx.emails.get(email_id)

    (received,) = take(mailbox, BOUNCE.format(message_id=sent.headers.message_id).encode())

    with store.begin() as tx:
        (failed,) = tx.activities.undelivered(sent.activity_id)
    bounce = activity(received)
    assert (failed.address, failed.status) == (ANN, "5.1.1")
    assert "550" in failed.diagnostic
    assert bounce.mail_kind is MailKind.BOUNCE
    assert bounce.correlation.activity_id == sent.activity_id


def test_a_queued_email_is_an_activity_that_answers_find(ports, store, mailbox, take, activity):
    """A reply to what we sent belongs to it, and is accepted where only responses are."""
    choosy = save(store, mailbox, acceptance=Acceptance.RESPONSES)
    email_id = outbox.queue(ports, sender=ALICE, to=[ANN], subject="Offer", body="text")
    with store.begin() as tx:
        sent = tx.emails.get(email_id)

    (received,) = take(choosy, raw(2, f"In-Reply-To: {sent.headers.message_id}", subject="Re: Offer"))

    assert received.outcome is Outcome.STORED
    assert activity(received).correlation.activity_id == sent.activity_id


def test_a_token_in_the_subject_leads_back(ports, store, mailbox, take, activity):
    """Where it is switched on, an answer without any header of an answer is known by its subject."""
    switch(store, token_in_subject=True)
    email_id = outbox.queue(ports, sender=ALICE, to=[ANN], subject="Offer", body="text")
    with store.begin() as tx:
        sent = tx.emails.get(email_id)

    (received,) = take(mailbox, raw(2, subject=f"AW: {sent.headers.subject}"))

    assert sent.headers.subject.startswith("Offer CRM:")
    assert activity(received).correlation.method is CorrelationMethod.TRACKING_TOKEN
    assert activity(received).correlation.activity_id == sent.activity_id


def test_by_default_a_subject_is_sent_as_it_was_written(ports, store, mailbox):
    """No token appears unless it is asked for."""
    email_id = outbox.queue(ports, sender=ALICE, to=[ANN], subject="Offer", body="text")

    with store.begin() as tx:
        email = tx.emails.get(email_id)
        assert email.headers.subject == "Offer"
        assert tx.activities.get(email.activity_id).direction is Direction.OUTGOING


def test_parties_are_resolved_by_the_directory(store, mailbox, take, activity):
    """The sender is the contact, the mailbox's user owns the email."""
    with store.begin() as tx:
        alice, ann = tx.records.save(
            [
                NewRecord(RecordKind.USER, "u1", "Alice", (ALICE,)),
                NewRecord(RecordKind.CONTACT, "c1", "Ann", (ANN,), owner_key="u1"),
            ]
        )

    (received,) = take(mailbox, raw(1))

    found = activity(received)
    assert found.owner_key == "u1"
    assert [party.records for party in found.parties] == [(ann,), (alice,)]


def test_an_unknown_sender_becomes_a_contact_only_on_request(store, mailbox, take, activity):
    """Then once: the next message of the batch finds the contact."""
    take(mailbox, raw(1))
    switch(store, create_contact_for_unknown_sender=True)

    second, third = take(mailbox, raw(2), raw(3))

    with store.begin() as tx:
        (contact,) = tx.records.select()
    assert contact.addresses == (ANN,)
    assert activity(second).parties[0].records == activity(third).parties[0].records == (contact.id,)


def test_smart_matching_guesses_by_words_and_addresses(store, mailbox, take, activity):
    """Between batches and within one, where it is switched on."""
    switch(store, use_smart_matching=True)
    (first,) = take(mailbox, raw(1, subject="Offer for the bridge"))

    second, third = take(
        mailbox, raw(2, subject="RE: offer for the bridge"), raw(3, subject="FW: Offer for the bridge")
    )

    methods = [activity(one).correlation for one in (second, third)]
    assert [one.method for one in methods] == [CorrelationMethod.SMART_MATCHING] * 2
    assert [one.activity_id for one in methods] == [activity(first).id, activity(second).id]


def test_mail_of_somebody_on_the_never_log_list_is_not_kept(store, mailbox, take):
    """Not as sender and not as recipient."""
    switch(store, never_log=frozenset({"fabrikam.com"}))

    outcomes = [one.outcome for one in take(mailbox, raw(1), raw(2, sender="bob@example.com"))]

    assert outcomes == [Outcome.REFUSED, Outcome.STORED]
