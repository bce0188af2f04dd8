"""The same message by IMAP and by POP: a mailbox whose protocol has changed is folded onto what is stored.

By IMAP Gmail names a message by its id, by POP by a unique-id; what both have in common is what is in it. So a message
is the same when Message-ID and content are; one without Message-ID by its content alone. By POP each line ends in CRLF,
the last one too, whether it does in the message or not.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, select, update

from gmailsync.model.email import Direction, EmailId, NewEmail
from gmailsync.store.lookup import listed
from gmailsync.store.tables import LONGEST_ID, SHORT_ID, emails

_COLUMNS = select(emails.c.id, emails.c.message_id, emails.c.sha256, emails.c.gmail_message_id)
_INCOMING = emails.c.direction == Direction.INCOMING


@dataclass(frozen=True, slots=True)
class _Stored:
    id: EmailId
    message_id: str
    sha256: str
    is_named: bool  # by Gmail, as by IMAP


def fold(connection: Connection, batch: Sequence[NewEmail], raw_of: Callable[[EmailId], bytes]) -> list[EmailId | None]:
    """Find the emails of a mailbox that the other protocol has brought, in the place of each its number or None.

    One that came by POP gets Gmail's ids, thread and labels, unless another email has the id already. A few queries for
    the batch, and one alone for a mailbox that was never read by another protocol.
    """
    if not batch:
        return []
    by_imap = any(email.gmail_message_id is not None for email in batch)
    by_other = emails.c.gmail_message_id.is_(None) if by_imap else emails.c.gmail_message_id.is_not(None)
    brought = select(emails.c.id).where(emails.c.mailbox_id == batch[0].mailbox_id, _INCOMING, by_other)
    if connection.scalars(brought.limit(1)).first() is None:
        return [None] * len(batch)
    named = _ids_among(connection, batch) if by_imap else set()
    alike = [email for email in _alike(connection, batch) if email.is_named is not by_imap]
    candidates = _Candidates(alike, raw_of, once=by_imap)
    found = [None if email.gmail_message_id in named else candidates.take(email) for email in batch]
    if by_imap:
        _adopt(connection, batch, found)
    return found


class _Candidates:
    """Emails that may be the same as one of the batch.

    By IMAP each is taken once: another message of the very same bytes has an id of its own. By POP it has nothing of
    its own, and is the same email.
    """

    def __init__(self, rows: Sequence[_Stored], raw_of: Callable[[EmailId], bytes], *, once: bool) -> None:
        self._raw_of = raw_of
        self._once = once
        self._by_content: dict[str, list[_Stored]] = defaultdict(list)
        self._by_message_id: dict[str, list[_Stored]] = defaultdict(list)
        for row in rows:
            self._by_content[row.sha256].append(row)
            if row.message_id:
                self._by_message_id[row.message_id].append(row)
        self._taken: set[EmailId] = set()

    def take(self, email: NewEmail) -> EmailId | None:
        """Return the email that is the same, if any is left."""
        alike = [row for sha256 in _contents(email) for row in self._by_content[sha256]] or [
            row
            for row in self._by_message_id[email.headers.message_id]
            if _wire_form(self._raw_of(row.id)) == _wire_form(email.raw)
        ]
        numbers = [row.id for row in alike]
        number = next((number for number in numbers if number not in self._taken), None)
        if number is None and numbers and not self._once:
            number = numbers[0]
        if number is not None:
            self._taken.add(number)
        return number


def _alike(connection: Connection, batch: Sequence[NewEmail]) -> list[_Stored]:
    """Return the incoming emails with one of the batch's Message-IDs or, without any, with the content of one.

    Whichever protocol brought them: asked for those without Gmail's ids, SQLite would read all of these.
    """
    of_mailbox = (emails.c.mailbox_id == batch[0].mailbox_id) & _INCOMING
    by_id, by_content = emails.c.message_id, emails.c.sha256
    message_ids = {email.headers.message_id for email in batch} - {""}
    short = {message_id for message_id in message_ids if len(message_id) <= LONGEST_ID}
    contents = {sha256 for email in batch if not email.headers.message_id for sha256 in _contents(email)}
    questions = []
    # Outward from what is asked: SQLite would else read each email of the mailbox.
    for values, column, indexed in ((short, by_id, SHORT_ID), (contents, by_content, (by_id == "") & SHORT_ID)):
        if values:
            asked = listed(connection, values)
            stored = asked.outerjoin(emails, and_(of_mailbox, column == asked.c.value, indexed))
            questions.append(_COLUMNS.select_from(stored))
    if monsters := message_ids - short:
        questions.append(_COLUMNS.where(of_mailbox, by_id.in_(monsters)))
    rows = (row for question in questions for row in connection.execute(question) if row.id is not None)
    found = [_Stored(EmailId(row.id), row.message_id, row.sha256, row.gmail_message_id is not None) for row in rows]
    return sorted(found, key=lambda email: email.id)


def _ids_among(connection: Connection, batch: Sequence[NewEmail]) -> set[int | None]:
    """Return those of the batch's Gmail ids that an email has already: it must not be given to another."""
    known = emails.c.gmail_message_id
    asked = {email.gmail_message_id for email in batch}
    rows = select(known).where(emails.c.mailbox_id == batch[0].mailbox_id, known.in_(asked))
    return set(connection.scalars(rows))


def _adopt(connection: Connection, batch: Sequence[NewEmail], found: Sequence[EmailId | None]) -> None:
    given = update(emails).where(emails.c.id == bindparam("email_id"), emails.c.gmail_message_id.is_(None))
    adopted: dict[int | None, dict[str, object]] = {
        email.gmail_message_id: {
            "email_id": number,
            "gmail_message_id": email.gmail_message_id,
            "gmail_thread_id": email.gmail_thread_id,
            "labels": email.labels,
        }
        for email, number in zip(batch, found, strict=True)
        if number is not None
    }
    if adopted:
        connection.execute(given, list(adopted.values()))


def _contents(email: NewEmail) -> list[str]:
    """Return the SHA-256 of an email and, without a Message-ID, of what its bytes may be by the other protocol."""
    if email.headers.message_id:
        return [email.sha256]
    wire = _wire_form(email.raw)
    unix = wire.replace(b"\r\n", b"\n")
    others = {wire, wire.removesuffix(b"\r\n"), unix, unix.removesuffix(b"\n")} - {email.raw}
    return [email.sha256, *(hashlib.sha256(raw).hexdigest() for raw in others)]


def _wire_form(raw: bytes) -> bytes:
    """Return a message as POP has it: each line ends in CRLF, the last one too (RFC 1939 section 3)."""
    text = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"
