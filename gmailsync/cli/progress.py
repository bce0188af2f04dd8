"""Progress bars on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Bars:
    """Draws one bar per piece of work (see `gmailsync.ports.Progress`)."""

    def __init__(self, display: Progress) -> None:
        self._display = display
        self._task: TaskID | None = None

    def start(self, label: str, total: int) -> None:
        """Begin a new bar; work without units draws none."""
        self._task = self._display.add_task(label, total=total) if total else None

    def advance(self, done: int = 1) -> None:
        """Fill the newest bar a little."""
        if self._task is not None:
            self._display.advance(self._task, done)


class RateColumn(ProgressColumn):
    """How many units are finished in a second."""

    def render(self, task: Task) -> Text:
        """Show nothing before there is something to reckon with."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


@contextmanager
def bars() -> Iterator[Bars]:
    """Show bars on stderr as long as the block runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as display:
        yield Bars(display)
