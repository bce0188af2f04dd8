"""`gmailsync runbook`: the notebooks, run with parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from gmailsync.cli.context import Json, noun
from gmailsync.cli.output import console, show_fields, show_json, show_table
from gmailsync.errors import BadInput
from gmailsync.rules.wording import one_line

if TYPE_CHECKING:
    from gmailsync.runbook import RunbookResult

PARAMETER = "-p"

app = noun("Runbooks: notebooks that do a job and keep the evidence.")

Name = Annotated[str, typer.Argument(help="The runbook's name.", metavar="NAME")]


class Pairs(TyperCommand):
    """A command whose `-p` takes two words, KEY and VALUE, which Typer's options cannot."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Join the two words, then parse as usual."""
        return super().parse_args(ctx, list(joined(args)))


def joined(words: Sequence[str]) -> Iterator[str]:
    """Yield the words with each `-p KEY VALUE` as `-p KEY=VALUE`; one that is written so already stays."""
    rest = iter(words)
    for word in rest:
        yield word
        if word == PARAMETER and (key := next(rest, None)) is not None:
            value = None if "=" in key else next(rest, None)
            yield key if value is None else f"{key}={value}"


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """Show the runbooks there are."""
    from gmailsync.runbook import list_runbooks

    found = list_runbooks()
    if as_json:
        show_json([{"name": book.name, "title": book.title, "purpose": book.purpose} for book in found])
    else:
        show_table(("Name", "What it does"), [(book.name, book.title) for book in found], nothing="no runbooks")


@app.command("show")
def show_one(name: Name, as_json: Json = False) -> None:
    """Show a runbook's purpose and parameters."""
    from gmailsync.runbook import find, parameters

    book = find(name)
    known = parameters(book)
    if as_json:
        told = [{"name": one.name, "default": one.default, "help": one.help} for one in known]
        show_json({"name": book.name, "title": book.title, "purpose": book.purpose, "parameters": told})
        return
    show_fields([("Name", book.name), ("Title", book.title), ("Purpose", book.purpose)])
    rows = [(one.name, str(one.default), one.help) for one in known]
    show_table(("Parameter", "Default", "What it is"), rows, nothing="no parameters")


@app.command("run", cls=Pairs)
def run_one(
    name: Name,
    parameter: Annotated[
        list[str] | None, typer.Option(PARAMETER, help="A parameter; can be given again.", metavar="KEY VALUE")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where the results go; a folder of the runbook's name.", metavar="DIR")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a runbook and keep its evidence. Exit status 1 when it stopped or its evidence is not good."""
    from gmailsync import runbook

    result = runbook.run(name, dict(_pair(text) for text in parameter or ()), output or Path(name))
    if as_json:
        show_json({"name": name, "ok": result.ok, "failure": result.failure} | dict(_files(result)))
    else:
        _show(result)
    if not result.ok:
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise BadInput("parameter", text, "two words, KEY and VALUE")
    return key, value


def _files(result: RunbookResult) -> Iterator[tuple[str, str | None]]:
    for key, path in (("notebook", result.notebook), ("report", result.report), ("evidence", result.evidence_file)):
        yield key, None if path is None else str(path)


def _show(result: RunbookResult) -> None:
    from gmailsync import report

    if result.evidence is not None:
        report.print_to(console(), result.evidence, result.files)
    else:
        for word, path in result.files:
            typer.echo(f"{word}: {path}")
    if result.failure:
        typer.echo(f"error: the runbook stopped: {one_line(result.failure)}", err=True)
