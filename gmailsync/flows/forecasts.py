"""Forecasts of each mailbox's grant, and the warning that is open while an end is near."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from gmailsync.errors import GrantDead, GrantEnding
from gmailsync.model.mailbox import MailboxId
from gmailsync.ports import Ports, Tx
from gmailsync.rules.alerting import alert_for
from gmailsync.rules.forecast import Forecast, forecast


def forecast_of(tx: Tx, mailbox_id: MailboxId, now: datetime) -> Forecast | None:
    """Return when and why the mailbox's grant will die; None without a grant or without an end in sight."""
    grant = tx.grants.get(mailbox_id)
    return None if grant is None else forecast(grant, now)


def watch(tx: Tx, mailbox_id: MailboxId, now: datetime) -> None:
    """Open or repeat the warning while the end is near; resolve it when it is not, or when the grant is dead."""
    end = forecast_of(tx, mailbox_id, now)
    is_dead = any(alert.code == GrantDead.code for alert in tx.alerts.select(mailbox_id=mailbox_id))
    if end is not None and end.is_near(now) and not is_dead:
        tx.alerts.open(alert_for(mailbox_id, end.warning()), now)
    else:
        tx.alerts.resolve_code(mailbox_id, now, GrantEnding.code)


def watch_others(ports: Ports, synced: Collection[str]) -> None:
    """Watch the mailboxes that had no cycle just now: a grant that rests is one that dies unused."""
    with ports.store.begin() as tx:
        others = [mailbox.id for mailbox in tx.mailboxes.all() if mailbox.address not in synced]
        for mailbox_id in others:
            watch(tx, mailbox_id, ports.clock.now())
