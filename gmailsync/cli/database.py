"""`gmailsync db`: care for the database."""

from __future__ import annotations

import typer

from gmailsync.cli.context import noun, settings

app = noun("The database.")


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring an older database to this program's tables, all or nothing."""
    from gmailsync.store.opening import upgrade as upgrade_database

    changed = upgrade_database(settings(ctx).database_url)
    typer.echo("the database is upgraded" if changed else "the database is up to date")
