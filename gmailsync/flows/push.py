"""Outgoing mail: from the outbox to Gmail's SMTP, each email once.

An attempt is written down before it is made. When the answer to the final dot is lost, or the process died in the
middle, the email is *in doubt*: Gmail's Sent folder is asked for our Message-ID before anything is sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from gmailsync.errors import GmailSyncError, ImapDisabled, MailboxTaken
from gmailsync.flows import leases, tokens
from gmailsync.model.email import NOT_YET_SENT, Email, EmailId, EmailStatus, SendEvent
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import GMAIL_INCOMING, IncomingProtocol, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import MailSource, Ports, Tx
from gmailsync.rules import sending

SECOND_LOOK = timedelta(seconds=10)
"""How long after a first look into the Sent folder a second one is believed: filing may lag behind sending."""

_NEEDS_IMAP = (
    "An email is in doubt, and only IMAP can tell whether it was sent: turn on IMAP in Gmail (Settings > Forwarding "
    "and POP/IMAP) or in the Admin console. Incoming email goes on by POP."
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one push did: emails by how they ended, `found` of them in Gmail's Sent folder; and what went wrong."""

    sent: int = 0
    found: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    errors: tuple[GmailSyncError, ...] = ()


@dataclass(slots=True)
class _Tally:
    """What has happened so far in one push."""

    found: int = 0
    ended: Counter[EmailStatus] = field(default_factory=Counter)
    errors: list[GmailSyncError] = field(default_factory=list)


def is_due(tx: Tx, mailbox: Mailbox) -> bool:
    """Tell whether a push has anything to do."""
    return mailbox.outgoing_enabled and bool(tx.emails.by_status(mailbox.id, NOT_YET_SENT))


def push(ports: Ports, mailbox: Mailbox, profile: ServerProfile) -> Pushed:
    """Settle what is in doubt, then try every pending email of the mailbox once.

    Emails that cannot be settled yet stay in doubt and do not hold up the others.
    """
    tally = _Tally()
    for act in (_settle_doubts, _send_pending):
        try:
            act(ports, mailbox, profile, tally)
        except GmailSyncError as error:
            tally.errors.append(error)
            if isinstance(error, MailboxTaken):
                break
    return Pushed(
        sent=tally.ended[EmailStatus.SENT],
        found=tally.found,
        deferred=tally.ended[EmailStatus.PENDING],
        failed=tally.ended[EmailStatus.FAILED],
        in_doubt=tally.ended[EmailStatus.IN_DOUBT],
        errors=tuple(tally.errors),
    )


# --- In doubt --------------------------------------------------------------------------------


def _settle_doubts(ports: Ports, mailbox: Mailbox, profile: ServerProfile, tally: _Tally) -> None:
    """Ask Gmail's Sent folder for each email in doubt: it was sent, or it is pending again.

    That is by IMAP, in a profile with POP too: POP has no folders, and does not show all that was sent.
    """
    doubted = _doubted(ports, mailbox)
    if not doubted:
        return
    message_ids = {email.headers.message_id for email in doubted}
    endpoint = profile.incoming if profile.protocol is IncomingProtocol.IMAP else GMAIL_INCOMING[IncomingProtocol.IMAP]

    def look(token: Secret) -> set[str]:
        with ports.mail.imap(endpoint, mailbox.address, token) as source:
            return _look_twice(ports, source, message_ids)

    try:
        found = tokens.with_token(ports, mailbox, look)
    except ImapDisabled as error:
        if profile.protocol is IncomingProtocol.POP:
            error.advice = _NEEDS_IMAP
        raise
    with ports.store.begin() as tx:
        for email in doubted:
            tx.emails.apply(email.id, SendEvent.FOUND if email.headers.message_id in found else SendEvent.NOT_FOUND)
    tally.found = sum(email.headers.message_id in found for email in doubted)


def _doubted(ports: Ports, mailbox: Mailbox) -> list[Email]:
    """Return the emails in doubt; what was being sent when the process before us died is one of them."""
    with ports.store.begin() as tx:
        for email_id in tx.emails.with_status(mailbox.id, EmailStatus.SENDING):
            tx.emails.apply(email_id, SendEvent.LOST)
        return [tx.emails.get(email_id) for email_id in tx.emails.with_status(mailbox.id, EmailStatus.IN_DOUBT)]


def _look_twice(ports: Ports, source: MailSource, message_ids: Iterable[str]) -> set[str]:
    """Return those of the Message-IDs that the Sent folder holds, now or a little later."""
    folder = source.sent_folder()
    found = _look(source, folder, message_ids)
    if missing := set(message_ids) - found:
        ports.clock.sleep(SECOND_LOOK)
        found |= _look(source, folder, missing)
    return found


def _look(source: MailSource, folder: str, message_ids: Iterable[str]) -> set[str]:
    source.open_folder(folder)
    return {message_id for message_id in message_ids if source.find_message_id(message_id)}


# --- Pending ---------------------------------------------------------------------------------


def _send_pending(ports: Ports, mailbox: Mailbox, profile: ServerProfile, tally: _Tally) -> None:
    """Try the pending emails, oldest first, until an error stops the queue."""
    with ports.store.begin() as tx:
        pending = tx.emails.with_status(mailbox.id, EmailStatus.PENDING)
    if pending:  # a grant that is dead is not an attempt at any email
        tokens.access_token(ports, mailbox)
    ports.progress.start(f"sending {mailbox.address}", len(pending))
    for email_id in pending:
        status, error = _send(ports, mailbox, profile, email_id)
        tally.ended[status] += 1
        ports.progress.advance()
        if error is not None:
            tally.errors.append(error)
            if sending.stops_the_queue(error):
                break


def _send(
    ports: Ports, mailbox: Mailbox, profile: ServerProfile, email_id: EmailId
) -> tuple[EmailStatus, GmailSyncError | None]:
    """Try once to send one email, and record how it went; one that was canceled meanwhile is left alone."""
    with ports.store.begin() as tx:
        status = tx.emails.get(email_id).status
        if status is not EmailStatus.PENDING:
            return status, None
        attempt = tx.emails.begin_attempt(email_id, ports.clock.now())
        _, recipients = tx.emails.envelope(email_id)
        raw = tx.emails.raw(email_id)

    def submit(token: Secret) -> str:
        # Whoever has taken over by now asks Gmail whether this email was sent: it must not be sent after the answer.
        return ports.mail.send(profile.outgoing, mailbox.address, token, recipients, raw, lambda: leases.prove(ports))

    # Ctrl-C may fall before or after Gmail's acceptance, therefore LOST until we know better.
    event, reply, error = SendEvent.LOST, "interrupted", None
    try:
        reply = tokens.with_token(ports, mailbox, submit)
        event = SendEvent.ACCEPTED
    except GmailSyncError as caught:
        event, reply, error = sending.event_of(caught), caught.server_line or caught.message, caught
    finally:
        with ports.store.begin() as tx:
            status = tx.emails.finish_attempt(attempt, event, ports.clock.now(), reply)
    return status, error
