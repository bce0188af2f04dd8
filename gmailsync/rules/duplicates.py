"""Duplicates: whether a message's activity is there already, from another mailbox or from the sender's side."""

from __future__ import annotations

from gmailsync.model.email import Direction
from gmailsync.model.facts import MailFacts
from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import MailboxKind
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import key


def joined(
    mail: MailFacts, known: Known, settings: DecidingSettings, receiver: Receiver, *, is_sent: bool
) -> KnownActivity | None:
    """Return the activity that a message found in `receiver` belongs to already, or None.

    Of the same Message-ID one activity is the received side, and with `two_activities_between_users` another one the
    sent side. What a mailbox sent to itself is one in any case. A message without Message-ID joins nothing.
    """
    same = known.activities.get(mail.headers.message_id, ()) if mail.headers.message_id else ()
    if not same:
        return None
    incoming = next((one for one in same if one.direction is Direction.INCOMING), None)
    outgoing = next((one for one in same if one.direction is Direction.OUTGOING), None)
    if is_sent:
        return outgoing or (None if settings.two_activities_between_users else incoming)
    if incoming or not outgoing:
        return incoming
    is_own = receiver.mailbox_id in outgoing.mailbox_ids
    return outgoing if is_own or _is_one(sender(mail, known, settings), settings, receiver) else None


def is_unwanted(mail: MailFacts, known: Known, settings: DecidingSettings, receiver: Receiver) -> bool:
    """Tell whether mail between our own mailboxes is left to the sender's side, though that is not stored (yet)."""
    if settings.look_for_other_direction:
        return False
    author = sender(mail, known, settings)
    return author is not None and _is_one(author, settings, receiver)


def sender(mail: MailFacts, known: Known, settings: DecidingSettings) -> Receiver | None:
    """Return which of our mailboxes wrote a message, if one did."""
    if mail.author is None:
        return None
    return known.receivers.get(key(mail.author.address, normalise=settings.normalise_gmail_addresses))


def _is_one(author: Receiver | None, settings: DecidingSettings, receiver: Receiver) -> bool:
    """Tell whether sent and received side of mail between our mailboxes are the same activity."""
    if receiver.kind is MailboxKind.QUEUE and settings.keep_internal_mail_to_queues:
        return False
    if author is not None and author.kind is MailboxKind.QUEUE and settings.ignore_internal_mail_from_queues:
        return True
    return not settings.two_activities_between_users
