"""What SEARCH can be asked for (RFC 3501 section 9, search-key), RFC 7162 section 3.1.5, and Gmail's keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from fakes.gmail import query, query_terms
from fakes.imap.arguments import NotImitated, clean, day, needs, sequence_set
from fakes.imap.reader import Reader
from fakes.imap.search_keys import (
    And,
    Asked,
    Changed,
    Dated,
    Everything,
    Flagged,
    GmailId,
    InHeader,
    InText,
    Labelled,
    Not,
    Numbered,
    Or,
    SearchKey,
    Sized,
    WithMessageId,
)
from fakes.imap.values import Return

DEEPEST = 100
"""How deep keys may nest; deeper is no search but an attack on the reader's stack."""

CHARSETS = ("US-ASCII", "UTF-8")

# search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer; all flags have one MODSEQ.
_MODSEQ_ENTRY = re.compile(rb'"/flags/[^"]*" (?:priv|shared|all) ', re.I)

_PLAIN: dict[str, SearchKey] = {
    "ALL": Everything(),
    "ANSWERED": Flagged("\\Answered"),
    "DELETED": Flagged("\\Deleted"),
    "DRAFT": Flagged("\\Draft"),
    "FLAGGED": Flagged("\\Flagged"),
    "SEEN": Flagged("\\Seen"),
    "UNANSWERED": Not(Flagged("\\Answered")),
    "UNDELETED": Not(Flagged("\\Deleted")),
    "UNDRAFT": Not(Flagged("\\Draft")),
    "UNFLAGGED": Not(Flagged("\\Flagged")),
    "UNSEEN": Not(Flagged("\\Seen")),
    "OLD": Not(Flagged("\\Recent")),  # all of it at Gmail, which never sets \Recent (google.md 3.6)
    "RECENT": Flagged("\\Recent"),
    "NEW": And((Flagged("\\Recent"), Not(Flagged("\\Seen")))),
}
_FIELDS = ("FROM", "TO", "CC", "BCC", "SUBJECT")


def returns(reader: Reader) -> frozenset[Return] | None:
    """Read `"RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" SP` if it stands here (RFC 4731)."""
    if not (reader.skip(b"RETURN ") or reader.skip(b"return ")):
        return None
    needs("ESEARCH")
    names = reader.listed(reader.keyword)
    if not {*names}.issubset(Return):
        reader.fail("MIN, MAX, ALL or COUNT")
    reader.space()
    return frozenset(map(Return, names)) or frozenset({Return.ALL})


def program(reader: Reader) -> SearchKey:
    """Read `search = "SEARCH" [SP "CHARSET" SP astring] 1*(SP search-key)`, after the first space."""
    charset = None
    if reader.skip(b"CHARSET ") or reader.skip(b"charset "):
        charset = reader.astring().decode("ascii", "replace").upper()
        if charset not in CHARSETS:
            reader.fail("US-ASCII or UTF-8")
        reader.space()
    return _Keys(reader, charset).row(until_end=True)


class _Keys:
    """Reads keys; remembers the charset and how deep it is."""

    def __init__(self, reader: Reader, charset: str | None) -> None:
        self._reader = reader
        self._charset = charset
        self._depth = 0
        self._readers: dict[str, Callable[[], SearchKey]] = {
            "TEXT": lambda: InText(self._text(), body_only=False),
            "BODY": lambda: InText(self._text(), body_only=True),
            "HEADER": self._header,
            "KEYWORD": lambda: Flagged(reader.atom()),
            "UNKEYWORD": lambda: Not(Flagged(reader.atom())),
            "LARGER": lambda: Sized(more_than=reader.number()),
            "SMALLER": lambda: Sized(less_than=reader.number()),
            "UID": lambda: Numbered(sequence_set(reader), uid=True),
            "NOT": lambda: Not(self.key()),
            "OR": self._or,
            "MODSEQ": self._modseq,
            "X-GM-MSGID": lambda: GmailId(reader.number(), thread=False),
            "X-GM-THRID": lambda: GmailId(reader.number(), thread=True),
            "X-GM-LABELS": lambda: Labelled(self._text()),
            "X-GM-RAW": self._raw,
        }

    def row(self, *, until_end: bool) -> SearchKey:
        """Read keys in a row, up to the end or a closing parenthesis."""
        keys = [self.key()]
        while not (self._reader.at_end() if until_end else self._reader.skip(b")")):
            self._reader.space()
            keys.append(self.key())
        return keys[0] if len(keys) == 1 else And(tuple(keys))

    def key(self) -> SearchKey:
        """Read one key with its arguments."""
        self._depth += 1
        if self._depth > DEEPEST:
            self._reader.fail("fewer keys in each other")
        key = self._key()
        self._depth -= 1
        return key

    def _key(self) -> SearchKey:
        reader = self._reader
        if reader.skip(b"("):
            return self.row(until_end=False)
        if reader.sees_any(b"0123456789*"):
            return Numbered(sequence_set(reader), uid=False)
        name = reader.keyword()
        if name in _PLAIN:
            return _PLAIN[name]
        if name.startswith("X-GM-"):
            needs("X-GM-EXT-1")
        reader.space()
        if name in _FIELDS:
            return InHeader(name, self._text())
        if name in _DATES:
            return _DATES[name](reader)
        if name not in self._readers:
            reader.fail("a search key")
        return self._readers[name]()

    def _text(self) -> str:
        """Read a text to look for. 8-bit text comes as a literal and with its charset, or Gmail refuses it."""
        quoted = not self._reader.sees(b"{")
        text = self._reader.astring()
        if not text.isascii() and not self._reader.utf8 and (quoted or self._charset != "UTF-8"):
            self._reader.fail("ASCII")
        return clean(self._reader, text)

    def _header(self) -> SearchKey:
        name = self._text()
        if not name.isascii():
            self._reader.fail("a header field's name")
        self._reader.space()
        return InHeader(name, self._text())

    def _or(self) -> SearchKey:
        one = self.key()
        self._reader.space()
        return Or(one, self.key())

    def _modseq(self) -> SearchKey:
        needs("CONDSTORE")
        if self._reader.sees(b'"'):
            self._reader.match(_MODSEQ_ENTRY, "an entry's name and type")
        return Changed(self._reader.number())

    def _raw(self) -> SearchKey:
        """Read a query in the words of Gmail's search box."""
        asked = query.parse(self._text())
        for term in query.unknown(asked):
            raise NotImitated(f"X-GM-RAW {term}")
        return WithMessageId(asked.message_id) if isinstance(asked, query_terms.WithMessageId) else Asked(asked)


def _dated(*, sent: bool, starts: bool, ends: bool) -> Callable[[Reader], SearchKey]:
    """Return how to read a key with a date: the range starts on that day, ends with it or before it, or both."""

    def read(reader: Reader) -> SearchKey:
        given = day(reader)
        try:
            end = given + timedelta(days=1) if starts else given
        except OverflowError:
            reader.fail("a date")
        return Dated(given if starts else None, end if ends else None, sent)

    return read


_DATES: dict[str, Callable[[Reader], SearchKey]] = {
    f"{prefix}{name}": _dated(sent=bool(prefix), starts=starts, ends=ends)
    for prefix in ("", "SENT")
    for name, starts, ends in (("BEFORE", False, True), ("ON", True, True), ("SINCE", True, False))
}
