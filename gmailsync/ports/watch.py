"""What the flows need to wait in IDLE, as a Protocol: connections that tell when to look."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gmailsync.errors import GmailSyncError
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret


class Why(StrEnum):
    """What a connection in IDLE has to tell: a hint when to look, and never what there is to see.

    OPENED: from now on changes are told; what came before is not. RENEWED: the server has shown that it still listens.
    UNSUPPORTED: the server has no IDLE. After LOST and UNSUPPORTED the mailbox is not watched any more.
    """

    OPENED = "opened"
    CHANGED = "changed"
    RENEWED = "renewed"
    LOST = "lost"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A reason to turn to a mailbox. `error` is what a lost connection was lost by, None otherwise."""

    address: str
    why: Why
    error: GmailSyncError | None = None


class MailWatch(Protocol):
    """Connections that wait in IDLE, one for an address, watched by one thread."""

    @property
    def watched(self) -> Set[str]:
        """The addresses whose connection stands or is being set up."""
        ...

    def open(self, endpoint: Endpoint, address: str, token: Secret, folder: str) -> None:
        """Connect, and begin to sign in and to watch a folder. Raises `NetworkError`; the rest tells `wait`."""
        ...

    def wait(self, until: datetime) -> list[WakeUp]:
        """Return what the connections tell, as soon as one does; nothing when it is `until` by the clock."""
        ...

    def drop(self, address: str) -> None:
        """Log out, if the address is watched, and hear no more of it."""
        ...
