"""The alert: what support is shown, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from gmailsync.model.mailbox import MailboxId

AlertId = NewType("AlertId", int)


class Level(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class NewAlert:
    """Something that went wrong with a mailbox. `server_line` is the server's own last words, or empty."""

    mailbox_id: MailboxId
    level: Level
    code: str
    message: str
    advice: str
    server_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(NewAlert):
    """A stored alert: open until `resolved_at` or `dismissed_at` is set; `count` sightings so far."""

    id: AlertId
    opened_at: datetime
    last_seen_at: datetime
    count: int
    resolved_at: datetime | None = None
    dismissed_at: datetime | None = None
