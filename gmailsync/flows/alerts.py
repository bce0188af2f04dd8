"""Keeping a mailbox's alerts in step with what the last look at it found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gmailsync.errors import GmailSyncError
from gmailsync.model.mailbox import MailboxId
from gmailsync.ports import Tx
from gmailsync.rules import alerting


def settle(tx: Tx, mailbox_id: MailboxId, errors: Iterable[GmailSyncError], now: datetime) -> None:
    """Open or repeat an alert for each code among the errors; resolve the open ones that were not seen again."""
    seen = alerting.alerts_for(mailbox_id, errors)
    emails = {status: tx.emails.count(mailbox_id, status) for status in alerting.STATUS_OF_EMAIL_ALERT.values()}
    failures = tx.failures.counts().get(mailbox_id, 0)
    for code in alerting.codes_resolved(tx.alerts.select(mailbox_id=mailbox_id), seen, emails, failures):
        tx.alerts.resolve_code(mailbox_id, now, code)
    for alert in seen:
        tx.alerts.open(alert, now)
