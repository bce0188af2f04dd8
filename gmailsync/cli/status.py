"""`gmailsync status`: all mailboxes at a glance."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from gmailsync.cli import auditing, forecast
from gmailsync.cli.context import Json, clock, stored
from gmailsync.cli.output import moment, show_json, show_table

if TYPE_CHECKING:
    from gmailsync.flows.overview import Standing


def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show how every mailbox stands."""
    from gmailsync.flows.overview import overview

    now = clock(ctx).now()
    with stored(ctx) as tx:
        standings = overview(tx, now)
    if as_json:
        show_json({"mailboxes": [document(standing, now) for standing in standings]})
    else:
        show_table(
            (
                "Address",
                "State",
                "Incoming",
                "Outgoing",
                "Last success",
                "Pending",
                "Failures",
                "Audit",
                "Alerts",
                "Sign-in ends",
            ),
            [
                (
                    s.address,
                    s.state,
                    s.incoming,
                    s.outgoing,
                    moment(s.last_success),
                    s.pending,
                    s.failures,
                    auditing.words(s.audit),
                    len(s.alerts),
                    forecast.words(s.outlook, now),
                )
                for s in standings
            ],
            nothing="no mailboxes; make one: gmailsync mailbox add ADDRESS",
        )


def document(standing: Standing, now: datetime) -> dict[str, Any]:
    """Return a mailbox's standing for JSON; `audit` is None before the first."""
    return {
        "address": standing.address,
        "state": standing.state,
        "incoming": standing.incoming,
        "outgoing": standing.outgoing,
        "last_success": moment(standing.last_success),
        "pending": standing.pending,
        "failures": standing.failures,
        "alerts": len(standing.alerts),
        "audit": standing.audit and auditing.document(standing.audit),
        "forecast": forecast.document(standing.outlook, now),
        "refresh_tokens": forecast.tokens(standing.outlook),
    }
