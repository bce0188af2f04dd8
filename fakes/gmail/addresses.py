"""Addresses in header fields as bytes (RFC 5322 section 3.4): mailboxes, groups, comments, and what is neither.

Nothing here raises, whatever the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fakes.gmail.mime_fields import comment_end, unfolded

MOST_ADDRESSES = 10_000
"""Addresses that are read of one field."""

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)(?:"|\Z)', re.S)
_ESCAPED = re.compile(rb"\\(.)", re.S)
_DOMAIN_LITERAL = re.compile(rb"\[[^\]]*\]?")
_WORD = re.compile(rb'[^\s",:;<>@()\[]+')
_ROUTE = re.compile(rb"\s*(@[^:<>]*):")


@dataclass(frozen=True, slots=True)
class Address:
    """One entry of an ENVELOPE's list (RFC 3501 section 7.4.2); None is NIL.

    A group begins with one that has a mailbox, its name, and no host, and ends with one that has nothing.
    """

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


GROUP_END = Address(None, None, None, None)


def addresses(value: bytes) -> list[Address]:
    """Read an address list."""
    found: list[Address] = []
    in_group = False
    words = _Words()
    for token in _tokens(unfolded(value)):
        if len(found) >= MOST_ADDRESSES:
            break
        if token.special == b":" and not in_group and not words.angle:
            found.append(Address(None, None, words.phrase(), None))
            in_group = True
        elif token.special in (b",", b";"):
            found += words.address()
            if token.special == b";" and in_group:
                found.append(GROUP_END)
                in_group = False
        else:
            words.take(token)
            continue
        words = _Words()
    found += words.address()
    return [*found, GROUP_END] if in_group else found


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a comment, or one special character; `spaced` tells that blanks came before it."""

    text: bytes = b""
    special: bytes = b""
    comment: bool = False
    spaced: bool = False


def _tokens(value: bytes) -> Iterator[_Token]:
    position = 0
    spaced = False
    while position < len(value):
        character = value[position : position + 1]
        if character.isspace():
            position += 1
            spaced = True
            continue
        if character == b"(":
            end = comment_end(value, position)
            closed = end - (value[end - 1 : end] == b")")
            yield _Token(_ESCAPED.sub(rb"\1", value[position + 1 : closed]).strip(), comment=True)
        elif match := _QUOTED.match(value, position):
            end = match.end()
            yield _Token(_ESCAPED.sub(rb"\1", match[1]), spaced=spaced)
        elif match := _DOMAIN_LITERAL.match(value, position) or _WORD.match(value, position):
            end = match.end()
            yield _Token(match[0], spaced=spaced)
        elif character == b"<" and (route := _ROUTE.match(value, position + 1)):
            end = route.end()
            yield _Token(special=b"<")
            yield _Token(route[1].strip(), special=b":")
        else:
            end = position + 1
            yield _Token(special=character)
        position = end
        spaced = False


class _Words:
    """What stands between two commas, sorted by where it stands."""

    def __init__(self) -> None:
        self.angle = False
        self._closed = False
        self._ended = False
        self._route: bytes | None = None
        self._before: list[tuple[bytes, bool]] = []
        self._local: list[bytes] = []
        self._domain: list[bytes] | None = None
        self._comment = b""

    def take(self, token: _Token) -> None:
        """Take the next token."""
        if token.comment:
            self._comment = token.text or self._comment
        elif token.special == b"<":
            # A second one takes the place of the first: the last is what mail is delivered to.
            self.angle, self._closed, self._ended, self._local, self._domain = True, False, False, [], None
        elif token.special == b">":
            self._closed = True
        elif token.special == b":":
            self._route = token.text or None
        elif token.special == b"@" and not self._closed:
            if self.angle or self._domain is None:  # what follows a whole address without a comma belongs to nobody
                self._domain = []
            if not self.angle:
                self._local = self._local or [text for text, _ in self._before]
                self._before.append((b"@", False))  # unless an address in angles follows, and this is but its name
        elif token.text or not token.special:
            self._word(token)

    def _word(self, token: _Token) -> None:
        if self._closed:
            return
        if self._domain is not None:
            self._ended |= bool(self._domain) and token.spaced
            self._domain += [] if self._ended else [token.text]
        elif self.angle:
            self._local.append(token.text)
        if not self.angle:
            self._before.append((token.text, token.spaced))

    def phrase(self) -> bytes:
        """Return the words, with blanks where there were some."""
        return b"".join(b" " * (spaced and bool(place)) + text for place, (text, spaced) in enumerate(self._before))

    def address(self) -> Iterator[Address]:
        """Yield the one address, if anything stands here."""
        if self.angle:
            host = b"".join(self._domain or [])
            yield Address(self.phrase() or self._comment or None, self._route, b"".join(self._local), host)
        elif self._domain is not None:
            yield Address(self._comment or None, None, b"".join(self._local), b"".join(self._domain))
        elif self._before:  # no address at all: the words stand for the mailbox, at no host
            yield Address(self._comment or None, None, self.phrase(), b"")
