"""The database as the flows need it: a transaction, with the verbs of each subject."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from gmailsync.ports.administration import Grants, Leases, Mailboxes, Profiles
from gmailsync.ports.deciding import Activities, Decisions, Knowledge, Records, Switches
from gmailsync.ports.health import Alerts, Audits, Trials
from gmailsync.ports.messages import Emails, Failures, Fates, Folders


class Tx(Protocol):
    """One database transaction: short, and never open across the network."""

    @property
    def profiles(self) -> Profiles:
        """Server profiles."""
        ...

    @property
    def mailboxes(self) -> Mailboxes:
        """Mailboxes."""
        ...

    @property
    def leases(self) -> Leases:
        """Leases on mailboxes."""
        ...

    @property
    def grants(self) -> Grants:
        """Grants and sign-ins."""
        ...

    @property
    def emails(self) -> Emails:
        """Emails and outbox."""
        ...

    @property
    def folders(self) -> Folders:
        """Cursors and placements."""
        ...

    @property
    def failures(self) -> Failures:
        """The failure ledger."""
        ...

    @property
    def fates(self) -> Fates:
        """What became of messages that were read by POP."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Alerts."""
        ...

    @property
    def trials(self) -> Trials:
        """Outcomes of Test & Enable."""
        ...

    @property
    def audits(self) -> Audits:
        """Outcomes of audits."""
        ...

    @property
    def records(self) -> Records:
        """The directory."""
        ...

    @property
    def switches(self) -> Switches:
        """The settings of deciding."""
        ...

    @property
    def activities(self) -> Activities:
        """The business system's emails."""
        ...

    @property
    def knowledge(self) -> Knowledge:
        """What is known of a batch of messages."""
        ...

    @property
    def decisions(self) -> Decisions:
        """The decision trace."""
        ...


class Store(Protocol):
    """The database."""

    def begin(self) -> AbstractContextManager[Tx]:
        """Begin a transaction; it commits when the block ends and rolls back when it raises."""
        ...
