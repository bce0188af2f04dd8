"""`gmailsync setting`: the switches of deciding about mail."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailsync.cli.context import Json, noun, stored
from gmailsync.cli.output import show_json, show_table
from gmailsync.model.settings import DecidingSettings

app = noun("Settings: how incoming mail is decided about, for all mailboxes.")


@app.command("list")
def list_settings(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every setting with its value and its default."""
    from gmailsync.rules import switches

    with stored(ctx) as tx:
        values = switches.shown(tx.switches.load())
    if as_json:
        show_json(values)
    else:
        defaults = switches.shown(DecidingSettings())
        rows = [[name, value, defaults[name]] for name, value in values.items()]
        show_table(("Setting", "Value", "Default"), rows, nothing="no settings")


@app.command("set")
def set_setting(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The setting's name.", metavar="NAME")],
    value: Annotated[str, typer.Argument(help="on or off, a number, a word, or entries with commas.", metavar="VALUE")],
    as_json: Json = False,
) -> None:
    """Change a setting. What was decided before stays as it is."""
    from gmailsync.rules import switches

    with stored(ctx) as tx:
        changed = switches.changed(tx.switches.load(), name, value)
        tx.switches.save(changed)
    shown = switches.shown(changed)[name]
    if as_json:
        show_json({name: shown})
    else:
        typer.echo(f"{name} is {shown or 'empty'}")
