"""Leases on mailboxes in SQL (see `gmailsync.ports.Leases`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select, update

from gmailsync.errors import NotFound
from gmailsync.model.lease import Holder, Lease, Worker
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.tables import mailboxes

# Every step of a sync asks these; built once, they cost a fraction.
_FREE = or_(
    mailboxes.c.lease_until.is_(None),
    mailboxes.c.lease_until <= bindparam("now"),
    mailboxes.c.lease_until > bindparam("too_late"),
    mailboxes.c.fence == bindparam("over"),
)
# One statement looks and takes: of two who come at once, one gets the lease.
_CLAIM = (
    update(mailboxes)
    .where(mailboxes.c.id == bindparam("number"), _FREE)
    .values(
        fence=mailboxes.c.fence + 1,
        lease_since=bindparam("now"),
        lease_until=bindparam("until"),
        lease_holder=bindparam("worker"),
    )
    .returning(mailboxes.c.fence)
)
_HELD = mailboxes.c.id == bindparam("number"), mailboxes.c.fence == bindparam("held")
_KEEP = update(mailboxes).where(*_HELD).values(lease_until=bindparam("until"))
_NOBODY = {"lease_since": None, "lease_until": None, "lease_holder": None}
_RELEASE = update(mailboxes).where(*_HELD).values(_NOBODY)
_REVOKE = (
    update(mailboxes).where(mailboxes.c.id == bindparam("number")).values(_NOBODY | {"fence": mailboxes.c.fence + 1})
)


class Leases:
    """Leases on mailboxes in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(
        self, mailbox_id: MailboxId, worker: Worker, now: datetime, until: datetime, *, over: int | None = None
    ) -> Lease | None:
        """Take the lease with a new fence, when none stands at `now` or the one that stands has the fence `over`.

        One that would last for more than twice as long as ours does not stand: a clock far ahead wrote it.
        """
        values = {
            "number": mailbox_id,
            "now": now,
            "until": until,
            "too_late": until + (until - now),
            "over": over,
            "worker": (worker.host, str(worker.pid), worker.place, worker.started),
        }
        fence = self._connection.scalars(_CLAIM, values).one_or_none()
        return None if fence is None else Lease(mailbox_id, fence)

    def holder(self, mailbox_id: MailboxId) -> Holder | None:
        """Return who has the lease, also when its time is over; `NotFound` without the mailbox."""
        row = self._connection.execute(select(mailboxes).where(mailboxes.c.id == mailbox_id)).one_or_none()
        if row is None:
            raise NotFound("mailbox", mailbox_id, "no mailbox has this number")
        if row.lease_until is None:
            return None
        host, pid, place, started = row.lease_holder
        return Holder(Worker(host, int(pid), place, started), row.lease_since, row.lease_until, row.fence)

    def keep(self, lease: Lease, until: datetime) -> bool:
        """Renew the lease; False when it was taken over. Nobody takes it before this transaction ends."""
        values = {"number": lease.mailbox_id, "held": lease.fence, "until": until}
        return self._connection.execute(_KEEP, values).rowcount == 1

    def release(self, lease: Lease) -> None:
        """Give the lease back, unless it was taken over. Its fence never comes again."""
        self._connection.execute(_RELEASE, {"number": lease.mailbox_id, "held": lease.fence})

    def revoke(self, mailbox_id: MailboxId) -> None:
        """Take the lease away from whoever holds it, so that they write nothing any more."""
        self._connection.execute(_REVOKE, {"number": mailbox_id})
