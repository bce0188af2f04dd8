"""`gmailsync alert`: what went wrong, and what to do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gmailsync.cli import options
from gmailsync.cli.context import Json, noun, opened, stored
from gmailsync.cli.options import OnlyMailbox
from gmailsync.cli.output import moment, show_json
from gmailsync.cli.values import identifier
from gmailsync.model.alert import Alert, AlertId
from gmailsync.rules.wording import one_line

app = noun("Alerts: what went wrong with a mailbox, and what to do.")


@app.command("list")
def list_alerts(
    ctx: typer.Context,
    mailbox: OnlyMailbox = None,
    everything: Annotated[bool, typer.Option("--all", help="Resolved and dismissed ones as well.")] = False,
    as_json: Json = False,
) -> None:
    """Show alerts, newest first."""
    with stored(ctx) as tx:
        address_of = options.addresses(tx)
        alerts = tx.alerts.select(open_only=not everything, mailbox_id=options.chosen(tx, mailbox))
    found = [document(alert, address_of[alert.mailbox_id]) for alert in alerts]
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo("no alerts")
    for alert in found:
        _show(alert)


@app.command()
def dismiss(
    ctx: typer.Context,
    alert: Annotated[int, typer.Argument(help="The alert's id.", metavar="ID", parser=identifier)],
) -> None:
    """Hide one alert; it opens again when its trouble is seen again."""
    with opened(ctx) as application, application.ports.store.begin() as tx:
        tx.alerts.dismiss(AlertId(alert), application.ports.clock.now())
    typer.echo(f"alert {alert} dismissed")


def document(alert: Alert, address: str) -> dict[str, Any]:
    """Return an alert for JSON."""
    return {
        "id": alert.id,
        "mailbox": address,
        "level": alert.level,
        "code": alert.code,
        "message": alert.message,
        "advice": alert.advice,
        "server_line": alert.server_line,
        "count": alert.count,
        "opened_at": moment(alert.opened_at),
        "last_seen_at": moment(alert.last_seen_at),
        "resolved_at": moment(alert.resolved_at),
        "dismissed_at": moment(alert.dismissed_at),
    }


def _show(alert: dict[str, Any]) -> None:
    """Print an alert as a short block: who, what, the server's words, and what to do."""
    ended = next((word for word in ("resolved", "dismissed") if alert[f"{word}_at"]), "open")
    times = "once" if alert["count"] == 1 else f"{alert['count']} times"
    typer.echo(
        f"#{alert['id']} {alert['level']} {alert['code']}: {alert['mailbox']}, {ended}, "
        f"seen {times}, last at {alert['last_seen_at']}"
    )
    for label, key in (("", "message"), ("server: ", "server_line"), ("to do: ", "advice")):
        if alert[key]:
            typer.echo(f"    {label}{one_line(alert[key])}")
