"""Emails and outbox in SQL (see `gmailsync.ports.Emails`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, update

from gmailsync.errors import ImpossibleTransition, NotFound
from gmailsync.model.activity import ActivityId
from gmailsync.model.email import (
    TRANSITIONS,
    AttemptId,
    Direction,
    Email,
    EmailId,
    EmailStatus,
    Headers,
    NewEmail,
    SendEvent,
    after,
)
from gmailsync.model.mailbox import MailboxId
from gmailsync.store import folding
from gmailsync.store.bulk import insert_rows, relabel, reserve_ids
from gmailsync.store.contents import Contents
from gmailsync.store.engine import insert_into
from gmailsync.store.lookup import in_parts, listed
from gmailsync.store.tables import SHORT_ID, WITHOUT_ID, attempts, email_envelopes, emails, mailboxes, test_messages

_COLUMNS = tuple(column.name for column in emails.c)
_READ = ("message_id", "subject", "sender", "recipients", "date", "in_reply_to", "size", "sha256", "notification")
"""Columns that follow from an email's bytes."""
_ATTEMPTS = select(func.count()).where(attempts.c.email_id == emails.c.id).scalar_subquery()
_EMAILS = select(emails, _ATTEMPTS.label("attempts")).order_by(emails.c.id)

_OF_MAILBOX = emails.c.mailbox_id == bindparam("of_mailbox")
_BY_STATUS = (
    select(emails.c.status, func.count().label("number"))
    .where(_OF_MAILBOX, emails.c.status.in_(bindparam("these", expanding=True)))
    .group_by(emails.c.status)
)
_WITH_STATUS = (
    select(emails.c.id)
    .where(_OF_MAILBOX, emails.c.status == bindparam("this"), emails.c.direction == Direction.OUTGOING)
    .order_by(emails.c.id)
)


