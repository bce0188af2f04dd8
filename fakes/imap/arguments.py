"""Arguments that several commands share: sequence sets, names, dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from fakes.imap import capabilities
from fakes.imap.numbers import SequenceSet
from fakes.imap.reader import Reader, Unreadable

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")

# sequence-set; numbers are nz-number, therefore never 0, and Gmail refuses the empty set (google.md 3.9)
_SET = re.compile(rb"(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?(?:,(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?)*")

# date = date-text / DQUOTE date-text DQUOTE; Gmail takes no leading blank here (google.md 3.9)
_DATE = re.compile(rb'("?)(\d{1,2})-([A-Za-z]{3})-(\d{4})\1')

# date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
_DATE_TIME = re.compile(rb'"( \d|\d\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')


class NotImitated(Exception):
    """The client asked for something that Gmail does and this server does not."""


def needs(capability: str) -> None:
    """Raise Unreadable when this capability is not announced."""
    if not capabilities.offered(capability):
        raise Unreadable(f"{capability} is not offered")


def sequence_set(reader: Reader) -> SequenceSet:
    """Read a sequence set."""
    ranges = []
    for part in reader.match(_SET, "a sequence set")[0].split(b","):
        low, colon, high = part.partition(b":")
        ranges.append((_place(reader, low), _place(reader, high if colon else low)))
    return SequenceSet(tuple(ranges))


def modifier(reader: Reader, name: str) -> int:
    """Read `name SP mod-sequence ")"`, what stands behind the parenthesis of a modifier (RFC 7162 section 7)."""
    needs("CONDSTORE")
    if reader.keyword() != name:
        reader.fail(name)
    reader.space()
    modseq = reader.number()
    reader.expect(b")")
    return modseq


def _place(reader: Reader, written: bytes) -> int | None:
    """Return one end of a range; None for `*`. Numbers are of 32 bits."""
    if written == b"*":
        return None
    if int(written) >= 1 << 32:
        reader.fail("a number of 32 bits")
    return int(written)


def clean(reader: Reader, text: bytes) -> str:
    """Return text without control characters, which a literal could smuggle in; 8-bit bytes are kept as they are."""
    if _CONTROLS.search(text):
        reader.fail("text without control characters")
    return text.decode("utf-8", "surrogateescape")


def date_time(reader: Reader) -> datetime:
    """Read a date-time, as APPEND has it."""
    day, month, year, hour, minute, second, sign, hours, minutes = reader.match(_DATE_TIME, "a date-time").groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset)
        number = MONTHS.index(month.decode().capitalize()) + 1
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        reader.fail("a date-time")


def day(reader: Reader) -> date:
    """Read a date, as SEARCH has it."""
    _, number, month, year = reader.match(_DATE, "a date").groups()
    try:
        return date(int(year), MONTHS.index(month.decode().capitalize()) + 1, int(number))
    except ValueError:
        reader.fail("a date")
