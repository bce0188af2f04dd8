"""Dates that do not keep to RFC 5322 section 3.3: ISO 8601, zones by other names, fractions and the like."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"(\d{4})[-/.](\d\d)[-/.](\d\d)[T ](\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?) ?([+-]\d\d:?\d\d|Z|)")
_COMMENT = re.compile(r"\([^()]*+\)")
_FRACTION = re.compile(r"(\d:\d\d:\d\d)[.,]\d+")
_LEAP_SECOND = re.compile(r"(\d:\d\d):60\b")
_HALF_OF_DAY = re.compile(r"\b(\d{1,2})(:\d\d(?::\d\d)?) ?([AP])M\b", re.IGNORECASE)
_ZONE = re.compile(r"(?<=:\d\d) ?(?:(?:GMT|UTC?) ?)?([+-])(\d{1,2})(?::?([0-5]\d))?(?= |$)", re.IGNORECASE)
_NAME = re.compile(r"(?<=:\d\d )([A-Z]{3,4})\b")
_LONGEST = 200

_NAMES = {
    "JST": "+0900", "KST": "+0900", "HKT": "+0800", "SGT": "+0800", "PHT": "+0800", "ICT": "+0700", "WIB": "+0700",
    "MSK": "+0300", "MSD": "+0400", "EET": "+0200", "EEST": "+0300", "CET": "+0100", "CEST": "+0200", "MET": "+0100",
    "MEST": "+0200", "MEZ": "+0100", "MESZ": "+0200", "WET": "+0000", "WEST": "+0100", "SAST": "+0200", "AEST": "+1000",
    "AEDT": "+1100", "ACST": "+0930", "AWST": "+0800", "NZST": "+1200", "NZDT": "+1300", "HST": "-1000",
}  # fmt: skip
"""Zones that mail names beyond those of RFC 5322 section 4.3, as far as the letters stand for one alone."""


def unusual_date(value: str) -> datetime | None:
    """Return the date, in UTC, that people would read here; None where they would not either.

    A zone that is absent or unknown is UTC, as in RFC 5322 section 4.3.
    """
    text = " ".join(_COMMENT.sub(" ", value[:_LONGEST]).split())
    try:
        if iso := _ISO.fullmatch(text):
            date = datetime.fromisoformat(f"{iso[1]}-{iso[2]}-{iso[3]}T{iso[4]}{iso[5]}")
        else:
            date = parsedate_to_datetime(_usual(text))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (IndexError, OverflowError, TypeError, ValueError):
        return None


def _usual(text: str) -> str:
    """Write the time as RFC 5322 has it: no fraction, 24 hours, and the zone as an offset of four digits."""
    text = _LEAP_SECOND.sub(r"\1:59", _FRACTION.sub(r"\1", text))
    text = _HALF_OF_DAY.sub(_in_24_hours, text)
    text = _NAME.sub(lambda found: _NAMES.get(found[1], found[1]), text)
    return _ZONE.sub(lambda found: f" {found[1]}{found[2]:0>2}{found[3] or '00'}", text)


def _in_24_hours(found: re.Match[str]) -> str:
    is_afternoon = found[3] in "Pp"
    return f"{int(found[1]) % 12 + 12 * is_afternoon:02}{found[2]}"
