"""The outbox: emails wait here for the next push."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from gmailsync.errors import BadInput, MailboxNotReady
from gmailsync.flows.deciding import Mail, decide_batch
from gmailsync.mime.addresses import bare_address
from gmailsync.mime.facts import read_facts
from gmailsync.mime.writing import compose
from gmailsync.model.email import Direction, EmailId, EmailStatus, NewEmail, SendEvent
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.settings import DecidingSettings
from gmailsync.ports import Ports, Tx
from gmailsync.rules import readiness, tracking_token
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

    It becomes an activity at once, so that an answer finds it. Addresses may carry names. Raises `NotFound` when the
    sender is no mailbox of ours, `BadInput` for what would not arrive as it was meant, and `MailboxNotReady` when
    outgoing email of the mailbox is not carried by us: it would wait for ever without anybody noticing.
    """
    address = bare_address("from", sender)
    recipients = tuple(dict.fromkeys(bare_address("to", recipient) for recipient in (*to, *cc)))
    if not recipients:
        raise BadInput("to", "", "at least one recipient")
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        if not readiness.is_synchronized(mailbox.outgoing):
            raise MailboxNotReady(
                f"outgoing email of {mailbox.address} is not set to server-side synchronization",
                advice=f"Run: gmailsync mailbox set {mailbox.address} --outgoing server_side_sync",
            )
        settings = tx.switches.load()
        token = _token(tx, mailbox, settings)
    raw = compose(
        sender=sender,
        to=to,
        cc=cc,
        subject=tracking_token.append(subject, token, settings.max_subject_length) if token else subject,
        body=body,
        attachments=attachments,
        message_id=ports.fresh_message_id(domain_of(address)),
        date=ports.clock.now(),
    )
    facts = read_facts(raw)
    with ports.store.begin() as tx:
        (decided,) = decide_batch(tx, mailbox, [Mail(facts, is_sent=True, token=token)], settings, ports.clock.now())
        email = NewEmail(
            mailbox_id=mailbox.id,
            direction=Direction.OUTGOING,
            status=EmailStatus.PENDING,
            headers=facts.headers,
            raw=raw,
            sha256=hashlib.sha256(raw).hexdigest(),
        )
        return tx.emails.add_outgoing(email, mailbox.address, recipients, decided.activity_id)


def _token(tx: Tx, mailbox: Mailbox, settings: DecidingSettings) -> str:
    """Return the tracking token of the mailbox's next email; "" while subjects carry none."""
    if not settings.token_in_subject:
        return ""
    outgoing = [status for status in EmailStatus if status is not EmailStatus.RECEIVED]
    counter = sum(tx.emails.by_status(mailbox.id, outgoing).values())
    return tracking_token.write(settings.token_layout, mailbox.id, counter + 1)


def cancel(ports: Ports, email_id: EmailId) -> None:
    """Take a pending email out of the outbox. `ImpossibleTransition` when it is on its way or has been sent."""
    with ports.store.begin() as tx:
        tx.emails.apply(email_id, SendEvent.CANCELED)


def retry(ports: Ports, email_id: EmailId) -> None:
    """Put an email that Gmail rejected back into the outbox. `ImpossibleTransition` when it has not failed."""
    with ports.store.begin() as tx:
        tx.emails.apply(email_id, SendEvent.RETRIED)
