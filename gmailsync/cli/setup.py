"""`gmailsync setup`: a customer's setup as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailsync.cli import mailbox, profile
from gmailsync.cli.context import Json, noun, opened
from gmailsync.cli.output import show_json

app = noun("Setup files: what somebody has at Google and here.")


@app.command("apply")
def apply_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The setup file.", metavar="FILE")],
    as_json: Json = False,
) -> None:
    """Make a setup's profile and mailboxes real in this database, all or nothing."""
    from gmailsync import setupfile
    from gmailsync.flows.apply import apply_setup

    setup = setupfile.load(file)
    with opened(ctx) as application:
        applied = apply_setup(application.ports, setup)
        with application.ports.store.begin() as tx:
            now = application.ports.clock.now()
            mailboxes = [mailbox.document(tx, tx.mailboxes.by_id(made.id), now) for made in applied.mailboxes]
    if as_json:
        show_json({"profile": profile.document(applied.profile, len(mailboxes)), "mailboxes": mailboxes})
        return
    profile.show(applied.profile, len(mailboxes), as_json=False)
    for made in applied.mailboxes:
        typer.echo(f"next: gmailsync mailbox sign-in {made.address}")
