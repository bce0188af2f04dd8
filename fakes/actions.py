"""What a session wants done to its connection; the shell does it and has no opinions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, after what was sent before has left."""


Action = Send | Close
