"""Where the parts of a message lie in its bytes (RFC 2045, 2046): offsets, nothing copied, nothing decoded.

Nothing here raises, whatever the bytes. What real mail gets wrong is read so that something can
be fetched of it: a multipart whose boundary never comes has one empty part, a part that is cut
short ends where its surroundings end, and a boundary that is used twice belongs to the inner one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fakes.gmail import headers
from fakes.gmail.mime_fields import MESSAGE, PLAIN_TEXT, ContentType, content_type

DEEPEST = 120
"""Levels that are looked into; what lies deeper is one part of unknown content."""

MOST_PARTS = 10_000
"""Parts that are told apart in one message; what follows is told apart no more."""

LONGEST_BOUNDARY = 1000
"""Bytes of a line that can be a delimiter; RFC 2046 section 5.1.1 allows 70."""

MOST_REMEMBERED = 256
"""Messages whose parts are remembered."""

OPAQUE = ContentType(b"application", b"octet-stream")
_EMPTY = ContentType(b"text", b"plain", ((b"charset", b"us-ascii"),))


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its header from `start` to `body`, its content from there to `end`.

    `parts` are those of a multipart, which has at least one. `message` is the message within message/rfc822.
    """

    raw: bytes = field(repr=False)
    start: int
    body: int
    end: int
    type: ContentType
    parts: tuple[Part, ...] = ()
    message: Part | None = None

    @property
    def header_bytes(self) -> bytes:
        """The header, with the blank line that ends it."""
        return self.raw[self.start : self.body]

    @property
    def body_bytes(self) -> bytes:
        """The content as it stands, encoded as it is."""
        return self.raw[self.body : self.end]

    @property
    def size(self) -> int:
        """Octets of the content."""
        return self.end - self.body

    @property
    def lines(self) -> int:
        """Line ends in the content."""
        return self.raw.count(b"\n", self.body, self.end)

    def head(self) -> dict[str, bytes]:
        """Return the first field of every name, as `headers.first_values` does."""
        return headers.first_values(self.header_bytes)

    def find(self, path: Iterable[int]) -> Part | None:
        """Return the part of this number (RFC 3501 section 6.4.5), seen from a message; None when there is none.

        A message that is no multipart has its content as part 1.
        """
        found: Part | None = None
        within: Part | None = self
        for number in path:
            parts = (within.parts or (within,)) if within else ()
            if not 0 < number <= len(parts):
                return None
            found = parts[number - 1]
            within = found if found.parts else found.message
        return found


class Remembered:
    """Where the parts of messages lie, kept for a while, since clients ask for one after the other."""

    def __init__(self) -> None:
        self._trees: dict[int, Part] = {}

    def of(self, number: int, raw: bytes) -> Part:
        """Return the parts of a message, which is told by a number of its own."""
        tree = self._trees.get(number)
        if tree is None:
            if len(self._trees) >= MOST_REMEMBERED:
                del self._trees[next(iter(self._trees))]
            tree = self._trees[number] = parse(raw)
        return tree

    def forget(self, number: int) -> None:
        """Let go of a message that is deleted."""
        self._trees.pop(number, None)


def parse(raw: bytes) -> Part:
    """Return the tree of a message."""
    return _Parser(raw).entity(0, PLAIN_TEXT, 0)


@dataclass(frozen=True, slots=True)
class _Delimiter:
    """A line that ends a part: where it begins, where the next line begins, of which level, and if it is the last."""

    start: int
    after: int
    level: int
    closes: bool


