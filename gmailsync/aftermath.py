"""What happened to a setup after mail had moved, and whether it is what the customer saw: plain values.

The simulation fills them, `gmailsync.evidence` carries them, `gmailsync.report` draws them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from gmailsync.model.alert import Level


@dataclass(frozen=True, slots=True)
class Trouble:
    """An open alert. `google` is Google's own error code where its answer has one, or empty; `since` when it opened."""

    code: str
    level: Level
    message: str
    advice: str
    server_line: str
    google: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """How one mailbox stood after a cycle; `state` as in `gmailsync status`."""

    address: str
    state: str
    troubles: tuple[Trouble, ...] = ()

    @property
    def broken(self) -> bool:
        """True when something is wrong that does not pass by itself."""
        return any(trouble.level is Level.ERROR for trouble in self.troubles)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, and how the mailboxes stood `at` the look after it. `refused` says why it could not happen."""

    at: datetime
    event: str
    looks: tuple[Look, ...] = ()
    refused: str = ""

    @property
    def broken(self) -> bool:
        """True when some mailbox does not work."""
        return any(look.broken for look in self.looks)

    @property
    def errors(self) -> tuple[str, ...]:
        """Our code of everything that does not pass by itself, each once."""
        troubles = [trouble for look in self.looks for trouble in look.troubles]
        return tuple(dict.fromkeys(trouble.code for trouble in troubles if trouble.level is Level.ERROR))

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code seen, ours before Google's own, each once."""
        troubles = [trouble for look in self.looks for trouble in look.troubles]
        codes = [trouble.code for trouble in troubles] + [trouble.google for trouble in troubles if trouble.google]
        return tuple(dict.fromkeys(codes))

    def to_json(self) -> dict[str, object]:
        """Return the happening as JSON values; times in ISO 8601, UTC."""
        return {
            "event": self.event,
            "at": self.at.isoformat(),
            "refused": self.refused or None,
            "mailboxes": [
                {"address": look.address, "state": look.state, "alerts": [_alert(one) for one in look.troubles]}
                for look in self.looks
            ],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the happening that `to_json` told."""
        looks = tuple(
            Look(look["address"], look["state"], tuple(_trouble(alert) for alert in look["alerts"]))
            for look in told["mailboxes"]
        )
        return cls(datetime.fromisoformat(told["at"]), told["event"], looks, told["refused"] or "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the customer saw (`step` or `code` may be empty), whether it was seen here, and what was seen instead.

    `found` are all codes seen, as (step, code).
    """

    step: str
    code: str
    seen: bool
    found: tuple[tuple[str, str], ...] = ()

    @property
    def expected(self) -> str:
        """What was to be seen, in words."""
        return f"{self.code or 'a failure'}{f' at {self.step}' if self.step else ''}"

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        if self.seen:
            return f"What the customer saw is seen here: {self.expected}."
        instead = ", ".join(f"{code} at {step}" for step, code in self.found) or "no error code at all"
        return f"What the customer saw is NOT seen here: {self.expected}. Seen was {instead}."

    def to_json(self) -> dict[str, object]:
        """Return the outcome as JSON values."""
        return {
            "step": self.step or None,
            "code": self.code or None,
            "seen": self.seen,
            "found": [{"step": step, "code": code} for step, code in self.found],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the outcome that `to_json` told."""
        found = tuple((one["step"], one["code"]) for one in told["found"])
        return cls(told["step"] or "", told["code"] or "", told["seen"], found)


def broken_by(history: Sequence[Happening]) -> Happening | None:
    """Return the event since which some mailbox has not worked until the end; None when all work in the end."""
    found = None
    for happening in reversed(history):
        if happening.refused and not happening.looks:
            continue
        if not happening.broken:
            break
        found = happening
    return found


def _alert(trouble: Trouble) -> dict[str, object]:
    return {
        "code": trouble.code,
        "level": trouble.level.value,
        "message": trouble.message,
        "advice": trouble.advice,
        "server_line": trouble.server_line,
        "google": trouble.google or None,
        "since": trouble.since.isoformat(),
    }


def _trouble(told: Mapping[str, Any]) -> Trouble:
    return Trouble(
        told["code"],
        Level(told["level"]),
        told["message"],
        told["advice"],
        told["server_line"],
        told["google"] or "",
        datetime.fromisoformat(told["since"]),
    )
