"""Who owns an activity: one of those whose mailboxes it came to."""

from __future__ import annotations

from gmailsync.model.directory import PEOPLE, Record
from gmailsync.model.known import KnownActivity, Receiver
from gmailsync.rules.receivers import Named


def owner(
    named: Named, accepted_by: Receiver, receiver: Receiver, sender: Record | None, correlated: KnownActivity | None
) -> tuple[str | None, str]:
    """Return the owner's key and, in words, by which rule; None where no mailbox has an owner who is known.

    To, Cc and Bcc are tried in this order. Within the first that has an owner at all: the owner of the correlated email
    if there; else the owner of the sender's contact, account or lead if there; else the first. Mail that names nobody
    belongs to the owner of the mailbox that accepted it, or of the one it was found in.
    """
    for title, field in (("To", named.to), ("Cc", named.cc), ("Bcc", named.bcc)):
        owners = [one.owner_key for one in field if one.owner_key is not None]
        if owners:
            if correlated is not None and correlated.owner_key in owners:
                return correlated.owner_key, f"owner of the correlated email, in {title}"
            if sender is not None and sender.kind in PEOPLE and sender.owner_key in owners:
                return sender.owner_key, f"owner of the sender's {sender.kind}, in {title}"
            return owners[0], f"first in {title}"
    for one, words in ((accepted_by, "owner of the mailbox that accepted it"), (receiver, "owner of this mailbox")):
        if one.owner_key is not None:
            return one.owner_key, words
    return None, "no mailbox has an owner in the directory"
