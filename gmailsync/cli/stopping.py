"""How a command ends that serves until it is stopped."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import typer


@contextmanager
def until_stopped() -> Iterator[None]:
    """Run the block until Ctrl-C or a service manager's SIGTERM, which is how it is meant to end."""
    signal.signal(signal.SIGTERM, _stop)
    with suppress(KeyboardInterrupt):
        yield
    typer.echo("stopped", err=True)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
