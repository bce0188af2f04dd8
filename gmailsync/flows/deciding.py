"""Deciding about a batch of messages: what becomes an activity, whose, and which messages become nothing.

What the batch names is asked of the database once; then each message is decided in its order, so that one may belong
to an earlier one of its batch. The trace says of each why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gmailsync.errors import NotFound
from gmailsync.model.activity import ActivityId, CorrelationMethod, MailKind, Role, Unresolved
from gmailsync.model.decision import Decision
from gmailsync.model.directory import NewRecord, Record, RecordKind
from gmailsync.model.email import Direction, EmailId
from gmailsync.model.facts import DeliveryReport, MailFacts
from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import Mailbox, MailboxId
from gmailsync.model.settings import DecidingSettings
from gmailsync.model.tracked import Activity, Named, QueueItem, Trace, Undelivered
from gmailsync.ports import Tx
from gmailsync.rules import smart_matching, tracking_token
from gmailsync.rules.addresses import key
from gmailsync.rules.correlation import conversation_keys
from gmailsync.rules.deciding import decide


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to decide about. `is_sent`: the mailbox sent it. `token` is the tracking token that we gave it."""

    facts: MailFacts
    gmail_message_id: int | None = None
    gmail_thread_id: int | None = None
    is_sent: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a message; `activity_id` is None when it becomes nothing."""

    mail: Mail
    decision: Decision
    activity_id: ActivityId | None = None

    def trace(self, mailbox: Mailbox, email_id: EmailId | None, now: datetime) -> Trace:
        """Return the line of the decision trace; `email_id` is of what was kept."""
        headers = self.mail.facts.headers
        return Trace(
            mailbox_id=mailbox.id,
            decided_at=now,
            reason=self.decision.reason,
            email_id=email_id,
            gmail_message_id=self.mail.gmail_message_id,
            message_id=headers.message_id,
            subject=headers.subject,
            sender=headers.sender,
            evidence=self.decision.evidence,
        )


def decide_batch(
    tx: Tx, mailbox: Mailbox, batch: Sequence[Mail], settings: DecidingSettings, now: datetime
) -> list[Decided]:
    """Decide about messages of a mailbox in their order, and store activities, queue items and what bounces tell."""
    if not batch:
        return []
    tx.activities.hold()
    known = tx.knowledge.known(_named(mailbox, batch, settings, now), settings)
    numbers = tx.activities.numbers(len(batch))
    run = _Run(tx, mailbox, settings, now, _Memory.of(known), _receiver(mailbox, known))
    decided = [run.decide(mail, number) for mail, number in zip(batch, numbers, strict=True)]
    tx.activities.add(run.activities, now)
    tx.activities.add_to_queues(run.queue_items, now)
    tx.activities.note_undelivered(run.undelivered, now)
    return decided


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is known, with what the batch adds to it as it goes on."""

    known: Known
    records: dict[str, tuple[Record, ...]]
    activities: dict[str, tuple[KnownActivity, ...]]
    threads: dict[tuple[MailboxId, int], KnownActivity]
    conversations: dict[str, KnownActivity]
    candidates: dict[int, tuple[KnownActivity, ...]]

    @classmethod
    def of(cls, known: Known) -> _Memory:
        """Return a memory that begins with what the database knows."""
        activities, threads = dict(known.activities), dict(known.threads)
        conversations, candidates, records = dict(known.conversations), dict(known.candidates), dict(known.records)
        growing = replace(
            known,
            records=records,
            activities=activities,
            threads=threads,
            conversations=conversations,
            candidates=candidates,
        )
        return cls(growing, records, activities, threads, conversations, candidates)

    def keep(self, mailbox: Mailbox, mail: Mail, activity: KnownActivity) -> None:
        """Let later messages of the batch find an activity as a later batch would."""
        message_id = mail.facts.headers.message_id
        if message_id:
            others = [one for one in self.activities.get(message_id, ()) if one.id != activity.id]
            self.activities[message_id] = (*others, activity)
        if mail.gmail_thread_id is not None:
            self.threads[mailbox.id, mail.gmail_thread_id] = activity
        if mail.facts.conversation_index and (keys := conversation_keys(mail.facts.conversation_index)):
            self.conversations[keys[0]] = self.conversations[keys[-1]] = activity
        for word in activity.subject_hashes:
            self.candidates[word] = (activity, *self.candidates.get(word, ()))


