"""What a session wants done to its connection, and what it says; the shell does it and has no opinions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, after what was sent before has left."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Drop the connection by a TCP reset; what was sent before may be lost with it."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Do nothing until the world's clock has moved on by so much."""

    duration: timedelta


Action = Send | Close | Reset | Stall

PIECE = 1 << 20
"""Bytes after which collected replies become an action of their own, so that no second copy of all of them is made."""

LONGEST_NOTE = 1000
"""Characters of a line that the journal keeps; a SEARCH can be long."""


class Speech:
    """Collects the answer to whatever has just arrived. `note` writes one line to the journal."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.size = 0  # bytes said since the last `take`
        self._note = note
        self._actions: list[Action] = []
        self._chunks: list[bytes] = []
        self._piece = 0

    def line(self, text: str) -> None:
        """Say one line. Bytes that were no UTF-8 when they came in go out as they were."""
        self._add(self._encoded(text))
        noted = text if len(text) <= LONGEST_NOTE else f"{text[:LONGEST_NOTE]}… ({len(text)} characters)"
        self._note(noted.encode("utf-8", "backslashreplace").decode())

    def stall(self, duration: timedelta) -> None:
        """Wait before the rest is said."""
        self._flush()
        self._actions.append(Stall(duration))

    def close(self) -> None:
        """Close the connection once all this is said."""
        self._flush()
        self._actions.append(Close())

    def take(self) -> list[Action]:
        """Return what to do, and begin anew."""
        self._flush()
        actions, self._actions = self._actions, []
        self.size = 0
        return actions

    def _encoded(self, text: str) -> bytes:
        return text.encode("utf-8", "surrogateescape") + b"\r\n"

    def _add(self, data: bytes) -> None:
        self._chunks.append(data)
        self.size += len(data)
        self._piece += len(data)
        if self._piece > PIECE:
            self._flush()

    def _flush(self) -> None:
        if self._chunks:
            self._actions.append(Send(b"".join(self._chunks)))
            self._chunks.clear()
            self._piece = 0
