"""What becomes of the messages that were fetched: each is stored as an email, known already, or left out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gmailsync.mime.attached import read_outline
from gmailsync.mime.headers import read_headers
from gmailsync.model.email import Direction, EmailId, EmailStatus, FetchedMessage, NewEmail
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import Tx
from gmailsync.rules.attachments import notification
from gmailsync.rules.entries import domain_of


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one message; `is_new` when its email is stored now and was not before."""

    outcome: Outcome
    email_id: EmailId | None = None
    is_new: bool = False


Receive = Callable[[Tx, Mailbox, Sequence[FetchedMessage], datetime], list["Received"]]
"""What makes emails of messages: one outcome for each, in their order."""


def receive(tx: Tx, mailbox: Mailbox, messages: Sequence[FetchedMessage], now: datetime) -> list[Received]:
    """Store messages as emails, but for test messages and what is stored already; return one outcome for each."""
    emails = [_email(mailbox, message) for message in messages]
    # Test messages carry an id at the mailbox's own domain, so most mail needs no question to the database.
    own = f"@{domain_of(mailbox.address)}>"
    is_test = [
        email.headers.message_id.endswith(own) and tx.emails.is_test_message(mailbox.id, email.headers.message_id)
        for email in emails
    ]
    kept = [email for email, test in zip(emails, is_test, strict=True) if not test]
    stored = iter(_folded(tx, kept))
    return [Received(Outcome.TEST) if test else next(stored) for test in is_test]


def _folded(tx: Tx, emails: Sequence[NewEmail]) -> list[Received]:
    """Store what the mailbox's former protocol has not brought already."""
    numbers = tx.emails.fold(emails)
    stored = iter(_stored(tx, [email for email, number in zip(emails, numbers, strict=True) if number is None]))
    return [next(stored) if number is None else Received(Outcome.STORED, number) for number in numbers]


def _stored(tx: Tx, emails: Sequence[NewEmail]) -> list[Received]:
    numbers = tx.emails.add_incoming(emails)
    known = [email for email, number in zip(emails, numbers, strict=True) if number is None]
    earlier = iter(tx.emails.numbers_of(known) if known else ())
    return [
        Received(Outcome.STORED, next(earlier), is_new=False)
        if number is None
        else Received(Outcome.STORED, number, is_new=True)
        for number in numbers
    ]


def _email(mailbox: Mailbox, message: FetchedMessage) -> NewEmail:
    return NewEmail(
        mailbox_id=mailbox.id,
        direction=Direction.INCOMING,
        status=EmailStatus.RECEIVED,
        headers=read_headers(message.raw),
        raw=message.raw,
        sha256=hashlib.sha256(message.raw).hexdigest(),
        gmail_message_id=message.gmail_message_id,
        gmail_thread_id=message.gmail_thread_id,
        labels=message.labels,
        notification=notification(read_outline(message.raw)),
    )
