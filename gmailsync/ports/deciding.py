"""What deciding needs of the store and of the business system, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from gmailsync.model.activity import ActivityId
from gmailsync.model.directory import NewRecord, Record, RecordId, RecordKind
from gmailsync.model.email import EmailId
from gmailsync.model.known import Known
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.settings import DecidingSettings
from gmailsync.model.tracked import Activity, Named, QueueItem, Trace, Undelivered


class Directory(Protocol):
    """A business system that tells whom it knows: a CSV file, or a source of the customer's own."""

    def records(self) -> Sequence[NewRecord]:
        """Return all records to store. `BadInput` when they cannot be read."""
        ...


class Records(Protocol):
    """The stored directory in one transaction."""

    def save(self, batch: Sequence[NewRecord]) -> list[RecordId]:
        """Store records, each in the place of the one with its kind and key, if there is one."""
        ...

    def get(self, kind: RecordKind, key: str) -> Record:
        """Return the record or raise `NotFound`."""
        ...

    def by_ids(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """Return the records of these numbers; those that are gone are left out."""
        ...

    def select(self, kind: RecordKind | None = None) -> list[Record]:
        """Return the records in the order in which they were first stored."""
        ...


class Switches(Protocol):
    """The settings of deciding in one transaction."""

    def load(self) -> DecidingSettings:
        """Return the settings; what was never set has its default."""
        ...

    def save(self, changed: DecidingSettings) -> None:
        """Store the settings."""
        ...


class Activities(Protocol):
    """The business system's emails in one transaction."""

    def hold(self) -> None:
        """Let nobody else add activities before this transaction ends: two that decide at once make one activity."""
        ...

    def numbers(self, count: int) -> list[ActivityId]:
        """Return numbers for new activities, in ascending order; nobody else is given them."""
        ...

    def add(self, batch: Sequence[Activity], now: datetime) -> None:
        """Store new activities with their parties, in the order of their numbers."""
        ...

    def get(self, activity_id: ActivityId) -> Activity:
        """Return the activity or raise `NotFound`. Its hashes are left out."""
        ...

    def add_to_queues(self, items: Sequence[QueueItem], now: datetime) -> None:
        """Put activities into queues; one that is in a queue already is not there twice."""
        ...

    def queues_of(self, activity_id: ActivityId) -> list[MailboxId]:
        """Return the queue mailboxes that have an item of the activity, in the order in which they got it."""
        ...

    def mailboxes_of(self, activity_id: ActivityId) -> list[MailboxId]:
        """Return our mailboxes that have an email of the activity, in the order in which they got it."""
        ...

    def note_undelivered(self, reports: Sequence[Undelivered], now: datetime) -> None:
        """Remember whom emails did not reach; the last report on a recipient counts."""
        ...

    def undelivered(self, activity_id: ActivityId) -> list[Undelivered]:
        """Return the recipients whom the activity did not reach, by address."""
        ...


class Knowledge(Protocol):
    """What is known of a batch of messages, in one transaction."""

    def known(self, named: Named, settings: DecidingSettings) -> Known:
        """Return what is known of whatever the messages of a batch name. Its mappings may be added to."""
        ...


class Decisions(Protocol):
    """The decision trace in one transaction."""

    def add(self, batch: Sequence[Trace]) -> None:
        """Store decisions; of an email there is one."""
        ...

    def of_email(self, email_id: EmailId) -> Trace | None:
        """Return why an email was kept; None when it was stored without a decision."""
        ...

    def select(self, mailbox_id: MailboxId | None = None, *, refused_only: bool = False) -> list[Trace]:
        """Return decisions in the order in which they were made."""
        ...

    def forget_refused(self, mailbox_id: MailboxId, before: datetime) -> int:
        """Forget what was refused before that moment; return how many. What was kept goes with its email."""
        ...
