"""From a query of Gmail's search box to values: its grammar, and what its operators mean (google.md 3.7).

Nothing here raises, whatever the query: brackets and quotes that are not closed end with it. What Gmail would
understand and this does not becomes `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fakes.gmail.folders import DRAFT, IMPORTANT, INBOX, JUNK, SENT, STARRED, TRASH
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
)

DEEPEST = 50
"""How deep brackets may nest; deeper ones mean nothing."""

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
