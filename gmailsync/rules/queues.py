"""Which queues get a queue item for an email."""

from __future__ import annotations

from collections.abc import Iterable

from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import MailboxId, MailboxKind
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.receivers import Named


def items(
    named: Named, receiver: Receiver, owner_key: str | None, known: Known, settings: DecidingSettings
) -> tuple[tuple[Receiver, str], ...]:
    """Return the queues for a new email found in `receiver`, each once, and in words why.

    Each queue that it names; the queue that was read even if it is not named, as in Bcc or behind a list; and, where
    email is routed to owners, the owner's default queue.
    """
    found: list[tuple[Receiver, str]] = []
    if settings.queue_items_for_recipients:
        found += [(queue, "named") for queue in _queues(named.all)]
    if settings.queue_item_for_synchronising_queue:
        found += [(queue, "found in its mailbox") for queue in _queues([receiver])]
    default_queue = known.default_queues.get(owner_key) if owner_key is not None else None
    if settings.queue_item_for_owners_default_queue and default_queue is not None:
        found.append((default_queue, f"default queue of {owner_key}"))
    first: dict[MailboxId, tuple[Receiver, str]] = {}
    for queue, words in found:
        first.setdefault(queue.mailbox_id, (queue, words))
    return tuple(first.values())


def items_of_tracked(activity: KnownActivity, receiver: Receiver, settings: DecidingSettings) -> tuple[MailboxId, ...]:
    """Return the queues for an email that is there already and is found in `receiver` too. None twice in a queue."""
    if not settings.queue_items_for_tracked_email:
        return ()
    return tuple(queue.mailbox_id for queue in _queues([receiver]) if queue.mailbox_id not in activity.queue_ids)


def _queues(receivers: Iterable[Receiver]) -> list[Receiver]:
    return [one for one in receivers if one.kind is MailboxKind.QUEUE]
