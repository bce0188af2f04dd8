"""One worker at a time runs a mailbox's cycle, and one that lost its lease writes nothing any more.

Time only decides when a lease may be taken over; whether one is still held is told by its fence, a number that grows
with each claim. So a worker that slept, or whose clock is wrong, is refused however sure it is of its lease.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from gmailsync.errors import MailboxTaken, StoreError
from gmailsync.model.lease import Holder, Lease
from gmailsync.model.mailbox import Mailbox
from gmailsync.ports import Clock, Ports, Store, Tx

LEASE = timedelta(minutes=10)
"""How long a worker may be silent before another machine's takes over: five minutes for the longest step between two
transactions, and five by which clocks may differ. On the same machine, one that died is not waited for."""


def claim(ports: Ports, tx: Tx, mailbox: Mailbox) -> Lease | Holder:
    """Take the lease on the mailbox, or return who has it. `NotFound` when the mailbox is gone."""
    now, me, over = ports.clock.now(), ports.workers.me(), None
    while (lease := tx.leases.claim(mailbox.id, me, now, now + LEASE, over=over)) is None:
        holder = tx.leases.holder(mailbox.id)
        if holder is not None:  # None: given back just now
            is_left = Lease(mailbox.id, holder.fence) in ports.workers.unreturned
            if not is_left and not ports.workers.is_gone(holder.worker):
                return holder
            over = holder.fence
    return lease


def release(ports: Ports, lease: Lease) -> None:
    """Give the lease back, unless it was taken over. Where the database fails, the next claim of this worker does."""
    try:
        with ports.store.begin() as tx:
            tx.leases.release(lease)
    except StoreError:
        ports.workers.unreturned.add(lease)
        raise


def fenced(ports: Ports, mailbox: Mailbox, lease: Lease) -> Ports:
    """Return ports whose every transaction proves the lease and renews it. `MailboxTaken` when it was taken over."""
    return replace(ports, store=_Fenced(ports.store, ports.clock, mailbox, lease))


def unfenced(ports: Ports) -> Ports:
    """Return ports whose transactions prove no lease on a mailbox.

    For grants: their renewal has a lease of its own, and a token that Google has replaced must be stored by whoever
    got the new one. And for transactions that only read, which then cost no write: who has lost the lease finds out
    before anything is written.
    """
    return replace(ports, store=ports.store.beneath) if isinstance(ports.store, _Fenced) else ports


def prove(ports: Ports) -> None:
    """Make sure of the lease before something is done that cannot be taken back. `MailboxTaken` when it is lost."""
    with ports.store.begin():
        pass


@dataclass(frozen=True, slots=True)
class _Fenced:
    """A store for the holder of a lease (see `gmailsync.ports.Store`)."""

    beneath: Store
    clock: Clock
    mailbox: Mailbox
    lease: Lease

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Begin a transaction that nobody else's claim of the mailbox comes before."""
        with self.beneath.begin() as tx:
            if not tx.leases.keep(self.lease, self.clock.now() + LEASE):
                holder = tx.leases.holder(self.mailbox.id)
                by = f" ({holder.worker})" if holder else ", or what is read of it was changed"
                raise MailboxTaken(f"another sync of {self.mailbox.address} has taken over{by}")
            yield tx
