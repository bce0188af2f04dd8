"""The directory as a CSV file: a record on each line, all or nothing (see `gmailsync.ports.Directory`)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gmailsync.errors import BadInput
from gmailsync.model.directory import NewRecord, RecordKind
from gmailsync.rules.entries import check_address

REQUIRED = ("kind", "key", "name")
COLUMNS = (*REQUIRED, "addresses", "active", "email_enabled", "owner", "parent", "default_queue")
"""The columns of the file, in any order; those that are not required may be left out."""

_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_BETWEEN = re.compile(r"[;\s]+")


@dataclass(frozen=True, slots=True)
class DirectoryFile:
    """A CSV file in UTF-8 whose first line names the columns. Addresses in a field are separated by semicolons."""

    path: Path

    def records(self) -> Sequence[NewRecord]:
        """Return the records in the order of the file. `BadInput` names line, column, value and what is allowed."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                return list(_read(_numbered(file)))
        except OSError as error:
            raise BadInput("file", str(self.path), f"cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadInput("file", str(self.path), f"must be UTF-8; octet {error.start} is not") from error


def _numbered(file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line that it begins in: a quoted field may go over several."""
    reader, number = csv.reader(file, strict=True), 1
    try:
        for record in reader:
            yield number, record
            number = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"line {number}", "", f"must be CSV: {error}") from error


def _read(lines: Iterator[tuple[int, list[str]]]) -> Iterator[NewRecord]:
    _, first = next(lines, (1, []))
    names = [name.strip().lower() for name in first]
    _check_columns(names)
    seen: dict[tuple[RecordKind, str], int] = {}
    for number, line in lines:
        if not any(line):
            continue
        if len(line) != len(names):
            raise BadInput(f"line {number}", ",".join(line), f"must have {len(names)} fields")
        fields = dict(zip(names, (value.strip() for value in line), strict=True))
        record = _record(number, fields)
        earlier = seen.setdefault((record.kind, record.key), number)
        if earlier != number:
            raise BadInput(f"line {number}, key", record.key, f"is the {record.kind} of line {earlier} already")
        yield record


def _check_columns(names: list[str]) -> None:
    for name in names:
        if name not in COLUMNS or names.count(name) > 1:
            raise BadInput("line 1, column", name, f"each of these once, with commas: {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in names:
            raise BadInput("line 1", ",".join(names), f"must name the column {name}")


def _record(number: int, fields: dict[str, str]) -> NewRecord:
    for name, value in fields.items():
        if "\0" in value:  # which no database keeps in a text
            raise BadInput(f"line {number}, {name}", value, "must have no NUL character")
    for name in REQUIRED:
        if not fields[name]:
            raise BadInput(f"line {number}, {name}", "", "must not be empty")
    kind = fields["kind"].lower()
    if kind not in set(RecordKind):
        raise BadInput(f"line {number}, kind", fields["kind"], f"one of {', '.join(RecordKind)}")
    if fields.get("default_queue") and kind != RecordKind.USER:
        raise BadInput(f"line {number}, default_queue", fields["default_queue"], "only a user has one")
    addresses = filter(None, _BETWEEN.split(fields.get("addresses", "")))
    return NewRecord(
        kind=RecordKind(kind),
        key=fields["key"],
        name=fields["name"],
        addresses=tuple(check_address(f"line {number}, addresses", address) for address in addresses),
        active=_switch(number, fields, "active"),
        email_enabled=_switch(number, fields, "email_enabled"),
        owner_key=fields.get("owner") or None,
        parent_key=fields.get("parent") or None,
        queue_key=fields.get("default_queue") or None,
    )


def _switch(number: int, fields: dict[str, str], name: str) -> bool:
    value = fields.get(name, "").lower()
    if value not in _YES | _NO | {""}:
        raise BadInput(f"line {number}, {name}", fields[name], "yes or no; empty is yes")
    return value not in _NO
