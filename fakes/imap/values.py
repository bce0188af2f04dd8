"""What a client can ask, as values: one class per command, and the parts they are made of.

The grammar makes them, the session obeys them. Each class names the RFC section of its command.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import NewType

SeqNum = NewType("SeqNum", int)
"""The place of a message in the folder as the session was told of it, from 1."""


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Numbers and ranges of numbers; None is `*`, the last that there is (RFC 3501 section 9, sequence-set)."""

    ranges: tuple[tuple[int | None, int | None], ...]

    def among(self, numbers: Sequence[int]) -> Iterator[int]:
        """Yield which of `numbers`, which rise, are in the set: rising, each once."""
        if numbers:
            yield from _merged(self._slices(numbers), numbers)

    def _slices(self, numbers: Sequence[int]) -> list[tuple[int, int]]:
        """Return where in `numbers` each range begins and ends."""
        last = numbers[-1]
        bounds = (sorted((low or last, high or last)) for low, high in self.ranges)
        return sorted((bisect_left(numbers, low), bisect_right(numbers, high)) for low, high in bounds)


def _merged(slices: Iterable[tuple[int, int]], numbers: Sequence[int]) -> Iterator[int]:
    """Yield the numbers of slices that are sorted and may overlap."""
    position = 0
    for start, stop in slices:
        yield from numbers[max(start, position) : stop]
        position = max(position, stop)


# --- parts of FETCH --------------------------------------------------------------------------


class Item(Enum):
    """What FETCH returns of a message beside its text, in the order in which Gmail answers (google.md 3.7)."""

    THRID = "X-GM-THRID"
    MSGID = "X-GM-MSGID"
    LABELS = "X-GM-LABELS"
    UID = "UID"
    SIZE = "RFC822.SIZE"
    INTERNALDATE = "INTERNALDATE"
    FLAGS = "FLAGS"


class Part(Enum):
    """Which part of a message's text a section names."""

    ALL = ""
    HEADER = "HEADER"
    TEXT = "TEXT"
    FIELDS = "HEADER.FIELDS"
    FIELDS_NOT = "HEADER.FIELDS.NOT"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a message's text, as `BODY[…]` or one of the old `RFC822…` names.

    `label` is the item's name in the answer; `seen` tells that fetching it marks the message as read.
    """

    label: str
    part: Part = Part.ALL
    names: tuple[str, ...] = ()
    seen: bool = False
    origin: int | None = None
    count: int | None = None


# --- parts of SEARCH -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Everything:
    """ALL, and OLD, since nothing at Gmail is ever recent."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A sequence set, of UIDs or of sequence numbers."""

    messages: SequenceSet
    uid: bool


@dataclass(frozen=True, slots=True)
class Flagged:
    """ANSWERED, SEEN, KEYWORD and their like."""

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
    | Not
    | Or
    | And
)


# --- commands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BadCommand:
    """What is no command of ours. `unknown` tells that the verb is not known, else it was used wrongly.

    `unimitated` names something that Gmail does and this server does not.
    """

    unknown: bool = False
    unimitated: str | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """RFC 3501 section 6.1.1."""


@dataclass(frozen=True, slots=True)
class Noop:
    """RFC 3501 section 6.1.2."""


@dataclass(frozen=True, slots=True)
class Logout:
    """RFC 3501 section 6.1.3."""


@dataclass(frozen=True, slots=True)
class Identify:
    """ID (RFC 2971); what the client says of itself is of no consequence."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """RFC 3501 section 6.2.2, with an initial response by RFC 4959; None when there is none."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """RFC 3501 section 6.2.3; the password is not even looked at."""

    user: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """RFC 2342."""


class Listing(StrEnum):
    """The three commands that list folders: RFC 3501 sections 6.3.8 and 6.3.9, and Gmail's own XLIST."""

    LIST = "LIST"
    LSUB = "LSUB"
    XLIST = "XLIST"


@dataclass(frozen=True, slots=True)
class List:
    """LIST, LSUB or XLIST; reference and pattern as they came, in modified UTF-7."""

    kind: Listing
    reference: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT (RFC 3501 section 6.3.1), or with `read_only` EXAMINE (6.3.2); the name as it came, in modified UTF-7."""

    folder: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Status:
    """RFC 3501 section 6.3.10; items in capital letters, as asked."""

    folder: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Append:
    """RFC 3501 section 6.3.11."""

    folder: str
    flags: tuple[str, ...]
    date: datetime | None
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Idle:
    """RFC 2177."""


@dataclass(frozen=True, slots=True)
class Check:
    """RFC 3501 section 6.4.1."""


@dataclass(frozen=True, slots=True)
class Close:
    """RFC 3501 section 6.4.2."""


@dataclass(frozen=True, slots=True)
class Unselect:
    """RFC 3691."""


@dataclass(frozen=True, slots=True)
class Expunge:
    """RFC 3501 section 6.4.3."""


@dataclass(frozen=True, slots=True)
class Search:
    """RFC 3501 section 6.4.4."""

    key: SearchKey
    uid: bool


@dataclass(frozen=True, slots=True)
class Fetch:
    """RFC 3501 section 6.4.5."""

    messages: SequenceSet
    items: frozenset[Item]
    sections: tuple[Section, ...]
    uid: bool


class How(Enum):
    """What STORE does with the values it is given."""

    REPLACE = ""
    ADD = "+"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class Store:
    """RFC 3501 section 6.4.6; with `labels` the values are X-GM-LABELS (google.md 3.7), decoded."""

    messages: SequenceSet
    how: How
    values: tuple[str, ...]
    labels: bool
    silent: bool
    uid: bool


Command = (
    BadCommand
    | Capability
    | Noop
    | Logout
    | Identify
    | Authenticate
    | Login
    | Namespace
    | List
    | Select
    | Status
    | Append
    | Idle
    | Check
    | Close
    | Unselect
    | Expunge
    | Search
    | Fetch
    | Store
)


@dataclass(frozen=True, slots=True)
class Request:
    """A command and the tag under which its answer is awaited; `*` when the client gave none."""

    tag: str
    command: Command
