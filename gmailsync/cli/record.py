"""`gmailsync record`: the directory of those whom the business system knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gmailsync.cli.context import Json, noun, stored, watched
from gmailsync.cli.output import fields_of, show_fields, show_json, show_table
from gmailsync.model.directory import Record, RecordKind

app = noun("Records: whom the business system knows, and by which addresses.")

Kind = Annotated[RecordKind, typer.Argument(help="What the record is.", metavar="KIND")]


@app.command("import")
def import_records(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV file: kind,key,name, and as wanted addresses,active,email_enabled,owner,parent,default_queue.",
            metavar="FILE",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Take over the records of a CSV file, all or none; the same kind and key updates."""
    from gmailsync.directoryfile import DirectoryFile
    from gmailsync.flows.directory import import_directory

    with watched(ctx) as application:
        imported = import_directory(application.ports, DirectoryFile(file))
    if as_json:
        show_json({"added": imported.added, "updated": imported.updated})
    else:
        typer.echo(f"records added: {imported.added}, updated: {imported.updated}")


@app.command("list")
def list_records(
    ctx: typer.Context,
    kind: Annotated[RecordKind | None, typer.Option(help="Only of this kind.")] = None,
    as_json: Json = False,
) -> None:
    """Show the records of the directory."""
    with stored(ctx) as tx:
        found = [document(record) for record in tx.records.select(kind)]
    if as_json:
        show_json(found)
    else:
        rows = [[*(one[key] for key in _COLUMNS), ", ".join(one["addresses"]), one["active"]] for one in found]
        headings = ("Kind", "Key", "Name", "Owner", "Parent", "Default queue", "Addresses", "Active")
        show_table(headings, rows, nothing="no records; take some over: gmailsync record import FILE.csv")


_COLUMNS = ("kind", "key", "name", "owner", "parent", "default_queue")


@app.command("show")
def show_record(
    ctx: typer.Context,
    kind: Kind,
    key: Annotated[str, typer.Argument(help="Its key in the business system.", metavar="KEY")],
    as_json: Json = False,
) -> None:
    """Show one record."""
    with stored(ctx) as tx:
        found = document(tx.records.get(kind, key))
    if as_json:
        show_json(found)
    else:
        show_fields(fields_of(found))


def document(record: Record) -> dict[str, Any]:
    """Return a record for JSON."""
    return {
        "kind": record.kind,
        "key": record.key,
        "name": record.name,
        "addresses": list(record.addresses),
        "active": record.active,
        "email_enabled": record.email_enabled,
        "owner": record.owner_key,
        "parent": record.parent_key,
        "default_queue": record.queue_key,
    }
