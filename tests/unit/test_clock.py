"""The clocks: the machine's, and that of a simulation in another process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from gmailsync.clock import SimulatedClock, SystemClock, clock_of
from gmailsync.errors import BadInput

STANDING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path):
    """Tell the time of a simulation that is eight days ahead."""
    path = tmp_path / "clock.json"
    path.write_text('{"runs": true, "offset": 691200.0}')
    return path


def test_a_simulations_clock_is_the_machines_with_an_offset(file):
    """Whenever the simulation's clock is moved, this one is."""
    clock = SimulatedClock(file)
    ahead = clock.now() - datetime.now(UTC)

    file.write_text('{"runs": true, "offset": 777600.0}')

    assert abs(ahead - 8 * DAY) < timedelta(minutes=1)
    assert abs(clock.now() - datetime.now(UTC) - 9 * DAY) < timedelta(minutes=1)


def test_a_simulations_clock_may_stand_still(file):
    """As that of a test does."""
    file.write_text(json.dumps({"runs": False, "now": STANDING.isoformat()}))

    assert SimulatedClock(file).now() == STANDING


def test_when_the_simulation_has_ended_its_offset_stays(file):
    """So that a command that runs ends in the time in which it began."""
    clock = SimulatedClock(file)
    file.unlink()

    assert abs(clock.now() - datetime.now(UTC) - 8 * DAY) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "[]", '{"runs": true}', '{"runs": true, "offset": "x"}', '{"runs": false}'])
def test_a_file_that_tells_no_time_is_refused(file, text):
    """Before anything begins."""
    file.write_text(text)

    with pytest.raises(BadInput, match="clock in the network file"):
        SimulatedClock(file)


def test_who_sleeps_wakes_when_the_simulations_clock_is_moved(file):
    """Nobody waits for an hour that somebody else has made to pass."""
    waits = []

    def wait(seconds):
        waits.append(seconds)
        file.write_text('{"runs": true, "offset": 777600.0}')

    SimulatedClock(file, wait).sleep(timedelta(hours=1))

    assert waits == [0.25]


def test_a_network_file_names_the_clock(file):
    """By a path that counts from the network file's folder; without one it is the machine's."""
    network_file = file.with_name("net.json")

    network_file.write_text('{"clock": "clock.json"}')
    simulated = clock_of(network_file)
    network_file.write_text("{}")
    plain = clock_of(network_file)

    assert isinstance(simulated, SimulatedClock)
    assert isinstance(plain, SystemClock)
    assert isinstance(clock_of(None), SystemClock)
    assert isinstance(clock_of(file.with_name("nothing.json")), SystemClock)
