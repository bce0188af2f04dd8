"""What a query of Gmail's search box asks for, as values (google.md 3.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Everything:
    """An empty query, or in:anywhere."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words in a row, anywhere in the message, or only in header fields of these names."""

    text: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag that is set."""

    flag: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label, by the name as it is written in a query, where blanks and slashes are hyphens and case means nothing."""

    label: str


@dataclass(frozen=True, slots=True)
class WithMessageId:
    """The Message-ID, without brackets."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Times of arrival from `first` to before `end`; None is open."""

    first: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Aged:
    """Older, or with `newer` newer, than so many days, or months of the calendar."""

    newer: bool
    days: int = 0
    months: int = 0


@dataclass(frozen=True, slots=True)
class Sized:
    """More or less bytes than these."""

    more_than: int | None = None
    less_than: int | None = None


@dataclass(frozen=True, slots=True)
class WithFile:
    """An attachment, of any name or with these words in it."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """A hyphen before a term."""

    query: Query


@dataclass(frozen=True, slots=True)
class AllOf:
    """Terms in a row."""

    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Terms with OR between them, or in braces."""

    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is not imitated, as it stands in the query."""

    term: str


Query = (
    Everything
    | Text
    | Flagged
    | Labelled
    | WithMessageId
    | Arrived
    | Aged
    | Sized
    | WithFile
    | Not
    | AllOf
    | AnyOf
    | Unknown
)


def unknown(query: Query) -> Iterator[str]:
    """Yield the terms of a query that are not imitated."""
    match query:
        case Unknown(term):
            yield term
        case Not(inner):
            yield from unknown(inner)
        case AllOf(queries) | AnyOf(queries):
            for inner in queries:
                yield from unknown(inner)
