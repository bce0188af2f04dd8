"""The world's clocks: moved, held, and told to other processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fakes.clock import LiveClock, VirtualClock

DAY = timedelta(days=1)


def test_a_live_clock_runs_with_the_machine_plus_what_it_was_moved() -> None:
    """It says by how much, for whoever wants to have the same time."""
    clock = LiveClock()

    clock.advance(8 * DAY)

    assert timedelta(0) <= clock.now() - datetime.now(UTC) - 8 * DAY + timedelta(minutes=1) < timedelta(minutes=2)
    assert clock.to_json() == {"runs": True, "offset": 691200.0}


def test_a_held_clock_stands_still_and_can_be_moved() -> None:
    """What happens within happens at one moment; a block within another changes nothing about that."""
    clock = LiveClock()

    with clock.held() as moment:
        with clock.held() as inner:
            clock.advance(DAY)
        within = clock.now()

    assert inner == moment
    assert within == moment + DAY
    assert clock.now() > within


def test_a_clock_held_at_another_moment_runs_on_from_there() -> None:
    """Also back in time, for a world that begins anew; whoever watches is told."""
    clock = LiveClock()
    moved = []
    clock.watch(lambda: moved.append(clock.now()))
    past = datetime(2020, 2, 29, 12, 0, tzinfo=UTC)

    with clock.held(past) as moment:
        held = clock.now()

    assert moved == [moment] == [held] == [past]
    assert past < clock.now() < past + timedelta(minutes=1)


def test_a_virtual_clock_is_held_where_it_stands() -> None:
    """Or moved on to another moment, but never back."""
    clock = VirtualClock()
    start = clock.now()

    with clock.held() as moment:
        assert moment == start
    with clock.held(start + DAY) as moment:
        assert moment == clock.now() == start + DAY
    assert clock.to_json() == {"runs": False, "now": (start + DAY).isoformat()}
    with pytest.raises(ValueError, match="time does not go back"), clock.held(start):
        pass
