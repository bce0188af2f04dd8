"""Bars on a terminal."""

from __future__ import annotations

from rich.progress import Progress

from gmailsync.cli.progress import Bars, RateColumn


def test_the_rate_is_shown_once_there_is_something_to_reckon_with():
    """Messages a second, of the time that a display's clock tells."""
    moments = iter(range(1_000))
    display = Progress(get_time=lambda: next(moments), disable=True)
    bars = Bars(display)
    bars.start("fetching", 9_000)
    (task,) = display.tasks

    before = RateColumn().render(task).plain
    for _ in range(3):
        bars.advance(2_000)
    after = RateColumn().render(task).plain

    assert before == ""
    assert after.endswith("/s")
    assert after != "0/s"
