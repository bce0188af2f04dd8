"""`gmailsync audit`: what the server has against what is stored."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli import auditing
from gmailsync.cli.context import Json, watched
from gmailsync.cli.output import moment, show_json, show_table
from gmailsync.rules.wording import with_advice

if TYPE_CHECKING:
    from gmailsync.flows.audit import Audited


def audit(
    ctx: typer.Context,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(help="Which mailboxes; all that take incoming mail when none is named.", metavar="ADDRESS"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare every message that the server has with what is stored, mend what differs, and count.

    Exit status 1 when a mailbox is not proven: a message is missing, changed, or waits in the failure ledger.
    """
    from gmailsync.flows import audit as auditor

    with watched(ctx) as application:
        with application.ports.store.begin() as tx:  # a mistyped address is told before anything moves
            named = [tx.mailboxes.get(address).address for address in addresses or ()]
        outcomes = [auditor.audit(application.ports, address) for address in named or auditor.due(application.ports)]
    if as_json:
        show_json([document(outcome) for outcome in outcomes])
    else:
        show(outcomes)
    if not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(1)


def document(outcome: Audited) -> dict[str, Any]:
    """Return the outcome of an audit for JSON."""
    numbers = auditing.document(outcome.audit) if outcome.audit else dict.fromkeys((*auditing.NUMBERS, "proven", "at"))
    return (
        {"mailbox": outcome.address}
        | numbers
        | {
            "error": outcome.error and {"code": outcome.error.code, "message": outcome.error.message},
            "under_way": outcome.under_way and {"since": moment(outcome.under_way.since)},
        }
    )


def show(outcomes: list[Audited]) -> None:
    """Show audits as a table, and what kept one from its end on stderr."""
    show_table(
        ("Mailbox", "Stored", "Set aside", "Failed", "Given up", "Missing", "Extra", "Changed", "Mended", "Proven"),
        [_row(outcome) for outcome in outcomes],
        nothing="no mailbox takes incoming mail; test and enable one: gmailsync mailbox test ADDRESS --enable",
    )
    for outcome in outcomes:
        if outcome.under_way:
            since = f"{outcome.under_way.since.astimezone(UTC):%H:%M} UTC"
            typer.echo(f"a sync of {outcome.address} is under way since {since}; audit it afterwards", err=True)
        if outcome.audit and not outcome.audit.is_proven:
            typer.echo(f"{outcome.address} is not proven: {auditing.troubles(outcome.audit)}", err=True)
        if outcome.error:
            typer.echo(f"error: {outcome.address}: {with_advice(outcome.error)}", err=True)


def _row(outcome: Audited) -> tuple[str | int | bool | None, ...]:
    if (found := outcome.audit) is None:
        return (outcome.address, *[None] * 8, False)
    return (
        outcome.address,
        f"{found.stored} of {found.expected}",
        *(found.set_aside, found.failed, found.given_up, found.missing, found.extra, found.changed, found.mended),
        found.is_proven,
    )
