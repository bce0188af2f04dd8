"""Header fields of MIME as bytes: Content-Type and Content-Disposition with their parameters (RFC 2045, 2183, 2231).

Nothing here raises, whatever the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FOLD = re.compile(rb"\r?\n(?=[ \t])|[\r\n\x00]+")

# token = 1*<any CHAR except SPACE, CTLs, tspecials>; 8-bit and most specials are let through, since mail has them.
_TOKEN = re.compile(rb'[^\x00-\x20()<>@,;:\\"/\[\]?=\x7f]+')
_VALUE = re.compile(rb'[^\x00-\x20;"()]+')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)(?:"|\Z)', re.S)
_ESCAPED = re.compile(rb"\\(.)", re.S)

# RFC 2231 sections 3 and 4.1: name*number and name*number*.
_CONTINUED = re.compile(rb"([^*]+)\*(\d{1,3})(\*?)")

MOST_PARAMETERS = 1000
"""Parameters that are read of one field."""

Parameters = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class ContentType:
    """Type and subtype in small letters, and the parameters in order, names as they are written."""

    kind: bytes
    subtype: bytes
    parameters: Parameters = ()

    def parameter(self, name: bytes) -> bytes | None:
        """Return the first parameter of this name, which is in small letters."""
        return next((value for known, value in self.parameters if known.lower() == name), None)


PLAIN_TEXT = ContentType(b"text", b"plain", ((b"charset", b"us-ascii"),))
"""What a part without Content-Type, or with one that is none, is taken for (RFC 2045 section 5.2)."""

MESSAGE = ContentType(b"message", b"rfc822")
"""What a part of multipart/digest without Content-Type is (RFC 2046 section 5.1.5)."""


def unfolded(value: bytes) -> bytes:
    """Return a field's value on one line, without the blanks around it and without NUL."""
    return _FOLD.sub(b"", value).strip(b" \t")


def content_type(value: bytes) -> ContentType | None:
    """Read a Content-Type; None when there is no type and subtype in it."""
    cursor = _Cursor(unfolded(value))
    kind = cursor.token()
    cursor.blanks()
    if not kind or not cursor.skip(b"/"):
        return None
    cursor.blanks()
    subtype = cursor.token()
    if not subtype:
        return None
    return ContentType(kind.lower(), subtype.lower(), cursor.parameters())


def disposition(value: bytes) -> tuple[bytes, Parameters] | None:
    """Read a Content-Disposition (RFC 2183); None when there is none in it."""
    cursor = _Cursor(unfolded(value))
    kind = cursor.token()
    return (kind, cursor.parameters()) if kind else None


def languages(value: bytes) -> tuple[bytes, ...]:
    """Read a Content-Language (RFC 3282): tags with commas between them."""
    cursor = _Cursor(unfolded(value))
    found = []
    while not cursor.at_end():
        if tag := cursor.token():
            found.append(tag)
        else:
            cursor.pass_over()
    return tuple(found)


class _Cursor:
    """A value and how far it was read; comments and blanks between tokens are passed over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def at_end(self) -> bool:
        return self._at >= len(self._data)

    def pass_over(self) -> None:
        self._at += 1

    def skip(self, character: bytes) -> bool:
        found = self._data.startswith(character, self._at)
        self._at += found
        return found

    def blanks(self) -> None:
        """Pass over blanks and comments, which may hold comments."""
        while not self.at_end():
            if self._data[self._at] in b" \t":
                self._at += 1
            elif self._data.startswith(b"(", self._at):
                self._at = comment_end(self._data, self._at)
            else:
                return

    def token(self) -> bytes:
        """Read a token; empty when none stands here."""
        self.blanks()
        match = _TOKEN.match(self._data, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else b""

    def parameters(self) -> Parameters:
        """Read what follows the type, up to the end."""
        read: list[tuple[bytes, bytes]] = []
        while len(read) < MOST_PARAMETERS and (one := self._parameter()):
            read.append(one)
        return tuple(_joined(read))

    def _parameter(self) -> tuple[bytes, bytes] | None:
        """Read the next `; name=value`; what is neither is passed over. None at the end."""
        while not self.at_end():
            name = self.token()
            self.blanks()
            if name and self.skip(b"="):
                self.blanks()
                return name, self._value()
            if not self.skip(b";"):
                self._at += 0 if name else 1
        return None

    def _value(self) -> bytes:
        """Read a token or a quoted string; tokens may have specials in them that they should not."""
        if match := _QUOTED.match(self._data, self._at):
            self._at = match.end()
            return _ESCAPED.sub(rb"\1", match[1])
        match = _VALUE.match(self._data, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else b""


def comment_end(data: bytes, start: int) -> int:
    """Return where the comment ends that begins at `start`; the end of all when it is not closed."""
    depth = 0
    position = start
    while position < len(data):
        character = data[position]
        if character == 0x5C:  # a backslash hides the next character
            position += 1
        elif character == 0x28:
            depth += 1
        elif character == 0x29:
            depth -= 1
            if not depth:
                return position + 1
        position += 1
    return len(data)


def _joined(parameters: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Put continued values together, as RFC 2231 section 6 wants it of IMAP; the charset stays as it is written."""
    pieces: dict[bytes, list[tuple[int, bytes, bytes]]] = {}
    for name, value in parameters:
        if match := _CONTINUED.fullmatch(name):
            pieces.setdefault(match[1].lower(), []).append((int(match[2]), match[3], value))
    for name, value in parameters:
        match = _CONTINUED.fullmatch(name)
        if match is None:
            yield name, value
        elif found := pieces.pop(match[1].lower(), None):
            star = b"*" if any(extended for _, extended, _ in found) else b""
            yield match[1] + star, b"".join(piece for _, _, piece in sorted(found, key=lambda piece: piece[0]))
