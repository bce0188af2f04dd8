"""A process killed at any moment of a look by POP loses nothing and doubles nothing."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from enabling import enable

from fakes.gmail.generator import generate
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import cycle
from gmailsync.google.network import Network
from gmailsync.model.profile import GMAIL_INCOMING, IncomingProtocol

ALICE = "alice@contoso.com"
MESSAGES = 5
FIRST, TRANSACTIONS = 3, 10
"""The first that a look by POP makes, and how many the cycle has; a test keeps that number true."""

RUN_AND_DIE = """
import signal, sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import cycle

home, moment, now = Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])

class HandClock:
    def now(self):
        return now
    def sleep(self, delay):
        pass

class Dying:
    '''A store whose process is killed before its n-th transaction.'''
    def __init__(self, store):
        self.store, self.begun = store, 0
    def begin(self):
        self.begun += 1
        if self.begun == moment:
            signal.raise_signal(signal.SIGKILL)
        return self.store.begin()

with App.open(read_settings({}, home=home, network=home / "network.json"), clock=HandClock()) as app:
    sys.exit(0 if cycle.run(replace(app.ports, store=Dying(app.ports.store)), "alice@contoso.com").ok else 3)
"""


@pytest.fixture
def home(google, tmp_path, monkeypatch):
    """Make a home with an enabled mailbox by POP, and mail in it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    google.network.write(tmp_path / "network.json")
    google.add_account(ALICE, pop=True)
    with opened(google, tmp_path) as app:
        incoming = GMAIL_INCOMING[IncomingProtocol.POP]
        enable(app.ports, google, ALICE, protocol=IncomingProtocol.POP, incoming=incoming)
    return tmp_path


def opened(google, home):
    network = Network.from_file(home / "network.json")
    return App.open(read_settings({}, home=home), network=network, clock=google.clock)


def die(google, home, moment):
    """Run a cycle in another process that is killed before its n-th transaction; return its exit status."""
    script = [sys.executable, "-c", RUN_AND_DIE, str(home), str(moment), google.clock.now().isoformat()]
    return subprocess.run(script, timeout=60).returncode


@pytest.mark.parametrize("moment", range(FIRST, TRANSACTIONS + 1))
def test_killed_before_a_transaction(google, home, moment):
    """Between RETR and commit, or commit and QUIT: the next look brings what is missing, and one more nothing."""
    raws = list(generate(5, MESSAGES, to=ALICE))
    for raw in raws:
        google.deliver(ALICE, raw)

    assert die(google, home, moment) == -signal.SIGKILL
    brought = []
    with opened(google, home) as app:
        for _ in range(2):
            google.clock.advance(timedelta(minutes=15))
            done = cycle.run(app.ports, ALICE)
            assert done.errors == ()
            brought.append(done.incoming.new)
        with app.ports.store.begin() as tx:
            stored = [email.sha256 for email in tx.emails.select()]

    assert sorted(stored) == sorted(hashlib.sha256(raw).hexdigest() for raw in raws)
    assert brought[1] == 0


def test_a_cycle_has_as_many_transactions_as_were_tried(google, home):
    """No moment is left out."""
    for raw in generate(5, MESSAGES, to=ALICE):
        google.deliver(ALICE, raw)

    assert die(google, home, TRANSACTIONS + 1) == 0
