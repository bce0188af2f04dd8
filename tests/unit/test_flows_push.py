from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes

import pytest

from gmailsync.errors import (
    BadInput,
    ConnectFailed,
    FolderMissing,
    GrantDead,
    ImapDisabled,
    SendDeferred,
    SendInDoubt,
    SendRejected,
    Throttled,
    TokenRefused,
)
from gmailsync.flows import outbox
from gmailsync.flows.push import SECOND_LOOK, Pushed, push
from gmailsync.model.email import TRANSITIONS, EmailStatus, SendEvent, after

DEFERRED = SendDeferred("not now", reply_code=450, server_line="450 4.2.1 busy")
REJECTED = SendRejected("never", reply_code=550, server_line="550 5.1.1 no such user")
LOST = SendInDoubt("the answer got lost")


def queue(ports, number=1):
    return outbox.queue(
        ports, sender="alice@contoso.com", to=["bob@example.com"], subject=f"email {number}", body=f"body {number}\n"
    )


def email_of(store, email_id):
    with store.begin() as tx:
        return tx.emails.get(email_id)


def sent_subjects(gmail):
    return [message_from_bytes(raw)["Subject"] for raw in gmail.sent]


@pytest.mark.parametrize(("status", "event"), [(status, event) for status in EmailStatus for event in SendEvent])
def test_every_pair_of_status_and_event_has_a_verdict(status, event):
    """What the table lists leads on; what it does not list is an error."""
    if (status, event) in TRANSITIONS:
        assert after(status, event) is TRANSITIONS[status, event]
    else:
        with pytest.raises(KeyError):
            after(status, event)


def test_nothing_leads_out_of_sent_and_canceled():
    """What Gmail took and what was taken back is settled for good; incoming emails never move."""
    assert {status for status, _ in TRANSITIONS}.isdisjoint(
        {EmailStatus.SENT, EmailStatus.CANCELED, EmailStatus.RECEIVED}
    )


def test_a_pending_email_is_sent(ports, store, gmail, mailbox, profile):
    """The bytes that were queued go out, and the attempt is counted."""
    email_id = queue(ports)

    assert push(ports, mailbox, profile) == Pushed(sent=1)

    email = email_of(store, email_id)
    assert (email.status, email.attempts) == (EmailStatus.SENT, 1)
    with store.begin() as tx:
        assert gmail.sent == [tx.emails.raw(email_id)]


def test_an_empty_outbox_asks_nothing_of_gmail(ports, gmail, mailbox, profile):
    """No session is opened in vain."""
    gmail.troubles = {"imap": [ImapDisabled("off")], "send": [DEFERRED]}

    assert push(ports, mailbox, profile) == Pushed()


def test_emails_leave_in_the_order_they_came(ports, gmail, mailbox, profile):
    """Oldest first."""
    for number in (1, 2, 3):
        queue(ports, number)

    push(ports, mailbox, profile)

    assert sent_subjects(gmail) == ["email 1", "email 2", "email 3"]


def test_a_deferred_email_goes_with_the_next_push(ports, store, gmail, mailbox, profile):
    """A 4xx is about now; the server's line is kept meanwhile, and the email behind is not held up."""
    first = queue(ports, 1)
    queue(ports, 2)
    gmail.troubles["send"] = [DEFERRED]

    assert push(ports, mailbox, profile) == Pushed(sent=1, deferred=1, errors=(DEFERRED,))
    assert email_of(store, first).last_error == "450 4.2.1 busy"
    assert push(ports, mailbox, profile) == Pushed(sent=1)
    assert (email_of(store, first).attempts, email_of(store, first).last_error) == (2, "")


def test_a_rejected_email_fails_alone(ports, store, gmail, mailbox, profile):
    """A 5xx is final for this email; it goes again only when somebody says so."""
    first = queue(ports, 1)
    queue(ports, 2)
    gmail.troubles["send"] = [REJECTED]

    assert push(ports, mailbox, profile) == Pushed(sent=1, failed=1, errors=(REJECTED,))
    assert email_of(store, first).status is EmailStatus.FAILED
    assert push(ports, mailbox, profile) == Pushed()
    outbox.retry(ports, first)
    assert push(ports, mailbox, profile) == Pushed(sent=1)


def test_an_envelope_that_smtp_cannot_carry_fails_alone(ports, store, gmail, mailbox, profile):
    """Trying again would not help, and the emails behind are not to blame."""
    first = queue(ports, 1)
    queue(ports, 2)
    gmail.troubles["send"] = [BadInput("recipient", "x y", "must be an address")]

    pushed = push(ports, mailbox, profile)

    assert (pushed.sent, pushed.failed) == (1, 1)
    assert email_of(store, first).status is EmailStatus.FAILED


@pytest.mark.parametrize("trouble", [ConnectFailed("no"), Throttled("too much"), TokenRefused("no")])
def test_trouble_of_the_mailbox_stops_the_queue(ports, store, gmail, mailbox, profile, trouble):
    """All emails wait; nothing was accepted."""
    emails = [queue(ports, 1), queue(ports, 2)]
    gmail.troubles["send"] = [trouble, trouble]

    pushed = push(ports, mailbox, profile)

    assert pushed == Pushed(deferred=1, errors=(trouble,))
    assert [email_of(store, email_id).status for email_id in emails] == [EmailStatus.PENDING, EmailStatus.PENDING]


