"""Looking up many values at once: in a few statements, however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")

_PART = 5_000
"""Values in one statement; SQLite takes 32,766 (https://www.sqlite.org/limits.html#max_variable_number)."""


def in_parts(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Cut values into lists that a statement may name. Nothing comes of no values."""
    rest = iter(values)
    while part := list(islice(rest, _PART)):
        yield part
