"""What the flows need of the machine they run on, as Protocols: the time, other programs, a place to tell progress."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from gmailsync.model.lease import Lease, Worker


class Clock(Protocol):
    """Where all of gmailsync learns what time it is."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def sleep(self, delay: timedelta) -> None:
        """Wait."""
        ...


class Workers(Protocol):
    """The running programs that may work for the same mailboxes."""

    def me(self) -> Worker:
        """Return the one that asks."""
        ...

    def is_gone(self, worker: Worker) -> bool:
        """Tell whether the worker has certainly ended; False when that cannot be told from here."""
        ...

    @property
    def unreturned(self) -> set[Lease]:
        """The leases that the one that asks could not give back, and does not use any more."""
        ...


class Progress(Protocol):
    """Where long work tells how far it is; a terminal draws a bar, tests and pipes draw nothing."""

    def start(self, label: str, total: int) -> None:
        """Work of `total` units begins."""
        ...

    def advance(self, done: int = 1) -> None:
        """`done` more units are finished."""
        ...
