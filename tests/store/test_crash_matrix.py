"""The crash matrix: killed by a real SIGKILL before and after every commit and every network step, on both databases.

A scenario is a world and a home as they are made ready, the command that is killed at each of its steps in turn, each
time in a new world of the same kind, and what must hold once it was started again. A sync after that does nothing.
The deaths of a worker in hard case 18, around DATA and the final dot, are among the steps of a sync.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from crash_scenarios import INTO_THE_LEDGER, LONGER, SCENARIOS, SYNC, mailbox_is_proven, run_again
from killing import INTERRUPTED

A_MINUTE = timedelta(minutes=1)
"""How long it takes until somebody starts again what was killed: leases that it held have not run out by then."""

MOVING = ("BODY", "RETR", "DATA", "/token")
"""What a client says who fetches, submits, or renews a token."""

KILL_POINTS = "kill points: "
"""How the properties of tests begin that tests/conftest.py sums up."""

SHARES = 10
"""How many tests a scenario is dealt out to: each takes every tenth step."""

APART = 30
"""A plain run takes every thirtieth step, on each database others."""


def dealt_out():
    """Return each scenario's shares as parameters; of the longer ones every fifth."""
    for scenario in (*SCENARIOS, *LONGER):
        for share in range(1, SHARES + 1, 5 if scenario in LONGER else 1):
            yield pytest.param(scenario, share, id=f"{scenario.name}-{share}")


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "share"), list(dealt_out()))
def test_hard_case_11_killed_at_any_step(scenario, share, places, record_property):
    """Whenever it is killed, the next run makes all good, and the one after that has nothing left to do."""
    steps = stopped_at_each(count(share, SHARES), scenario, places, signal.SIGKILL)

    record_property("kill points of all shares", len(steps))
    record_property(f"{KILL_POINTS}{scenario.name}", points(steps, share, SHARES))
    assert scenario.passes <= set(steps)


@pytest.mark.parametrize("scenario", [*SCENARIOS, INTO_THE_LEDGER], ids=lambda scenario: scenario.name)
def test_hard_case_11_killed_here_and_there(scenario, kind, places, record_property):
    """What holds at any step holds at those few that a plain run has time for."""
    first = {"sqlite": 1, "postgresql": 11}[kind]

    steps = stopped_at_each(count(first, APART), scenario, places, signal.SIGKILL)

    record_property(f"{KILL_POINTS}{scenario.name}, sparse", points(steps, first, APART))
    assert scenario.passes <= set(steps)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(1, SHARES + 1))
def test_hard_case_13_killed_while_messages_enter_the_failure_ledger(share, places, record_property):
    """One is withheld and one cannot be read: each is in the ledger once, and an email once all is mended."""
    steps = stopped_at_each(count(share, SHARES), INTO_THE_LEDGER, places, signal.SIGKILL)

    record_property(f"{KILL_POINTS}{INTO_THE_LEDGER.name}", points(steps, share, SHARES))
    assert INTO_THE_LEDGER.passes <= set(steps)


def points(steps, first, every):
    """Return before how many of the steps the process was killed."""
    return len(range(first, len(steps) + 1, every))


@pytest.mark.slow
def test_ctrl_c_at_any_step(places):
    """What a person stops is made good as well."""
    stopped_at_each(count(2, 4), SCENARIOS[0], places, signal.SIGINT)


def stopped_at_each(numbers, scenario, places, how):
    """Stop the scenario's command before each of these steps, as far as it has as many; return all of its steps."""
    stopped_at = []
    for step in numbers:
        with places() as place:
            command = scenario.prepare(place)
            stopped = place.run(*command, before=step, how=how)
            if stopped.status == scenario.ends:
                assert stopped_at
                return stopped.steps
            stopped_at.append(step)
            with telling_of(step, stopped):
                assert stopped.status == {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: INTERRUPTED}[how]
                place.google.clock.advance(A_MINUTE)
                scenario.again(place, command)
                scenario.holds(place)
                contents, said = place.contents(), len(place.google.journal.entries)
                run_again(place, SYNC)
                assert place.contents() == contents
                assert [text for text in place.said(said) if any(word in text for word in MOVING)] == []
                mailbox_is_proven(place)
    raise AssertionError("there is no end to the steps")


@contextmanager
def telling_of(step, stopped):
    """Say of a failure where the process was stopped."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"stopped before step {step}: {', '.join(stopped.steps[-4:])}; {stopped.err}")
        raise
