"""How commands show what they have: one JSON document, or tables and lines for people."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from gmailsync.rules.wording import one_line

if TYPE_CHECKING:
    from rich.console import Console

UNFOLDED = 10_000
"""Columns; wider than any row."""

Value = str | int | float | bool | None


def show_json(document: object) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, ensure_ascii=not speaks_unicode(), indent=2))


def show_json_line(document: object) -> None:
    """Print one JSON document on one line, for readers of a program that goes on running."""
    typer.echo(json.dumps(document, ensure_ascii=not speaks_unicode()))


def speaks_unicode() -> bool:
    """Whether standard output takes every character, as UTF-8 does."""
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return encoding.lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def console() -> Console:
    """Return a console on stdout. A pipe has no width of its own: nothing is folded there."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else UNFOLDED)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Value]], *, nothing: str) -> None:
    """Print a table, or the sentence `nothing` when there are no rows. A pipe has no width: nothing is folded there."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        typer.echo(nothing)
        return

    from gmailsync.cli.table import table_lines

    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    typer.echo("\n".join(table_lines(headings, cells, room=room, rule="─" if speaks_unicode() else "-")))


def show_fields(fields: Iterable[tuple[str, Value]]) -> None:
    """Print one thing as lines of name and value."""
    from gmailsync.cli.table import field_lines

    typer.echo("\n".join(field_lines([(name, _cell(value)) for name, value in fields])))


def fields_of(document: Mapping[str, Any]) -> list[tuple[str, Value]]:
    """Return the members of a JSON document as fields for people: names in words, lists with commas."""
    return [(name.replace("_", " "), _value(member)) for name, member in document.items()]


def _value(member: Any) -> Value:
    """Return one member; a text or a list that is empty is none."""
    value: Value = ", ".join(member) if isinstance(member, list) else member
    return None if value == "" else value


def _cell(value: Value) -> str:
    if value is None:
        return "–" if speaks_unicode() else "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(str(value))


def moment(time: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC, such as `2026-01-31T09:30:00Z`."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