def test_a_dead_grant_leaves_the_outbox_as_it_was(ports, store, clock, oauth, gmail, mailbox, profile):
    """The emails wait for the owner's next sign-in."""
    email_id = queue(ports)
    dead = GrantDead("dead", google_error="invalid_grant")
    oauth.refreshed = dead
    clock.sleep(timedelta(hours=2))

    assert push(ports, mailbox, profile) == Pushed(errors=(dead,))
    assert (email_of(store, email_id).status, email_of(store, email_id).attempts) == (EmailStatus.PENDING, 0)


def test_an_email_whose_answer_got_lost_is_not_sent_twice(ports, store, gmail, mailbox, profile):
    """Gmail took it: its Sent folder says so before anything is sent again."""
    email_id = queue(ports)
    gmail.lost = [LOST]

    assert push(ports, mailbox, profile) == Pushed(in_doubt=1, errors=(LOST,))
    assert email_of(store, email_id).status is EmailStatus.IN_DOUBT
    assert push(ports, mailbox, profile) == Pushed(found=1)
    assert email_of(store, email_id).status is EmailStatus.SENT
    assert len(gmail.sent) == 1


def test_an_email_that_gmail_did_not_take_is_sent_again(ports, store, clock, gmail, mailbox, profile):
    """Sent says no twice, ten seconds apart; then the email is pending again and goes."""
    queue(ports)
    gmail.troubles["send"] = [LOST]
    push(ports, mailbox, profile)
    before = clock.now()

    assert push(ports, mailbox, profile) == Pushed(sent=1)
    assert clock.now() - before == SECOND_LOOK
    assert len(gmail.sent) == 1


def test_an_email_that_gmail_files_late_is_not_sent_twice(ports, gmail, mailbox, profile):
    """The first look comes too early, the second does not."""
    queue(ports)
    gmail.lost = [LOST]
    push(ports, mailbox, profile)
    gmail.filed_late, gmail.sent = gmail.sent, []

    assert push(ports, mailbox, profile) == Pushed(found=1)
    assert len(gmail.sent) == 1


def test_a_lost_answer_stops_the_queue(ports, store, gmail, mailbox, profile):
    """The connection is gone: sending on would only put more emails in doubt."""
    queue(ports, 1)
    second = queue(ports, 2)
    gmail.troubles["send"] = [LOST]

    push(ports, mailbox, profile)

    assert email_of(store, second).status is EmailStatus.PENDING


@pytest.mark.parametrize(
    ("step", "trouble"), [("imap", ImapDisabled("off")), ("sent_folder", FolderMissing("no Sent"))]
)
def test_a_doubt_that_cannot_be_settled_stays_and_holds_up_nobody(ports, store, gmail, mailbox, profile, step, trouble):
    """Without a look into Sent nothing is sent blindly; other emails go."""
    doubted = queue(ports, 1)
    gmail.lost = [LOST]
    push(ports, mailbox, profile)
    queue(ports, 2)
    gmail.troubles[step] = [trouble]

    assert push(ports, mailbox, profile) == Pushed(sent=1, errors=(trouble,))
    assert email_of(store, doubted).status is EmailStatus.IN_DOUBT


@pytest.mark.parametrize("accepted", [True, False])
def test_a_worker_killed_while_sending_sends_exactly_once(ports, store, gmail, mailbox, profile, accepted):
    """An email found in status sending is in doubt, whichever side of Gmail's acceptance the worker died on."""
    email_id = queue(ports)
    with store.begin() as tx:
        tx.emails.begin_attempt(email_id, ports.clock.now())
        if accepted:
            gmail.sent.append(tx.emails.raw(email_id))

    pushed = push(ports, mailbox, profile)

    assert (pushed.found, pushed.sent) == ((1, 0) if accepted else (0, 1))
    assert email_of(store, email_id).status is EmailStatus.SENT
    assert len(gmail.sent) == 1


def test_ctrl_c_while_sending_leaves_the_email_in_doubt(ports, store, gmail, mailbox, profile):
    """The interrupt goes through; whether Gmail took the email is asked next time."""
    email_id = queue(ports)
    gmail.lost = [KeyboardInterrupt()]

    with pytest.raises(KeyboardInterrupt):
        push(ports, mailbox, profile)

    assert email_of(store, email_id).status is EmailStatus.IN_DOUBT
    assert push(ports, mailbox, profile) == Pushed(found=1)


def test_an_email_canceled_during_the_push_is_left_alone(ports, store, gmail, mailbox, profile):
    """What is canceled before its turn is not sent."""
    queue(ports, 1)
    second = queue(ports, 2)
    send = gmail.send

    def send_while_somebody_cancels(*arguments):
        outbox.cancel(ports, second)
        return send(*arguments)

    gmail.send = send_while_somebody_cancels

    assert push(ports, mailbox, profile) == Pushed(sent=1)
    assert sent_subjects(gmail) == ["email 1"]


def test_every_email_has_a_message_id_of_its_own_at_the_senders_domain(ports, gmail, mailbox, profile):
    """It is what an email in doubt is looked for by; Gmail keeps it because the domain is a real one."""
    queue(ports, 1)
    queue(ports, 2)
    push(ports, mailbox, profile)

    found = [message_from_bytes(raw)["Message-ID"] for raw in gmail.sent]

    assert len(set(found)) == 2
    assert all(re.fullmatch(r"<\w+@contoso\.com>", message_id) for message_id in found)
