from __future__ import annotations

import hashlib
from email import message_from_bytes, policy

import pytest

from gmailsync.errors import BadInput, ImpossibleTransition, MailboxNotReady, NotFound
from gmailsync.flows import administration, outbox
from gmailsync.model.email import Direction, EmailStatus
from gmailsync.model.mailbox import DeliveryMethod

EMAIL = {"sender": "alice@contoso.com", "to": ["bob@example.com"], "subject": "Hello", "body": "Hi\n"}


def test_a_queued_email_is_whole(ports, store, mailbox, tmp_path):
    """Header fields, text, attachment and SMTP envelope are there before anything is sent."""
    attachment = tmp_path / "note.txt"
    attachment.write_bytes(b"note")

    email_id = outbox.queue(
        ports, **EMAIL | {"to": ["Bob <bob@example.com>"]}, cc=["eve@example.com"], attachments=[attachment]
    )

    with store.begin() as tx:
        email, raw, envelope = tx.emails.get(email_id), tx.emails.raw(email_id), tx.emails.envelope(email_id)
    message = message_from_bytes(raw, policy=policy.default)
    assert (email.direction, email.status) == (Direction.OUTGOING, EmailStatus.PENDING)
    assert email.sha256 == hashlib.sha256(raw).hexdigest()
    assert envelope == ("alice@contoso.com", ("bob@example.com", "eve@example.com"))
    assert message["To"] == "Bob <bob@example.com>"
    assert message.get_body().get_content() == "Hi\r\n"
    assert [part.get_filename() for part in message.iter_attachments()] == ["note.txt"]


def test_a_recipient_named_twice_gets_one_copy(ports, store, mailbox):
    """The SMTP envelope names each recipient once."""
    email_id = outbox.queue(ports, **EMAIL, cc=["bob@example.com"])

    with store.begin() as tx:
        assert tx.emails.envelope(email_id)[1] == ("bob@example.com",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender": "alice"}, "from"),
        ({"to": []}, "to"),
        ({"to": ["bob"]}, "to"),
        ({"subject": "a\nBcc: eve@example.com"}, "subject"),
    ],
)
def test_what_cannot_arrive_is_refused_by_name(ports, store, mailbox, change, field):
    """Nothing is queued then."""
    with pytest.raises(BadInput) as refusal:
        outbox.queue(ports, **EMAIL | change)

    assert refusal.value.field == field
    with store.begin() as tx:
        assert tx.emails.select() == []


def test_a_sender_that_is_no_mailbox_is_refused(ports, mailbox):
    """Only mailboxes of ours send."""
    with pytest.raises(NotFound):
        outbox.queue(ports, **EMAIL | {"sender": "bob@contoso.com"})


def test_a_mailbox_that_does_not_send_is_refused(ports, mailbox):
    """An email that nobody would ever send must not wait in silence."""
    administration.set_mailbox(ports, mailbox.address, administration.MailboxChange(outgoing=DeliveryMethod.NONE))

    with pytest.raises(MailboxNotReady, match="outgoing"):
        outbox.queue(ports, **EMAIL)


def test_a_pending_email_can_be_canceled_once(ports, store, mailbox):
    """What is canceled cannot be canceled or retried."""
    email_id = outbox.queue(ports, **EMAIL)

    outbox.cancel(ports, email_id)

    with store.begin() as tx:
        assert tx.emails.get(email_id).status is EmailStatus.CANCELED
    for verb in (outbox.cancel, outbox.retry):
        with pytest.raises(ImpossibleTransition):
            verb(ports, email_id)
