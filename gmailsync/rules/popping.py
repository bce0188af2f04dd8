"""What POP cannot say, and is therefore decided from the message: whether it is wanted, and when to look again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from gmailsync.errors import BadInput
from gmailsync.model.email import Headers
from gmailsync.model.mailbox import Mailbox, MailboxKind
from gmailsync.model.profile import ServerProfile

BETWEEN_LOOKS = timedelta(minutes=5)
"""Gmail announces LOGIN-DELAY 300 (RFC 2449 section 6.5; google.md 4.1)."""

_GMAILS_UNIQUE_ID = re.compile(r"GmailId([0-9a-f]{16})")


def gmail_message_id(uidl: str) -> int | None:
    """Return Gmail's message id out of a unique-id, where it is in base 16 (google.md 4.1); None for another server's.

    That is not certain. Were it anything else, it would be no email's.
    """
    found = _GMAILS_UNIQUE_ID.fullmatch(uidl)
    return int(found[1], 16) if found else None


def next_look(mailbox: Mailbox, now: datetime) -> datetime | None:
    """Return when POP may be asked again; None when it may be now.

    A look in the future is the doing of a clock that was wrong, and holds nobody back.
    """
    looked_at = mailbox.pop_looked_at
    if looked_at is None or looked_at > now or now - looked_at >= BETWEEN_LOOKS:
        return None
    return looked_at + BETWEEN_LOOKS


def start_date(mailbox: Mailbox, profile: ServerProfile) -> datetime | None:
    """Return the later of the mailbox's and the profile's start date; None when neither has one."""
    dates = [date for date in (mailbox.read_from, profile.read_from) if date is not None]
    return max(dates, default=None)


def is_before(received_at: datetime | None, since: datetime | None) -> bool:
    """Tell whether a message is older than the start date. One whose time is not legible is not: it is taken."""
    return since is not None and received_at is not None and received_at < since


def is_sent_copy(headers: Headers, mailbox: Mailbox, *, was_delivered: bool) -> bool:
    """Tell whether a message is Gmail's copy of what the owner sent, which POP shows, too: it has no folders.

    That is one from the mailbox's own address which is not to it as well, and that nobody delivered.
    """
    own = mailbox.address.lower()
    return headers.sender.lower() == own and not was_delivered and own not in map(str.lower, headers.recipients)


def check_deletion(kind: MailboxKind, *, delete: bool) -> None:
    """Raise `BadInput` where mail may not be deleted at Gmail: that is for queues, never for a person's own mail."""
    if delete and kind is not MailboxKind.QUEUE:
        raise BadInput("pop delete", "on", "only for a mailbox of kind queue")
