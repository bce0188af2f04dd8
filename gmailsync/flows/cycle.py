"""One cycle of one mailbox: outgoing, then incoming, then alerts that say how it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from gmailsync.errors import GmailSyncError, MailboxTaken
from gmailsync.flows import alerts, forecasts, leases
from gmailsync.flows.lookup import active_profile, profile_of
from gmailsync.flows.pull import Pulled, pull
from gmailsync.flows.pull_pop import pull_pop
from gmailsync.flows.push import Pushed, is_due, push
from gmailsync.model.lease import Holder, Lease
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import IncomingProtocol, ServerProfile
from gmailsync.ports import Ports
from gmailsync.rules import cursor, readiness

REMEMBER_REFUSED = timedelta(days=3)
"""How long the decision trace says why a message was not kept; as server-side synchronisation does. Looked at once an
hour."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a cycle did. A direction is None when it is not enabled or was not reached.

    `under_way` is who runs another cycle of the mailbox; then this one did nothing.
    """

    address: str
    outgoing: Pushed | None = None
    incoming: Pulled | None = None
    errors: tuple[GmailSyncError, ...] = ()
    under_way: Holder | None = None

    @property
    def ok(self) -> bool:
        """True when nothing went wrong."""
        return not self.errors

    @property
    def is_proof(self) -> bool:
        """True when nothing went wrong and nothing was put off, so that the mailbox is known to be in step."""
        return self.ok and (self.incoming is None or self.incoming.skipped_until is None)


def due(ports: Ports) -> list[str]:
    """Return the addresses of the mailboxes a sync of all takes: enabled, in an active server profile."""
    with ports.store.begin() as tx:
        return [mailbox.address for mailbox in tx.mailboxes.all() if _is_due(mailbox, profile_of(tx, mailbox))]


def _is_due(mailbox: Mailbox, profile: ServerProfile | None) -> bool:
    # A mailbox whose profile is gone is due as well, so that its alert is seen; a deactivated profile rests.
    return (mailbox.incoming_enabled or mailbox.outgoing_enabled) and (profile is None or profile.active)


def run(ports: Ports, address: str) -> Cycle:
    """Run one cycle and keep the mailbox's alerts in step with it. Raises `NotFound`; all else is in the result.

    Only one runs at a time; one that another worker took over stores nothing from then on, and opens no alert.
    Outgoing goes first, so that what was queued before the cycle is not held up by a long first sync.
    """
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        lease = leases.claim(ports, tx, mailbox)
    if isinstance(lease, Holder):
        return Cycle(mailbox.address, under_way=lease)
    try:
        return _settled(leases.fenced(ports, mailbox, lease), mailbox, lease)
    except BaseException:
        leases.release(ports, lease)
        raise


def _settled(ports: Ports, mailbox: Mailbox, lease: Lease) -> Cycle:
    """Run the cycle, settle alerts and the time of the last success by how it went, and give the lease back."""
    cycle = _run(ports, mailbox)
    try:
        _settle(ports, mailbox, lease, cycle)
    except MailboxTaken as taken:
        told = any(isinstance(error, MailboxTaken) for error in cycle.errors)
        return cycle if told else replace(cycle, errors=(*cycle.errors, taken))
    return cycle


def _settle(ports: Ports, mailbox: Mailbox, lease: Lease, cycle: Cycle) -> None:
    with ports.store.begin() as tx:
        current, open_codes = tx.mailboxes.by_id(mailbox.id), None
        if current.incoming_enabled or current.outgoing_enabled:
            open_codes = alerts.settle(tx, mailbox.id, cycle.errors, ports.clock.now())
        forecasts.watch(tx, current, ports.clock.now(), open_codes)
        if cursor.full_look_due(current.last_success, ports.clock.now()):
            tx.decisions.forget_refused(mailbox.id, ports.clock.now() - REMEMBER_REFUSED)
        if cycle.is_proof:
            tx.mailboxes.succeeded(mailbox.id, ports.clock.now())
        tx.leases.release(lease)  # nothing follows, so that a transaction of its own would tell nobody more


def _run(ports: Ports, mailbox: Mailbox) -> Cycle:
    try:
        readiness.check_enabled(mailbox)
        readiness.check_mailbox(mailbox)
        with leases.unfenced(ports).store.begin() as tx:
            profile = active_profile(tx, mailbox)
            push_due = is_due(tx, mailbox)
    except GmailSyncError as error:
        return Cycle(mailbox.address, errors=(error,))
    outgoing = Pushed() if mailbox.outgoing_enabled else None
    if push_due:
        outgoing = push(ports, mailbox, profile)
    taken = outgoing is not None and any(isinstance(error, MailboxTaken) for error in outgoing.errors)
    by_protocol = pull_pop if profile.protocol is IncomingProtocol.POP else pull
    incoming = by_protocol(ports, mailbox, profile) if mailbox.incoming_enabled and not taken else None
    return Cycle(mailbox.address, outgoing, incoming, _distinct(outgoing, incoming))


def _distinct(*directions: Pushed | Pulled | None) -> tuple[GmailSyncError, ...]:
    """Return the errors of both directions; what met both, such as a dead grant, is told once."""
    errors = [error for direction in directions if direction is not None for error in direction.errors]
    return tuple({(error.code, error.message, error.server_line): error for error in errors}.values())
