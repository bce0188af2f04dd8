"""The database and its transactions (see `gmailsync.ports.Store` and `Tx`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    """One database transaction, its verbs by subject: short, and never open across the network."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self.profiles = Profiles(connection, vault)
        self.mailboxes = Mailboxes(connection)
        self.leases = Leases(connection)
        self.grants = Grants(connection, vault)
        self.emails = Emails(connection)
        self.folders = Folders(connection)
        self.failures = Failures(connection)
        self.fates = Fates(connection)
        self.alerts = Alerts(connection)
        self.trials = Trials(connection)
        self.audits = Audits(connection)
        self.records = Records(connection)
        self.switches = Switches(connection)
        self.activities = Activities(connection)
        self.knowledge = Knowledge(connection)
        self.decisions = Decisions(connection)


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
