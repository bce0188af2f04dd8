"""The decision: whether a message becomes an activity, and everything that follows from it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from gmailsync.model.activity import NO_CORRELATION, ActivityId, Correlation, MailKind, Party
from gmailsync.model.directory import RecordId
from gmailsync.model.mailbox import MailboxId


class Reason(StrEnum):
    """Why a message was kept or not, in stable words."""

    ACCEPTED = "accepted"
    ALREADY_PROMOTED = "already-promoted"  # the activity is there; this mailbox's email joins it
    INVALID_SENDER = "invalid-sender"
    NEVER_LOG = "never-log"
    LOOP = "loop"
    INTERNAL = "internal"  # between two of our users, and these are not tracked a second time
    NO_RECIPIENT_MATCH = "no-recipient-match"  # it names none of our users and queues, and only "all" would accept it
    NO_CORRELATION_MATCH = "no-correlation-match"  # only responses are accepted, and it answers nothing stored
    NO_SENDER_MATCH = "no-sender-match"  # the sender is none of those from whom mail is accepted
    NOT_ASKED_FOR = "not-asked-for"  # every option is "none"


class Decision(NamedTuple):
    """What becomes of a message.

    `accepted_by` is the mailbox whose option accepted it (the guide's accepting entity), which may be another than the
    one it came to. `joins` is the activity that is there already, for `Reason.ALREADY_PROMOTED`. `owner` is the key of
    the user who will own the activity; None: the directory does not say. `regarding` is copied from the correlated
    email. `queues` are the queue mailboxes that get a queue item. `evidence` says in short lines what was looked at.
    """

    kept: bool
    reason: Reason
    mail_kind: MailKind = MailKind.ORDINARY
    accepted_by: MailboxId | None = None
    joins: ActivityId | None = None
    correlation: Correlation = NO_CORRELATION
    owner: str | None = None
    regarding: RecordId | None = None
    parties: tuple[Party, ...] = ()
    queues: tuple[MailboxId, ...] = ()
    evidence: tuple[str, ...] = ()
