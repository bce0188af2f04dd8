"""The directory in SQL (see `gmailsync.ports.Records`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from gmailsync.errors import NotFound
from gmailsync.model.directory import NewRecord, Record, RecordId, RecordKind
from gmailsync.rules.addresses import key
from gmailsync.store.engine import insert_into
from gmailsync.store.lookup import in_parts, listed
from gmailsync.store.tables import record_addresses, records

_FIELDS = ("name", "active", "email_enabled", "owner_key", "parent_key", "queue_key")


class Records:
    """The records of the directory."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, batch: Sequence[NewRecord]) -> list[RecordId]:
        """Store records, each in the place of the one with its kind and key, if there is one."""
        if not batch:
            return []
        new = insert_into(self._connection, records)
        changed = {field: new.excluded[field] for field in _FIELDS}
        upsert = new.on_conflict_do_update(index_elements=["kind", "key"], set_=changed)
        named = ("kind", "key", *_FIELDS)
        rows = [{field: getattr(record, field) for field in named} for record in batch]
        found = self._connection.execute(upsert.returning(records.c.id, records.c.kind, records.c.key), rows)
        numbers = {(kind, name): RecordId(number) for number, kind, name in found}
        ids = [numbers[record.kind, record.key] for record in batch]
        for part in in_parts(ids):
            self._connection.execute(delete(record_addresses).where(record_addresses.c.record_id.in_(part)))
        addresses = [
            {
                "record_id": number,
                "address": address,
                "normalised": key(address, normalise=True),
                "position": position,
            }
            for number, record in zip(ids, batch, strict=True)
            for position, address in enumerate(dict.fromkeys(map(key, record.addresses)))
        ]
        if addresses:
            self._connection.execute(insert(record_addresses), addresses)
        return ids

    def get(self, kind: RecordKind, key: str) -> Record:
        """Return the record or raise `NotFound`."""
        found = self._records([records.c.kind == kind, records.c.key == key])
        if not found:
            raise NotFound("key", key, f"no {kind} has this key")
        return found[0]

    def by_ids(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """Return the records of these numbers; those that are gone are left out."""
        parts = in_parts(ids)
        return {record.id: record for part in parts for record in self._records([records.c.id.in_(part)])}

    def select(self, kind: RecordKind | None = None) -> list[Record]:
        """Return the records in the order in which they were first stored."""
        return self._records([] if kind is None else [records.c.kind == kind])

    def by_keys(self, kind: RecordKind, keys: Iterable[str]) -> list[Record]:
        """Return the records of a kind with these keys."""
        of_kind = records.c.kind == kind
        return [record for part in in_parts(keys) for record in self._records([of_kind, records.c.key.in_(part)])]

    def by_address(self, keys: Iterable[str], *, normalise: bool) -> dict[str, list[Record]]:
        """Return the records that have each of these addresses, written as `rules.addresses.key` does."""
        column = record_addresses.c.normalised if normalise else record_addresses.c.address
        among = select(listed(self._connection, keys).c.value)
        found = self._connection.execute(select(column, record_addresses.c.record_id).where(column.in_(among)))
        pairs = {(address, RecordId(number)) for address, number in found}
        known = self.by_ids({number for _, number in pairs})
        records_of = defaultdict(list)
        for address, number in sorted(pairs):
            records_of[address].append(known[number])
        return records_of

    def clear(self) -> None:
        """Forget the whole directory; activities stay, without what they meant."""
        self._connection.execute(delete(records))

    def _records(self, conditions: Iterable[ColumnElement[bool]]) -> list[Record]:
        conditions = list(conditions)
        rows = self._connection.execute(select(records).where(*conditions).order_by(records.c.id)).all()
        addresses = defaultdict(list)
        for part in in_parts(row.id for row in rows):
            of_part = record_addresses.c.record_id.in_(part)
            found = select(record_addresses.c.record_id, record_addresses.c.address).where(of_part)
            for number, address in self._connection.execute(found.order_by(record_addresses.c.position)):
                addresses[number].append(address)
        return [_record(row, addresses[row.id]) for row in rows]


def _record(row: Row[Any], addresses: Sequence[str]) -> Record:
    return Record(
        id=RecordId(row.id),
        kind=row.kind,
        key=row.key,
        name=row.name,
        addresses=tuple(addresses),
        active=row.active,
        email_enabled=row.email_enabled,
        owner_key=row.owner_key,
        parent_key=row.parent_key,
        queue_key=row.queue_key,
    )
