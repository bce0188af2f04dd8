"""How long something takes, as people write it: `8 days`, `90 minutes`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

UNITS: Mapping[str, timedelta] = MappingProxyType(
    {
        "month": timedelta(days=30),
        "week": timedelta(weeks=1),
        "day": timedelta(days=1),
        "hour": timedelta(hours=1),
        "minute": timedelta(minutes=1),
        "second": timedelta(seconds=1),
    }
)
"""What a duration is counted in; a month is thirty days, so that six are what Google's rule of disuse takes."""

LONGEST = timedelta(days=3650)
"""Of one duration: ten years, so that no history leaves the calendar."""


def duration(text: str) -> timedelta:
    """Return how long `8 days`, `90 minutes` or `1 hour` is. ValueError for anything else."""
    match = re.fullmatch(r"(\d{1,9}) (month|week|day|hour|minute|second)s?", text)
    if match is None:
        raise ValueError(f"duration: {text!r}: a whole number and a unit, such as 8 days; {', '.join(UNITS)}")
    length = int(match[1]) * UNITS[match[2]]
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"duration: {text!r}: more than nothing and at most {LONGEST.days} days")
    return length


def told(length: timedelta) -> str:
    """Return a duration in the largest unit that counts it in whole numbers, but not in months."""
    unit = next((name for name, one in UNITS.items() if name != "month" and not length % one), "second")
    count = length // UNITS[unit]
    return f"{count} {unit}{'' if count == 1 else 's'}"
