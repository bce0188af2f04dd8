"""How the database would run each statement of some work, as EXPLAIN tells it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event

from gmailsync.store.database import Database


def plans(database: Database, act: Callable[[], None], verbs: tuple[str, ...] = ("SELECT",)) -> list[str]:
    """Return how the database would run each statement of `act` that begins with one of the verbs.

    A line for each step. PostgreSQL is kept from reading a table from end to end where it has any other way: that
    suits the small tables of a test better, and tells nothing of large ones.
    """
    run: dict[str, object] = {}
    engine = database._engine

    def note(connection: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        if statement.startswith(verbs):
            run[statement] = parameters[0] if isinstance(parameters, list) else parameters

    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    is_sqlite = engine.dialect.name == "sqlite"
    found = []
    with engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in run.items():
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            found += [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]
        connection.rollback()
    return found
