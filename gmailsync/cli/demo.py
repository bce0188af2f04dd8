"""`gmailsync demo`: the main job, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailsync.cli.context import Json, progress
from gmailsync.cli.files import make_directory
from gmailsync.cli.output import console, show_json


def demo(
    output: Annotated[Path, typer.Option(help="Where the report goes.", metavar="DIR")] = Path("gmailsync-demo"),
    as_json: Json = False,
) -> None:
    """Play an example setup against a simulated Google.

    The seven steps of the guide, then mail both ways; nothing leaves this machine, and the database is not touched.
    Exit status 1 when something of it failed.
    """
    from gmailsync import report
    from gmailsync.simulation import run_demo

    make_directory("output", output)
    with progress() as shown:
        evidence, files = run_demo(output, shown)
    if as_json:
        show_json(evidence.to_json(str(files.report)))
    else:
        report.print_to(console(), evidence, [("HTML report", files.report), ("evidence", files.evidence)])
    if not evidence.ok:
        raise typer.Exit(1)
