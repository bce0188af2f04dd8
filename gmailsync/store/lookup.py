"""Looking up many values at once: in a few statements, however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import JSON, Connection, TableValuedAlias, Text, cast, column, func, literal

from gmailsync.store.columns import json_array, json_text

Value = TypeVar("Value")

_PART = 5_000
"""Values in one statement; SQLite takes 32,766 (https://www.sqlite.org/limits.html#max_variable_number)."""


def in_parts(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Cut values into lists that a statement may name. Nothing comes of no values."""
    rest = iter(values)
    while part := list(islice(rest, _PART)):
        yield part


def listed(connection: Connection, texts: Iterable[str]) -> TableValuedAlias:
    """Return texts as a table with the column `value`. They are one parameter, which takes less time than hundreds."""
    document = literal(json_array(map(json_text, texts)))
    if connection.dialect.name == "postgresql":
        rows = func.json_array_elements_text(cast(document, JSON))
    else:
        rows = func.json_each(document)
    return rows.table_valued(column("value", Text), name="listed")
