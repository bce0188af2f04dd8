"""How commands show what they have: one JSON document, or tables and lines for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from gmailsync.rules.wording import one_line

if TYPE_CHECKING:
    from rich.console import Console

UNFOLDED = 10_000
"""Columns; wider than any row."""

Value = str | int | float | bool | None


def show_json(document: object) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def show_json_line(document: object) -> None:
    """Print one JSON document on one line, for readers of a program that goes on running."""
    typer.echo(json.dumps(document, ensure_ascii=False))


def console() -> Console:
    """Return a console on stdout. A pipe has no width of its own: nothing is folded there."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else UNFOLDED)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Value]], *, nothing: str) -> None:
    """Print a table, or the sentence `nothing` when there are no rows."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        typer.echo(nothing)
        return

    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console().print(table)


def show_fields(fields: Iterable[tuple[str, Value]]) -> None:
    """Print one thing as lines of name and value."""
    pairs = [(name, _cell(value)) for name, value in fields]
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        typer.echo(f"{name:<{width}}  {value}".rstrip())


def _cell(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(str(value))


def moment(time: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC, such as `2026-01-31T09:30:00Z`."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