class _Parser:
    """Goes through the bytes once; `_active` are the boundaries of the multiparts around the place where it is."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._active: dict[bytes, int] = {}
        self._count = 0
        self._delimiter: _Delimiter | None = None

    def entity(self, start: int, default: ContentType, level: int) -> Part:
        """Read a part with its header, up to the delimiter that ends it, which is then `_delimiter`."""
        self._count += 1
        body = self._header_end(start)
        kind = self._type(start, body, default, level)
        if self._delimiter is None and kind.kind == b"multipart":
            return self._multipart(start, body, kind, level)
        if self._delimiter is None and _holds_message(kind):
            message = self.entity(body, PLAIN_TEXT, level + 1)
            return Part(self._raw, start, body, message.end, kind, message=message)
        if self._delimiter is None:
            self._seek(body)
        end = max(body, self._content_end(body))
        # A delimiter in the header left no content in which there could be anything.
        kind = _EMPTY if _holds_parts(kind) else kind
        return Part(self._raw, start, body, end, kind)

    def _type(self, start: int, body: int, default: ContentType, level: int) -> ContentType:
        value = headers.first_values(self._raw[start:body]).get("content-type")
        kind = default if value is None else content_type(value) or PLAIN_TEXT
        too_much = self._count > MOST_PARTS or level >= DEEPEST
        return OPAQUE if too_much and _holds_parts(kind) else kind

    def _multipart(self, start: int, body: int, kind: ContentType, level: int) -> Part:
        """Read the parts between the delimiters of this boundary."""
        boundary = (kind.parameter(b"boundary") or b"").rstrip()
        parts: list[Part] = []
        if boundary:
            outer = self._active.get(boundary)
            self._active[boundary] = mine = level + 1
            default = MESSAGE if kind.subtype == b"digest" else PLAIN_TEXT
            self._seek(body)
            while (line := self._delimiter) and line.level == mine and not line.closes and self._count < MOST_PARTS:
                parts.append(self.entity(line.after, default, mine))
            del self._active[boundary]
            if outer is not None:
                self._active[boundary] = outer
            if line and line.level == mine:  # what follows is epilogue, up to a delimiter from further out
                self._seek(line.after)
        else:
            self._seek(body)
        end = max(body, self._content_end(body))
        return Part(self._raw, start, body, end, kind, tuple(parts) or (Part(self._raw, end, end, end, _EMPTY),))

    def _content_end(self, start: int) -> int:
        """Return where content ends that begins at `start`: the line break before a delimiter belongs to that."""
        if self._delimiter is None:
            return len(self._raw)
        end = self._delimiter.start
        if end > start and self._raw[end - 1 : end] == b"\n":
            end -= 1
            if end > start and self._raw[end - 1 : end] == b"\r":
                end -= 1
        return end

    def _header_end(self, start: int) -> int:
        """Return where the header ends that begins at `start`, blank line included, as `headers.split` has it.

        A header that is cut short by a delimiter ends there; then that is `_delimiter`, else there is none.
        """
        self._delimiter = None
        raw = self._raw
        position = start
        while position < len(raw):
            if raw.startswith((b"\r\n", b"\n"), position):
                return raw.index(b"\n", position) + 1
            after = self._line_end(position)
            if self._active and raw.startswith(b"--", position) and self._is_delimiter(position, after):
                return position
            position = after
        return len(raw)

    def _seek(self, position: int) -> None:
        """Find the next delimiter of any multipart around, from the line on that begins at `position`."""
        self._delimiter = None
        position = self._raw.find(b"\n--", max(position - 1, 0)) + 1 if self._active else 0
        while position:
            after = self._line_end(position)
            if self._is_delimiter(position, after):
                return
            position = self._raw.find(b"\n--", after - 1) + 1

    def _is_delimiter(self, position: int, after: int) -> bool:
        """Tell whether the line that begins with two hyphens is a delimiter, and make it `_delimiter` if so."""
        line = self._raw[position + 2 : min(after, position + LONGEST_BOUNDARY)].rstrip()
        if line in self._active:
            self._delimiter = _Delimiter(position, after, self._active[line], closes=False)
        elif line.endswith(b"--") and line[:-2] in self._active:
            self._delimiter = _Delimiter(position, after, self._active[line[:-2]], closes=True)
        return self._delimiter is not None

    def _line_end(self, position: int) -> int:
        """Return where the next line begins."""
        return self._raw.find(b"\n", position) + 1 or len(self._raw)


def _holds_message(kind: ContentType) -> bool:
    return (kind.kind, kind.subtype) == (MESSAGE.kind, MESSAGE.subtype)


def _holds_parts(kind: ContentType) -> bool:
    return kind.kind == b"multipart" or _holds_message(kind)
