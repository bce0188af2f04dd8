"""What an HTTP server may do and Google seldom or never does: for `SimulatedGoogle(unusual=seed)`.

Names of header fields are the same in letters of either case (RFC 9110 section 5.1), and a body may come in chunks of
any size, without its length before it (RFC 9112 section 7.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fakes.actions import Send
from fakes.unusual import Dice

CHUNKED = 0.5
"""Share of the responses whose body comes in chunks."""
CAPITALS = 0.2
"""Share of the header fields whose name is in capitals; as many have it in small letters."""


class Variations:
    """The unusual ways of one connection. `turn` begins a response, and with it another page of the dice."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self._place = ""
        self._answered: Counter[str] = Counter()

    def turn(self, path: str) -> None:
        """Begin with the response to the next request for this path."""
        self._answered[path] += 1
        self._place = f"{path} {self._answered[path]}"

    def chunks(self) -> bool:
        """Tell whether the body comes in chunks."""
        return self.dice.throw(f"{self._place}/chunks", CHUNKED)

    def parts(self, body: bytes) -> list[bytes]:
        """Return a body in parts of any size."""
        return [part.data for part in self.dice.chopped([Send(body)]) if isinstance(part, Send)]

    def named(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return header fields whose names have capitals here and there."""
        return [(self._written(name), value) for name, value in headers]

    def _written(self, name: str) -> str:
        if self.dice.throw(f"{self._place}/capitals {name}", CAPITALS):
            return name.upper()
        return name.lower() if self.dice.throw(f"{self._place}/small {name}", CAPITALS) else name.title()
