"""A folder of a mailbox as it is read by IMAP: what the server said of it, how far it was read, where messages lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gmailsync.model.email import EmailId
from gmailsync.model.failure import FailureId


class Outcome(StrEnum):
    """What became of a message that the server listed."""

    LISTED = "listed"  # nothing yet: no cursor passes it
    STORED = "stored"
    FAILED = "failed"  # it is in the failure ledger
    TEST = "test"  # a test message of Test & Enable, which becomes no email
    REFUSED = "refused"  # decided not to become an email


@dataclass(frozen=True, slots=True)
class FolderState:
    """What SELECT or EXAMINE said of a folder. `uidnext` and `modseq` are None when the server did not say."""

    name: str
    uidvalidity: int
    uidnext: int | None
    exists: int
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as a listing names it, without its bytes.

    What the server did not tell is None, of `size` 0: two questions make a listing, and one may leave out what the
    other names.
    """

    uid: int
    size: int = 0
    gmail_message_id: int | None = None
    labels: tuple[str, ...] | None = None
    flags: tuple[str, ...] | None = None
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder has been read.

    Every UID above `backlog_uid` up to `last_uid` under `uidvalidity` is dealt with, but for messages that arrived
    before `since`. What is at or below `backlog_uid` is still to be read: a first sync begins with the newest mail.
    `modseq`, `uidnext` and `messages` are what the server said when all was last looked at; None when it never was.
    """

    folder: str
    uidvalidity: int
    last_uid: int
    backlog_uid: int = 0
    since: datetime | None = None
    modseq: int | None = None
    uidnext: int | None = None
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of one UID; of an email also Gmail's id and the octets of its bytes.

    `told` counts octets as the place has them: where an audit found the bytes to be those stored, that is what the
    server says, right or wrong. `size` is None of what we sent, of which Gmail keeps a copy with more header fields.
    """

    outcome: Outcome
    gmail_message_id: int | None = None
    size: int | None = None
    told: int = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """One UID of a folder and what became of its message. `size` counts octets as the server told them.

    It is 0 where the bytes were not fetched for this place, so that nobody compared the two.

    `email_id` stands with `STORED` and only there, `failure_id` with `FAILED`.
    """

    uid: int
    outcome: Outcome
    email_id: EmailId | None = None
    failure_id: FailureId | None = None
    size: int = 0
    flags: tuple[str, ...] = ()
