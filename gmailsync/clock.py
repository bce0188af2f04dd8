"""The machine's own time; a simulated network brings a clock of its own instead."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's own clock (see `gmailsync.ports.Clock`)."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def sleep(self, delay: timedelta) -> None:
        """Wait for `delay` of real time."""
        time.sleep(delay.total_seconds())
