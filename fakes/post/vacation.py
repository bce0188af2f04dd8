"""The vacation responder's answers: to whom there is one, and what it looks like (RFC 3834).

Gmail answers each sender once in four days, and no spam, no mailing list, no bounce and no other machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

from fakes.gmail import headers
from fakes.post.settings import Vacation
from fakes.submission import mailbox

AGAIN_AFTER = timedelta(days=4)

# RFC 3834 section 2; RFC 2919 and 2369 for lists.
_LIST_FIELDS = ("list-id", "list-unsubscribe", "list-post", "mailing-list")
_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|.*no-?reply|owner-.*|.*-request|.*-owner|listserv|majordomo)@.*", re.IGNORECASE
)


def addressee(head: Mapping[str, bytes], envelope_sender: str | None) -> str | None:
    """Return who gets an answer to a message; None for nobody, because no person wrote it.

    `head` is `headers.first_values` of the message. `envelope_sender` is None when it is not known, as for mail that
    was put into the mailbox from outside: then Return-Path and From have to tell.
    """
    if envelope_sender == "" or headers.text(head, "return-path") == "<>":
        return None
    if headers.text(head, "auto-submitted").lower() not in ("", "no"):
        return None
    if headers.text(head, "precedence").lower() in ("bulk", "junk", "list"):
        return None
    if any(name in head for name in (*_LIST_FIELDS, "x-autoreply", "x-autorespond")):
        return None
    sender = envelope_sender or parseaddr(headers.text(head, "from"))[1]
    if "@" not in sender or not sender.isprintable() or _MACHINES.fullmatch(sender):
        return None
    return sender


def answer(
    vacation: Vacation,
    head: Mapping[str, bytes],
    *,
    address: str,
    name: str,
    to: str,
    now: datetime,
    fresh_id: Callable[[], str],
) -> bytes:
    """Return the answer to a message, from the account of this address and name.

    That Gmail puts the subject of the message behind its own is recalled, as are the fields Precedence and X-Autoreply.
    """
    subject = " ".join(f"{vacation.subject} Re: {headers.text(head, 'subject')}".split())
    message_id = next(iter(headers.message_ids(head, "message-id")), None)
    message = EmailMessage(policy=SMTP if (address + to).isascii() else SMTPUTF8)
    message["From"] = mailbox(name, address)
    message["To"] = to
    message["Subject"] = subject.encode("utf-8", "replace").decode()
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{fresh_id()}>"
    if message_id and message_id.isascii():
        message["In-Reply-To"] = message_id
        message["References"] = message_id
    message["Auto-Submitted"] = "auto-replied"
    message["Precedence"] = "bulk"
    message["X-Autoreply"] = "yes"
    message.set_content(vacation.body)
    return message.as_bytes()
