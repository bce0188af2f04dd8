"""The parts of a message (RFC 2046): where each begins and ends, what type it says it is, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from gmailsync.mime import parameters, transfer
from gmailsync.mime.headers import field_pattern, read_fields

_FIELDS = field_pattern("content-type", "content-transfer-encoding", "content-disposition", "content-id")
_DEEPEST = 40
_MOST_PARTS = 5_000
"""Far beyond real mail: an email may not take us down by its depth or number of parts."""

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")
_FIELD_NAME = re.compile(rb"[!-9;-~]+[ \t]*:|>?From |[ \t]*(?:\r\n|\r|\n)")
_DASHED_LINE = re.compile(rb"(?:\A|[\r\n])--(\S{5,200})[ \t]*(?=[\r\n])")
_CANDIDATES = 20
"""Lines that look like a boundary which are tried; the real one stands near the top."""

_COMMENT = re.compile(r"\s*\(.*")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: `body` as it stands there, or the parts it consists of."""

    media_type: str
    parameters: Mapping[str, str]
    disposition: str
    filename: str
    content_id: str
    encoding: str
    body: bytes = field(repr=False)
    children: tuple[Part, ...] = ()

    @property
    def octets(self) -> bytes:
        """What the body says, its transfer encoding undone."""
        return transfer.octets(self.body, self.encoding)


def read_tree(raw: bytes) -> Part:
    """Return a message as the tree of its parts. Never raises, whatever the bytes."""
    return _Reader().part(raw, 0, "text/plain")


class _Reader:
    """Reads one message, and counts its parts."""

    def __init__(self) -> None:
        self._parts = 0

    def part(self, raw: bytes, depth: int, default: str) -> Part:
        self._parts += 1
        fields, start = read_fields(raw, _FIELDS)
        if depth and not _FIELD_NAME.match(raw):
            start = 0  # the empty line before its text was forgotten
        media_type, found = parameters.split(fields.get("content-type", default))
        disposition, more = parameters.split(fields.get("content-disposition", ""))
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type = "text/plain" if "content-type" in fields else default  # RFC 2045 section 5.2
        body = raw[start:]
        children: tuple[Part, ...] = ()
        if media_type.startswith("multipart/") and depth < _DEEPEST:
            inner = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
            children = tuple(
                self.part(piece, depth + 1, inner)
                for piece in _pieces(body, found.get("boundary", ""))
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
            encoding=_COMMENT.sub("", fields.get("content-transfer-encoding", "")),
            body=b"" if children else body,
            children=children,
        )


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """Yield what lies between the boundary's lines; the last line may be missing (RFC 2046 section 5.1.1)."""
    marks = _marks(body, boundary.encode("utf-8", "replace")) or _marks(body, _likely_boundary(body))
    for index, mark in enumerate(marks):
        if mark[1]:
            continue  # after the closing line comes an epilogue, which nobody should see
        start = mark.end()
        start += 2 if body[start : start + 2] == b"\r\n" else 1
        end = marks[index + 1].start() if index + 1 < len(marks) else len(body)
        yield body[start : max(start, end)]


def _marks(body: bytes, boundary: bytes) -> list[re.Match[bytes]]:
    if not boundary:
        return []
    line = rb"(?:\A|\r\n|\r|\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=[\r\n]|\Z)"
    return list(re.finditer(line, body))


def _likely_boundary(body: bytes) -> bytes:
    """Return a line that looks like a boundary and is there again, where the one declared is not, or none was."""
    candidates = islice(_DASHED_LINE.finditer(body), _CANDIDATES)
    return next((line[1] for line in candidates if body.find(line[1], line.end()) >= 0), b"")