class Emails:
    """Stored emails and the outbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._contents = Contents(connection)

    # --- Storing -----------------------------------------------------------------------------

    def add_incoming(
        self, batch: Sequence[NewEmail], activity_ids: Sequence[ActivityId | None] = ()
    ) -> list[EmailId | None]:
        """Store incoming emails; in the place of each stand its number, or None when it is stored already.

        That is told by its Gmail message id or, from a server without such ids, by its content. `activity_ids` are the
        business system's emails that they belong to, one for each, or none at all.
        """
        if not batch:
            return []
        # With numbers of our own the rows go in by one plain statement.
        given = reserve_ids(self._connection, emails, len(batch))
        belonging = zip(given, batch, activity_ids or [None] * len(batch), strict=True)
        rows = ((number, *_values(email).values(), activity_id) for number, email, activity_id in belonging)
        insert_rows(self._connection, emails, _COLUMNS, rows, "DO NOTHING")
        ours = select(emails.c.id).where(emails.c.id.between(given[0], given[-1]))
        added = set(self._connection.scalars(ours))
        numbers = [EmailId(number) if number in added else None for number in given]
        stored = [(number, email.raw) for number, email in zip(numbers, batch, strict=True) if number is not None]
        self._contents.add(stored)
        return numbers

    def numbers_of(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Return the numbers of incoming emails of a mailbox that are stored already, told as by `add_incoming`."""
        if not batch:
            return []
        by_id = {email.gmail_message_id for email in batch} - {None}
        by_content = {email.sha256 for email in batch if email.gmail_message_id is None}
        of_mailbox = emails.c.mailbox_id == batch[0].mailbox_id
        rows: list[tuple[int | str, int | None]] = []
        if by_id:
            columns = select(emails.c.gmail_message_id, emails.c.id)
            known = columns.where(of_mailbox, emails.c.gmail_message_id.in_(by_id))
            rows += map(tuple, self._connection.execute(known))
        if by_content:
            # Outward from what is asked: SQLite would else read each email of the mailbox that has no id.
            asked = listed(self._connection, by_content)
            stored = asked.outerjoin(emails, and_(of_mailbox, emails.c.sha256 == asked.c.value, WITHOUT_ID))
            rows += map(tuple, self._connection.execute(select(asked.c.value, emails.c.id).select_from(stored)))
        numbers = {identity: EmailId(number) for identity, number in rows if number is not None}
        return [numbers.get(email.gmail_message_id or email.sha256) for email in batch]

    def fold(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Find stored emails that are the same messages as those of one mailbox, read by the other protocol.

        One that came by POP gets Gmail's ids, thread and labels. In the place of each stands its number, or None.
        """
        return folding.fold(self._connection, batch, self.raw)

    def add_outgoing(
        self, email: NewEmail, sender: str, recipients: Iterable[str], activity_id: ActivityId | None = None
    ) -> EmailId:
        """Put an email into the outbox as pending; `recipients` are the SMTP envelope's."""
        pending = {"direction": Direction.OUTGOING, "status": EmailStatus.PENDING, "activity_id": activity_id}
        values = _values(email) | pending
        email_id = self._connection.scalars(insert(emails).returning(emails.c.id), values).one()
        envelope = {"email_id": email_id, "sender": sender, "recipients": tuple(recipients)}
        self._connection.execute(insert(email_envelopes), envelope)
        self._contents.add([(EmailId(email_id), email.raw)])
        return EmailId(email_id)

    def replace(self, email_id: EmailId, email: NewEmail) -> None:
        """Put other bytes in the place of damaged ones, with all that is read from them; the rest stays."""
        values = _values(email)
        changed = update(emails).where(emails.c.id == email_id)
        self._connection.execute(changed.values({column: values[column] for column in _READ}))
        self._contents.replace(email_id, email.raw)

    # --- Reading -----------------------------------------------------------------------------

    def get(self, email_id: EmailId) -> Email:
        """Return the email or raise `NotFound`."""
        row = self._connection.execute(_EMAILS.where(emails.c.id == email_id)).one_or_none()
        if row is None:
            raise _unknown(email_id)
        return _email(row)

    def raw(self, email_id: EmailId) -> bytes:
        """Return the email's bytes, exact, or raise `NotFound`."""
        raw = self._contents.raw(email_id)
        if raw is None:
            raise _unknown(email_id)
        return raw

    def envelope(self, email_id: EmailId) -> tuple[str, tuple[str, ...]]:
        """Return sender and recipients of the SMTP envelope of an outgoing email, or raise `NotFound`."""
        found = select(email_envelopes).where(email_envelopes.c.email_id == email_id)
        row = self._connection.execute(found).one_or_none()
        if row is None:
            raise NotFound("email", email_id, "no outgoing email has this number")
        return row.sender, row.recipients

    def select(self, mailbox_id: MailboxId | None = None) -> list[Email]:
        """Return emails in the order stored."""
        found = _EMAILS if mailbox_id is None else _EMAILS.where(emails.c.mailbox_id == mailbox_id)
        return [_email(row) for row in self._connection.execute(found)]

    def by_status(self, mailbox_id: MailboxId, statuses: Collection[EmailStatus]) -> dict[EmailStatus, int]:
        """Return how many emails of the mailbox have each of these statuses; those that none has are left out."""
        asked = {"of_mailbox": mailbox_id, "these": list(statuses)}
        return {row.status: row.number for row in self._connection.execute(_BY_STATUS, asked)}

    def counts(self, statuses: Collection[EmailStatus]) -> dict[MailboxId, int]:
        """Return how many emails of each mailbox have one of these statuses; mailboxes without are left out."""
        found = select(emails.c.mailbox_id, func.count().label("number")).where(emails.c.status.in_(statuses))
        # By mailbox too, the few are found in the index; without, SQLite reads the whole of it.
        found = found.where(emails.c.mailbox_id.in_(select(mailboxes.c.id)))
        by_mailbox = self._connection.execute(found.group_by(emails.c.mailbox_id))
        return {MailboxId(row.mailbox_id): row.number for row in by_mailbox}

    def with_status(self, mailbox_id: MailboxId, status: EmailStatus) -> list[EmailId]:
        """Return the outgoing emails of this status, oldest first."""
        asked = {"of_mailbox": mailbox_id, "this": status}
        return [EmailId(email_id) for email_id in self._connection.scalars(_WITH_STATUS, asked)]

    def known(self, mailbox_id: MailboxId, gmail_ids: Collection[int]) -> dict[int, tuple[EmailId, tuple[str, ...]]]:
        """Return {Gmail's message id: number and labels} of the mailbox's emails among these ids."""
        columns = select(emails.c.gmail_message_id, emails.c.id, emails.c.labels)
        of_mailbox = columns.where(emails.c.mailbox_id == mailbox_id)
        found: dict[int, tuple[EmailId, tuple[str, ...]]] = {}
        for part in in_parts(sorted(gmail_ids)):
            some = of_mailbox.where(emails.c.gmail_message_id.in_(part))
            for gmail_id, number, labels in self._connection.execute(some):
                found[gmail_id] = EmailId(number), labels
        return found

    def relabel(self, labels: Mapping[EmailId, tuple[str, ...]]) -> None:
        """Store the labels that emails have now."""
        relabel(self._connection, emails, labels)

    def sent(self, mailbox_id: MailboxId, batch: Sequence[NewEmail]) -> dict[str, EmailId]:
        """Return the outgoing emails that messages found in Sent are, by Message-ID."""
        ids = {email.headers.message_id for email in batch} - {""}
        outgoing = emails.c.mailbox_id == mailbox_id, emails.c.direction == Direction.OUTGOING
        found = select(emails.c.message_id, emails.c.id).where(*outgoing, emails.c.message_id.in_(ids), SHORT_ID)
        return {message_id: EmailId(number) for message_id, number in self._connection.execute(found)}

    def identify(self, email_id: EmailId, gmail_message_id: int | None, gmail_thread_id: int | None) -> None:
        """Note Gmail's ids of an email that had none, so that it is known wherever it lies."""
        unknown = update(emails).where(emails.c.id == email_id, emails.c.gmail_message_id.is_(None))
        ids = {"gmail_message_id": gmail_message_id, "gmail_thread_id": gmail_thread_id}
        self._connection.execute(unknown.values(ids))

    # --- An outgoing email's life ------------------------------------------------------------

    def apply(self, email_id: EmailId, event: SendEvent) -> EmailStatus:
        """Move an outgoing email along its life. `ImpossibleTransition` when the event does not fit.

        An attempt that is under way ends with the event, without a time: nobody saw it end.
        """
        status = self._next(email_id, event)
        under_way = update(attempts).where(attempts.c.email_id == email_id, attempts.c.event.is_(None))
        self._connection.execute(under_way.values(event=event))
        self._set(email_id, status)
        return status

    def begin_attempt(self, email_id: EmailId, now: datetime) -> AttemptId:
        """Claim a pending email and write down that it is about to be sent. `ImpossibleTransition` otherwise."""
        self._set(email_id, self._next(email_id, SendEvent.CLAIMED))
        new = insert(attempts).values(email_id=email_id, started_at=now, reply="")
        return AttemptId(self._connection.scalars(new.returning(attempts.c.id)).one())

    def finish_attempt(self, attempt: AttemptId, event: SendEvent, now: datetime, reply: str) -> EmailStatus:
        """Record how the attempt ended, with the server's reply.

        `ImpossibleTransition` when it has ended already: whoever held it to be lost has settled it since.
        """
        found = select(attempts.c.email_id).where(attempts.c.id == attempt)
        email_id = self._connection.scalars(found).one_or_none()
        if email_id is None:
            raise NotFound("attempt", attempt, "no attempt has this number")
        status = self._next(email_id, event)
        under_way = update(attempts).where(attempts.c.id == attempt, attempts.c.event.is_(None))
        ended = self._connection.execute(under_way.values(event=event, finished_at=now, reply=reply))
        if ended.rowcount == 0:
            raise ImpossibleTransition("attempt", attempt, "it has ended already")
        self._set(email_id, status, last_error=reply)
        return status

    def _next(self, email_id: EmailId, event: SendEvent) -> EmailStatus:
        """Look the next status up in `TRANSITIONS`; the email is locked until the transaction ends."""
        locked = select(emails.c.status).where(emails.c.id == email_id).with_for_update()
        status = self._connection.scalars(locked).one_or_none()
        if status is None:
            raise _unknown(email_id)
        try:
            return after(status, event)
        except KeyError as error:
            raise _impossible(email_id, status, event) from error

    def _set(self, email_id: EmailId, status: EmailStatus, last_error: str | None = None) -> None:
        """Store a status. What once went wrong is told until the email is sent."""
        values: dict[str, object] = {"status": status}
        if status is EmailStatus.SENT:
            values["last_error"] = ""
        elif last_error is not None:
            values["last_error"] = last_error
        self._connection.execute(update(emails).where(emails.c.id == email_id).values(values))

    # --- Test messages -------- -----------------------------------------------------------

    def note_test_message(self, mailbox_id: MailboxId, message_id: str) -> None:
        """Remember the Message-ID of a test message, so that it does not become an email."""
        new = insert_into(self._connection, test_messages).values(mailbox_id=mailbox_id, message_id=message_id)
        self._connection.execute(new.on_conflict_do_nothing())

    def is_test_message(self, mailbox_id: MailboxId, message_id: str) -> bool:
        """Tell whether Test & Enable sent this message."""
        noted = test_messages.c.mailbox_id == mailbox_id, test_messages.c.message_id == message_id
        return self._connection.scalars(select(func.count()).where(*noted)).one() > 0


def _values(email: NewEmail) -> dict[str, object]:
    """Return {column: value}, in the table's order, of all columns between its number and its activity."""
    return {
        "mailbox_id": email.mailbox_id,
        "direction": email.direction,
        "status": email.status,
        "message_id": email.headers.message_id,
        "subject": email.headers.subject,
        "sender": email.headers.sender,
        "recipients": email.headers.recipients,
        "date": email.headers.date,
        "in_reply_to": email.headers.in_reply_to,
        "size": len(email.raw),
        "sha256": email.sha256,
        "gmail_message_id": email.gmail_message_id,
        "gmail_thread_id": email.gmail_thread_id,
        "labels": email.labels,
        "last_error": "",
        "notification": email.notification,
    }


def _email(row: Row[Any]) -> Email:
    headers = Headers(
        message_id=row.message_id,
        subject=row.subject,
        sender=row.sender,
        recipients=row.recipients,
        date=row.date,
        in_reply_to=row.in_reply_to,
    )
    return Email(
        id=EmailId(row.id),
        mailbox_id=MailboxId(row.mailbox_id),
        direction=row.direction,
        status=row.status,
        headers=headers,
        size=row.size,
        sha256=row.sha256,
        gmail_message_id=row.gmail_message_id,
        gmail_thread_id=row.gmail_thread_id,
        labels=row.labels,
        attempts=row.attempts,
        last_error=row.last_error,
        notification=row.notification,
        activity_id=row.activity_id,
    )


def _unknown(email_id: EmailId) -> NotFound:
    return NotFound("email", email_id, "no email has this number")


def _impossible(email_id: EmailId, status: EmailStatus, event: SendEvent) -> ImpossibleTransition:
    fitting = " or ".join(before for before, possible in TRANSITIONS if possible is event)
    return ImpossibleTransition("email", email_id, f"it is {status}, and only one that is {fitting} can be {event}")
