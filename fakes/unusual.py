"""Legal but unusual behaviour: dice that decide where a server does what few do and every standard allows.

Every throw is keyed by seed, session and place, so that one more command moves no other throw. What is done with them
is the protocols' to know; to chop what is sent is common to all.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from fakes.actions import Action, Send

MOST_CUTS = 5
"""Cuts in what is sent at once; they cost a write each."""


class Unusual:
    """The dice of one world."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._sessions: Counter[str] = Counter()

    def session(self, protocol: str) -> Dice:
        """Return the dice of a new connection."""
        self._sessions[protocol] += 1
        return Dice(f"unusual {self.seed}/{protocol}-{self._sessions[protocol]}")


class Dice:
    """The dice of one connection."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._sent = 0

    def throw(self, place: str, chance: float) -> bool:
        """Tell whether it happens at this place."""
        return self._number(place) < chance * (1 << 48)

    def shuffled(self, place: str, count: int) -> list[int]:
        """Return an order of so many things."""
        order = list(range(count))
        random.Random(self._number(place)).shuffle(order)  # noqa: S311 - no secret, the same order for the same seed
        return order

    def chopped(self, actions: Iterable[Action]) -> list[Action]:
        """Cut what is sent at any bytes."""
        pieces: list[Action] = []
        for action in actions:
            if not isinstance(action, Send):
                pieces.append(action)
                continue
            self._sent += 1
            size = len(action.data)
            cuts = {self._number(f"cut {self._sent}/{cut}") % (size or 1) for cut in range(MOST_CUTS)}
            edges = [0, *sorted(cuts - {0}), size]
            pieces += (Send(action.data[start:end]) for start, end in pairwise(edges))
        return pieces

    def _number(self, place: str) -> int:
        return int.from_bytes(hmac.digest(self._key, place.encode("utf-8", "surrogateescape"), hashlib.sha256)[:6])
