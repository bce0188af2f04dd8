"""All mailboxes at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailsync.flows.lookup import profile_of
from gmailsync.model.email import EmailStatus
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import Tx
from gmailsync.rules.standing import DirectionState, MailboxState, direction_state, mailbox_state

NOT_YET_SENT = (EmailStatus.PENDING, EmailStatus.SENDING, EmailStatus.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one mailbox stands: in a word, by direction, and in numbers. `pending` counts emails not yet sent."""

    address: str
    state: MailboxState
    incoming: DirectionState
    outgoing: DirectionState
    last_success: datetime | None
    pending: int
    alerts: int


def overview(tx: Tx) -> list[Standing]:
    """Return how every mailbox stands, by address."""
    return [standing(tx, mailbox) for mailbox in tx.mailboxes.all()]


def standing(tx: Tx, mailbox: Mailbox) -> Standing:
    """Return how one mailbox stands."""
    alerts = tx.alerts.select(mailbox_id=mailbox.id)
    grant = tx.grants.get(mailbox.id)
    return Standing(
        address=mailbox.address,
        state=mailbox_state(mailbox, profile_of(tx, mailbox), has_grant=grant is not None, has_alerts=bool(alerts)),
        incoming=direction_state(mailbox.incoming, mailbox.incoming_status, enabled=mailbox.incoming_enabled),
        outgoing=direction_state(mailbox.outgoing, mailbox.outgoing_status, enabled=mailbox.outgoing_enabled),
        last_success=mailbox.last_success,
        pending=sum(tx.emails.count(mailbox.id, status) for status in NOT_YET_SENT),
        alerts=len(alerts),
    )
