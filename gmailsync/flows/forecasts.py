"""Forecasts of each mailbox's grant, and the warnings that are open while an end is near."""

from __future__ import annotations

from collections.abc import Collection, Set
from datetime import datetime

from gmailsync.errors import GrantDead
from gmailsync.model.grant import Grant, TokenOwner
from gmailsync.model.mailbox import Mailbox, MailboxId
from gmailsync.ports import Ports, Tx
from gmailsync.rules import forecast
from gmailsync.rules.alerting import alert_for
from gmailsync.rules.forecast import Outlook


def outlook_of(tx: Tx, mailbox: Mailbox, now: datetime) -> Outlook | None:
    """Return what lies ahead of the mailbox's grant; None without a grant."""
    grant = tx.grants.get(mailbox.id)
    return None if grant is None else _outlook(mailbox, grant, tx.grants.count_issued(now, mailbox.address), now)


def outlooks(tx: Tx, now: datetime) -> dict[MailboxId, Outlook]:
    """Return what lies ahead of every grant, by its mailbox: three questions to the store for all of them."""
    grants, issued = tx.grants.all(), tx.grants.count_issued(now)
    return {
        mailbox.id: _outlook(mailbox, grants[mailbox.id], issued, now)
        for mailbox in tx.mailboxes.all()
        if mailbox.id in grants
    }


def _outlook(mailbox: Mailbox, grant: Grant, issued: dict[TokenOwner, int], now: datetime) -> Outlook:
    owner = TokenOwner.of(mailbox.address, grant.client_id)
    return forecast.outlook(grant, issued.get(owner, 0), now)


def watch(tx: Tx, mailbox: Mailbox, now: datetime, open_codes: Set[str] | None = None) -> None:
    """Open or repeat the warnings of what is near; resolve them when it is not, or when the grant is dead.

    `open_codes` are those of the mailbox's open alerts, from whoever has just read them in this transaction.
    """
    if open_codes is None:
        open_codes = {alert.code for alert in tx.alerts.select(mailbox_id=mailbox.id)}
    ahead = outlook_of(tx, mailbox, now)
    warnings = {} if ahead is None or GrantDead.code in open_codes else ahead.warnings(now)
    for code in forecast.WARNINGS:
        if code in warnings:
            tx.alerts.open(alert_for(mailbox.id, warnings[code]), now)
        elif code in open_codes:
            tx.alerts.resolve_code(mailbox.id, now, code)


def watch_others(ports: Ports, synced: Collection[str]) -> None:
    """Watch the mailboxes that had no cycle just now: a grant that rests is one that dies unused."""
    with ports.store.begin() as tx:
        others = [mailbox for mailbox in tx.mailboxes.all() if mailbox.address not in synced]
        for mailbox in others:
            watch(tx, mailbox, ports.clock.now())