@dataclass(slots=True)
class _Run:
    """One batch on its way, and what is to be stored of it."""

    tx: Tx
    mailbox: Mailbox
    settings: DecidingSettings
    now: datetime
    memory: _Memory
    receiver: Receiver
    activities: list[Activity] = field(default_factory=list)
    queue_items: list[QueueItem] = field(default_factory=list)
    undelivered: list[Undelivered] = field(default_factory=list)

    def decide(self, mail: Mail, number: ActivityId) -> Decided:
        """Decide about one message; `number` is for the activity that it may become."""
        decision = decide(
            mail.facts, self.memory.known, self.settings, self.receiver, mail.gmail_thread_id, is_sent=mail.is_sent
        )
        if mail.facts.report is not None:
            self._note_undelivered(mail.facts.report, decision)
        if not decision.kept:
            return Decided(mail, decision)
        if decision.joins is None:
            activity_id = number
            is_peoples = decision.mail_kind is MailKind.ORDINARY and not mail.is_sent
            if self.settings.create_contact_for_unknown_sender and is_peoples:
                decision = self._with_contact(decision)
            self._add(mail, number, decision)
        else:
            activity_id = decision.joins
            self._join(mail, activity_id, decision)
        self.queue_items += [QueueItem(activity_id, queue) for queue in decision.queues]
        return Decided(mail, decision, activity_id)

    def _add(self, mail: Mail, number: ActivityId, decision: Decision) -> None:
        headers = mail.facts.headers
        keys = conversation_keys(mail.facts.conversation_index) if mail.facts.conversation_index else ()
        words, addresses = self._hashes(mail.facts) if self.settings.use_smart_matching else _NO_HASHES
        direction = Direction.OUTGOING if mail.is_sent else Direction.INCOMING
        self.activities.append(
            Activity(
                id=number,
                direction=direction,
                message_id=headers.message_id,
                subject=headers.subject,
                mail_kind=decision.mail_kind,
                owner_key=decision.owner,
                regarding=decision.regarding,
                accepted_by=decision.accepted_by,
                correlation=decision.correlation,
                tracking_token=mail.token,
                conversations=(keys[0], keys[-1]) if keys else (),
                parties=decision.parties,
                subject_hashes=words,
                recipient_hashes=addresses,
            )
        )
        known = KnownActivity(
            id=number,
            subject=headers.subject,
            direction=direction,
            kind=decision.mail_kind,
            owner_key=decision.owner,
            regarding=decision.regarding,
            mailbox_ids=frozenset((self.mailbox.id,)),
            queue_ids=frozenset(decision.queues),
            subject_hashes=words,
            recipient_hashes=addresses,
        )
        self.memory.keep(self.mailbox, mail, known)

    def _with_contact(self, decision: Decision) -> Decision:
        """Make a contact of a sender whom nobody knows, which later messages find.

        One of our own mailboxes is no contact, and neither is one whose key is the address overwritten.
        """
        parties = list(decision.parties)
        for place, party in enumerate(parties):
            address = key(party.address, normalise=self.settings.normalise_gmail_addresses)
            if party.role is not Role.SENDER or party.unresolved is not Unresolved.NOBODY:
                continue
            if address in self.memory.known.receivers or self._is_key(address):
                continue
            contact = NewRecord(RecordKind.CONTACT, address, party.name or party.address, (party.address,))
            (record_id,) = self.tx.records.save([contact])
            self.memory.records[address] = (self.tx.records.get(contact.kind, contact.key),)
            parties[place] = party._replace(records=(record_id,), unresolved=Unresolved.NO)
            told = (*decision.evidence, f"made contact {address} of the sender")
            return decision._replace(parties=tuple(parties), evidence=told)
        return decision

    def _is_key(self, address: str) -> bool:
        try:
            self.tx.records.get(RecordKind.CONTACT, address)
        except NotFound:
            return False
        return True

    def _join(self, mail: Mail, activity_id: ActivityId, decision: Decision) -> None:
        same = self.memory.activities[mail.facts.headers.message_id]
        there = next(one for one in same if one.id == activity_id)
        joined = there._replace(
            mailbox_ids=there.mailbox_ids | {self.mailbox.id},
            queue_ids=there.queue_ids.union(decision.queues),
        )
        self.memory.keep(self.mailbox, mail, joined)

    def _hashes(self, facts: MailFacts) -> tuple[frozenset[int], frozenset[int]]:
        words = smart_matching.subject_hashes(facts.headers.subject, self.settings.smart_matching)
        addresses = _keys([facts], normalise=self.settings.normalise_gmail_addresses)
        return words, smart_matching.recipient_hashes(addresses, self.settings.smart_matching)

    def _note_undelivered(self, report: DeliveryReport, decision: Decision) -> None:
        """Remember whom an email of ours did not reach, also where the report itself is not kept."""
        activity_id = decision.correlation.activity_id
        if decision.correlation.method is not CorrelationMethod.DELIVERY_REPORT or activity_id is None:
            return
        about = self.memory.activities.get(report.message_id, ())
        if any(one.id == activity_id and one.direction is Direction.OUTGOING for one in about):
            self.undelivered += [
                Undelivered(activity_id, one.address, one.status, one.diagnostic)
                for one in report.recipients
                if DeliveryReport(recipients=(one,)).is_failure
            ]


