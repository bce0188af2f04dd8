"""The words of Gmail's search box: from a query to values, and whether they hold for a message (google.md 3.7).

Filters and X-GM-RAW use the same. Nothing here raises, whatever the query: brackets and quotes that
are not closed end with it. What Gmail would understand and this does not becomes `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fakes.gmail.contents import Contents, words
from fakes.gmail.folders import DRAFT, IMPORTANT, INBOX, JUNK, SENT, STARRED, TRASH

DEEPEST = 50
"""How deep brackets may nest; deeper ones mean nothing."""

# --- values ----------------------------------------------------------------------------------


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


# --- grammar ---------------------------------------------------------------------------------

# A term: an operator, and what it applies to: a quoted phrase, a word, or a bracket that follows.
_TOKEN = re.compile(r'\s+|[(){}]|-(?=[^\s)}-])|(?:([A-Za-z][A-Za-z_0-9]*):(?!//))?(?:"([^"]*)"?|([^\s(){}"]*))')
_ID = re.compile(r"<?([^<>\s]+)>?")
_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_SECONDS = re.compile(r"\d{9,11}")
_AGE = re.compile(r"(\d{1,4})([dmy])", re.I)
_SIZE = re.compile(r"(\d{1,15})([km]?)b?", re.I)


@dataclass(frozen=True, slots=True)
class _Token:
    """A bracket or hyphen, or a term with its operator, which is empty for plain words."""

    sign: str = ""
    operator: str = ""
    text: str = ""
    quoted: bool = False


def parse(query: str) -> Query:
    """Read a query."""
    return _Parser(list(_tokens(query))).queries("", "", 0)


def _tokens(query: str) -> Iterator[_Token]:
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None or match.end() == position:  # a sign that means nothing here
            position += 1
            continue
        position = match.end()
        if match[0] in ("(", ")", "{", "}", "-"):
            yield _Token(sign=match[0])
        elif not match[0].isspace():
            yield _Token("", (match[1] or "").lower(), match[2] or match[3] or "", match[2] is not None)


class _Parser:
    """Goes through the tokens from left to right."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def queries(self, closing: str, operator: str, depth: int) -> Query:
        """Read terms up to the closing bracket or the end. OR binds more tightly than terms in a row."""
        rows: list[list[Query]] = []
        joined = False
        while (token := self._next()) and token.sign != (closing or "end"):
            if _is(token, "OR"):
                joined = bool(rows)
            elif not _is(token, "AND") and (term := self._term(token, operator, depth)):
                rows[-1].append(term) if joined else rows.append([term])
                joined = False
        either = closing == "}"
        terms = tuple(row[0] if len(row) == 1 else AnyOf(tuple(row)) for row in rows)
        if len(terms) < 2:
            return terms[0] if terms else Everything()
        return AnyOf(terms) if either else AllOf(terms)

    def _next(self) -> _Token | None:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else None

    def _term(self, token: _Token, operator: str, depth: int) -> Query | None:
        """Read one term, whose first token was taken; `operator` is that before the bracket around it."""
        negative = False
        following: _Token | None = token
        while following and following.sign == "-":
            negative = not negative
            following = self._next()
        found = self._positive(following, operator, depth) if following else None
        return Not(found) if found and negative else found

    def _positive(self, token: _Token, operator: str, depth: int) -> Query | None:
        if token.sign in _BRACKETS:
            return self.queries(_BRACKETS[token.sign], operator, depth + 1) if depth < DEEPEST else None
        if token.sign:  # a bracket that closes nothing
            return None
        if token.operator and not token.text and not token.quoted:
            bracket = self._tokens[self._at] if self._at < len(self._tokens) else _Token()
            if bracket.sign in _BRACKETS and depth < DEEPEST:
                self._at += 1
                return self.queries(_BRACKETS[bracket.sign], token.operator, depth + 1)
            return None
        return _meaning(token.operator or operator, token.text)


_BRACKETS = {"(": ")", "{": "}"}


def _is(token: _Token, word: str) -> bool:
    return token.text == word and not token.operator and not token.quoted


# --- what operators mean ---------------------------------------------------------------------

_FIELDS = {
    "from": ("from",),
    "to": ("to", "cc", "bcc"),  # [recall]: whoever gets the message
    "cc": ("cc",),
    "bcc": ("bcc",),
    "subject": ("subject",),
    "list": ("list-id",),
    "deliveredto": ("delivered-to",),
}
_SEEN = Flagged("\\Seen")
_STATES: dict[str, Query] = {
    "unread": Not(_SEEN),
    "read": _SEEN,
    "starred": Labelled(STARRED),
    "important": Labelled(IMPORTANT),
}
_PLACES: dict[str, Query] = {
    "anywhere": Everything(),
    "inbox": Labelled(INBOX),
    "sent": Labelled(SENT),
    "draft": Labelled(DRAFT),
    "drafts": Labelled(DRAFT),
    "trash": Labelled(TRASH),
    "bin": Labelled(TRASH),
    "spam": Labelled(JUNK),
    **_STATES,
}
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}


def _meaning(operator: str, text: str) -> Query:
    """Return what an operator with its text stands for."""
    unread = Unknown(f"{operator}:{text}")
    if operator in _FIELDS:
        return Text(text, _FIELDS[operator])
    return _OPERATORS[operator](text) or unread if operator in _OPERATORS else unread


def _message_id(text: str) -> Query | None:
    match = _ID.fullmatch(text)
    return WithMessageId(match[1]) if match else None


def _moment(text: str) -> datetime | None:
    """Return the beginning of a day in UTC, the account's zone, or a moment in seconds since 1970."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    match = _DAY.fullmatch(text)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None


def _after(text: str) -> Query | None:
    moment = _moment(text)
    return Arrived(first=moment) if moment else None


def _before(text: str) -> Query | None:
    moment = _moment(text)
    return Arrived(end=moment) if moment else None


def _age(text: str, *, newer: bool) -> Query | None:
    match = _AGE.fullmatch(text)
    if match is None:
        return None
    number, unit = int(match[1]), match[2].lower()
    return Aged(newer, days=number) if unit == "d" else Aged(newer, months=number * (12 if unit == "y" else 1))


def _size(text: str, *, more: bool) -> Query | None:
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    size = int(match[1]) * _UNITS[match[2].lower()]
    return Sized(more_than=size) if more else Sized(less_than=size)


_OPERATORS: dict[str, Callable[[str], Query | None]] = {
    "": Text,
    "has": lambda text: WithFile() if text.lower() == "attachment" else None,
    "is": lambda text: _STATES.get(text.lower()),
    "in": lambda text: _PLACES.get(text.lower()) or Labelled(text),
    "label": lambda text: _PLACES.get(text.lower()) or Labelled(text),
    "rfc822msgid": _message_id,
    "before": _before,
    "older": _before,
    "after": _after,
    "newer": _after,
    "older_than": lambda text: _age(text, newer=False),
    "newer_than": lambda text: _age(text, newer=True),
    "larger": lambda text: _size(text, more=True),
    "size": lambda text: _size(text, more=True),
    "smaller": lambda text: _size(text, more=False),
    "filename": WithFile,
}


# --- predicates ------------------------------------------------------------------------------


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
