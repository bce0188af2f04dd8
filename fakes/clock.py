"""The world's time: it moves when it is told to, or runs with the machine plus an offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When a virtual world begins unless told otherwise: a Monday morning."""


class Clock(Protocol):
    """What the world asks for the time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def advance(self, delta: timedelta) -> None:
        """Move the time forward."""
        ...

    def sleep(self, delay: timedelta) -> None:
        """Wait as a client of this world waits."""
        ...


class VirtualClock:
    """A clock that stands still until it is moved; to sleep is to move it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._now

    def advance(self, delta: timedelta) -> None:
        """Move the time forward. Raises ValueError for a negative delta: time does not go back."""
        if delta < timedelta(0):
            raise ValueError(f"cannot advance by {delta}: time does not go back")
        self._now += delta

    def sleep(self, delay: timedelta) -> None:
        """Let `delay` of virtual time pass at once."""
        self.advance(delay)


class LiveClock:
    """The machine's time plus an offset, for a world that people use at a keyboard."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """Return the machine's time plus the offset, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, delta: timedelta) -> None:
        """Grow the offset. Raises ValueError for a negative delta: time does not go back."""
        if delta < timedelta(0):
            raise ValueError(f"cannot advance by {delta}: time does not go back")
        self._offset += delta

    def sleep(self, delay: timedelta) -> None:
        """Let `delay` pass by moving the offset; nobody waits for real."""
        self.advance(delay)
