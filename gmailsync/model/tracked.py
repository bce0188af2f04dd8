"""What is stored of deciding: activities, and the trace of every decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from gmailsync.model.activity import NO_CORRELATION, ActivityId, Correlation, MailKind, Party
from gmailsync.model.decision import Reason
from gmailsync.model.directory import RecordId
from gmailsync.model.email import Direction, EmailId
from gmailsync.model.mailbox import MailboxId


class Activity(NamedTuple):
    """An email as the business system sees it: one for all of our mailboxes that the same message came to.

    `conversations` are the keys that others of its conversation are found by: its own, and that of its beginning. The
    hashes are for smart matching, empty while it is off.
    """

    id: ActivityId
    direction: Direction
    message_id: str = ""
    subject: str = ""
    mail_kind: MailKind = MailKind.ORDINARY
    owner_key: str | None = None
    regarding: RecordId | None = None
    accepted_by: MailboxId | None = None
    correlation: Correlation = NO_CORRELATION
    tracking_token: str = ""
    conversations: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()
    subject_hashes: frozenset[int] = frozenset()
    recipient_hashes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An email that waits in a queue, which is one of our mailboxes."""

    activity_id: ActivityId
    mailbox_id: MailboxId


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A recipient whom an email of ours did not reach, as a bounce said; `status` is a code such as `5.1.1`."""

    activity_id: ActivityId
    address: str
    status: str = ""
    diagnostic: str = ""


class Trace(NamedTuple):
    """Why a message was kept or not. `email_id` is of what was kept; the rest tells messages apart that were not."""

    mailbox_id: MailboxId
    decided_at: datetime
    reason: Reason
    email_id: EmailId | None = None
    gmail_message_id: int | None = None
    message_id: str = ""
    subject: str = ""
    sender: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the message became an email."""
        return self.email_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the messages of a batch name, and the database is asked about before anything is decided.

    Addresses are keys as `rules.addresses.key` writes them. `thread_ids` are of the mailbox that is read. What was
    stored before `alike_since` is not looked at for its subject's words; None: everything is.
    """

    mailbox_id: MailboxId
    addresses: frozenset[str] = frozenset()
    message_ids: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    thread_ids: frozenset[int] = frozenset()
    conversations: frozenset[str] = frozenset()
    subject_hashes: frozenset[int] = frozenset()
    alike_since: date | None = None
