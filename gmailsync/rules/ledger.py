"""When a message of the failure ledger is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

_PAUSES = (0, 5, 15, 60, 4 * 60, 12 * 60)
"""Minutes after the first, second ... failed attempt; from then on a day. The next sync asks at once, because what
Gmail leaves out of one answer it mostly gives in the next."""
_DAY = timedelta(days=1)

TOO_LATE = 2 * _DAY
"""How far ahead no next try lies, but one that was written by a clock that was wrong; it holds nobody back."""

MOST_ATTEMPTS = 12
"""A week after its first failure a message is left to people, who say `email retry` or `email give-up`."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after this many failed attempts; None: only when a person asks for it."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + (timedelta(minutes=_PAUSES[attempts - 1]) if attempts <= len(_PAUSES) else _DAY)


def waits(next_at: datetime | None, now: datetime) -> bool:
    """Tell whether a message is not to be tried by now."""
    return next_at is None or now < next_at <= now + TOO_LATE
