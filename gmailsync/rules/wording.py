"""Errors and alerts in words, on one line, and the marks of outcomes."""

from __future__ import annotations

from typing import Protocol

from gmailsync.model.trial import StageState

MARKS = {StageState.PASSED: "✓", StageState.FAILED: "✗", StageState.SKIPPED: "–"}
"""How a stage or step ended, at a glance."""


class Told(Protocol):
    """What went wrong, for people: an error, or the alert that it opened."""

    @property
    def code(self) -> str:
        """The code for support."""
        ...

    @property
    def message(self) -> str:
        """One plain sentence."""
        ...

    @property
    def advice(self) -> str:
        """What to do about it, or nothing."""
        ...

    @property
    def server_line(self) -> str:
        """What the server said, secrets cut, or nothing."""
        ...


def with_server_line(error: Told) -> str:
    """Return what happened, with the server's own words where our sentence does not hold them already."""
    said = error.server_line.strip()
    if said and said not in error.message:
        return one_line(f"{error.message.rstrip('.')}: {said}")
    return one_line(error.message)


def with_advice(error: Told) -> str:
    """Return what happened and what to do about it."""
    told = with_server_line(error)
    return f"{told.rstrip('.')}. {one_line(error.advice)}" if error.advice else told


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters: servers and files must not paint the terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
