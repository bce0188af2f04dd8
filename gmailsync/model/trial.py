"""The outcome of Test & Enable: named stages with evidence (step 7 of the guide)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gmailsync.model.mailbox import MailboxId


class StageState(StrEnum):
    """How a stage ended; after a failure the stages that depend on it are skipped."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `message` is its evidence or the error, `code` and `fix` are set when it failed."""

    name: str
    state: StageState
    seconds: float = 0.0
    code: str = ""
    message: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """All stages of one Test & Enable, in order."""

    mailbox_id: MailboxId
    address: str
    stages: tuple[Stage, ...]

    @property
    def ok(self) -> bool:
        """True when no stage failed."""
        return all(stage.state is not StageState.FAILED for stage in self.stages)
