"""What every command needs: the place it works in, opened, and the shared shape of a noun."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailsync.clock import SystemClock, clock_of
from gmailsync.config import Settings, read_settings
from gmailsync.errors import BadInput

if TYPE_CHECKING:  # the application behind it is heavy, and only needed once a command runs
    from gmailsync.app import App
    from gmailsync.ports import Clock, Progress, Tx

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(frozen=True)
class Place:
    """The options before the command, as given."""

    home: Path | None = None
    database: str | None = None
    network: Path | None = None

    def settings(self) -> Settings:
        """Return the settings that follow from the options and the environment."""
        return read_settings(os.environ, home=self.home, database_url=self.database, network=self.network)


def settings(ctx: typer.Context) -> Settings:
    """Return the settings of this run."""
    return (ctx.find_object(Place) or Place()).settings()


def clock(ctx: typer.Context) -> Clock:
    """Return the clock of this run: that of the simulation whose network file is given, or else the machine's.

    For commands that only show what is stored, which they also do when the simulation has ended.
    """
    try:
        return clock_of(settings(ctx).network_file)
    except BadInput:
        return SystemClock()


@contextmanager
def stored(ctx: typer.Context) -> Iterator[Tx]:
    """Open the database alone, for one transaction: enough for commands that only show something."""
    from gmailsync.app import open_store

    store = open_store(settings(ctx))
    try:
        with store.begin() as tx:
            yield tx
    finally:
        store.close()


@contextmanager
def opened(ctx: typer.Context) -> Iterator[App]:
    """Open the application for one command."""
    from gmailsync.app import App

    with App.open(settings(ctx)) as app:
        yield app


@contextmanager
def watched(ctx: typer.Context) -> Iterator[App]:
    """Open the application for long work, which draws bars on a terminal."""
    from gmailsync.app import App

    with progress() as shown, App.open(settings(ctx), progress=shown) as app:
        yield app


@contextmanager
def progress() -> Iterator[Progress | None]:
    """Show bars on stderr as long as the block runs; None when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    from gmailsync.cli.progress import bars

    with bars() as shown:
        yield shown


def noun(help_text: str) -> typer.Typer:
    """Return a group of commands that shows its help when it is called alone."""
    group = typer.Typer(help=help_text, invoke_without_command=True, rich_markup_mode=None)

    @group.callback()
    def show_help(ctx: typer.Context) -> None:
        if ctx.invoked_subcommand is None:
            typer.echo(ctx.get_help())

    return group
