"""Evidence in words: what a step found, and why it failed."""

from __future__ import annotations

from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused
from gmailsync.errors import GmailSyncError
from gmailsync.evidence import PART
from gmailsync.model.trial import StageState, Trial
from gmailsync.rules.wording import one_line, with_server_line

Facts = list[tuple[str, str]]
"""Evidence as (what, found), in the order found; what is found once in a step."""


CODE = f"{PART}code"
"""How the `what` of a fact ends that is an error code."""


class StepFailed(Exception):
    """A step cannot succeed; `facts` say why, after what was found until then."""

    def __init__(self, facts: Facts) -> None:
        super().__init__("; ".join(f"{what}: {found}" for what, found in facts))
        self.facts = facts


def of_error(error: GmailSyncError, what: str = "error") -> Facts:
    """Tell an error with its code, and what to do about it."""
    facts = [(what, with_server_line(error)), (f"{what}{CODE}", error.code)]
    return [*facts, (f"{what}{PART}what to do", one_line(error.advice))] if error.advice else facts


def of_refusal(refusal: ConsoleRefused) -> Facts:
    """Tell why the Google console did not save; its own words are marked as such."""
    return [("the Google console refuses" if refusal.stand_in else "the Google console says", str(refusal))]


def of_page(stopped: ConsentStopped, what: str) -> Facts:
    """Tell the page on which Google stopped an owner, in Google's own words."""
    told = ". ".join(part.rstrip(".") for part in (stopped.page_title, stopped.code) if part)
    code = stopped.code.rpartition(" ")[2]  # of a line such as "Error 403: access_denied"
    return [
        (what, f"Google stops the owner: {one_line(told)}"),
        (f"{what}{PART}Google says", one_line(stopped.text)),
        *([(f"{what}{CODE}", code)] if code else []),
    ]


def of_trial(trial: Trial) -> Facts:
    """Tell every stage of a Test & Enable."""
    facts: Facts = []
    for stage in trial.stages:
        what = f"{trial.address}{PART}{stage.name}"
        if stage.state is StageState.PASSED:
            facts.append((what, one_line(stage.message)))
        elif stage.state is StageState.SKIPPED:
            facts.append((what, "skipped"))
        else:
            facts += [(what, f"FAILED: {one_line(stage.message)}"), (f"{what}{CODE}", stage.code)]
            facts += [(f"{what}{PART}what to do", one_line(stage.fix))] if stage.fix else []
    return facts
