"""What the database knows of the addresses and ids that a batch of messages names, for deciding without asking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gmailsync.model.activity import ActivityId, MailKind
from gmailsync.model.directory import Record, RecordId
from gmailsync.model.email import Direction
from gmailsync.model.mailbox import Acceptance, MailboxId, MailboxKind


@dataclass(frozen=True, slots=True)
class Receiver:
    """One of our mailboxes that takes mail, and who stands behind it.

    `record` is the directory's user or queue with this mailbox, None: it has none. `owner_key` is the key of the user
    who may own activities from here: the user themself, or the queue's owner; None: nobody, or someone disabled.
    """

    mailbox_id: MailboxId
    address: str
    kind: MailboxKind = MailboxKind.USER
    acceptance: Acceptance = Acceptance.ALL
    record: RecordId | None = None
    owner_key: str | None = None


class KnownActivity(NamedTuple):
    """A stored activity, as far as others are matched to it.

    `mailbox_ids` are our mailboxes that it is already in, `queue_ids` the queues that have an item of it. The hashes
    are for smart matching (`rules.smart_matching`); `regarding` is the record that a reply inherits.
    """

    id: ActivityId
    subject: str = ""
    direction: Direction = Direction.INCOMING
    kind: MailKind = MailKind.ORDINARY
    owner_key: str | None = None
    regarding: RecordId | None = None
    mailbox_ids: frozenset[MailboxId] = frozenset()
    queue_ids: frozenset[MailboxId] = frozenset()
    subject_hashes: frozenset[int] = frozenset()
    recipient_hashes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """The answers to whatever the messages of a batch can make deciding ask.

    Addresses are keys as `rules.addresses.key` writes them. `receivers` are there under the mailbox's own address and
    those of its record. `records` holds at most 101 for an address: more than 100 are too many in any case.
    Message-IDs have more than one activity where the sender's and the recipient's side are two; tokens, threads (with
    the mailbox, since Gmail numbers them per mailbox) and conversation indexes lead to the newest activity.
    `candidates` are the recent activities by each of their subject hashes, newest first. `default_queues` are the
    queue mailboxes to which users' own work goes, by the users' keys; they are there where a setting asks for them.
    """

    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    activities: Mapping[str, tuple[KnownActivity, ...]] = field(default_factory=dict)
    tokens: Mapping[str, KnownActivity] = field(default_factory=dict)
    threads: Mapping[tuple[MailboxId, int], KnownActivity] = field(default_factory=dict)
    conversations: Mapping[str, KnownActivity] = field(default_factory=dict)
    candidates: Mapping[int, tuple[KnownActivity, ...]] = field(default_factory=dict)
    default_queues: Mapping[str, Receiver] = field(default_factory=dict)
