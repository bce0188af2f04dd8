"""The time: the machine's own, or that of a simulated network, which brings its clock with it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gmailsync.errors import BadInput

if TYPE_CHECKING:  # most commands that show something need no more than a time
    from gmailsync.ports import Clock

PATIENCE = 0.25
"""Seconds after which a sleeper looks whether somebody has moved the simulation's clock."""


class SystemClock:
    """The machine's own clock (see `gmailsync.ports.Clock`)."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def sleep(self, delay: timedelta) -> None:
        """Wait for `delay` of real time."""
        time.sleep(delay.total_seconds())


class SimulatedClock:
    """The clock of a running simulation, from the file in which it tells its time.

    The file says by how much its clock is ahead of the machine's, or where it stands still; it is read each time, as
    that costs less than a network's round trip by far. When the simulation has ended, the last offset stays. Making
    one raises `BadInput` when there is no such file. `wait` lets seconds of real time pass.
    """

    def __init__(self, file: Path, wait: Callable[[float], object] = time.sleep) -> None:
        self._file = file
        self._wait = wait
        try:
            self._told = self._read()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput("clock in the network file", str(file), "the clock of a simulation that runs") from error

    def now(self) -> datetime:
        """Return the simulation's time in UTC."""
        with suppress(OSError, ValueError, KeyError, TypeError):  # it has just ended
            self._told = self._read()
        told = self._told
        return datetime.now(UTC) + told if isinstance(told, timedelta) else told

    def sleep(self, delay: timedelta) -> None:
        """Wait until the simulation's clock has moved on by `delay`, by itself or by somebody's hand."""
        end = self.now() + delay
        real_end = time.monotonic() + delay.total_seconds()  # where a clock stands still, real time has to do
        while (left := min((end - self.now()).total_seconds(), real_end - time.monotonic())) > 0:
            self._wait(min(left, PATIENCE))

    def _read(self) -> timedelta | datetime:
        told = json.loads(self._file.read_text(encoding="utf-8"))
        return timedelta(seconds=told["offset"]) if told["runs"] else datetime.fromisoformat(told["now"])


def clock_of(network_file: Path | None) -> Clock:
    """Return the clock that goes with a network file: the machine's, unless the file names a simulation's.

    Raises `BadInput` for a clock that cannot be read; what else is wrong with the file is for others to tell.
    """
    if network_file is None:
        return SystemClock()
    try:
        content = json.loads(network_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return SystemClock()
    named = content.get("clock") if isinstance(content, dict) else None
    return SystemClock() if named is None else SimulatedClock(network_file.parent / str(named))
