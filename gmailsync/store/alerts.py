"""Alerts in SQL (see `gmailsync.ports.Alerts`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, literal, select, update

from gmailsync.errors import NotFound
from gmailsync.model.alert import Alert, AlertId, NewAlert
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.columns import UtcDateTime
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import OPEN, alerts

_NEWEST_FIRST = select(alerts).order_by(alerts.c.id.desc())
_OPEN_OF_MAILBOX = _NEWEST_FIRST.where(OPEN, alerts.c.mailbox_id == bindparam("of_mailbox"))


class Alerts:
    """Alerts in one transaction: an index allows one open alert per mailbox and code."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, alert: NewAlert, now: datetime) -> AlertId:
        """Open an alert, or count one more sighting of the open one with this code.

        The newest sighting's level, words and server line replace the earlier ones.
        """
        sighting = {
            "level": alert.level,
            "message": alert.message,
            "advice": alert.advice,
            "server_line": alert.server_line,
            "last_seen_at": now,
        }
        new = insert_into(self._connection, alerts).values(
            sighting | {"mailbox_id": alert.mailbox_id, "code": alert.code, "opened_at": now, "sightings": 1}
        )
        seen = new.on_conflict_do_update(
            index_elements=[alerts.c.mailbox_id, alerts.c.code],
            index_where=OPEN,
            set_=sighting | {"sightings": alerts.c.sightings + 1},
        )
        return AlertId(self._connection.execute(seen.returning(alerts.c.id)).scalar_one())

    def resolve(self, mailbox_id: MailboxId, now: datetime, prefix: str = "") -> int:
        """Resolve the mailbox's open alerts whose code starts with `prefix`; return how many."""
        # Not LIKE, which on SQLite takes capitals and small letters for the same.
        return self._resolve(mailbox_id, now, func.substr(alerts.c.code, 1, len(prefix)) == prefix)

    def resolve_code(self, mailbox_id: MailboxId, now: datetime, code: str) -> bool:
        """Resolve the mailbox's open alert of exactly this code; return whether there was one."""
        return self._resolve(mailbox_id, now, alerts.c.code == code) == 1

    def _resolve(self, mailbox_id: MailboxId, now: datetime, which: ColumnElement[bool]) -> int:
        resolved = update(alerts).where(alerts.c.mailbox_id == mailbox_id, which, OPEN)
        return self._connection.execute(resolved.values(resolved_at=now)).rowcount

    def dismiss(self, alert_id: AlertId, now: datetime) -> None:
        """Hide one alert; when it is hidden already, the first time stays. `NotFound` when there is none."""
        hidden = update(alerts).where(alerts.c.id == alert_id)
        first_time = func.coalesce(alerts.c.dismissed_at, literal(now, UtcDateTime()))
        if self._connection.execute(hidden.values(dismissed_at=first_time)).rowcount == 0:
            raise NotFound("alert", alert_id, "no alert has this number")

    def select(self, *, open_only: bool = True, mailbox_id: MailboxId | None = None) -> list[Alert]:
        """Return alerts, newest first."""
        if open_only and mailbox_id is not None:  # what each sync asks
            return [_alert(row) for row in self._connection.execute(_OPEN_OF_MAILBOX, {"of_mailbox": mailbox_id})]
        found = _NEWEST_FIRST.where(OPEN) if open_only else _NEWEST_FIRST
        if mailbox_id is not None:
            found = found.where(alerts.c.mailbox_id == mailbox_id)
        return [_alert(row) for row in self._connection.execute(found)]


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        id=AlertId(row.id),
        mailbox_id=MailboxId(row.mailbox_id),
        level=row.level,
        code=row.code,
        message=row.message,
        advice=row.advice,
        server_line=row.server_line,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        count=row.sightings,
        resolved_at=row.resolved_at,
        dismissed_at=row.dismissed_at,
    )
