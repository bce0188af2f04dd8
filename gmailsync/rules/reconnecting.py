"""How soon a connection that was lost is opened again: soon at first, then ever later, and never all at one moment."""

from __future__ import annotations

from datetime import timedelta

SHORTEST = timedelta(seconds=5)
LONGEST = timedelta(minutes=15)
_DOUBLINGS = 10
"""After so many the longest pause is reached, whatever the two are."""


def pause(losses: int, dice: float) -> timedelta:
    """Return how long to wait after so many losses in a row, at least one; `dice` is from 0 to 1.

    Half of it is left to the dice, because what ends one connection, such as a network or a token's hour, often ends
    many at once.
    """
    longest = min(LONGEST, SHORTEST * 2.0 ** min(losses - 1, _DOUBLINGS))
    return longest * (0.5 + 0.5 * dice)
