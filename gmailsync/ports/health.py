"""What the flows need of the store to tell how mailboxes are, as Protocols: alerts, trials, audits."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gmailsync.model.alert import Alert, AlertId, NewAlert
from gmailsync.model.audit import Audit
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.trial import Trial


class Alerts(Protocol):
    """Alerts in one transaction: at most one open alert per mailbox and code."""

    def open(self, alert: NewAlert, now: datetime) -> AlertId:
        """Open an alert, or count one more sighting of the open one with this code."""
        ...

    def resolve(self, mailbox_id: MailboxId, now: datetime, prefix: str = "") -> int:
        """Resolve the mailbox's open alerts whose code starts with `prefix`; return how many."""
        ...

    def resolve_code(self, mailbox_id: MailboxId, now: datetime, code: str) -> bool:
        """Resolve the mailbox's open alert of exactly this code; return whether there was one."""
        ...

    def dismiss(self, alert_id: AlertId, now: datetime) -> None:
        """Hide one alert. `NotFound` when there is none."""
        ...

    def select(self, *, open_only: bool = True, mailbox_id: MailboxId | None = None) -> list[Alert]:
        """Return alerts, newest first."""
        ...


class Trials(Protocol):
    """Outcomes of Test & Enable."""

    def save(self, trial: Trial, now: datetime) -> None:
        """Keep the last trial of the mailbox."""
        ...

    def last(self, mailbox_id: MailboxId) -> Trial | None:
        """Return the last trial."""
        ...


class Audits(Protocol):
    """Outcomes of audits."""

    def save(self, audit: Audit) -> None:
        """Keep the last audit of the mailbox."""
        ...

    def all(self) -> dict[MailboxId, Audit]:
        """Return the last audit of every mailbox that had one."""
        ...
