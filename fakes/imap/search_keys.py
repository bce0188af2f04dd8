"""What SEARCH looks for, as values (RFC 3501 section 6.4.4); the grammar makes them, `search` goes by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fakes.gmail.query_terms import Query
from fakes.imap.numbers import SequenceSet


@dataclass(frozen=True, slots=True)
class Everything:
    """ALL."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A sequence set, of UIDs or of sequence numbers."""

    messages: SequenceSet
    uid: bool


@dataclass(frozen=True, slots=True)
class Flagged:
    """ANSWERED, SEEN, RECENT, KEYWORD and their like."""

    flag: str


@dataclass(frozen=True, slots=True)
class InHeader:
    """FROM, TO, CC, BCC, SUBJECT, HEADER: words in a header field; no words means that the field is there."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class InText:
    """TEXT, or with `body_only` BODY: words anywhere in the message."""

    text: str
    body_only: bool


@dataclass(frozen=True, slots=True)
class Dated:
    """Days from `first` to before `end`, by the internal date or with `sent` by the Date field; None is open."""

    first: date | None
    end: date | None
    sent: bool


@dataclass(frozen=True, slots=True)
class Sized:
    """LARGER and SMALLER: octets more than, less than."""

    more_than: int | None = None
    less_than: int | None = None


@dataclass(frozen=True, slots=True)
class GmailId:
    """X-GM-MSGID, or with `thread` X-GM-THRID."""

    number: int
    thread: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """X-GM-LABELS, by the decoded name."""

    label: str


@dataclass(frozen=True, slots=True)
class WithMessageId:
    """X-GM-RAW "rfc822msgid:…"; the id without angle brackets."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """X-GM-RAW: a query in the words of Gmail's search box."""

    query: Query


@dataclass(frozen=True, slots=True)
class Changed:
    """MODSEQ: of this mod-sequence or a higher one (RFC 7162 section 3.1.5)."""

    modseq: int


@dataclass(frozen=True, slots=True)
class Not:
    """NOT, and the keys with UN-."""

    key: SearchKey


@dataclass(frozen=True, slots=True)
class Or:
    """OR."""

    one: SearchKey
    other: SearchKey


@dataclass(frozen=True, slots=True)
class And:
    """Keys in a row: all must hold."""

    keys: tuple[SearchKey, ...]


SearchKey = (
    Everything
    | Numbered
    | Flagged
    | InHeader
    | InText
    | Dated
    | Sized
    | GmailId
    | Labelled
    | WithMessageId
    | Asked
    | Changed
    | Not
    | Or
    | And
)


def asked_modseq(key: SearchKey) -> bool:
    """Tell whether MODSEQ is asked for anywhere in a key: then the answer tells one (RFC 7162 section 3.1.5)."""
    match key:
        case Changed():
            return True
        case Not(inner):
            return asked_modseq(inner)
        case Or(one, other):
            return asked_modseq(one) or asked_modseq(other)
        case And(keys):
            return any(asked_modseq(inner) for inner in keys)
        case _:
            return False
