"""`gmailsync sync`: one cycle now, out and in."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli.context import Json, watched
from gmailsync.cli.output import moment, show_json, show_table
from gmailsync.rules.wording import with_advice

if TYPE_CHECKING:
    from gmailsync.flows.cycle import Cycle


def sync(
    ctx: typer.Context,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(help="Which mailboxes; all enabled ones when none is named.", metavar="ADDRESS"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send what waits and fetch what is new, once. Exit status 1 when a mailbox failed.

    A mailbox that another sync works on is left to it, which is no failure.
    """
    from gmailsync.flows import cycle, forecasts

    with watched(ctx) as application:
        with application.ports.store.begin() as tx:  # a mistyped address is told before anything moves
            named = [tx.mailboxes.get(address).address for address in addresses or ()]
        chosen = named or cycle.due(application.ports)
        cycles = [cycle.run(application.ports, address) for address in chosen]
        forecasts.watch_others(application.ports, chosen)
    if as_json:
        show_json([document(cycle) for cycle in cycles])
    else:
        show(cycles)
    if not all(cycle.ok for cycle in cycles):
        raise typer.Exit(1)


def document(cycle: Cycle) -> dict[str, Any]:
    """Return a cycle for JSON."""
    incoming, outgoing = cycle.incoming, cycle.outgoing
    return {
        "mailbox": cycle.address,
        "ok": cycle.ok,
        "incoming": incoming
        and {
            "new": incoming.new,
            "known": incoming.known,
            "test_messages": incoming.test_messages,
            "refused": incoming.refused,
        },
        "outgoing": outgoing
        and {
            "sent": outgoing.sent,
            "found": outgoing.found,
            "deferred": outgoing.deferred,
            "failed": outgoing.failed,
            "in_doubt": outgoing.in_doubt,
        },
        "errors": [
            {"code": e.code, "message": e.message, "advice": e.advice, "server_line": e.server_line}
            for e in cycle.errors
        ],
        "under_way": cycle.under_way
        and {
            "since": moment(cycle.under_way.since),
            "host": cycle.under_way.worker.host,
            "pid": cycle.under_way.worker.pid,
        },
    }


def show(cycles: list[Cycle]) -> None:
    """Show cycles as a table, and what went wrong on stderr."""
    show_table(
        ("Mailbox", "New", "Known", "Sent", "Deferred", "Failed", "In doubt", "Ok"),
        [_row(cycle) for cycle in cycles],
        nothing="no mailbox is enabled; test and enable one: gmailsync mailbox test ADDRESS --enable",
    )
    for cycle in cycles:
        if other := cycle.under_way:
            since = f"{other.since.astimezone(UTC):%H:%M} UTC"
            typer.echo(f"another sync of {cycle.address} is under way since {since} ({other.worker})", err=True)
        for error in cycle.errors:
            typer.echo(f"error: {cycle.address}: {with_advice(error)}", err=True)


def _row(cycle: Cycle) -> tuple[str | int | bool | None, ...]:
    incoming, outgoing = cycle.incoming, cycle.outgoing
    received = (incoming.new, incoming.known) if incoming else (None, None)
    sent = (
        (outgoing.sent + outgoing.found, outgoing.deferred, outgoing.failed, outgoing.in_doubt)
        if outgoing
        else (None, None, None, None)
    )
    return (cycle.address, *received, *sent, None if cycle.under_way else cycle.ok)
