"""The email: a message as we store it, incoming or outgoing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from gmailsync.model.activity import ActivityId
from gmailsync.model.mailbox import MailboxId

EmailId = NewType("EmailId", int)
AttemptId = NewType("AttemptId", int)


class Direction(StrEnum):
    """Which way an email goes."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class EmailStatus(StrEnum):
    """Where an email is on its way; incoming emails are always `received`."""

    RECEIVED = "received"
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    CANCELED = "canceled"


class Notification(StrEnum):
    """What people are told of an email before they open it: 0, 1 and 2 in server-side synchronisation."""

    NONE = "none"
    ATTACHMENTS = "attachments"  # some are blocked or larger than the limit
    TRUNCATED = "truncated"  # its text is longer than a business system takes


class SendEvent(StrEnum):
    """What can happen to an outgoing email."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    LOST = "lost"
    FOUND = "found"
    NOT_FOUND = "not_found"
    CANCELED = "canceled"
    RETRIED = "retried"


TRANSITIONS: dict[tuple[EmailStatus, SendEvent], EmailStatus] = {
    (EmailStatus.PENDING, SendEvent.CLAIMED): EmailStatus.SENDING,
    (EmailStatus.PENDING, SendEvent.CANCELED): EmailStatus.CANCELED,
    (EmailStatus.SENDING, SendEvent.ACCEPTED): EmailStatus.SENT,
    (EmailStatus.SENDING, SendEvent.DEFERRED): EmailStatus.PENDING,
    (EmailStatus.SENDING, SendEvent.REJECTED): EmailStatus.FAILED,
    (EmailStatus.SENDING, SendEvent.LOST): EmailStatus.IN_DOUBT,  # after the final dot: sent or not?
    (EmailStatus.IN_DOUBT, SendEvent.FOUND): EmailStatus.SENT,
    (EmailStatus.IN_DOUBT, SendEvent.NOT_FOUND): EmailStatus.PENDING,
    (EmailStatus.FAILED, SendEvent.RETRIED): EmailStatus.PENDING,
}
"""The whole life of an outgoing email; a pair that is missing is an error."""

NOT_YET_SENT = (EmailStatus.PENDING, EmailStatus.SENDING, EmailStatus.IN_DOUBT)
"""What is in the outbox."""


def after(status: EmailStatus, event: SendEvent) -> EmailStatus:
    """Return the status that follows. Raise KeyError when the event is impossible in this status."""
    return TRANSITIONS[status, event]


class Headers(NamedTuple):
    """What we keep of a message's header fields, decoded. Empty text or None: absent or illegible."""

    message_id: str = ""
    subject: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    date: datetime | None = None
    in_reply_to: str = ""


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """A message as it was handed over; `raw` is exact to the byte. Gmail's ids are None elsewhere, and by POP.

    By POP `uid` is its number in the session, and `internal_date` what its header fields say.
    """

    uid: int
    raw: bytes = field(repr=False)
    gmail_message_id: int | None
    gmail_thread_id: int | None
    labels: tuple[str, ...]
    flags: tuple[str, ...]
    internal_date: datetime


@dataclass(frozen=True, slots=True)
class NewEmail:
    """An email about to be stored. Gmail's ids are None for outgoing emails; `sha256` is of `raw`, in hex."""

    mailbox_id: MailboxId
    direction: Direction
    status: EmailStatus
    headers: Headers
    raw: bytes = field(repr=False)
    sha256: str
    gmail_message_id: int | None = None
    gmail_thread_id: int | None = None
    labels: tuple[str, ...] = ()
    notification: Notification = Notification.NONE


@dataclass(frozen=True, slots=True)
class Email:
    """A stored email without its bytes; `size` counts the raw octets. `last_error` is the server's last line.

    `notification` is None for emails that an earlier version stored, which did not look.
    """

    id: EmailId
    mailbox_id: MailboxId
    direction: Direction
    status: EmailStatus
    headers: Headers
    size: int
    sha256: str
    gmail_message_id: int | None
    gmail_thread_id: int | None
    labels: tuple[str, ...]
    attempts: int
    last_error: str
    notification: Notification | None = None
    activity_id: ActivityId | None = None
