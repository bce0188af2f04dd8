"""What becomes of the messages found in Sent.

What we sent ourselves is stored already: it is known by its Message-ID and takes on Gmail's ids, so that it is known in
every other folder. What the owner sent with another program becomes an outgoing email that is sent, without an SMTP
envelope of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from gmailsync.flows.receiving import Received
from gmailsync.mime.headers import read_headers
from gmailsync.model.email import Direction, EmailStatus, FetchedMessage, NewEmail
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import Tx


def receive_sent(tx: Tx, mailbox: Mailbox, messages: Sequence[FetchedMessage]) -> list[Received]:
    """Fold messages onto outgoing emails, or store them as such; return one outcome for each."""
    emails = [_email(mailbox, message) for message in messages]
    ours = tx.emails.sent(mailbox.id, emails)
    received = []
    for email in emails:
        message_id = email.headers.message_id
        if tx.emails.is_test_message(mailbox.id, message_id):
            received.append(Received(Outcome.TEST))
        elif (number := ours.get(message_id)) is not None:
            tx.emails.identify(number, email.gmail_message_id, email.gmail_thread_id)
            tx.emails.relabel({number: email.labels})
            received.append(Received(Outcome.STORED, number))
        else:
            received.append(_stored(tx, email))
    return received


def _stored(tx: Tx, email: NewEmail) -> Received:
    """Store one; Sent is no folder of thousands a minute."""
    [number] = tx.emails.add_incoming([email])
    if number is not None:
        return Received(Outcome.STORED, number, is_new=True)
    return Received(Outcome.STORED, tx.emails.numbers_of([email])[0])


def _email(mailbox: Mailbox, message: FetchedMessage) -> NewEmail:
    return NewEmail(
        mailbox_id=mailbox.id,
        direction=Direction.OUTGOING,
        status=EmailStatus.SENT,
        headers=read_headers(message.raw),
        raw=message.raw,
        sha256=hashlib.sha256(message.raw).hexdigest(),
        gmail_message_id=message.gmail_message_id,
        gmail_thread_id=message.gmail_thread_id,
        labels=message.labels,
    )
