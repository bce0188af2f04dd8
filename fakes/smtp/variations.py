"""What an SMTP server may do and Gmail seldom or never does: for `SimulatedGoogle(unusual=seed)`.

RFC 5321 lets any reply have more lines than one (section 4.2.1), and a server announce its extensions in any order and
in letters of either case (sections 2.4 and 4.1.1.1).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fakes.smtp.replies import Reply
from fakes.unusual import Dice

TWICE = 0.3
"""Share of the replies of one line that have it twice."""
LOWERED = 0.3
"""Share of the extensions that are announced in small letters."""


class Variations:
    """The unusual ways of one connection. A throw is keyed by the reply and how often it has been given."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self._given: Counter[str] = Counter()

    def reply(self, reply: Reply) -> Reply:
        """Return a reply, perhaps with a line before its last.

        Without an enhanced code it stays: a greeting begins with the host's name, a challenge is one line.
        """
        if len(reply.lines) > 1 or not reply.enhanced:
            return reply
        place = self._place(f"{reply.code} {reply.enhanced}")
        return replace(reply, lines=reply.lines * 2) if self.dice.throw(place, TWICE) else reply

    def extensions(self, announced: tuple[str, ...]) -> tuple[str, ...]:
        """Return the extensions in another order, the keywords of some in small letters."""
        place = self._place("extensions")
        return tuple(
            self._lowered(f"{place}/{announced[number]}", announced[number])
            for number in self.dice.shuffled(place, len(announced))
        )

    def _lowered(self, place: str, extension: str) -> str:
        """Return an extension; names of SASL mechanisms, which may follow, have capitals only (RFC 4422)."""
        keyword, blank, parameters = extension.partition(" ")
        return f"{keyword.lower()}{blank}{parameters}" if self.dice.throw(place, LOWERED) else extension

    def _place(self, what: str) -> str:
        self._given[what] += 1
        return f"{what}/{self._given[what]}"
