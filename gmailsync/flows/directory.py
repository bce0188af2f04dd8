"""Taking over a directory: all of its records or none."""

from __future__ import annotations

from dataclasses import dataclass

from gmailsync.errors import BadInput
from gmailsync.model.directory import RecordKind
from gmailsync.ports import Directory, Ports

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: records that are new, and those in the place of earlier ones."""

    added: int
    updated: int


def import_directory(ports: Ports, directory: Directory) -> Imported:
    """Store the records of a directory; what is stored and not in it stays. Doing it twice changes nothing.

    `BadInput` for an owner who is no user of the directory, nor one that is stored: nobody would own anything. So for a
    default queue that is no queue.
    """
    records = list(directory.records())
    ports.progress.start("importing records", len(records))
    with ports.store.begin() as tx:
        stored = {(one.kind, one.key) for one in tx.records.select()}
        known = stored | {(one.kind, one.key) for one in records}
        for record in records:
            if record.owner_key is not None and (RecordKind.USER, record.owner_key) not in known:
                raise BadInput(f"owner of {record.kind} {record.key}", record.owner_key, "must be the key of a user")
            if record.queue_key is not None and (RecordKind.QUEUE, record.queue_key) not in known:
                field = f"default queue of {record.kind} {record.key}"
                raise BadInput(field, record.queue_key, "must be the key of a queue")
        for start in range(0, len(records), _AT_ONCE):
            part = records[start : start + _AT_ONCE]
            tx.records.save(part)
            ports.progress.advance(len(part))
    updated = sum((one.kind, one.key) in stored for one in records)
    return Imported(len(records) - updated, updated)
