"""The messages of one session, numbered from 1, and what the client did with them (RFC 1939 sections 4 to 6).

They are those of the moment of signing in: what arrives or goes meanwhile changes nothing here.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message
from fakes.gmail.popping import Popping
from fakes.wire import crlf, crlf_size


class Maildrop:
    """An account's mail as POP shows it, locked from here to `release`.

    In `recent` mode fetching alone changes nothing, so that the next session sees the same again.
    """

    def __init__(self, mail: MailStore, popping: Popping, now: datetime, *, recent: bool) -> None:
        self._mail = mail
        self._popping = popping
        self._recent = recent
        self._messages: Sequence[Message] = popping.offered(mail, now, recent=recent)
        self._fetched: set[int] = set()
        self._deleted: set[int] = set()
        popping.in_use = True
        popping.signed_in_at = now

    # --- looking ---

    def sizes(self) -> list[tuple[int, int]]:
        """Return number and size of every message that is not marked as deleted."""
        return [(number, crlf_size(message.raw)) for number, message in self._listed()]

    def unique_ids(self) -> list[tuple[int, str]]:
        """Return number and unique-id of every message that is not marked as deleted."""
        return [(number, unique_id(message)) for number, message in self._listed()]

    def message(self, number: int) -> Message | None:
        """Return a message; None when there is none of this number, or it is marked as deleted."""
        if not 0 < number <= len(self._messages) or number in self._deleted:
            return None
        return self._messages[number - 1]

    # --- doing ---

    def fetched(self, number: int) -> None:
        """Note that the client has the whole message."""
        self._fetched.add(number)

    def delete(self, number: int) -> None:
        """Mark a message as deleted."""
        self._deleted.add(number)

    def reset(self) -> None:
        """Take back every mark of deletion."""
        self._deleted.clear()

    def update(self) -> int:
        """Enter the UPDATE state: what was fetched or deleted leaves the list for good; return how many that were.

        To Gmail a deletion is no more than a fetch: the owner's setting says what becomes of the message
        (google.md 4.3). In recent mode only deletions count [recall].
        """
        numbers = self._deleted if self._recent else self._deleted | self._fetched
        self._popping.consume(self._mail, (self._messages[number - 1].gm_msgid for number in sorted(numbers)))
        return len(numbers)

    def release(self) -> None:
        """Let another session in."""
        self._popping.in_use = False

    def _listed(self) -> list[tuple[int, Message]]:
        return [pair for pair in enumerate(self._messages, 1) if pair[0] not in self._deleted]


def unique_id(message: Message) -> str:
    """Return the unique-id, which is the same in all sessions: X-GM-MSGID in base 16 (google.md 4.1)."""
    return f"GmailId{message.gm_msgid:016x}"


def top(raw: bytes, lines: int) -> bytes:
    """Return the header, the blank line behind it, and at most so many lines of the body."""
    text = crlf(raw)
    blank = 0 if text.startswith(b"\r\n") else text.find(b"\r\n\r\n") + 2
    if blank == 1:  # find() said -1: there is no body
        return text
    end = blank + 2
    for _ in itertools.repeat(None, lines):
        found = text.find(b"\n", end)
        if found < 0:
            break
        end = found + 1
    return text[:end]
