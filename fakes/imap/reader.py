"""The tokens that IMAP commands are made of (RFC 3501 section 9), read from left to right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")

# atom = 1*ATOM-CHAR; ASTRING-CHAR and list-char allow a little more.
ATOM = re.compile(rb'[^(){ %*"\\\]\x00-\x1f\x7f-\xff]+')
_ASTRING = re.compile(rb'[^(){ %*"\\\x00-\x1f\x7f-\xff]+')
_PATTERN = re.compile(rb'[^(){ "\\\x00-\x1f\x7f-\xff]+')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*)"')
_ESCAPED = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n")
_NUMBER = re.compile(rb"\d{1,20}")


class Unreadable(Exception):
    """What stands here is not what the grammar wants."""


class Reader:
    """A command's bytes and how far they have been read. Methods raise Unreadable when something else stands there.

    `utf8` tells that the client enabled UTF8=ACCEPT, so that quoted strings may hold UTF-8 (RFC 6855).
    """

    def __init__(self, data: bytes, *, utf8: bool = False) -> None:
        self.utf8 = utf8
        self._data = data
        self._at = 0

    def fail(self, wanted: str) -> NoReturn:
        """Raise Unreadable."""
        raise Unreadable(f"{wanted} wanted at byte {self._at}")

    def sees(self, text: bytes) -> bool:
        """Tell whether the rest begins with these bytes."""
        return self._data.startswith(text, self._at)

    def sees_any(self, characters: bytes) -> bool:
        """Tell whether the next byte is one of these."""
        return self._data[self._at : self._at + 1] in [bytes([character]) for character in characters]

    def skip(self, text: bytes) -> bool:
        """Pass over these bytes if they stand here; tell whether they did."""
        found = self.sees(text)
        self._at += len(text) if found else 0
        return found

    def expect(self, text: bytes) -> None:
        """Pass over these bytes, which have to stand here."""
        if not self.skip(text):
            self.fail(repr(text))

    def space(self) -> None:
        """Pass over the one space between arguments."""
        self.expect(b" ")

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._at != len(self._data):
            self.fail("the end")

    def at_end(self) -> bool:
        """Tell whether everything was read."""
        return self._at == len(self._data)

    def rest(self) -> bytes:
        """Return all that is left."""
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def match(self, pattern: re.Pattern[bytes], wanted: str) -> re.Match[bytes]:
        """Pass over what the pattern matches here."""
        match = pattern.match(self._data, self._at)
        if match is None:
            self.fail(wanted)
        self._at = match.end()
        return match

    def atom(self) -> str:
        """Read an atom, which is ASCII."""
        return self.match(ATOM, "an atom")[0].decode()

    def keyword(self) -> str:
        """Read an atom in capital letters, for words whose case means nothing."""
        return self.atom().upper()

    def number(self) -> int:
        """Read a number of at most 64 bits."""
        number = int(self.match(_NUMBER, "a number")[0])
        if number >= 1 << 64:
            self.fail("a number of 64 bits")
        return number

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        if self.sees(b"{"):
            size = int(self.match(_LITERAL, "a literal")[1])
            value = self._data[self._at : self._at + size]
            self._at += size
            return value
        return _ESCAPED.sub(rb"\1", self.match(_QUOTED, "a string")[1])

    def astring(self) -> bytes:
        """Read an atom or a string."""
        return self.string() if self.sees(b'"') or self.sees(b"{") else self.match(_ASTRING, "a string")[0]

    def pattern(self) -> bytes:
        """Read a folder name in which `*` and `%` may stand unquoted (list-mailbox)."""
        return self.string() if self.sees(b'"') or self.sees(b"{") else self.match(_PATTERN, "a pattern")[0]

    def listed(self, item: Callable[[], T]) -> list[T]:
        """Read items in parentheses with single spaces between them; there may be none."""
        self.expect(b"(")
        items: list[T] = []
        while not self.skip(b")"):
            if items:
                self.space()
            items.append(item())
        return items
