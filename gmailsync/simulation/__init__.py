"""A setup played against the simulated Google: the only place that knows the product and the fakes.

`rehearse` plays the seven steps, mail both ways and what happened since, `run_demo` does so for the example that comes
with the package, `serve` keeps a simulated Google running for other programs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailsync.simulation.serving import Served, ServedAccount, serve

if TYPE_CHECKING:  # a rehearsal needs the whole product, which whoever only serves Google need not wait for
    from gmailsync import report
    from gmailsync.evidence import Evidence
    from gmailsync.model.setup import Setup
    from gmailsync.ports import Progress
    from gmailsync.simulation.rehearsal import Rehearsal

__all__ = ["Rehearsal", "Served", "ServedAccount", "rehearse", "run_demo", "serve"]

DEMO = "contoso"
"""The example that `gmailsync demo` plays."""


def __getattr__(name: str) -> Any:
    """Import the rehearsal when it is asked for."""
    if name == "Rehearsal":
        from gmailsync.simulation.rehearsal import Rehearsal

        return Rehearsal
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def rehearse(
    setup: Setup, *, mail: Path | None = None, messages: int = 40, progress: Progress | None = None
) -> Evidence:
    """Play the seven steps, then mail both ways, then the setup's history, and return the evidence.

    `mail` is an mbox file, a Maildir or a folder of `.eml` files to arrive in Gmail; without it `messages` are made
    up. Raises `BadInput` when `mail` is none of these.
    """
    from gmailsync.simulation.rehearsal import Rehearsal

    with Rehearsal(setup, progress=progress) as rehearsal:
        rehearsal.all_steps()
        rehearsal.mail_both_ways(mail, messages)
        return rehearsal.then()


def run_demo(output: Path, progress: Progress | None = None) -> tuple[Evidence, report.Files]:
    """Rehearse the example setup, and write its report into the directory `output`."""
    from gmailsync import report, setupfile

    evidence = rehearse(setupfile.load(setupfile.find(DEMO)), progress=progress)
    return evidence, report.write(evidence, output)
