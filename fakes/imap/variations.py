"""What an IMAP server may do and Gmail seldom or never does: for `SimulatedGoogle(unusual=seed)`.

RFC 3501 lets a server write any string as a literal (section 4.3), order FETCH items freely, and say untagged what
nobody asked for (section 7). That an answer leaves out a message once, and that UIDNEXT runs ahead, was seen at Gmail.
"""

from __future__ import annotations

import re
from collections.abc import Container

from fakes.unusual import Dice

LITERALS = 0.3
"""Share of the strings that become literals."""
OMITTED = 0.1
"""Share of the messages that a session leaves out of one answer."""
LATE = 0.3
"""Share of the commands after which news is held back."""
ASIDE = 0.3
"""Share of the commands that are told something besides."""
AHEAD = 0.3
"""Share of the times a folder is opened or asked about that its UIDNEXT has run on."""

_STRINGS = (b"ENVELOPE ", b"BODYSTRUCTURE ", b"BODY (", b"X-GM-LABELS ")
"""Items whose quoted strings are strings of the grammar; that of INTERNALDATE is none."""
_TOKEN = re.compile(rb'\{(\d+)\}\r\n|"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_NAME = re.compile(rb'(\* (?:(?:LIST|LSUB|XLIST) \([^)]*\) "/"|STATUS) )("(?:[^"\\]|\\.)*")')


class Variations:
    """The unusual ways of one session. `turn` begins a command, and with it another page of the dice."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.once: Container[int] = _Once(dice)
        self._turn = 0
        self._strings = 0

    def turn(self) -> None:
        """Begin with the next command."""
        self._turn += 1
        self._strings = 0

    def response(self, data: bytes) -> bytes:
        """Return an untagged line, the folder's name in it perhaps as a literal."""
        match = _NAME.match(data)
        return data if match is None else match[1] + self._literals(match[2]) + data[match.end() :]

    def fetched(self, uid: int, pieces: list[bytes]) -> list[bytes]:
        """Return the items of a FETCH response in another order, with literals for strings."""
        order = self.dice.shuffled(f"{self._turn}/items {uid}", len(pieces))
        return [
            self._literals(piece) if piece.startswith(_STRINGS) else piece for piece in map(pieces.__getitem__, order)
        ]

    def is_late(self) -> bool:
        """Tell whether news has to wait for the next command; never twice in a row."""
        return not self._late_at(self._turn - 1) and self._late_at(self._turn)

    def says_more(self) -> bool:
        """Tell whether something is told that nobody asked for."""
        return self.dice.throw(f"{self._turn}/aside", ASIDE)

    def other(self, count: int) -> int:
        """Return the place of a message that something is told about."""
        return self.dice.shuffled(f"{self._turn}/other", count)[0]

    def runs_ahead(self, folder: str) -> bool:
        """Tell whether the folder's next UID has been used up meanwhile."""
        return self.dice.throw(f"{self._turn}/ahead {folder}", AHEAD)

    def _late_at(self, turn: int) -> bool:
        return self.dice.throw(f"{turn}/late", LATE)

    def _literals(self, data: bytes) -> bytes:
        """Write some of the quoted strings as literals; what is in literals already stays."""
        written: list[bytes] = []
        at = 0
        while token := _TOKEN.search(data, at):
            end = token.end() + int(token[1] or 0)
            self._strings += 1
            if token[1] is None and self.dice.throw(f"{self._turn}/string {self._strings}", LITERALS):
                string = _ESCAPED.sub(rb"\1", token[2])
                written.append(b"%b{%d}\r\n%b" % (data[at : token.start()], len(string), string))
            else:
                written.append(data[at:end])
            at = end
        return b"".join((*written, data[at:]))


class _Once:
    """UIDs that a session leaves out the first time that they are looked for."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._done: set[object] = set()

    def __contains__(self, uid: object) -> bool:
        left_out = uid not in self._done and self._dice.throw(f"omit {uid}", OMITTED)
        if left_out:
            self._done.add(uid)
        return left_out
