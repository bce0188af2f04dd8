"""The command line: one file per noun, thin commands over the flows.

A noun's file is loaded when the noun is named, and nothing heavy before its command runs.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from gmailsync import __version__
from gmailsync.cli.context import Place
from gmailsync.config import DATABASE_VARIABLE, HOME_VARIABLE, NETWORK_VARIABLE
from gmailsync.errors import BadInput, GmailSyncError, StoreError
from gmailsync.rules.wording import one_line, with_advice

DEBUG_VARIABLE = "GMAILSYNC_DEBUG"

FAULT = 1
BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
"""Exit statuses; the last two are 128 plus the signal, as shells count."""

_NOUNS = {
    "demo": "demo",
    "setup": "setup",
    "profile": "profile",
    "mailbox": "mailbox",
    "sync": "sync",
    "audit": "audit",
    "email": "email",
    "record": "record",
    "setting": "setting",
    "alert": "alert",
    "status": "status",
    "web": "web",
    "simulate": "simulate",
    "runbook": "runbook",
    "db": "database",
}
"""The commands as `--help` shows them, each with its file: a group called `app`, or a function of the same name."""


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What an output says that takes no more."""


class _Commands(Mapping[str, Any]):
    """The commands, each loaded when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NOUNS)

    def __len__(self) -> int:
        return len(_NOUNS)


class _Nouns(typer.core.TyperGroup):
    """A group that has its commands from `_Commands`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": _Commands()})


@cache
def _command(name: str) -> Any:
    """Return a command or group as Typer makes it. KeyError when there is none of this name."""
    module = import_module(f"gmailsync.cli.{_NOUNS[name]}")
    if hasattr(module, "app"):
        return typer.main.get_group(module.app)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(getattr(module, name))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="gmailsync", cls=_Nouns, add_completion=False, invoke_without_command=True, rich_markup_mode=None
)


@app.callback()
def gmailsync(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help=f"Where database and key lie [{HOME_VARIABLE}].", show_default=False)
    ] = None,
    database: Annotated[
        str | None, typer.Option(help=f"SQLAlchemy URL of the database [{DATABASE_VARIABLE}].", show_default=False)
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help=f"Network file of a simulation [{NETWORK_VARIABLE}].", show_default=False)
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Connect Gmail mailboxes to a business system by OAuth 2.0, and keep their mail in step both ways."""
    ctx.obj = Place(home, database, network)
    if version:
        typer.echo(f"gmailsync {__version__}")
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 it worked, 1 it found a fault, 2 bad usage or bad input.

    Whatever goes wrong ends as one line on stderr, never as a traceback.
    """
    _prepare_output()
    try:
        result = app(args=arguments, prog_name="gmailsync", standalone_mode=False)
        status = result if isinstance(result, int) else 0
        if status == INTERRUPTED:  # Typer's own translation of Ctrl-C
            _complain("interrupted")
        return status
    except typer.TyperException as error:
        _complain(error.format_message().replace("Value error, ", ""))  # pydantic's words in front of ours
        return BAD_INPUT
    except GmailSyncError as error:
        _complain(with_advice(error))
        return BAD_INPUT if isinstance(error, BadInput | StoreError) else FAULT
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _internal(error)
        _complain(f"output: cannot be written: {error.strerror}")
        return FAULT
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user unasked
        return _internal(error)


def _prepare_output() -> None:
    """Let no command fail because its output is closed, or cannot show a character: then its number is shown.

    What is closed becomes the null device, so that no file that is opened later takes its place.
    """
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the program ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _internal(error: Exception) -> int:
    _complain(f"internal: {type(error).__name__}: {error} (run with {DEBUG_VARIABLE}=1 for the traceback)")
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exc()
    return FAULT


def _complain(text: str) -> None:
    typer.echo(f"error: {one_line(text)}", err=True)
