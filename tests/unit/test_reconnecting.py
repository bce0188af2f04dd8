"""How soon a lost connection is opened again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gmailsync.rules.reconnecting import LONGEST, SHORTEST, pause

DICE = st.floats(0, 1)


@given(st.integers(1, 10_000), DICE)
def test_no_pause_is_without_bounds(losses, dice):
    """Never at once, and never for so long that a passing fault costs an hour."""
    assert SHORTEST / 2 <= pause(losses, dice) <= LONGEST


@given(st.integers(1, 10_000), DICE)
def test_pauses_never_shrink(losses, dice):
    """With the same dice one more loss waits at least as long."""
    assert pause(losses, dice) <= pause(losses + 1, dice)


def test_dice_spread_what_was_lost_at_one_moment():
    """Half of the pause is theirs."""
    assert (pause(1, 0.0), pause(1, 1.0)) == (SHORTEST / 2, SHORTEST)
