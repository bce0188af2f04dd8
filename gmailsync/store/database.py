"""The database and its transactions (see `gmailsync.ports.Store` and `Tx`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection, Engine

from gmailsync.store.activities import Activities
from gmailsync.store.alerts import Alerts
from gmailsync.store.audits import Audits
from gmailsync.store.decisions import Decisions
from gmailsync.store.directory import Records
from gmailsync.store.emails import Emails
from gmailsync.store.engine import plain_errors
from gmailsync.store.failures import Failures
from gmailsync.store.fates import Fates
from gmailsync.store.folders import Folders
from gmailsync.store.grants import Grants
from gmailsync.store.knowledge import Knowledge
from gmailsync.store.leases import Leases
from gmailsync.store.mailboxes import Mailboxes
from gmailsync.store.profiles import Profiles
from gmailsync.store.settings import Switches
from gmailsync.store.trials import Trials
from gmailsync.store.vault import Vault


class Transaction:
    """One database transaction, its verbs by subject: short, and never open across the network.

    Most transactions need two or three subjects; each is made when it is asked for.
    """

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def profiles(self) -> Profiles:
        """Server profiles."""
        return Profiles(self._connection, self._vault)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        """Mailboxes."""
        return Mailboxes(self._connection)

    @cached_property
    def leases(self) -> Leases:
        """Leases on mailboxes."""
        return Leases(self._connection)

    @cached_property
    def grants(self) -> Grants:
        """Grants and sign-ins."""
        return Grants(self._connection, self._vault)

    @cached_property
    def emails(self) -> Emails:
        """Emails and outbox."""
        return Emails(self._connection)

    @cached_property
    def folders(self) -> Folders:
        """Cursors and placements."""
        return Folders(self._connection)

    @cached_property
    def failures(self) -> Failures:
        """The failure ledger."""
        return Failures(self._connection)

    @cached_property
    def fates(self) -> Fates:
        """What became of messages that were read by POP."""
        return Fates(self._connection)

    @cached_property
    def alerts(self) -> Alerts:
        """Alerts."""
        return Alerts(self._connection)

    @cached_property
    def trials(self) -> Trials:
        """Outcomes of Test & Enable."""
        return Trials(self._connection)

    @cached_property
    def audits(self) -> Audits:
        """Outcomes of audits."""
        return Audits(self._connection)

    @cached_property
    def records(self) -> Records:
        """The directory."""
        return Records(self._connection)

    @cached_property
    def switches(self) -> Switches:
        """The settings of deciding."""
        return Switches(self._connection)

    @cached_property
    def activities(self) -> Activities:
        """The business system's emails."""
        return Activities(self._connection)

    @cached_property
    def knowledge(self) -> Knowledge:
        """What is known of a batch of messages."""
        return Knowledge(self._connection)

    @cached_property
    def decisions(self) -> Decisions:
        """The decision trace."""
        return Decisions(self._connection)


class Database:
    """A database that `opening.open_database` found to be ours, with the vault that opens its secrets."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Begin a transaction; it commits when the block ends and rolls back when it raises.

        `StoreError` when the database fails: disk full, server gone, or another process held it for too long.
        """
        with plain_errors(self._engine.url), self._engine.begin() as connection:
            yield Transaction(connection, self._vault)

    def close(self) -> None:
        """Close all connections; the database can be used again and opens new ones."""
        self._engine.dispose()
