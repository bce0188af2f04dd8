"""The failure ledger: messages that could not be fetched or read, kept until they can."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from gmailsync.model.mailbox import MailboxId

FailureId = NewType("FailureId", int)


@dataclass(frozen=True, slots=True)
class NewFailure:
    """An entry about to be made. `raw` is None where the server did not hand the message over.

    `folder`, `uidvalidity` and `uid` say where the message lies by IMAP, `uidl` by POP. `code`, `message`, `advice`
    and `server_line` are those of the error. `labels` are those that the message has now, as far as Gmail told.
    """

    mailbox_id: MailboxId
    code: str
    message: str
    advice: str = ""
    server_line: str = ""
    folder: str = ""
    uidvalidity: int = 0
    uid: int = 0
    uidl: str = ""
    gmail_message_id: int | None = None
    gmail_thread_id: int | None = None
    labels: tuple[str, ...] = ()
    size: int = 0
    raw: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A person's word that an entry is not to be tried any more: when, who and why."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(NewFailure):
    """An entry of the ledger, open unless it was `given_up`.

    `next_at` is None when only a person's `email retry` tries it again; `has_bytes` is true where the message was
    handed over, whether or not `raw` was read with the entry.
    """

    id: FailureId
    attempts: int
    first_at: datetime
    last_at: datetime
    next_at: datetime | None
    has_bytes: bool
    given_up: GivenUp | None = None
