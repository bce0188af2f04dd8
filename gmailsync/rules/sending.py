"""What an answer of Gmail's SMTP, or its absence, means for an outgoing email and for those behind it."""

from __future__ import annotations

from gmailsync.errors import BadInput, GmailSyncError, Scope, SendInDoubt, SendRejected
from gmailsync.model.email import SendEvent


def event_of(error: GmailSyncError) -> SendEvent:
    """Return what happened to an email whose sending raised `error`.

    Every error but these means that Gmail has accepted nothing, so that the email may go again later.
    """
    if isinstance(error, SendInDoubt):
        return SendEvent.LOST
    if isinstance(error, SendRejected | BadInput):
        return SendEvent.REJECTED
    return SendEvent.DEFERRED


def stops_the_queue(error: GmailSyncError) -> bool:
    """Tell whether the emails behind this one have to wait for the next cycle.

    A verdict on one email does not; trouble of the mailbox or a broken connection would meet all of them.
    """
    if isinstance(error, BadInput):
        return False
    return error.scope is not Scope.EMAIL or isinstance(error, SendInDoubt)
