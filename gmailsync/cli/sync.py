"""`gmailsync sync`: one cycle now, out and in; or cycle after cycle, until stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli import values
from gmailsync.cli.context import Json, opened, watched
from gmailsync.cli.output import moment, show_json, show_json_line, show_table
from gmailsync.cli.stopping import until_stopped
from gmailsync.errors import BadInput
from gmailsync.rules.wording import with_advice

if TYPE_CHECKING:
    from gmailsync.flows.cycle import Cycle


def sync(
    ctx: typer.Context,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(help="Which mailboxes; all enabled ones when none is named.", metavar="ADDRESS"),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until stopped: again when mail arrives, and every few minutes.")
    ] = False,
    every: Annotated[
        int | None,
        typer.Option(
            help="With --watch: look at least this often; 5 unless given.", metavar="MINUTES", parser=values.minutes
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send what waits and fetch what is new, once. Exit status 1 when a mailbox failed.

    A mailbox that another sync works on is left to it, which is no failure. With --watch it ends by Ctrl-C, with
    status 0, and --json prints one document on a line for each mailbox and time.
    """
    if watch:
        _watch(ctx, addresses or [], every, as_json=as_json)
    elif every is not None:
        raise BadInput("every", every, "goes with --watch")
    else:
        _once(ctx, addresses or [], as_json=as_json)


_NONE = (
    "no mailbox is enabled in an active server profile (see gmailsync status); "
    "test and enable one: gmailsync mailbox test ADDRESS --enable"
)


def _once(ctx: typer.Context, addresses: list[str], *, as_json: bool) -> None:
    from gmailsync.flows import cycle, forecasts

    with watched(ctx) as application:
        with application.ports.store.begin() as tx:  # a mistyped address is told before anything moves
            named = [tx.mailboxes.get(address).address for address in addresses]
        chosen = named or cycle.due(application.ports)
        cycles = [cycle.run(application.ports, address) for address in chosen]
        forecasts.watch_others(application.ports, chosen)
    if as_json:
        show_json([document(cycle) for cycle in cycles])
    else:
        show(cycles)
    if not all(cycle.ok for cycle in cycles):
        raise typer.Exit(1)


def _watch(ctx: typer.Context, addresses: list[str], every: int | None, *, as_json: bool) -> None:
    from gmailsync.flows import cycle
    from gmailsync.flows.watching import EVERY, Watching

    with until_stopped(), opened(ctx) as application, application.watch() as connections:
        ports = application.ports
        with ports.store.begin() as tx:
            named = [tx.mailboxes.get(address).address for address in addresses]
        interval = EVERY if every is None else timedelta(minutes=every)
        typer.echo("watching; stop with Ctrl-C", err=True)
        if not (named or cycle.due(ports)):
            typer.echo(f"{_NONE}; it comes in by itself", err=True)
        watching = Watching(ports, connections, SystemRandom().random, every=interval, only=named)
        for looked in watching.looks(lambda error: _complain(ports.clock.now(), with_advice(error))):
            at = ports.clock.now()
            if as_json:
                show_json_line({"at": moment(at)} | document(looked))
            else:
                _show_line(looked, at)


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
            "left_out": incoming.left_out,
            "skipped_until": moment(incoming.skipped_until),
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
    """Show cycles as a table, and what went wrong on stderr. A column that is seldom needed is there when it is."""
    shown = [
        column for column in _COLUMNS if column not in _SELDOM or any(_counts(cycle).get(column) for cycle in cycles)
    ]
    show_table(
        ("Mailbox", *shown, "Ok"),
        [_row(cycle, shown) for cycle in cycles],
        nothing=_NONE,
    )
    for cycle in cycles:
        if other := cycle.under_way:
            since = f"{other.since.astimezone(UTC):%H:%M} UTC"
            typer.echo(f"another sync of {cycle.address} is under way since {since} ({other.worker})", err=True)
        if cycle.incoming and (until := cycle.incoming.skipped_until):
            typer.echo(
                f"{cycle.address} was read by POP less than five minutes ago; "
                f"the next look is possible from {until.astimezone(UTC):%H:%M:%S} UTC",
                err=True,
            )
        for error in cycle.errors:
            typer.echo(f"error: {cycle.address}: {with_advice(error)}", err=True)


def _show_line(cycle: Cycle, at: datetime) -> None:
    """Show what a cycle did, if it did anything, and what went wrong on stderr."""
    incoming, outgoing = cycle.incoming, cycle.outgoing
    counts = {
        "new": incoming.new if incoming else 0,
        "sent": outgoing.sent + outgoing.found if outgoing else 0,
        "failed": outgoing.failed if outgoing else 0,
    }
    done = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    if done:
        typer.echo(f"{_time(at)} {cycle.address}: {done}")
    for error in cycle.errors:
        _complain(at, f"{cycle.address}: {with_advice(error)}")


def _complain(at: datetime, text: str) -> None:
    typer.echo(f"{_time(at)} error: {text}", err=True)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


_COLUMNS = ("New", "Known", "Refused", "Left out", "Sent", "Deferred", "Failed", "In doubt")
_SELDOM = frozenset({"Refused", "Left out"})


def _counts(cycle: Cycle) -> dict[str, int]:
    """Return the numbers of the directions that were reached, by their columns."""
    counts: dict[str, int] = {}
    if incoming := cycle.incoming:
        counts |= {
            "New": incoming.new,
            "Known": incoming.known,
            "Refused": incoming.refused,
            "Left out": incoming.left_out,
        }
    if outgoing := cycle.outgoing:
        counts |= {
            "Sent": outgoing.sent + outgoing.found,
            "Deferred": outgoing.deferred,
            "Failed": outgoing.failed,
            "In doubt": outgoing.in_doubt,
        }
    return counts


def _row(cycle: Cycle, columns: list[str]) -> tuple[str | int | bool | None, ...]:
    counts = _counts(cycle)
    return (cycle.address, *map(counts.get, columns), None if cycle.under_way else cycle.ok)
