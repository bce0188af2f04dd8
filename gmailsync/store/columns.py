"""Column types that mean the same on SQLite and on PostgreSQL.

Each turns one of our values into something that both databases store alike, and back.
"""

# ruff: noqa: ARG002, D102 -- SQLAlchemy prescribes these methods, and what they are given.
from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""A table's own number: SQLite counts up by itself only in a column of type INTEGER."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LONGEST_KEY = 500
"""Characters; with four octets each they fit the third of a page that an entry of an index may have."""

_SIGN_BIT = 1 << 63
_WORD_SIZE = 1 << 64

Choice = TypeVar("Choice", bound=StrEnum)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware in UTC out. A naive datetime is refused, because nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without time zone: {value}")
        utc = value.astimezone(UTC)
        # SQLite keeps text; without the zone all texts have one form and sort by time.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Any text at all, even out of a broken header field.

    PostgreSQL refuses NUL, and no UTF-8 has lone surrogates (which Python makes of undecodable bytes);
    both become U+FFFD.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _storable(value)


class TextList(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts as a JSON array; each is any text, as in `SafeText`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps([_storable(text) for text in value])

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(json.loads(value))


class Word(TypeDecorator[Choice], Generic[Choice]):
    """One word of an enum, stored as its value. The table's check constraint lists the words."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[Choice]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Choice | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Choice | None:
        return None if value is None else self.words(value)


class Unsigned64(TypeDecorator[int]):
    """A number of 64 bits without sign, as Gmail's X-GM-MSGID and X-GM-THRID are.

    Both databases have signed ones only, so the upper half is stored as negative numbers. Equality holds; order
    does not.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return value if value is None or value < _SIGN_BIT else value - _WORD_SIZE

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        return value if value is None or value >= 0 else value + _WORD_SIZE


def indexable(text: str) -> str:
    """Return a text by which rows are found: one that is too long for PostgreSQL's index is kept as its hash."""
    text = _storable(text)
    return text if len(text) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _storable(text: str) -> str:
    if text.isascii() and "\0" not in text:  # as nearly all are; this is much faster to see
        return text
    return _UNSTORABLE.sub("\ufffd", text)
