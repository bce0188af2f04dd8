"""The decision trace in SQL (see `gmailsync.ports.Decisions`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from gmailsync.model.email import EmailId
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.tracked import Trace
from gmailsync.store.bulk import insert_rows
from gmailsync.store.tables import decisions

_COLUMNS = (
    "mailbox_id",
    "email_id",
    "gmail_message_id",
    "message_id",
    "subject",
    "sender",
    "decided_at",
    "kept",
    "reason",
    "evidence",
)
_values = attrgetter(*_COLUMNS)


class Decisions:
    """Why messages were kept or not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, batch: Sequence[Trace]) -> None:
        """Store decisions; of an email there is one."""
        insert_rows(self._connection, decisions, _COLUMNS, map(_values, batch))

    def of_email(self, email_id: EmailId) -> Trace | None:
        """Return why an email was kept; None when it was stored without a decision."""
        row = self._connection.execute(select(decisions).where(decisions.c.email_id == email_id)).one_or_none()
        return None if row is None else _trace(row)

    def select(self, mailbox_id: MailboxId | None = None, *, refused_only: bool = False) -> list[Trace]:
        """Return decisions in the order in which they were made."""
        found = select(decisions).order_by(decisions.c.id)
        if mailbox_id is not None:
            found = found.where(decisions.c.mailbox_id == mailbox_id)
        if refused_only:
            found = found.where(~decisions.c.kept)
        return [_trace(row) for row in self._connection.execute(found)]

    def forget_refused(self, mailbox_id: MailboxId, before: datetime) -> int:
        """Forget what was refused before that moment; return how many. What was kept goes with its email."""
        old = decisions.c.mailbox_id == mailbox_id, ~decisions.c.kept, decisions.c.decided_at < before
        return self._connection.execute(delete(decisions).where(*old)).rowcount


def _trace(row: Row[Any]) -> Trace:
    return Trace(
        mailbox_id=MailboxId(row.mailbox_id),
        decided_at=row.decided_at,
        reason=row.reason,
        email_id=None if row.email_id is None else EmailId(row.email_id),
        gmail_message_id=row.gmail_message_id,
        message_id=row.message_id,
        subject=row.subject,
        sender=row.sender,
        evidence=row.evidence,
    )
