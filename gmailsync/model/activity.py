"""The activity: the business system's email, one for all of our mailboxes that the same message came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NewType

from gmailsync.model.directory import RecordId

ActivityId = NewType("ActivityId", int)


class Role(StrEnum):
    """What somebody is in an email."""

    SENDER = "sender"
    TO = "to"
    CC = "cc"
    BCC = "bcc"


class Unresolved(StrEnum):
    """Why an address means no record."""

    NO = ""
    NOBODY = "nobody"  # no record has this address
    TOO_MANY = "too-many"  # more than a hundred have it
    SEVERAL = "several"  # several have it, and the settings say to leave it open then
    INACTIVE = "inactive"  # several have it, none of them is active


class Party(NamedTuple):
    """Somebody in an email: an address as it stands in the message, and the records it means.

    A sender means one record at most, a recipient all that have the address. `unresolved` is why there is none.
    """

    role: Role
    address: str
    name: str
    records: tuple[RecordId, ...] = ()
    unresolved: Unresolved = Unresolved.NO


class MailKind(StrEnum):
    """What sort of mail a message is."""

    ORDINARY = "ordinary"
    AUTO_REPLY = "auto_reply"  # a program answered or wrote it (RFC 3834)
    BOUNCE = "bounce"  # it tells of a message that was not delivered (RFC 3464)
    LOOP = "loop"  # ours came back, or two programs answer each other
    LIST = "list"  # a mailing list or a newsletter


class CorrelationMethod(StrEnum):
    """By what a message was matched to a stored email, in the order they are tried."""

    NONE = "none"
    SKIPPED = "skipped"  # correlation is switched off
    DELIVERY_REPORT = "delivery_report"  # a bounce names the message that it is about
    IN_REPLY_TO = "in_reply_to"
    REFERENCES = "references"
    TRACKING_TOKEN = "tracking_token"  # noqa: S105 - a token in a subject is no secret
    GMAIL_THREAD = "gmail_thread"
    CONVERSATION_INDEX = "conversation_index"
    SMART_MATCHING = "smart_matching"

    @property
    def code(self) -> int:
        """The number in the business system's column CorrelationMethod; what it does not have is "custom" there."""
        return _CODES[self]


_CODES = {
    CorrelationMethod.NONE: 0,
    CorrelationMethod.SKIPPED: 1,
    CorrelationMethod.DELIVERY_REPORT: 7,
    CorrelationMethod.IN_REPLY_TO: 3,
    CorrelationMethod.REFERENCES: 7,
    CorrelationMethod.TRACKING_TOKEN: 4,
    CorrelationMethod.GMAIL_THREAD: 7,
    CorrelationMethod.CONVERSATION_INDEX: 5,
    CorrelationMethod.SMART_MATCHING: 6,
}

SETS_PARENT = frozenset({CorrelationMethod.IN_REPLY_TO, CorrelationMethod.CONVERSATION_INDEX})
"""The methods sure enough that the matched email becomes the parent."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Which stored email a message belongs to, if any.

    `parent`: the stored email is also the parent of this one. `subject_changed`: the two subjects differ, apart from
    what replying puts before them.
    """

    method: CorrelationMethod
    activity_id: ActivityId | None = None
    parent: bool = False
    subject_changed: bool = False


NO_CORRELATION = Correlation(CorrelationMethod.NONE)
