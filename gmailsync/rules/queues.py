"""Which queues get a queue item for an email."""

from __future__ import annotations

from collections.abc import Iterable

from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import MailboxId, MailboxKind
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.receivers import Named


def items(
    named: Named, receiver: Receiver, owner_key: str | None, known: Known, settings: DecidingSettings
) -> tuple[MailboxId, ...]:
    """Return the queues for a new email found in `receiver`, each once.

    Each queue that it names; the queue that was read even if it is not named, as in Bcc or behind a list; and, where
    email is routed to owners, the owner's default queue.
    """
    found: list[MailboxId] = []
    if settings.queue_items_for_recipients:
        found += _queues(named.all)
    if settings.queue_item_for_synchronising_queue:
        found += _queues([receiver])
    default_queue = known.default_queues.get(owner_key) if owner_key is not None else None
    if settings.queue_item_for_owners_default_queue and default_queue is not None:
        found.append(default_queue)
    return tuple(dict.fromkeys(found))


def items_of_tracked(activity: KnownActivity, receiver: Receiver, settings: DecidingSettings) -> tuple[MailboxId, ...]:
    """Return the queues for an email that is there already and is found in `receiver` too. None twice in a queue."""
    if not settings.queue_items_for_tracked_email:
        return ()
    return tuple(queue for queue in _queues([receiver]) if queue not in activity.queue_ids)


def _queues(receivers: Iterable[Receiver]) -> list[MailboxId]:
    return [one.mailbox_id for one in receivers if one.kind is MailboxKind.QUEUE]
