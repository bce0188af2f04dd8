"""What a session says: collected as bytes for the wire, and line by line for the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakes.actions import LONGEST_NOTE, Speech


class Replies(Speech):
    """What IMAP has to say besides single lines. `vary` may write an untagged response in another way."""

    def __init__(self, note: Callable[[str], None], vary: Callable[[bytes], bytes] | None = None) -> None:
        super().__init__(note)
        self._vary = vary

    def untagged(self, text: str) -> None:
        """Say a line that answers no command in particular."""
        self.line(f"* {text}")

    def _encoded(self, text: str) -> bytes:
        data = super()._encoded(text)
        return self._vary(data) if self._vary and text.startswith("* ") else data

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
