"""`gmailsync status`: all mailboxes at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from gmailsync.cli.context import Json, stored
from gmailsync.cli.output import moment, show_json, show_table

if TYPE_CHECKING:
    from gmailsync.flows.overview import Standing


def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show how every mailbox stands."""
    from gmailsync.flows.overview import overview

    with stored(ctx) as tx:
        standings = overview(tx)
    if as_json:
        show_json({"mailboxes": [document(standing) for standing in standings]})
    else:
        show_table(
            ("Address", "State", "Incoming", "Outgoing", "Last success", "Pending", "Alerts"),
            [
                (s.address, s.state, s.incoming, s.outgoing, moment(s.last_success), s.pending, s.alerts)
                for s in standings
            ],
            nothing="no mailboxes; make one: gmailsync mailbox add ADDRESS",
        )


def document(standing: Standing) -> dict[str, Any]:
    """Return a mailbox's standing for JSON. Nothing counts the server's messages yet, nor forecasts."""
    return {
        "address": standing.address,
        "state": standing.state,
        "incoming": standing.incoming,
        "outgoing": standing.outgoing,
        "last_success": moment(standing.last_success),
        "pending": standing.pending,
        "alerts": standing.alerts,
        "audit": None,
        "forecast": None,
    }
