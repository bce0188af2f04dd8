"""What all tables share: the metadata, and columns and checks that many of them have."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, TextClause

from gmailsync.store.columns import RowId

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

_WHERE = "where"


def own_id() -> Column[int]:
    """Return the column of a number that the database gives."""
    return Column("id", RowId, primary_key=True)


def mailbox_id(*, primary_key: bool = False, index: bool = False) -> Column[int]:
    """Return the column of the mailbox that a row belongs to and goes with."""
    owner = ForeignKey("mailboxes.id", ondelete="CASCADE")
    return Column("mailbox_id", RowId, owner, nullable=False, primary_key=primary_key, index=index)


def email_id(*, primary_key: bool = False, index: bool = False) -> Column[int]:
    """Return the column of the email that a row belongs to and goes with."""
    owner = ForeignKey("emails.id", ondelete="CASCADE")
    return Column("email_id", RowId, owner, nullable=False, primary_key=primary_key, index=index)


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """Return the check that a column holds one of these words; it is named after the column."""
    values = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def partial_index(name: str, *columns: Column[Any], where: TextClause, unique: bool = False) -> Index:
    """Return an index of the rows for which the condition holds."""
    # `postgresql_where` would load all of PostgreSQL's drivers, which takes a tenth of a command's start.
    return Index(name, *columns, unique=unique, sqlite_where=where, info={_WHERE: where})


def tell_postgresql() -> None:
    """Let the metadata say of partial indexes to PostgreSQL, too, of which rows they are.

    Only who makes or compares tables by the metadata needs it; the migrations say it themselves.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            if _WHERE in index.info:
                index.dialect_options["postgresql"]["where"] = index.info[_WHERE]
