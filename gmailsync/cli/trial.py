"""`gmailsync mailbox test`: Test & Enable, stage by stage."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gmailsync.cli.context import Json, watched
from gmailsync.cli.output import show_json, show_table
from gmailsync.model.trial import StageState, Trial
from gmailsync.rules.wording import MARKS


def try_mailbox(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="The mailbox's address.", metavar="ADDRESS")],
    enable: Annotated[bool, typer.Option("--enable", help="Let mail move where the test passes.")] = False,
    as_json: Json = False,
) -> None:
    """Try everything that mail needs, and say what is wrong and what to do. Exit status 1 when a stage failed."""
    from gmailsync.flows.test_and_enable import test_and_enable

    with watched(ctx) as application:
        trial = test_and_enable(application.ports, address, enable=enable)
    if as_json:
        show_json(document(trial))
    else:
        show(trial)
    if not trial.ok:
        raise typer.Exit(1)


def document(trial: Trial) -> dict[str, Any]:
    """Return a trial for JSON."""
    return {
        "mailbox": trial.address,
        "ok": trial.ok,
        "stages": [
            {
                "name": stage.name,
                "state": stage.state,
                "seconds": stage.seconds,
                "code": stage.code,
                "message": stage.message,
                "fix": stage.fix,
            }
            for stage in trial.stages
        ],
    }


def show(trial: Trial) -> None:
    """Show a trial as a table, and below it what to do about what failed."""
    show_table(
        ("", "Stage", "Seconds", "Evidence"),
        [(MARKS[stage.state], stage.name, f"{stage.seconds:.1f}", stage.message) for stage in trial.stages],
        nothing="no stages",
    )
    for stage in trial.stages:
        if stage.state is StageState.FAILED:
            typer.echo(f"{stage.name} failed [{stage.code}]: {stage.fix}")
