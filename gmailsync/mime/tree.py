"""The parts of a message (RFC 2046): where each begins and ends, what type it says it is, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from gmailsync.mime import parameters, transfer
from gmailsync.mime.headers import field_names, read_fields

_FIELDS = field_names("content-type", "content-transfer-encoding", "content-disposition", "content-id")
_DEEPEST = 40
_MOST_PARTS = 5_000
"""Far beyond real mail: an email may not take us down by its depth or number of parts."""

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")
_FIELD_NAME = re.compile(rb"[!-9;-~]+[ \t]*:|>?From |[ \t]*(?:\r\n|\r|\n)")
_BLANK_LINE = re.compile(rb"[\r\n][ \t]+(?:\r\n|\r|\n)")
_LONGEST_HEADER = 65_536
_LINE_END = re.compile(rb"(--)?[ \t]*(?=[\r\n]|\Z)")
_DASHED_LINE = re.compile(rb"(?:\A|[\r\n])--(\S{5,200})[ \t]*(?=[\r\n])")
_CANDIDATES = 20
"""Lines that look like a boundary which are tried; the real one stands near the top."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message, from `start` up to `stop` in `raw`, or the parts it consists of."""

    media_type: str
    parameters: Mapping[str, str]
    disposition: str
    filename: str
    content_id: str
    encoding: str
    raw: bytes = field(repr=False)
    start: int
    stop: int
    children: tuple[Part, ...] = ()

    @property
    def body(self) -> bytes:
        """The body as it stands in the message; a copy, as messages are large."""
        return self.raw[self.start : self.stop]

    @property
    def octets(self) -> bytes:
        """What the body says, its transfer encoding undone."""
        return transfer.octets(self.body, self.encoding)


def read_tree(raw: bytes) -> Part:
    """Return a message as the tree of its parts, which copies none of it. Never raises, whatever the bytes."""
    return _Reader(raw).part(0, len(raw), 0, "text/plain")


class _Reader:
    """Reads one message, and counts its parts."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts = 0

    def part(self, start: int, stop: int, depth: int, default: str) -> Part:
        self._parts += 1
        fields, body = read_fields(self._raw, _FIELDS, start, stop)
        if depth and not _FIELD_NAME.match(self._raw, start, stop):
            body = start  # the empty line before its text was forgotten
        elif body == stop and (blank := _BLANK_LINE.search(self._raw, start, min(stop, start + _LONGEST_HEADER))):
            body = blank.end()  # it has blanks in it, and no other follows
        media_type, found = parameters.split(fields.get("content-type", default))
        disposition, more = parameters.split(fields.get("content-disposition", ""))
        if not _MEDIA_TYPE.fullmatch(media_type):
            # RFC 2045 section 5.2; but `multipart/*` tells that there are parts.
            another = "multipart/mixed" if media_type.startswith("multipart/") else "text/plain"
            media_type = another if "content-type" in fields else default
        children: tuple[Part, ...] = ()
        if media_type.startswith("multipart/") and depth < _DEEPEST:
            inner = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
            children = tuple(
                self.part(*piece, depth + 1, inner)
                for piece in _pieces(self._raw, body, stop, found.get("boundary", ""))
                if self._parts < _MOST_PARTS
            )
        if media_type.startswith("multipart/") and not children:
            media_type = "text/plain"  # nothing in it separates parts: people can read it as it stands
        return Part(
            media_type=media_type,
            parameters=found,
            disposition=disposition,
            filename=more.get("filename") or found.get("name", ""),
            content_id=fields.get("content-id", "").strip("<> "),
            encoding=fields.get("content-transfer-encoding", "").partition("(")[0].strip(),  # without a comment
            raw=self._raw,
            start=body,
            stop=body if children else stop,
            children=children,
        )


def _pieces(raw: bytes, start: int, stop: int, boundary: str) -> Iterator[tuple[int, int]]:
    """Yield what lies between the boundary's lines; the last line may be missing (RFC 2046 section 5.1.1)."""
    marks = _marks(raw, start, stop, boundary.encode("utf-8", "replace"))
    marks = marks or _marks(raw, start, stop, _likely_boundary(raw, start, stop))
    for index, mark in enumerate(marks):
        if mark.is_last:
            continue  # after the closing line comes an epilogue, which nobody should see
        begin = min(mark.stop + (2 if raw.startswith(b"\r\n", mark.stop) else 1), stop)
        end = marks[index + 1].start if index + 1 < len(marks) else stop
        yield begin, max(begin, end)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A boundary's line, with the line end before it and without its own."""

    start: int
    stop: int
    is_last: bool


def _marks(raw: bytes, start: int, stop: int, boundary: bytes) -> list[_Mark]:
    """Find the boundary's lines. By `find`, which passes over megabytes of base64 in no time."""
    marks: list[_Mark] = []
    dashed = b"--" + boundary
    at = raw.find(dashed, start, stop) if boundary else -1
    while at >= 0:
        after = at + len(dashed)
        if (at == start or raw[at - 1] in b"\r\n") and (end := _LINE_END.match(raw, after, stop)):
            before = at if at == start else at - 2 if raw.startswith(b"\r\n", max(at - 2, start)) else at - 1
            if not marks or before >= marks[-1].stop:
                marks.append(_Mark(before, end.end(), end[1] is not None))
                after = end.end()
        at = raw.find(dashed, after, stop)
    return marks


def _likely_boundary(raw: bytes, start: int, stop: int) -> bytes:
    """Return a line that looks like a boundary and is there again, where the one declared is not, or none was."""
    # From the line end before: a pattern's \A is the beginning of the message.
    candidates = islice(_DASHED_LINE.finditer(raw, max(start - 1, 0), stop), _CANDIDATES)
    return next((line[1] for line in candidates if raw.find(line[1], line.end(), stop) >= 0), b"")
