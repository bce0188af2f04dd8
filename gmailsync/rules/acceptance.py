"""Acceptance: whether any of our mailboxes wants a message, by the five options."""

from __future__ import annotations

from collections.abc import Sequence

from gmailsync.model.decision import Reason
from gmailsync.model.directory import PEOPLE, Record
from gmailsync.model.known import Receiver
from gmailsync.model.mailbox import Acceptance, MailboxKind
from gmailsync.model.settings import DecidingSettings, OwnOptionOnly
from gmailsync.rules.receivers import Named


def asked(named: Named, receiver: Receiver, settings: DecidingSettings) -> tuple[Receiver, ...]:
    """Return whose options are asked about a message found in `receiver`, in their order.

    All users and queues that the message names, whichever mailbox is read; or that of the mailbox alone. A mailbox that
    is not named, such as one in Bcc or behind a list, is asked last where a server noted the delivery to it.
    """
    if _alone(receiver, settings):
        return (receiver,) if named.is_delivered else ()
    return (*named.all, receiver) if named.is_delivered and not named.is_read else named.all


def accepts(option: Acceptance, sender: Record | None, *, is_response: bool, is_our_bounce: bool = False) -> bool:
    """Tell whether an option accepts a message from `sender` (None: unresolved).

    That an email of ours did not arrive, everybody wants to know who wants any mail at all, though no contact tells it.
    """
    if is_our_bounce:
        return option is not Acceptance.NONE
    match option:
        case Acceptance.ALL:
            return True
        case Acceptance.RESPONSES:
            return is_response
        case Acceptance.PEOPLE:
            return sender is not None and sender.kind in PEOPLE
        case Acceptance.RECORDS:
            return sender is not None and sender.email_enabled
        case Acceptance.NONE:
            return False


def accept(
    candidates: Sequence[Receiver],
    receiver: Receiver,
    sender: Record | None,
    *,
    is_response: bool,
    is_our_bounce: bool = False,
) -> tuple[Receiver | None, Reason]:
    """Return the first of those asked that accepts, or None and why nobody does.

    "All" of the mailbox that was read accepts also what names nobody.
    """
    for one in candidates:
        if accepts(one.acceptance, sender, is_response=is_response, is_our_bounce=is_our_bounce):
            return one, Reason.ACCEPTED
    if receiver.acceptance is Acceptance.ALL:
        return receiver, Reason.ACCEPTED
    return None, _why_not({one.acceptance for one in candidates})


def _why_not(options: set[Acceptance]) -> Reason:
    if not options:
        return Reason.NO_RECIPIENT_MATCH
    if Acceptance.RESPONSES in options:
        return Reason.NO_CORRELATION_MATCH
    if options == {Acceptance.NONE}:
        return Reason.NOT_ASKED_FOR
    return Reason.NO_SENDER_MATCH


def _alone(receiver: Receiver, settings: DecidingSettings) -> bool:
    only = settings.own_option_only
    return only is OwnOptionOnly.ALL or (only is OwnOptionOnly.USERS and receiver.kind is MailboxKind.USER)
