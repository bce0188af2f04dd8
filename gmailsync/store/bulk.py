"""Many rows at once: SQLAlchemy's own way takes half of the time of an insert to name each value of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Integer, Table, bindparam, func, insert, select, text, update

_ROWS = 100
"""In one statement, where values have no names: SQLite prepares and ends it once for all, and takes 32,766 values
(https://www.sqlite.org/limits.html#max_variable_number)."""


def insert_rows(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Iterable[tuple[object, ...]],
    on_conflict: str = "",
) -> None:
    """Store rows, each with a value for each of `columns`; nothing happens without rows.

    `on_conflict` is what follows ON CONFLICT, which both databases spell alike.
    """
    prepared, processors = _prepared(table, columns, connection.dialect)
    # Column by column: most need no translation, and the others' is called without any loop of ours.
    by_column = [
        column if process is None else map(process, column)
        for process, column in zip(processors, zip(*rows, strict=True), strict=False)  # no columns without rows
    ]
    values = list(zip(*by_column, strict=True))
    conflict = f" ON CONFLICT {on_conflict}" if on_conflict else ""
    if connection.dialect.positional:
        for part in (values[at : at + _ROWS] for at in range(0, len(values), _ROWS)):
            statement = prepared + f", ({', '.join('?' * len(columns))})" * (len(part) - 1)
            connection.exec_driver_sql(statement + conflict, tuple(chain.from_iterable(part)))
    elif values:
        connection.exec_driver_sql(prepared + conflict, [dict(zip(columns, row, strict=True)) for row in values])


def relabel(connection: Connection, table: Table, labels: Mapping[Any, tuple[str, ...]]) -> None:
    """Store the labels that these rows of a table have now, by their numbers; nothing happens without any."""
    if labels:
        changed = update(table).where(table.c.id == bindparam("number")).values(labels=bindparam("now"))
        connection.execute(changed, [{"number": number, "now": names} for number, names in labels.items()])


def reserve_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Return numbers for new rows of a table, in ascending order; nobody else is given them."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        series = func.generate_series(1, count).table_valued("number")
        return sorted(connection.scalars(select(func.nextval(sequence, type_=Integer)).select_from(series)))
    # A transaction is alone with the database, and AUTOINCREMENT never goes back behind what is stored.
    used = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    last: int = connection.scalars(used, {"name": table.name}).one_or_none() or 0
    return list(range(last + 1, last + count + 1))


@lru_cache(maxsize=64)
def _prepared(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """Return the statement, and for each column what turns a value into the driver's, or None."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    in_order = [column.name for column in table.c if column.name in columns]
    if in_order != list(columns):
        raise ValueError(f"columns of {table.name} out of their order: {columns}")
    return str(compiled), tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns)
