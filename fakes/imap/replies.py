"""What a session says: collected as bytes for the wire, and line by line for the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakes.actions import Action, Close, Send

PIECE = 1 << 20
"""Bytes after which collected replies become an action of their own, so that no second copy of all of them is made."""

LONGEST_NOTE = 1000
"""Characters of a line that the journal keeps; a SEARCH can be long."""


class Replies:
    """Collects the answer to whatever has just arrived. `note` writes one line to the journal."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._actions: list[Action] = []
        self._chunks: list[bytes] = []
        self._size = 0

    def line(self, text: str) -> None:
        """Say one line. Bytes that were no UTF-8 when they came in go out as they were."""
        self._add(text.encode("utf-8", "surrogateescape") + b"\r\n")
        noted = text if len(text) <= LONGEST_NOTE else f"{text[:LONGEST_NOTE]}… ({len(text)} characters)"
        self._note(noted.encode("utf-8", "backslashreplace").decode())

    def untagged(self, text: str) -> None:
        """Say a line that answers no command in particular."""
        self.line(f"* {text}")

    def batch(self, responses: Iterable[bytes]) -> None:
        """Say FETCH responses, complete with their line ends; many or long ones the journal gets as one summary."""
        count = size = 0
        first = last = b""
        for response in responses:
            self._add(response)
            first = first or response
            last = response
            count += 1
            size += len(response)
        if count == 1 and len(first) <= LONGEST_NOTE and b"}\r\n" not in first:
            self._note(first.rstrip().decode("utf-8", "backslashreplace"))
        elif count:
            numbers = ":".join(response.split(b" ", 2)[1].decode() for response in (first, last)[: min(count, 2)])
            self._note(f"* {numbers} FETCH … ({count} responses, {size} bytes)")

    def close(self) -> None:
        """Close the connection once all this is said."""
        self._flush()
        self._actions.append(Close())

    def take(self) -> list[Action]:
        """Return what to do, and begin anew."""
        self._flush()
        actions, self._actions = self._actions, []
        return actions

    def _add(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size > PIECE:
            self._flush()

    def _flush(self) -> None:
        if self._chunks:
            self._actions.append(Send(b"".join(self._chunks)))
            self._chunks.clear()
            self._size = 0
