"""All mailboxes at a glance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from gmailsync.flows.forecasts import outlook_of, outlooks
from gmailsync.flows.lookup import profile_of
from gmailsync.model.alert import Alert
from gmailsync.model.audit import Audit
from gmailsync.model.email import NOT_YET_SENT
from gmailsync.model.mailbox import Mailbox, MailboxId
from gmailsync.model.profile import ServerProfile
from gmailsync.ports import Tx
from gmailsync.rules.forecast import Outlook
from gmailsync.rules.standing import DirectionState, MailboxState, direction_state, mailbox_state


@dataclass(frozen=True, slots=True)
class Standing:
    """How one mailbox stands: in a word, by direction, and in numbers.

    `pending` counts emails not yet sent, `failures` open entries of the failure ledger; `alerts` are the open ones;
    `outlook` is None while nobody is signed in, `audit` before the first.
    """

    address: str
    state: MailboxState
    incoming: DirectionState
    outgoing: DirectionState
    last_success: datetime | None
    pending: int
    failures: int
    alerts: tuple[Alert, ...]
    outlook: Outlook | None
    audit: Audit | None


def overview(tx: Tx, now: datetime) -> list[Standing]:
    """Return how every mailbox stands, by address; the store is asked as often for one as for a thousand."""
    profiles = {profile.id: profile for profile in tx.profiles.all()}
    ahead, pending = outlooks(tx, now), tx.emails.counts(NOT_YET_SENT)
    failures, audits = tx.failures.counts(), tx.audits.all()
    alerts: dict[MailboxId, list[Alert]] = defaultdict(list)
    for alert in tx.alerts.select():
        alerts[alert.mailbox_id].append(alert)
    return [
        _standing(
            mailbox,
            None if mailbox.profile_id is None else profiles[mailbox.profile_id],
            ahead.get(mailbox.id),
            alerts[mailbox.id],
            pending.get(mailbox.id, 0),
            failures.get(mailbox.id, 0),
            audits.get(mailbox.id),
        )
        for mailbox in tx.mailboxes.all()
    ]


def standing(tx: Tx, mailbox: Mailbox, now: datetime) -> Standing:
    """Return how one mailbox stands."""
    return _standing(
        mailbox,
        profile_of(tx, mailbox),
        outlook_of(tx, mailbox, now),
        tx.alerts.select(mailbox_id=mailbox.id),
        sum(tx.emails.by_status(mailbox.id, NOT_YET_SENT).values()),
        tx.failures.counts().get(mailbox.id, 0),
        tx.audits.all().get(mailbox.id),
    )


def _standing(
    mailbox: Mailbox,
    profile: ServerProfile | None,
    outlook: Outlook | None,
    alerts: list[Alert],
    pending: int,
    failures: int,
    audit: Audit | None,
) -> Standing:
    return Standing(
        address=mailbox.address,
        state=mailbox_state(mailbox, profile, has_grant=outlook is not None, has_alerts=bool(alerts)),
        incoming=direction_state(mailbox.incoming, mailbox.incoming_status, enabled=mailbox.incoming_enabled),
        outgoing=direction_state(mailbox.outgoing, mailbox.outgoing_status, enabled=mailbox.outgoing_enabled),
        last_success=mailbox.last_success,
        pending=pending,
        failures=failures,
        alerts=tuple(alerts),
        outlook=outlook,
        audit=audit,
    )
