"""What sort of mail a message is: from a person, or from a program that may need care."""

from __future__ import annotations

from gmailsync.model.activity import MailKind
from gmailsync.model.email import Direction
from gmailsync.model.facts import Automatic, DeliveryReport, MailFacts
from gmailsync.model.known import Known, Receiver
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import key
from gmailsync.rules.receivers import Named


def recognise(
    mail: MailFacts, known: Known, settings: DecidingSettings, receiver: Receiver, named: Named, *, is_sent: bool
) -> MailKind:
    """Return what sort of mail a message found in `receiver` is. `is_sent`: it lies there because it was sent there.

    A bounce is never a loop: nobody answers it. A list's mail may say that a program wrote it, and is a list's still;
    what says that it is an answer is one, even from a list.
    """
    if mail.report is not None and _is_bad_news(mail.report):
        return MailKind.BOUNCE
    if not is_sent and _is_loop(mail, known, settings, receiver, named):
        return MailKind.LOOP
    if mail.automatic is Automatic.REPLIED:
        return MailKind.AUTO_REPLY
    if mail.is_list:
        return MailKind.LIST
    return MailKind.ORDINARY if mail.automatic is Automatic.NO else MailKind.AUTO_REPLY


def _is_bad_news(report: DeliveryReport) -> bool:
    """Tell whether a delivery failed. A report that does not say is taken for one of a failure; they mostly are."""
    return report.is_failure or not any(recipient.action for recipient in report.recipients)


def _is_loop(mail: MailFacts, known: Known, settings: DecidingSettings, receiver: Receiver, named: Named) -> bool:
    """Tell whether ours came back, or two programs answer each other."""
    if mail.loop_marks:
        normalise = settings.normalise_gmail_addresses
        own = key(receiver.address, normalise=normalise)
        if any(key(mark, normalise=normalise) == own for mark in mail.loop_marks):
            return True
    return _is_back(mail, known, receiver, named) or _is_dialogue_of_programs(mail, known)


def _is_back(mail: MailFacts, known: Known, receiver: Receiver, named: Named) -> bool:
    """Tell whether a message sent from this mailbox came back to it, though it was not addressed to it."""
    if named.is_read or not mail.headers.message_id:
        return False
    same = known.activities.get(mail.headers.message_id, ())
    return any(one.direction is Direction.OUTGOING and receiver.mailbox_id in one.mailbox_ids for one in same)


def _is_dialogue_of_programs(mail: MailFacts, known: Known) -> bool:
    """Tell whether a program answers an automatic answer of ours, which RFC 3834 section 2 forbids both."""
    if mail.automatic is Automatic.NO:
        return False
    return any(
        one.direction is Direction.OUTGOING and one.kind is MailKind.AUTO_REPLY
        for message_id in (mail.headers.in_reply_to, *mail.references)
        for one in known.activities.get(message_id, ())
    )
