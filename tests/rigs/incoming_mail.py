"""Short ways to write down a message, our mailboxes, the directory and what is stored, for tests of deciding."""

from __future__ import annotations

from collections.abc import Iterable

from gmailsync.mime.facts import read_facts
from gmailsync.model.activity import ActivityId, MailKind
from gmailsync.model.directory import Record, RecordId, RecordKind
from gmailsync.model.email import Direction
from gmailsync.model.facts import MailFacts
from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import Acceptance, MailboxId, MailboxKind
from gmailsync.model.settings import SmartMatching
from gmailsync.rules import smart_matching
from gmailsync.rules.addresses import key

ALICE = Receiver(MailboxId(1), "alice@contoso.com", owner_key="u-alice")
DORA = Receiver(MailboxId(2), "dora@contoso.com", owner_key="u-dora")
SALES = Receiver(MailboxId(3), "sales@contoso.com", MailboxKind.QUEUE, owner_key="u-boss")
SUPPORT = Receiver(MailboxId(4), "support@contoso.com", MailboxKind.QUEUE)
OURS = (ALICE, DORA, SALES, SUPPORT)


def mail(*fields: str, sender: str = "Bob <bob@example.com>", to: str = "alice@contoso.com") -> MailFacts:
    """Read a message of these header fields, with From and To in front unless they are empty."""
    first = [f"{name}: {value}" for name, value in (("From", sender), ("To", to)) if value]
    return read_facts("\r\n".join([*first, *fields, "", "text", ""]).encode())


def record(
    number: int,
    kind: RecordKind = RecordKind.CONTACT,
    *,
    active: bool = True,
    email_enabled: bool = True,
    owner_key: str | None = None,
) -> Record:
    """Write a record of the directory."""
    return Record(
        kind=kind,
        key=f"k{number}",
        name=f"Name {number}",
        active=active,
        email_enabled=email_enabled,
        owner_key=owner_key,
        id=RecordId(number),
    )


def activity(
    number: int,
    subject: str = "",
    *,
    direction: Direction = Direction.INCOMING,
    kind: MailKind = MailKind.ORDINARY,
    owner_key: str | None = None,
    regarding: int | None = None,
    mailboxes: Iterable[Receiver] = (),
    queues: Iterable[Receiver] = (),
    addresses: Iterable[str] = (),
) -> KnownActivity:
    """Write a stored activity; `addresses` are those in it, for smart matching."""
    return KnownActivity(
        id=ActivityId(number),
        subject=subject,
        direction=direction,
        kind=kind,
        owner_key=owner_key,
        regarding=RecordId(regarding) if regarding is not None else None,
        mailbox_ids=frozenset(one.mailbox_id for one in mailboxes),
        queue_ids=frozenset(one.mailbox_id for one in queues),
        subject_hashes=smart_matching.subject_hashes(subject, SmartMatching()),
        recipient_hashes=smart_matching.recipient_hashes([key(one) for one in addresses], SmartMatching()),
    )


def known(
    receivers: Iterable[Receiver] = OURS,
    *,
    records: dict[str, tuple[Record, ...]] | None = None,
    activities: dict[str, tuple[KnownActivity, ...]] | None = None,
    tokens: dict[str, KnownActivity] | None = None,
    threads: dict[tuple[MailboxId, int], KnownActivity] | None = None,
    conversations: dict[str, KnownActivity] | None = None,
    alike: Iterable[KnownActivity] = (),
    default_queues: dict[str, Receiver] | None = None,
) -> Known:
    """Write what the database knows."""
    candidates: dict[int, tuple[KnownActivity, ...]] = {}
    for one in alike:
        for word in one.subject_hashes:
            candidates[word] = (*candidates.get(word, ()), one)
    return Known(
        receivers={one.address: one for one in receivers},
        records=records or {},
        activities=activities or {},
        tokens=tokens or {},
        threads=threads or {},
        conversations=conversations or {},
        candidates=candidates,
        default_queues=default_queues or {},
    )


def wanting(receiver: Receiver, acceptance: Acceptance) -> Receiver:
    """Return a mailbox with another option."""
    return Receiver(
        receiver.mailbox_id, receiver.address, receiver.kind, acceptance, receiver.record, receiver.owner_key
    )
