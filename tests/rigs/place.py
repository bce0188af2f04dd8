"""One simulated Google, one home with a database, and gmailsync as a process over both, all at the world's time."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from killing import Program, Run

from fakes.journal import Party
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.google.network import Network
from gmailsync.store.engine import connect, parse_url

_TIMES = ("_at", "_since", "_until")
_OF_THE_RUN = {"fence", "lease_holder", "last_success"}
"""Columns that tell when a run was and whose, not what it did."""


class Place:
    """Where a program runs, is killed and started again. `home` holds the key of the database at `url`.

    Mail with the words that its program `chokes_on` makes it fail; no words, no failure.
    """

    def __init__(self, google, program: Program, home, url):
        self.google, self.url, self.chokes_on = google, url, ""
        self._program, self._home, self._clock = program, home, home / "clock.json"
        self._stopped: set[int] = set()
        self._network = replace(google.network, clock=str(self._clock)).write(home / "network.json")

    @contextmanager
    def opened(self):
        """Open the product in this process."""
        settings = read_settings({}, home=self._home, database_url=self.url)
        with App.open(settings, network=Network.from_file(self._network), clock=self.google.clock) as app:
            yield app.ports

    def run(self, *command: str, before: int | None = None, how: signal.Signals = signal.SIGKILL) -> Run:
        """Run a command as `killing.Program` does; then the servers have heard all, and their clock is no less late."""
        self._clock.write_text(json.dumps(self.google.clock.to_json()))
        options = ("--home", str(self._home), "--database", self.url, "--network", str(self._network))
        stop = {"before": before, "how": how, "chokes_on": self.chokes_on}
        return self._over(self._program.run(*options, *command, network=self._network, clock=self._clock, **stop))

    def resume(self, stopped: Run) -> Run:
        """Let a stopped run go on, to its end, at the world's time."""
        self._clock.write_text(json.dumps(self.google.clock.to_json()))
        self._stopped.remove(stopped.pid)
        return self._over(self._program.resume(stopped, self._network))

    def _over(self, run: Run) -> Run:
        if run.status is None:
            self._stopped.add(run.pid)
        if not self._stopped:  # who is stopped stays connected
            self.google.settle()
        slept = datetime.fromisoformat(json.loads(self._clock.read_text())["now"]) - self.google.clock.now()
        self.google.clock.advance(slept)
        return run

    def contents(self):
        """Return {table: rows} of the whole database, without what tells only when a run was and whose."""
        engine = connect(parse_url(self.url))
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if engine.dialect.name == "postgresql":
            names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        try:
            with engine.connect() as connection:
                tables = connection.exec_driver_sql(names).scalars().all()
                return {table: _rows(connection.exec_driver_sql(f'SELECT * FROM "{table}"')) for table in tables}  # noqa: S608 - its own tables
        finally:
            engine.dispose()

    def stored(self, direction):
        """Return the stored emails of a direction, and the SHA-256 of the bytes that each of them has."""
        with self.opened() as ports, ports.store.begin() as tx:
            emails = [email for email in tx.emails.select() if email.direction == direction]
            return emails, [sha256(tx.emails.raw(email.id)).hexdigest() for email in emails]

    def said(self, after=0):
        """Return what clients said to Google, after so many entries of the journal."""
        return [entry.text for entry in self.google.journal.entries[after:] if entry.sender is Party.CLIENT]


def _rows(result):
    columns = list(result.keys())
    kept = [n for n, name in enumerate(columns) if not name.endswith(_TIMES) and name not in _OF_THE_RUN]
    rows = ({columns[n]: row[n] for n in kept} for row in result)
    return sorted(rows, key=repr)
