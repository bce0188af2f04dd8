"""Where a line ends and where an IMAP command ends, however its bytes were chopped on the way.

IMAP commands hold literals, `{n}` at the end of a line and then n bytes (RFC 3501 section 4.3).
Whoever reads decides whether a literal is welcome, because that takes knowing who asks for what.
POP answers with dot-blocks, which are made here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_LINE = 65536
"""Bytes of a command beside its literals; more than that is not IMAP but an attack or a mistake."""

BEGINNING = 200
"""Bytes that tell which command is arriving."""

# RFC 7888 section 5: "+" marks a literal that does not wait to be welcomed.
_LITERAL = re.compile(rb"\{(\d{1,20})(\+?)\}\Z")
_BARE_LF = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Command:
    r"""A whole command without its last line end.

    `data` has literals in place, `{n}\r\n` and n bytes; `literals` tells where their n bytes are.
    """

    data: bytes
    literals: tuple[slice, ...] = ()


@dataclass(frozen=True, slots=True)
class LiteralAnnounced:
    """The client wants to send a literal: answer by `Wire.welcome` or `Wire.refuse`.

    `head` is the command's first line, `before` how many bytes of the command came before the literal.
    `waits` tells that the client sends nothing until it is welcomed.
    """

    head: bytes
    before: int
    size: int
    waits: bool


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line without end; nothing that follows can be trusted."""


class Wire:
    """The bytes of a client, cut into lines and commands.

    Feed it whatever arrives, then take until None, which means that more bytes are needed. Lines
    end with CRLF or LF alone, as Gmail takes both [recall].
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._command = bytearray()
        self._head = b""
        self._plain = 0
        self._literals: list[slice] = []
        self._announced: LiteralAnnounced | None = None
        self._missing = 0
        self._refused = False

    def feed(self, data: bytes) -> None:
        """Take bytes as they arrived."""
        self._buffer += data

    def take_line(self) -> bytes | TooLong | None:
        """Return the next line without its end, literals or not: for SASL answers and DONE."""
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            # One byte more than a line may have could still be the CR before its LF.
            return TooLong() if len(self._buffer) > LONGEST_LINE + 1 else None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        self._searched = 0
        return TooLong() if len(line) > LONGEST_LINE else line

    @property
    def begun(self) -> bytes:
        """The beginning of the command that has not arrived as a whole."""
        return bytes(self._command[:BEGINNING] or self._buffer[:BEGINNING])

    @property
    def arrived(self) -> int:
        """How many bytes have arrived of that command."""
        return len(self._command) + len(self._buffer)

    @property
    def awaited(self) -> int:
        """How many bytes are missing of the literal that was welcomed."""
        return 0 if self._refused else self._missing

    def put_back(self, line: bytes) -> None:
        """Return a line that was taken as something else than the command that it is."""
        self._buffer[:0] = line + b"\r\n"
        self._searched = 0

    def take_command(self) -> Command | LiteralAnnounced | TooLong | None:
        """Return the next whole command, or the question that has to be answered first."""
        if self._announced is not None:
            raise RuntimeError("a literal was announced and neither welcomed nor refused")
        while True:
            if self._missing and not self._take_literal():
                return None
            line = self.take_line()
            if line is None or isinstance(line, TooLong):
                return line
            if not self._refused:
                return self._advance(line)
            self._pass_over(line)

    def welcome(self) -> None:
        """Expect the announced literal."""
        size = self._question().size
        self._command += b"\r\n"
        self._literals.append(slice(len(self._command), len(self._command) + size))
        self._missing = size

    def refuse(self) -> None:
        """Forget the command whose literal was announced, with all of it that is on its way anyway."""
        question = self._question()
        self._forget()
        if not question.waits:
            self._refused = True
            self._missing = question.size

    def _question(self) -> LiteralAnnounced:
        question, self._announced = self._announced, None
        if question is None:
            raise RuntimeError("no literal was announced")
        return question

    def _take_literal(self) -> bool:
        """Move what arrived of the literal into the command, unless that was refused; True when it is complete."""
        part = self._buffer[: self._missing]
        if not self._refused:
            self._command += part
        del self._buffer[: len(part)]
        self._searched = 0
        self._missing -= len(part)
        return not self._missing

    def _advance(self, line: bytes) -> Command | LiteralAnnounced | TooLong:
        """Add a line to the command: it ends it, or announces a literal."""
        self._head = self._head if self._literals else line
        self._command += line
        self._plain += len(line)
        if self._plain > LONGEST_LINE:
            return TooLong()
        if match := _LITERAL.search(line):
            self._announced = LiteralAnnounced(self._head, len(self._command), int(match[1]), waits=not match[2])
            return self._announced
        command = Command(bytes(self._command), tuple(self._literals))
        self._forget()
        return command

    def _pass_over(self, line: bytes) -> None:
        """Drop a line of a refused command; a further literal follows only if that does not wait either."""
        match = _LITERAL.search(line)
        self._refused = bool(match and match[2])
        self._missing = int(match[1]) if match and self._refused else 0

    def _forget(self) -> None:
        self._command = bytearray()
        self._plain = 0
        self._literals = []


def dot_block(text: bytes) -> bytes:
    """Return a text as the rest of a multi-line response (RFC 1939 section 3).

    Its lines end with CRLF, one that begins with a dot gets another in front, and a dot alone ends the block. A line
    end of LF alone becomes CRLF and a last line without one gets it, because the block knows no other.
    """
    text = crlf(text)
    stuffed = text.replace(b"\r\n.", b"\r\n..")
    first = b"." if text.startswith(b".") else b""
    return b"".join((first, stuffed, b".\r\n"))


def crlf(text: bytes) -> bytes:
    """Return a text with CRLF behind every line, the last one too."""
    if text.count(b"\n") != text.count(b"\r\n"):
        text = _BARE_LF.sub(b"\r\n", text)
    return text if not text or text.endswith(b"\r\n") else text + b"\r\n"


def crlf_size(text: bytes) -> int:
    """Return how many bytes `crlf` makes of a text, without making them."""
    unended = 2 if text and not text.endswith(b"\n") else 0
    return len(text) + text.count(b"\n") - text.count(b"\r\n") + unended
