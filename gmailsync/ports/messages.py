"""What the flows need of the store for emails and for the places they come from, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gmailsync.model.activity import ActivityId
from gmailsync.model.email import AttemptId, Email, EmailId, EmailStatus, NewEmail, SendEvent
from gmailsync.model.failure import Failure, FailureId, GivenUp, NewFailure
from gmailsync.model.folder import Cursor, Noted, Outcome, Placement
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.maildrop import Fate


class Emails(Protocol):
    """Stored emails and the outbox."""

    def add_incoming(
        self, batch: Sequence[NewEmail], activity_ids: Sequence[ActivityId | None] = ()
    ) -> list[EmailId | None]:
        """Store incoming emails; in the place of each stand its number, or None when it is stored already.

        That is told by its Gmail message id or, from a server without such ids, by its content. `activity_ids` are the
        business system's emails that they belong to, one for each, or none at all.
        """
        ...

    def numbers_of(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Return the numbers of incoming emails that are stored already, told as by `add_incoming`; None: it is not."""
        ...

    def fold(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Find stored emails that are the same messages as those of one mailbox, read by the other protocol.

        One that came by POP gets Gmail's ids, thread and labels. In the place of each stands its number, or None.
        """
        ...

    def add_outgoing(
        self, email: NewEmail, sender: str, recipients: Iterable[str], activity_id: ActivityId | None = None
    ) -> EmailId:
        """Put an email into the outbox as pending; `recipients` are the SMTP envelope's."""
        ...

    def replace(self, email_id: EmailId, email: NewEmail) -> None:
        """Put other bytes in the place of damaged ones, with all that is read from them; the rest stays."""
        ...

    def get(self, email_id: EmailId) -> Email:
        """Return the email or raise `NotFound`."""
        ...

    def raw(self, email_id: EmailId) -> bytes:
        """Return the email's bytes, exact."""
        ...

    def envelope(self, email_id: EmailId) -> tuple[str, tuple[str, ...]]:
        """Return sender and recipients of the SMTP envelope of an outgoing email."""
        ...

    def select(self, mailbox_id: MailboxId | None = None) -> list[Email]:
        """Return emails in the order stored."""
        ...

    def by_status(self, mailbox_id: MailboxId, statuses: Collection[EmailStatus]) -> dict[EmailStatus, int]:
        """Return how many emails of the mailbox have each of these statuses; those that none has are left out."""
        ...

    def counts(self, statuses: Collection[EmailStatus]) -> dict[MailboxId, int]:
        """Return how many emails of each mailbox have one of these statuses; mailboxes without are left out."""
        ...

    def with_status(self, mailbox_id: MailboxId, status: EmailStatus) -> list[EmailId]:
        """Return the outgoing emails of this status, oldest first."""
        ...

    def known(self, mailbox_id: MailboxId, gmail_ids: Collection[int]) -> dict[int, tuple[EmailId, tuple[str, ...]]]:
        """Return {Gmail's message id: number and labels} of the mailbox's emails among these ids."""
        ...

    def relabel(self, labels: Mapping[EmailId, tuple[str, ...]]) -> None:
        """Store the labels that emails have now."""
        ...

    def sent(self, mailbox_id: MailboxId, batch: Sequence[NewEmail]) -> dict[str, EmailId]:
        """Return the outgoing emails that messages found in Sent are, by Message-ID."""
        ...

    def identify(self, email_id: EmailId, gmail_message_id: int | None, gmail_thread_id: int | None) -> None:
        """Note Gmail's ids of an email that had none, so that it is known wherever it lies."""
        ...

    def apply(self, email_id: EmailId, event: SendEvent) -> EmailStatus:
        """Move an outgoing email along its life. `ImpossibleTransition` when the event does not fit."""
        ...

    def begin_attempt(self, email_id: EmailId, now: datetime) -> AttemptId:
        """Claim a pending email and write down that it is about to be sent."""
        ...

    def finish_attempt(self, attempt: AttemptId, event: SendEvent, now: datetime, reply: str) -> EmailStatus:
        """Record how the attempt ended, with the server's reply."""
        ...

    def note_test_message(self, mailbox_id: MailboxId, message_id: str) -> None:
        """Remember the Message-ID of a test message, so that it does not become an email."""
        ...

    def is_test_message(self, mailbox_id: MailboxId, message_id: str) -> bool:
        """Tell whether Test & Enable sent this message."""
        ...


class Folders(Protocol):
    """How far the folders of mailboxes are read, and what became of each message in them."""

    def cursor(self, mailbox_id: MailboxId, folder: str) -> Cursor | None:
        """Return how far the folder was read; None before the first sync."""
        ...

    def save(self, mailbox_id: MailboxId, cursor: Cursor, placements: Sequence[Placement] = ()) -> None:
        """Store the placements, under the cursor's UIDVALIDITY, and then the cursor; commit both with the emails.

        `StoreError` when the cursor would pass a message that is only listed.
        """
        ...

    def outcomes(
        self, mailbox_id: MailboxId, cursor: Cursor, first: int = 1, last: int | None = None
    ) -> dict[int, Outcome]:
        """Return what became of each UID from `first` to `last` under the cursor's UIDVALIDITY."""
        ...

    def count(self, mailbox_id: MailboxId, cursor: Cursor, below: int) -> int:
        """Return how many messages under the cursor's UIDVALIDITY are placed with a UID less than `below`."""
        ...

    def placements(self, mailbox_id: MailboxId, cursor: Cursor, uids: Collection[int]) -> dict[int, Placement]:
        """Return the placements of these UIDs under the cursor's UIDVALIDITY; those without one are left out."""
        ...

    def noted(self, mailbox_id: MailboxId, cursor: Cursor) -> dict[int, Noted]:
        """Return what is noted of every UID under the cursor's UIDVALIDITY."""
        ...

    def remove(self, mailbox_id: MailboxId, cursor: Cursor, uids: Collection[int]) -> None:
        """Forget the placements of messages that are gone; an email that lies nowhere any more has no labels."""
        ...

    def forget_former(self, mailbox_id: MailboxId, cursor: Cursor) -> None:
        """Forget what lay in the folder under any other UIDVALIDITY than the cursor's, now that all is read."""
        ...

    def reopen(self, mailbox_id: MailboxId, folder: str) -> int:
        """Let the folder be read once more for what was left out of it; return how many messages that were.

        What is stored is not fetched again.
        """
        ...

    def forget(self, mailbox_id: MailboxId, folder: str) -> None:
        """Forget the folder, which is not read any more, and what lay in it as if all of it were gone."""
        ...


class Fates(Protocol):
    """What became of messages by their unique-ids, which POP knows them by."""

    def known(self, mailbox_id: MailboxId, uidls: Collection[str]) -> dict[str, Outcome]:
        """Return what became of those of the unique-ids that were seen before."""
        ...

    def save(self, mailbox_id: MailboxId, fates: Sequence[Fate]) -> None:
        """Store what became of messages; commit it with the emails."""
        ...

    def reopen(self, mailbox_id: MailboxId) -> int:
        """Forget what was left out, so that it is read once more when it is shown; return of how many messages."""
        ...


class Failures(Protocol):
    """The failure ledger: messages that could not be fetched or read; a place in a mailbox has one entry at most."""

    def note(self, failure: NewFailure, now: datetime) -> FailureId:
        """Enter a message into the ledger; one that is there already has failed once more.

        One that was given up stays so.
        """
        ...

    def get(self, failure_id: FailureId) -> Failure:
        """Return the entry with its bytes, or raise `NotFound`."""
        ...

    def select(self, mailbox_id: MailboxId | None = None) -> list[Failure]:
        """Return the entries in the order they were made, without their bytes."""
        ...

    def due(self, mailbox_id: MailboxId, now: datetime) -> list[Failure]:
        """Return the entries of the mailbox whose next try has come, without their bytes."""
        ...

    def make_due(self, failure_ids: Collection[FailureId], now: datetime) -> None:
        """Let the next sync try these again, however often they failed, and even if they were given up."""
        ...

    def give_up(self, failure_ids: Collection[FailureId], given_up: GivenUp) -> None:
        """Let nothing try these any more; one that was given up already keeps who did so and why."""
        ...

    def relabel(self, labels: Mapping[FailureId, tuple[str, ...]]) -> None:
        """Store the labels that messages have now, so that they have them when they become emails."""
        ...

    def settle(self, failure_id: FailureId, outcome: Outcome, email_id: EmailId | None) -> None:
        """Take an entry off the ledger, and note what became of its message wherever it lies."""
        ...

    def remove(self, failure_id: FailureId) -> None:
        """Take an entry off the ledger; in the same transaction its placement becomes something else."""
        ...

    def counts(self) -> dict[MailboxId, int]:
        """Return how many open entries each mailbox has; mailboxes without are left out."""
        ...
