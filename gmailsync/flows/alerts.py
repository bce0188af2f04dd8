"""Keeping a mailbox's alerts in step with what the last look at it found."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime

from gmailsync.errors import GmailSyncError
from gmailsync.model.alert import Alert, NewAlert
from gmailsync.model.mailbox import MailboxId
from gmailsync.ports import Tx
from gmailsync.rules import alerting


def settle(tx: Tx, mailbox_id: MailboxId, errors: Iterable[GmailSyncError], now: datetime) -> Set[str]:
    """Open or repeat an alert for each code among the errors; resolve the open ones that were not seen again.

    Returns the codes of the mailbox's alerts that are open then.
    """
    seen = alerting.alerts_for(mailbox_id, errors)
    found = tx.alerts.select(mailbox_id=mailbox_id)
    resolved = _resolved(tx, mailbox_id, found, seen) if found else []
    for code in resolved:
        tx.alerts.resolve_code(mailbox_id, now, code)
    for alert in seen:
        tx.alerts.open(alert, now)
    return {alert.code for alert in (*found, *seen)} - set(resolved)


def _resolved(tx: Tx, mailbox_id: MailboxId, found: Iterable[Alert], seen: Iterable[NewAlert]) -> list[str]:
    emails = tx.emails.by_status(mailbox_id, alerting.STATUS_OF_EMAIL_ALERT.values())
    return alerting.codes_resolved(found, seen, emails, tx.failures.counts().get(mailbox_id, 0))
