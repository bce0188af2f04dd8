"""The client's side of the conversation: lines as they arrive, shown to the journal with their secrets cut."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from fakes.journal import redact, summary

LONGEST_SHOWN = 400
"""Octets; a longer line is noted by its size and hash."""

LONGEST_COMMAND = 1 << 16
"""Octets that are kept of a line that is no part of a message; far more than any command or token has."""

UNREADABLE = b"\0"
"""What an answer of more octets than that is read as; it is not base64 of anything."""

LONGEST_AUTH = 1 << 14
"""Octets; no AUTH is longer, and a line that is longer is not looked through for credentials but summed up."""

PLAIN_ANSWERS = frozenset({"", "*", "AQ==", "QUIT", "RSET", "NOOP"})
"""What clients send instead of credentials; none of it is secret."""

_AUTH = re.compile(r"(AUTH\s+\S+\s+)(\S.*)", re.IGNORECASE)


class JournalledReader(asyncio.StreamReader):
    """A stream that notes every command line, but not the body of a message: its receiver sums that up.

    `limit` is for the lines of a message. A command is cut off much earlier, so that nobody fills memory by one that
    never ends.
    """

    def __init__(self, note: Callable[[str], None], *, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self._note = note
        self._longest_line = limit

    # typeshed's separator became a union of bytes and a tuple of them in Python 3.13
    async def readuntil(self, separator: Any = b"\n") -> bytes:
        r"""Read a line; aiosmtpd reads commands up to `\n` and the lines of a message up to `\r\n`."""
        is_command = separator == b"\n"
        self._limit = LONGEST_COMMAND if is_command else self._longest_line
        line = await super().readuntil(separator)
        if is_command:
            self._note(shown_command(line))
        return line

    async def read_answer(self) -> bytes:
        """Read the line a client sends after a challenge, without its line end. EOFError when it closes instead."""
        self._limit = LONGEST_COMMAND
        line, whole = b"", True
        while not line:
            try:
                line = await super().readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                await self.read(error.consumed)
                whole = False
        line = line.strip() if whole else UNREADABLE
        self._note(shown_answer(line))
        return line


def shown_command(line: bytes) -> str:
    """Return a command line as the journal may show it."""
    line = line.rstrip(b"\r\n")
    if len(line) > LONGEST_AUTH:
        return summary(line)
    text = line.decode("utf-8", "backslashreplace")
    if auth := _AUTH.fullmatch(text):
        return auth[1] + _cut(auth[2])
    return text if len(line) <= LONGEST_SHOWN else summary(line)


def shown_answer(line: bytes) -> str:
    """Return the answer to a challenge as the journal may show it."""
    text = line.decode("utf-8", "backslashreplace")
    return text if text.upper() in PLAIN_ANSWERS else _cut(text)


def _cut(credentials: str) -> str:
    """Keep what the journal knows how to tell of the credentials (whose they are), else only their length."""
    told = redact(credentials)
    return told if told != credentials else f"[{len(credentials)} characters cut]"
