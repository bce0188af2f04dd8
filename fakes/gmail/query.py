"""The words of Gmail's search box: from a query to values, and whether they hold for a message (google.md 3.7).

Filters and X-GM-RAW use the same. The values are in `fakes.gmail.query_terms`, the grammar is in `query_grammar`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from fakes.gmail.contents import Contents, words
from fakes.gmail.query_grammar import parse
from fakes.gmail.query_terms import (
    Aged,
    AllOf,
    AnyOf,
    Arrived,
    Everything,
    Flagged,
    Labelled,
    Not,
    Query,
    Sized,
    Text,
    Unknown,
    WithFile,
    WithMessageId,
    unknown,
)

__all__ = ["holds", "parse", "unknown"]


def holds(query: Query, contents: Contents, now: datetime) -> bool:
    """Tell whether a query finds a message; `now` is what ages are counted from. What is unknown finds nothing."""
    message = contents.message
    match query:
        case Not(inner):
            return not holds(inner, contents, now)
        case AllOf(queries):
            return all(holds(inner, contents, now) for inner in queries)
        case AnyOf(queries):
            return any(holds(inner, contents, now) for inner in queries)
        case Flagged(flag):
            return flag in message.flags
        case Labelled(label):
            wanted = _plain(label)
            return any(_plain(known) == wanted for known in message.labels)
        case WithMessageId(message_id):
            return f"<{message_id}>" in contents.message_ids
        case Arrived(first, end):
            return (first is None or first <= message.internal_date) and (end is None or message.internal_date < end)
        case Aged():
            return (message.internal_date >= _ago(query, now)) is query.newer
        case Sized(more_than, less_than):
            size = len(message.raw)
            return (more_than is None or size > more_than) and (less_than is None or size < less_than)
        case _:
            return isinstance(query, Everything) or _in_words(query, contents)


def _in_words(query: Text | WithFile | Unknown, contents: Contents) -> bool:
    """Tell whether words are found; punctuation alone is in no index."""
    match query:
        case WithFile(""):
            return bool(contents.files)
        case WithFile(name):
            phrase = words(name)
            return not phrase.isspace() and any(phrase in words(file) for file in contents.files)
        case Text(text, names):
            phrase = words(text)
            if phrase.isspace():
                return False
            if names:
                return any(phrase in found for name in names for found in contents.fields(name.encode()))
            return phrase in contents.body or any(phrase in found for found in contents.fields())
        case _:
            return False


def _plain(label: str) -> str:
    """Return a label as queries write it."""
    return re.sub(r"[\s/&]+", "-", label.lower())


def _ago(age: Aged, now: datetime) -> datetime:
    """Return the moment that lies so far back; the beginning of all time when that is further."""
    try:
        if age.days:
            return now - timedelta(days=age.days)
        year, month = divmod(now.year * 12 + now.month - 1 - age.months, 12)
        day = min(now.day, _days(year, month + 1))
        return now.replace(year=year, month=month + 1, day=day)
    except (OverflowError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def _days(year: int, month: int) -> int:
    """Return how many days a month has."""
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return (following - timedelta(days=1)).day
