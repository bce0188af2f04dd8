"""The outbox: emails wait here for the next push."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from gmailsync.errors import BadInput, MailboxNotReady
from gmailsync.mime.addresses import bare_address
from gmailsync.mime.headers import read_headers
from gmailsync.mime.writing import compose
from gmailsync.model.email import Direction, EmailId, EmailStatus, NewEmail, SendEvent
from gmailsync.ports import Ports
from gmailsync.rules import readiness
from gmailsync.rules.entries import domain_of


def queue(
    ports: Ports,
    *,
    sender: str,
    to: Sequence[str],
    subject: str,
    body: str,
    cc: Sequence[str] = (),
    attachments: Sequence[Path] = (),
) -> EmailId:
    """Write an email of a mailbox and put it into the outbox, to be sent by the next push.

    Addresses may carry names. Raises `NotFound` when the sender is no mailbox of ours, `BadInput` for what would not
    arrive as it was meant, and `MailboxNotReady` when outgoing email of the mailbox is not carried by us: it would
    wait for ever without anybody noticing.
    """
    address = bare_address("from", sender)
    recipients = tuple(dict.fromkeys(bare_address("to", recipient) for recipient in (*to, *cc)))
    if not recipients:
        raise BadInput("to", "", "at least one recipient")
    raw = compose(
        sender=sender,
        to=to,
        cc=cc,
        subject=subject,
        body=body,
        attachments=attachments,
        message_id=ports.fresh_message_id(domain_of(address)),
        date=ports.clock.now(),
    )
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        if not readiness.is_synchronized(mailbox.outgoing):
            raise MailboxNotReady(
                f"outgoing email of {mailbox.address} is not set to server-side synchronization",
                advice=f"gmailsync mailbox set {mailbox.address} --outgoing server_side_sync",
            )
        email = NewEmail(
            mailbox_id=mailbox.id,
            direction=Direction.OUTGOING,
            status=EmailStatus.PENDING,
            headers=read_headers(raw),
            raw=raw,
            sha256=hashlib.sha256(raw).hexdigest(),
        )
        return tx.emails.add_outgoing(email, mailbox.address, recipients)


def cancel(ports: Ports, email_id: EmailId) -> None:
    """Take a pending email out of the outbox. `ImpossibleTransition` when it is on its way or has been sent."""
    with ports.store.begin() as tx:
        tx.emails.apply(email_id, SendEvent.CANCELED)


def retry(ports: Ports, email_id: EmailId) -> None:
    """Put an email that Gmail rejected back into the outbox. `ImpossibleTransition` when it has not failed."""
    with ports.store.begin() as tx:
        tx.emails.apply(email_id, SendEvent.RETRIED)
