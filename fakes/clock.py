"""The world's time: it moves when it is told to, or runs with the machine plus an offset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When a virtual world begins unless told otherwise: a Monday morning."""


Moved = Callable[[], None]
"""Called from the thread that moved a clock."""


class Clock(Protocol):
    """What the world asks for the time."""

    runs: bool
    """Whether time passes by itself."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def advance(self, delta: timedelta) -> None:
        """Move the time forward."""
        ...

    def sleep(self, delay: timedelta) -> None:
        """Wait as a client of this world waits."""
        ...

    def watch(self, moved: Moved) -> Callable[[], None]:
        """Have `moved` called whenever somebody moves the time; return how to end that."""
        ...

    def held(self, at: datetime | None = None) -> AbstractContextManager[datetime]:
        """Stand still while the block runs, at the present moment or, in a world that begins anew, at another."""
        ...

    def to_json(self) -> dict[str, object]:
        """Return what another process needs to have the same time: it runs with an offset, or it is a moment."""
        ...


class _Watched:
    """A clock that tells when it was moved."""

    def __init__(self) -> None:
        self._watchers: dict[object, Moved] = {}

    def watch(self, moved: Moved) -> Callable[[], None]:
        """Have `moved` called whenever somebody moves the time; return how to end that."""
        key = object()
        self._watchers[key] = moved

        def forget() -> None:
            self._watchers.pop(key, None)

        return forget

    @property
    def watched(self) -> bool:
        """Whether somebody waits for this clock."""
        return bool(self._watchers)

    def _tell(self) -> None:
        for moved in list(self._watchers.values()):
            moved()


class VirtualClock(_Watched):
    """A clock that stands still until it is moved; to sleep is to move it."""

    runs = False

    def __init__(self, start: datetime = START) -> None:
        super().__init__()
        self._now = start

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._now

    def advance(self, delta: timedelta) -> None:
        """Move the time forward. Raises ValueError for a negative delta: time does not go back."""
        if delta < timedelta(0):
            raise ValueError(f"cannot advance by {delta}: time does not go back")
        self._now += delta
        self._tell()

    def sleep(self, delay: timedelta) -> None:
        """Let `delay` of virtual time pass at once."""
        self.advance(delay)

    @contextmanager
    def held(self, at: datetime | None = None) -> Iterator[datetime]:
        """Stand still, as it does anyway. Raises ValueError for a moment that has passed: time does not go back."""
        if at is not None:
            self.advance(at - self._now)
        yield self._now

    def to_json(self) -> dict[str, object]:
        """Return the moment at which it stands."""
        return {"runs": False, "now": self._now.isoformat()}


class LiveClock(_Watched):
    """The machine's time plus an offset, for a world that people use at a keyboard."""

    runs = True

    def __init__(self) -> None:
        super().__init__()
        self._offset = timedelta(0)
        self._held: datetime | None = None

    def now(self) -> datetime:
        """Return the machine's time plus the offset, in UTC."""
        held = self._held  # read once: whoever holds the clock may let go of it meanwhile
        return datetime.now(UTC) + self._offset if held is None else held

    def advance(self, delta: timedelta) -> None:
        """Grow the offset. Raises ValueError for a negative delta: time does not go back."""
        if delta < timedelta(0):
            raise ValueError(f"cannot advance by {delta}: time does not go back")
        self._offset += delta
        if self._held is not None:
            self._held += delta
        self._tell()

    @contextmanager
    def held(self, at: datetime | None = None) -> Iterator[datetime]:
        """Stand still while the block runs, so that all of it happens at one moment; afterwards run on from there.

        Callers of different threads take turns, by the world's lock. Within another block it stands still already.
        """
        outermost = self._held is None
        if at is not None:
            self._offset = at - datetime.now(UTC)
            self._held = at
            self._tell()
        moment = self._held = self.now()
        try:
            yield moment
        finally:
            if outermost:
                self._held = None

    def to_json(self) -> dict[str, object]:
        """Return the offset in seconds."""
        return {"runs": True, "offset": self._offset.total_seconds()}

    def sleep(self, delay: timedelta) -> None:
        """Let `delay` pass by moving the offset; nobody waits for real."""
        self.advance(delay)
