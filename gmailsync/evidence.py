"""The evidence: what a rehearsed setup showed, step by step, message by message, line by line.

Plain values that the simulation fills and that report and pictures draw. Secrets never get this
far: the wire is written down with them cut out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from gmailsync.aftermath import Happening, Outcome, broken_by
from gmailsync.model.trial import StageState

STEP_NAMES = {
    1: "Turn on IMAP in Gmail",
    2: "Create a Google project",
    3: "Configure the OAuth consent screen and client",
    4: "Create an email server profile",
    5: "Configure the mailboxes and sign in",
    6: "Add test users",
    7: "Test & Enable",
}
"""The steps of the guide, in its order."""

PART = " · "
"""In evidence: `alice@contoso.com · IMAP sign-in` is a part of what concerns alice@contoso.com."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one step of the guide went.

    `evidence` are facts as (what, found) in the order found; no two have the same `what`, which may name a part of
    something (`PART`).
    """

    step: int
    name: str
    state: StageState
    evidence: tuple[tuple[str, str], ...] = ()


class Party(StrEnum):
    """Who takes part in a conversation."""

    BROWSER = "owner's browser"
    GMAILSYNC = "gmailsync"
    OAUTH = "Google OAuth"
    IMAP = "Gmail IMAP"
    POP = "Gmail POP"
    SMTP = "Gmail SMTP"


@dataclass(frozen=True, slots=True)
class WireLine:
    """Something that crossed a wire; `channel` is https, imap, pop or smtp, `session` one conversation of it."""

    at: datetime
    channel: str
    session: str
    sender: Party
    receiver: Party
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """What crossed the wire during one step, or during the sync after them."""

    title: str
    lines: tuple[WireLine, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """How many emails had been stored and sent, `minutes` after mail began to move."""

    minutes: float
    stored: int
    sent: int


@dataclass(frozen=True, slots=True)
class Proof:
    """One message as it lies in Gmail and as it is stored here: two SHA-256 of its bytes, in hex, or empty."""

    mailbox: str
    subject: str
    size: int
    sha256_in_gmail: str
    sha256_stored: str

    @property
    def ok(self) -> bool:
        """True when both sides have the same bytes."""
        return bool(self.sha256_stored) and self.sha256_in_gmail == self.sha256_stored


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was to be seeded as mail and could not be read."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """Mail that arrived in Gmail, and what became of it here. Stored counts what is proven to the byte."""

    proofs: tuple[Proof, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def delivered(self) -> int:
        """How many messages arrived in Gmail."""
        return len(self.proofs)

    @property
    def stored(self) -> int:
        """How many of them are stored here, every byte the same."""
        return sum(proof.ok for proof in self.proofs)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Emails put into the outbox, and how many Gmail took and shows in Sent."""

    queued: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a rehearsal showed. `environment` is the setup's; `problems` what went wrong after the steps.

    `history` is what happened since mail moved; `outcome` whether that is what the customer saw, None for a setup that
    does not say.
    """

    environment: str
    steps: tuple[Step, ...]
    incoming: Incoming = field(default_factory=Incoming)
    outgoing: Outgoing = field(default_factory=Outgoing)
    problems: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    timeline: tuple[Point, ...] = ()
    history: tuple[Happening, ...] = ()
    outcome: Outcome | None = None

    @property
    def first_failing_step(self) -> int | None:
        """The first step that failed, or None."""
        return next((step.step for step in self.steps if step.state is StageState.FAILED), None)

    @property
    def ok(self) -> bool:
        """True when all seven steps passed, all mail moved to the byte, and every mailbox works in the end."""
        return self.worked and self.broken_by is None and not any(happening.refused for happening in self.history)

    @property
    def broken_by(self) -> Happening | None:
        """The event of the history that broke the setup for good, or None."""
        return broken_by(self.history)

    @property
    def worked(self) -> bool:
        """True when the setup worked before its history began."""
        return (
            [step.step for step in self.steps if step.state is StageState.PASSED] == list(STEP_NAMES)
            and self.incoming.stored == self.incoming.delivered
            and self.outgoing.sent == self.outgoing.queued
            and not self.problems
        )

    def to_json(self, report: str | None = None) -> dict[str, object]:
        """Return the evidence as JSON values; `report` names the HTML report. The wire is not in it."""
        return {
            "ok": self.ok,
            "first_failing_step": self.first_failing_step,
            "environment": self.environment,
            "steps": [
                {"step": step.step, "name": step.name, "state": step.state.value, "evidence": dict(step.evidence)}
                for step in self.steps
            ],
            "diagnosis": [],
            "fixed": None,
            "incoming": {
                "delivered": self.incoming.delivered,
                "stored": self.incoming.stored,
                "skipped": len(self.incoming.skipped),
                "unreadable": [asdict(item) for item in self.incoming.skipped],
                "messages": [asdict(proof) for proof in self.incoming.proofs],
            },
            "outgoing": {"queued": self.outgoing.queued, "sent": self.outgoing.sent},
            "problems": list(self.problems),
            "timeline": [asdict(point) for point in self.timeline],
            "history": [happening.to_json() for happening in self.history],
            "expectation": self.outcome.to_json() if self.outcome else None,
            "report": report,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the evidence that `to_json` told; the chapters are empty, as the wire is not in it."""
        incoming, outgoing = told["incoming"], told["outgoing"]
        return cls(
            environment=told["environment"],
            steps=tuple(
                Step(step["step"], step["name"], StageState(step["state"]), tuple(step["evidence"].items()))
                for step in told["steps"]
            ),
            incoming=Incoming(
                proofs=tuple(Proof(**message) for message in incoming["messages"]),
                skipped=tuple(Skipped(**item) for item in incoming["unreadable"]),
            ),
            outgoing=Outgoing(outgoing["queued"], outgoing["sent"]),
            problems=tuple(told["problems"]),
            timeline=tuple(Point(**point) for point in told["timeline"]),
            history=tuple(Happening.from_json(happening) for happening in told.get("history", ())),
            outcome=Outcome.from_json(told["expectation"]) if told.get("expectation") else None,
        )
