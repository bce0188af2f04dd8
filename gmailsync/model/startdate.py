"""The start date of a profile or a mailbox, as people write it on the command line and in a setup file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

ALLOWED = "a day such as 2026-01-31, a moment such as 2026-01-31T09:00+09:00, or none"


@dataclass(frozen=True, slots=True)
class Start:
    """A start date that is entered; None stands for the beginning of all mail."""

    at: datetime | None


def read_start_date(text: str) -> datetime | None:
    """Return the beginning of a day in UTC, or a moment with its zone, in UTC; None for `none`.

    ValueError says what is allowed. A moment without a zone could be any.
    """
    text = text.strip()
    if text.lower() == "none":
        return None
    try:
        moment = datetime.fromisoformat(text)
        if "-" in text and (moment.tzinfo is not None or len(text) == len("2026-01-31")):
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(ALLOWED)
