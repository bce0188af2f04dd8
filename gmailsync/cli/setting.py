"""`gmailsync setting`: the switches of deciding about mail."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailsync.cli.context import Json, noun, stored
from gmailsync.cli.output import show_json, show_table
from gmailsync.model.settings import DecidingSettings

app = noun("Settings: how incoming mail is decided about, for all mailboxes.")

Name = Annotated[str, typer.Argument(help="The setting's name.", metavar="NAME")]

_SHOWN = 8
"""Entries of a list that people are shown."""


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
        rows = [[name, _short(value), _short(defaults[name])] for name, value in values.items()]
        show_table(("Setting", "Value", "Default"), rows, nothing="no settings")


@app.command("set")
def set_setting(
    ctx: typer.Context,
    name: Name,
    value: Annotated[str, typer.Argument(help="on or off, a number, a word, or entries with commas.", metavar="VALUE")],
    as_json: Json = False,
) -> None:
    """Change a setting. What was decided before stays as it is."""
    from gmailsync.rules import switches

    with stored(ctx) as tx:
        changed = switches.changed(tx.switches.load(), name, value)
        tx.switches.save(changed)
    _tell(name, switches.shown(changed)[name], as_json=as_json)


@app.command("reset")
def reset_setting(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Give a setting its default again. What was decided before stays as it is."""
    from gmailsync.rules import switches

    with stored(ctx) as tx:
        changed = switches.restored(tx.switches.load(), name)
        tx.switches.save(changed)
    _tell(name, switches.shown(changed)[name], as_json=as_json)


def _tell(name: str, value: str, *, as_json: bool) -> None:
    if as_json:
        show_json({name: value})
    else:
        typer.echo(f"{name} is {_short(value) or 'empty'}")


def _short(value: str) -> str:
    """Return a value for people; of a long list its first entries, and how many there are."""
    entries = value.split(", ")
    return value if len(entries) <= _SHOWN else f"{', '.join(entries[:_SHOWN])}, … ({len(entries)} entries)"
