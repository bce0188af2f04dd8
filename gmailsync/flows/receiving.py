"""What becomes of the messages that were fetched: each is stored as an email, known already, or left out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gmailsync.flows.deciding import Mail, decide_batch
from gmailsync.mime.attached import read_outline
from gmailsync.mime.facts import read_facts
from gmailsync.model.email import Direction, EmailId, EmailStatus, FetchedMessage, NewEmail
from gmailsync.model.facts import MailFacts
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.settings import DecidingSettings
from gmailsync.ports import Tx
from gmailsync.rules.attachments import notification
from gmailsync.rules.entries import domain_of

_SENT, _INBOX = "\\Sent", "\\Inbox"
"""Gmail's labels for what the mailbox sent, and for what came to it; mail to oneself has both."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one message; `is_new` when its email is stored now and was not before."""

    outcome: Outcome
    email_id: EmailId | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that was fetched, as it would be stored. `is_sent`: it lies where only sent mail does."""

    email: NewEmail
    facts: MailFacts
    is_sent: bool = False

    @property
    def identity(self) -> int | str:
        """What tells messages of a mailbox apart: Gmail's id, or the content where a server has no such ids."""
        return self.email.gmail_message_id or self.email.sha256

    def mail(self) -> Mail:
        """Return what deciding looks at."""
        email, labels = self.email, self.email.labels
        is_sent = self.is_sent or (_SENT in labels and _INBOX not in labels)
        return Mail(self.facts, email.gmail_message_id, email.gmail_thread_id, is_sent)


Receive = Callable[[Tx, Mailbox, Sequence[FetchedMessage], datetime], list["Received"]]
"""What makes emails of messages: one outcome for each, in their order."""


def receive(tx: Tx, mailbox: Mailbox, messages: Sequence[FetchedMessage], now: datetime) -> list[Received]:
    """Decide about messages and store what is kept; return one outcome for each.

    Test messages are left out, and what is stored already stays as it is.
    """
    settings = tx.switches.load()
    arrivals = [arrival_of(mailbox, message, settings) for message in messages]
    # Test messages carry an id at the mailbox's own domain, so most mail needs no question to the database.
    own = f"@{domain_of(mailbox.address)}>"
    is_test = [
        one.facts.headers.message_id.endswith(own)
        and tx.emails.is_test_message(mailbox.id, one.facts.headers.message_id)
        for one in arrivals
    ]
    # Of two in the batch that are one, the first counts.
    distinct = {one.identity: one for one, test in zip(reversed(arrivals), reversed(is_test), strict=True) if not test}
    real = list(reversed(distinct.values()))
    became = _stored_before(real, tx.emails.numbers_of)
    # What the mailbox's former protocol has brought is known by more than its identity.
    became |= _stored_before([one for one in real if one.identity not in became], tx.emails.fold)
    new = {one.identity: one for one in real if one.identity not in became}
    became |= dict(zip(new, take(tx, mailbox, list(new.values()), settings, now), strict=True))
    return [
        Received(Outcome.TEST) if test else told(became, one, new) for one, test in zip(arrivals, is_test, strict=True)
    ]


def _stored_before(
    arrivals: Sequence[Arrival], find: Callable[[Sequence[NewEmail]], list[EmailId | None]]
) -> dict[int | str, Received]:
    numbers = find([one.email for one in arrivals])
    return {
        one.identity: Received(Outcome.STORED, number)
        for one, number in zip(arrivals, numbers, strict=True)
        if number is not None
    }


def told(became: dict[int | str, Received], one: Arrival, new: dict[int | str, Arrival]) -> Received:
    """Return what became of a message; `new` are those stored now, and the second of two that are one is none."""
    received = became[one.identity]
    return received if new.get(one.identity, one) is one else replace(received, is_new=False)


def take(
    tx: Tx, mailbox: Mailbox, arrivals: Sequence[Arrival], settings: DecidingSettings, now: datetime
) -> list[Received]:
    """Decide about messages that are not stored yet, and store those that are kept, with why."""
    decided = decide_batch(tx, mailbox, [one.mail() for one in arrivals], settings, now)
    kept = [arrival.email for arrival, one in zip(arrivals, decided, strict=True) if one.decision.kept]
    numbers = iter(tx.emails.add_incoming(kept, [one.activity_id for one in decided if one.decision.kept]))
    email_ids = [next(numbers) if one.decision.kept else None for one in decided]
    tx.decisions.add([one.trace(mailbox, number, now) for one, number in zip(decided, email_ids, strict=True)])
    return [
        Received(Outcome.REFUSED) if number is None else Received(Outcome.STORED, number, is_new=True)
        for number in email_ids
    ]


def arrival_of(
    mailbox: Mailbox, message: FetchedMessage, settings: DecidingSettings, *, is_sent: bool = False
) -> Arrival:
    """Return a message as it would be stored: incoming, or `is_sent` where the folder itself says so."""
    facts = read_facts(message.raw)
    email = NewEmail(
        mailbox_id=mailbox.id,
        direction=Direction.OUTGOING if is_sent else Direction.INCOMING,
        status=EmailStatus.SENT if is_sent else EmailStatus.RECEIVED,
        headers=facts.headers,
        raw=message.raw,
        sha256=hashlib.sha256(message.raw).hexdigest(),
        gmail_message_id=message.gmail_message_id,
        gmail_thread_id=message.gmail_thread_id,
        labels=message.labels,
        notification=notification(
            read_outline(message.raw), limit=settings.attachment_limit, blocked=settings.blocked_extensions
        ),
    )
    return Arrival(email, facts, is_sent)
