"""What becomes of the messages found in Sent.

What we sent ourselves is stored already: it is known by its Message-ID and takes on Gmail's ids, so that it is known in
every other folder. What the owner sent with another program becomes an outgoing email that is sent, without an SMTP
envelope of ours, and an activity, so that what answers it is known to do so. That it was sent the folder itself says,
because not every server has labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gmailsync.flows.receiving import Arrival, Receive, Received, arrival_of, take, told
from gmailsync.model.email import EmailId, FetchedMessage
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import SENT, Mailbox
from gmailsync.ports import Tx


def receiver_in(folder: str, receive: Receive) -> Receive:
    """Return what makes emails of a folder's messages: `receive`, but of those in Sent what the owner sent."""
    return receive_sent if folder == SENT else receive


def receive_sent(tx: Tx, mailbox: Mailbox, messages: Sequence[FetchedMessage], now: datetime) -> list[Received]:
    """Fold messages onto outgoing emails, or decide about them and store them as such; return one outcome for each."""
    settings = tx.switches.load()
    arrivals = [arrival_of(mailbox, message, settings, is_sent=True) for message in messages]
    emails = [one.email for one in arrivals]
    ours = tx.emails.sent(mailbox.id, emails)
    numbers = tx.emails.numbers_of(emails)
    before = [_known(tx, mailbox, one, ours, number) for one, number in zip(arrivals, numbers, strict=True)]
    new: dict[int | str, Arrival] = {}
    for one, known in zip(arrivals, before, strict=True):
        if known is None:
            new.setdefault(one.identity, one)
    became = dict(zip(new, take(tx, mailbox, list(new.values()), settings, now), strict=True))
    return [known or told(became, one, new) for one, known in zip(arrivals, before, strict=True)]


def _known(
    tx: Tx, mailbox: Mailbox, arrival: Arrival, ours: dict[str, EmailId], number: EmailId | None
) -> Received | None:
    """Return what became of a message that is known: as a test message, as one of ours, or by its identity."""
    email = arrival.email
    message_id = email.headers.message_id
    if tx.emails.is_test_message(mailbox.id, message_id):
        return Received(Outcome.TEST)
    # Mail to oneself that another folder has brought keeps its ids: no two emails may have them.
    if (own := ours.get(message_id)) is not None and number in (None, own):
        tx.emails.identify(own, email.gmail_message_id, email.gmail_thread_id)
        tx.emails.relabel({own: email.labels})
        return Received(Outcome.STORED, own)
    return None if number is None else Received(Outcome.STORED, number)