_NO_HASHES: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())


def _named(mailbox: Mailbox, batch: Sequence[Mail], settings: DecidingSettings, now: datetime) -> Named:
    """Return what the messages name, and what they may be found to belong to by the settings."""
    facts = [mail.facts for mail in batch]
    normalise = settings.normalise_gmail_addresses
    tokens = (tracking_token.find(one.headers.subject, settings.token_layout) for one in facts)
    words = (smart_matching.subject_hashes(one.headers.subject, settings.smart_matching) for one in facts)
    return Named(
        mailbox_id=mailbox.id,
        addresses=frozenset((*_keys(facts, normalise=normalise), key(mailbox.address, normalise=normalise))),
        message_ids=frozenset(message_id for one in facts for message_id in one.related_ids),
        tokens=frozenset(token for found in tokens for token in found) if settings.use_tracking_token else frozenset(),
        thread_ids=frozenset(mail.gmail_thread_id for mail in batch if mail.gmail_thread_id is not None),
        conversations=frozenset(
            name for one in facts if one.conversation_index for name in conversation_keys(one.conversation_index)
        ),
        subject_hashes=frozenset(word for found in words for word in found)
        if settings.use_smart_matching
        else frozenset(),
        alike_since=(now - timedelta(days=settings.smart_matching.max_days)).date()
        if settings.smart_matching.max_days
        else None,
    )


def _keys(facts: Iterable[MailFacts], *, normalise: bool) -> list[str]:
    """Return whom messages are from and whom they name, as the directory is asked."""
    return [
        key(address, normalise=normalise)
        for one in facts
        for address in (
            *((one.author.address,) if one.author else ()),
            *(recipient.address for recipient in one.recipients),
        )
    ]


def _receiver(mailbox: Mailbox, known: Known) -> Receiver:
    """Return the mailbox that is read, with who stands behind it."""
    own = Receiver(mailbox.id, mailbox.address, mailbox.kind, mailbox.acceptance)
    return next((one for one in known.receivers.values() if one.mailbox_id == mailbox.id), own)
