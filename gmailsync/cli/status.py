"""`gmailsync status`: all mailboxes at a glance."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from gmailsync.cli import forecast
from gmailsync.cli.context import Json, stored
from gmailsync.cli.output import moment, show_json, show_table
from gmailsync.clock import SystemClock

if TYPE_CHECKING:
    from gmailsync.flows.overview import Standing
    from gmailsync.rules.forecast import Forecast


def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show how every mailbox stands."""
    from gmailsync.flows.forecasts import forecast_of
    from gmailsync.flows.overview import overview

    now = SystemClock().now()
    with stored(ctx) as tx:
        standings = overview(tx)
        ends = [forecast_of(tx, tx.mailboxes.get(standing.address).id, now) for standing in standings]
    if as_json:
        show_json({"mailboxes": [document(*both, now) for both in zip(standings, ends, strict=True)]})
    else:
        show_table(
            ("Address", "State", "Incoming", "Outgoing", "Last success", "Pending", "Alerts", "Sign-in ends"),
            [
                (
                    s.address,
                    s.state,
                    s.incoming,
                    s.outgoing,
                    moment(s.last_success),
                    s.pending,
                    s.alerts,
                    forecast.words(end, now),
                )
                for s, end in zip(standings, ends, strict=True)
            ],
            nothing="no mailboxes; make one: gmailsync mailbox add ADDRESS",
        )


def document(standing: Standing, end: Forecast | None, now: datetime) -> dict[str, Any]:
    """Return a mailbox's standing for JSON. Nothing counts the server's messages yet."""
    return {
        "address": standing.address,
        "state": standing.state,
        "incoming": standing.incoming,
        "outgoing": standing.outgoing,
        "last_success": moment(standing.last_success),
        "pending": standing.pending,
        "alerts": standing.alerts,
        "audit": None,
        "forecast": forecast.document(end, now),
    }
