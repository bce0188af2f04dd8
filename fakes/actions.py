"""What a session wants done to its connection; the shell does it and has no opinions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, after what was sent before has left."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Drop the connection by a TCP reset; what was sent before may be lost with it."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Do nothing until the world's clock has moved on by so much."""

    duration: timedelta


Action = Send | Close | Reset | Stall
