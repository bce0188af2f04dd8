"""A setup's history, played after mail has moved: each event, then a cycle of every mailbox, and what is seen then.

While time passes (`after`) the program keeps synchronizing, as it does outside; in a pause it does not. What takes no
time is looked at an hour later, because an access token given before opens mail until it runs out, and only then is
Google asked for another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from fakes import events, history
from fakes.console import ConsoleRefused
from fakes.google import SimulatedGoogle
from gmailsync.aftermath import Happening, Look, Outcome, Trouble
from gmailsync.evidence import Evidence, Step
from gmailsync.flows import cycle
from gmailsync.flows.overview import overview
from gmailsync.model.alert import Alert
from gmailsync.model.history import Event, Expectation, ExpectedStep
from gmailsync.model.setup import Setup
from gmailsync.model.trial import StageState
from gmailsync.ports import Ports
from gmailsync.rules.wording import one_line
from gmailsync.simulation.facts import CODE

MOST_CYCLES = 30
"""While time passes: one a day, but of a long time not more than these, evenly."""

DAY = timedelta(days=1)

RENEWAL = timedelta(hours=1)
"""In this time every access token runs out (google.md 2.7)."""

_GOOGLE_ERROR = re.compile(r'"error"\s*:\s*"(\w+)"')


class Aftermath:
    """Plays the history of a setup whose mailboxes are enabled. `chapter` is told the title of what begins."""

    def __init__(
        self, google: SimulatedGoogle, ports: Ports, setup: Setup, client_id: str, chapter: Callable[[str], None]
    ) -> None:
        self._google = google
        self._ports = ports
        self._setup = setup
        self._client_id = client_id
        self._chapter = chapter

    def run(self) -> Iterator[Happening]:
        """Yield one happening for each event."""
        self._ports.progress.start("history", len(self._setup.history))
        for event in self._setup.history:
            yield self._happening(event)
            self._ports.progress.advance()

    def _happening(self, event: Event) -> Happening:
        words = sentence(event)
        self._chapter(f"Then · {words}")
        if event.time is not None:
            self._let_pass(event.time, cycles=bool(event.after))
            return self._seen(words)
        try:
            play(self._google, self._setup, event, self._client_id)
        except (ConsoleRefused, ValueError) as refusal:
            return Happening(self._google.clock.now(), words, refused=one_line(str(refusal)))
        self._google.clock.advance(RENEWAL)
        return self._seen(words)

    def _let_pass(self, time: timedelta, *, cycles: bool) -> None:
        """Move the clock, with a cycle now and then; the one at the end is left to the look."""
        parts = min(math.ceil(time / DAY), MOST_CYCLES) if cycles else 1
        end = self._google.clock.now() + time
        for _ in range(parts - 1):
            self._google.clock.advance(time / parts)
            self._cycle()
        self._google.clock.advance(max(end - self._google.clock.now(), timedelta(0)))

    def _cycle(self) -> None:
        for address in cycle.due(self._ports):
            cycle.run(self._ports, address)

    def _seen(self, words: str) -> Happening:
        """Run a cycle of every mailbox, and tell how each stands then."""
        self._cycle()
        with self._ports.store.begin() as tx:
            looks = tuple(
                Look(
                    standing.address,
                    standing.state.value,
                    tuple(map(_trouble, standing.alerts)),
                )
                for standing in overview(tx, self._google.clock.now())
            )
        return Happening(self._google.clock.now(), words, looks)


def sentence(event: Event) -> str:
    """Return an event in words."""
    time = event.after or event.paused
    if time is None:
        return events.parse(event.as_data()).sentence
    passing = f"{time} {'passes' if time.startswith('1 ') else 'pass'}"
    return passing if event.after else f"{passing}, in which nothing is synchronized"


def play(google: SimulatedGoogle, setup: Setup, event: Event, client_id: str) -> None:
    """Let an event that takes no time happen at Google. Raises as `fakes.history.play` does."""
    organisation = setup.google.organisation
    history.play(
        google.world,
        [events.parse(event.as_data())],
        client_id=client_id,
        organisation=organisation.domain if organisation else None,
    )


# --- what the customer saw -------------------------------------------------------------------


def outcome(expected: Expectation, evidence: Evidence) -> Outcome:
    """Compare what the customer saw with what the evidence shows, at the step named or at any."""
    places = [expected.step] if expected.step else list(ExpectedStep)
    found = tuple((place.value, code) for place in ExpectedStep for code in _codes(place, evidence))
    if expected.code is None:
        seen = any(_failed(place, evidence) for place in places)
    else:
        seen = any((place.value, expected.code) in found for place in places)
    return Outcome(expected.step.value if expected.step else "", expected.code or "", seen, found)


def _step(place: ExpectedStep, evidence: Evidence) -> Step | None:
    return next((step for step in evidence.steps if step.step == place.number), None)


def _failed(place: ExpectedStep, evidence: Evidence) -> bool:
    if place is ExpectedStep.HISTORY:
        return any(happening.broken for happening in evidence.history)
    step = _step(place, evidence)
    return step is not None and step.state is StageState.FAILED


def _codes(place: ExpectedStep, evidence: Evidence) -> tuple[str, ...]:
    """Return the codes seen at a step, each once: ours, those of Google's pages, those in Google's answers."""
    if place is ExpectedStep.HISTORY:
        return tuple(dict.fromkeys(code for happening in evidence.history for code in happening.codes))
    step = _step(place, evidence)
    facts = step.evidence if step else ()
    codes = [found for what, found in facts if what.endswith(CODE)]
    codes += [code for _, found in facts if (code := _google_code(found))]
    return tuple(dict.fromkeys(codes))


def _trouble(alert: Alert) -> Trouble:
    return Trouble(
        alert.code,
        alert.level,
        one_line(alert.message),
        one_line(alert.advice),
        one_line(alert.server_line),
        _google_code(alert.server_line),
        alert.opened_at,
    )


def _google_code(text: str) -> str:
    """Return the `error` of an answer of Google's (RFC 6749 section 5.2), or an empty text."""
    match = _GOOGLE_ERROR.search(text)
    return match[1] if match else ""
