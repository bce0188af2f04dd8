"""Column types that mean the same on SQLite and on PostgreSQL.

Each turns one of our values into something that both databases store alike, and back. They make the driver's values by
`bind_processor` themselves: SQLAlchemy would call the decorator and then its `impl`, and for many rows these calls take
longer than the insert.
"""

# ruff: noqa: ARG002, D102 -- SQLAlchemy prescribes these methods, and what they are given.
from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from json.encoder import encode_basestring_ascii
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

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object]:
        return _utc_text if dialect.name == "sqlite" else _utc

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

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], object]:
        return _storable_if_any


class TextList(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts as a JSON array; each is any text, as in `SafeText`."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[tuple[str, ...] | None], object]:
        return _array_if_any

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(json.loads(value))


class Word(TypeDecorator[Choice], Generic[Choice]):
    """One word of an enum, stored as its value. The table's check constraint lists the words."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[Choice]) -> None:
        super().__init__()
        self.words = words

    def bind_processor(self, dialect: Dialect) -> Callable[[Choice | None], object]:
        return _word

    def process_result_value(self, value: str | None, dialect: Dialect) -> Choice | None:
        return None if value is None else self.words(value)


class Unsigned64(TypeDecorator[int]):
    """A number of 64 bits without sign, as Gmail's X-GM-MSGID and X-GM-THRID are.

    Both databases have signed ones only, so the upper half is stored as negative numbers. Equality holds; order
    does not.
    """

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[int | None], object]:
        return _signed

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        return value if value is None or value >= 0 else value + _WORD_SIZE


def indexable(text: str) -> str:
    """Return a text by which rows are found: one that is too long for PostgreSQL's index is kept as its hash."""
    text = _storable(text)
    return text if len(text) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def json_array(items: Iterable[str]) -> str:
    """Return items, each of them JSON already, as `json.dumps` would write them."""
    return f"[{', '.join(items)}]"


def json_text(text: str) -> str:
    """Return any text as JSON's, storable on both databases; five times faster than `json.dumps`."""
    return encode_basestring_ascii(_storable(text))


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a datetime without time zone: {value}")
    return value.astimezone(UTC)


def _utc_text(value: datetime | None) -> str | None:
    """Return what SQLite keeps; without the zone all texts have one form and sort by time."""
    utc = _utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds").removesuffix("+00:00")


def _array_if_any(texts: tuple[str, ...] | None) -> str | None:
    return None if texts is None else json_array(map(json_text, texts))


def _word(value: StrEnum | None) -> str | None:
    return None if value is None else value._value_  # the property `value` takes six times as long


def _signed(value: int | None) -> int | None:
    return value if value is None or value < _SIGN_BIT else value - _WORD_SIZE


def _storable_if_any(text: str | None) -> str | None:
    return None if text is None else _storable(text)


def _storable(text: str) -> str:
    if text.isascii() and "\0" not in text:  # as nearly all are; this is much faster to see
        return text
    return _UNSTORABLE.sub("\ufffd", text)
