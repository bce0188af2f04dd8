"""The lease on a mailbox: one worker at a time runs its cycles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailsync.model.mailbox import MailboxId


@dataclass(frozen=True, slots=True)
class Worker:
    """A running program.

    `place` is where a pid names one process: the machine since its last start, and the container. `started` tells two
    processes apart that had the same pid one after the other; empty where the system does not say.
    """

    host: str
    pid: int
    place: str
    started: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on a mailbox; each one has a greater fence than all before it."""

    mailbox_id: MailboxId
    fence: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has claimed a mailbox, since when, and until when at the latest if nothing more is heard."""

    worker: Worker
    since: datetime
    until: datetime
    fence: int
