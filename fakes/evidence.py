"""The evidence of a simulation: one JSON that says how its world was made, what was done to it, and what came of it.

Whoever has it makes the same world again: by the seed, what was set up, and the deeds at their moments. Faults that
fired, the state in the end and the journal are there to be read and compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from fakes import state
from fakes.clock import Clock, LiveClock, VirtualClock
from fakes.deeds import Deed, Deeds
from fakes.network import write_private

FORMAT = 1
"""Of the JSON; another number is not understood."""

DISTRIBUTION = "gmailsync"
"""The distribution that brings the fakes."""


class BadEvidence(ValueError):
    """A file that is no evidence; one line that says why."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can be played again. `setup` is whatever the program that served the world made it of, None for deeds alone.

    `runs` tells whether its clock ran by itself; `began` and `ended` are moments of that clock.
    """

    seed: int
    runs: bool
    began: datetime
    ended: datetime
    deeds: tuple[Deed, ...]
    setup: Mapping[str, Any] | None = None

    def clock(self) -> Clock:
        """Return a clock for the world that is to be made again."""
        return LiveClock() if self.runs else VirtualClock(self.began)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a file that `write` has written. Raises BadEvidence."""
        try:
            return cls.from_json(json.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise BadEvidence(f"evidence {path}: {error.strerror or 'cannot be read'}") from error
        except ValueError as error:
            raise BadEvidence(f"evidence {path}: {error}") from error

    @classmethod
    def from_json(cls, told: object) -> Self:
        """Return what the JSON tells. ValueError names what is wrong with it."""
        if not isinstance(told, Mapping) or told.get("evidence") != FORMAT:
            raise ValueError(f"not the evidence of a simulation, or of another version than {FORMAT}")
        clock, deeds, setup, seed = (told.get(name) for name in ("clock", "deeds", "setup", "seed"))
        if not isinstance(clock, Mapping) or not isinstance(deeds, list) or not isinstance(seed, int):
            raise ValueError("seed, clock and deeds are needed")
        if setup is not None and not isinstance(setup, Mapping):
            raise ValueError("setup: an object or null is needed")
        return cls(
            seed,
            bool(clock.get("runs")),
            datetime.fromisoformat(str(clock.get("began"))),
            datetime.fromisoformat(str(clock.get("ended"))),
            tuple(Deed.from_json(one) for one in deeds),
            setup,
        )


def collect(deeds: Deeds, began: datetime, setup: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the evidence so far as JSON values. It holds the mail that was delivered, and no token."""
    google = deeds.google
    with google.world.lock, google.clock.held() as now:
        return {
            "evidence": FORMAT,
            "version": version(),
            "seed": google.world.seed,
            "setup": setup,
            "clock": {"runs": google.clock.runs, "began": began.isoformat(), "ended": now.isoformat()},
            "deeds": [deed.to_json() for deed in deeds.done],
            "faults": state.faults(google.world),
            "complaints": google.complaints(),
            "state": state.snapshot(google.world),
            "journal": google.journal.to_json(),
        }


def write(path: Path, told: Mapping[str, Any]) -> None:
    """Write evidence into a file that only its owner can read, because the mail is in it. Raises OSError."""
    write_private(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def version() -> str:
    """Return the version of the fakes; "unknown" when they run without having been installed."""
    from importlib import metadata  # imported here because it reads mail headers, with a package that is large

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"
