"""A process killed at any moment of a cycle loses nothing and doubles nothing."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.gmail.generator import generate
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import administration, cycle, outbox, sign_in, test_and_enable
from gmailsync.flows.leases import LEASE
from gmailsync.google.network import Network
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret

ADDRESS = "alice@contoso.com"
OTHER = "bob@contoso.com"
MESSAGES = 7
TRANSACTIONS = 19
"""How many the cycle of this mailbox has; a test keeps the number true."""

RUN_AND_STOP = """
import os, signal, sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import cycle

home, network, how, moment = Path(sys.argv[1]), Path(sys.argv[2]), signal.Signals(int(sys.argv[3])), int(sys.argv[4])

class HandClock:
    time = datetime.fromisoformat(sys.argv[5])
    def now(self):
        return self.time
    def sleep(self, delay):
        self.time += delay

class Stopping:
    '''A store whose process gets a signal before its n-th transaction.'''
    def __init__(self, store):
        self.store, self.begun = store, 0
    def begin(self):
        self.begun += 1
        if self.begun == moment:
            signal.raise_signal(how)
        return self.store.begin()

with App.open(read_settings({}, home=home, network=network), clock=HandClock()) as app:
    outcome = cycle.run(replace(app.ports, store=Stopping(app.ports.store)), "alice@contoso.com")
    sys.exit(0 if outcome.ok else 3)
"""


def opened(google, home: Path) -> App:
    """Open the product in this process, on the world's clock: nothing waits for real."""
    network = Network.from_file(home / "network.json")
    return App.open(read_settings({}, home=home), network=network, clock=google.clock)


@pytest.fixture
def place(google, tmp_path, monkeypatch):
    """Make a home with an enabled mailbox, mail in its Inbox and an email in its outbox."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    google.network.write(tmp_path / "network.json")
    for address in (ADDRESS, OTHER):
        google.add_account(address)
    environment = "https://contoso.crm.dynamics.com"
    client = google.correct_setup(environment, addresses=[ADDRESS]).client
    with opened(google, tmp_path) as app:
        ports = app.ports
        profile = NewProfile("Gmail", client.client_id, Secret(client.client_secret), environment, is_default=True)
        administration.add_profile(ports, profile)
        administration.add_mailbox(ports, ADDRESS)
        administration.approve(ports, ADDRESS)
        sign_in.finish(ports, google.give_consent(sign_in.begin(ports, ADDRESS).url, ADDRESS))
        assert test_and_enable.test_and_enable(ports, ADDRESS, enable=True).ok
        outbox.queue(ports, sender=ADDRESS, to=[OTHER], subject="Offer", body="As promised.\n")
    for raw in generate(11, MESSAGES, to=ADDRESS):
        google.deliver(ADDRESS, raw)
    google.clock.advance(timedelta(hours=2))  # the access token is over
    return tmp_path


def cycle_to_stop(google, place: Path, how: signal.Signals, moment: int) -> list[str]:
    """Return the command that runs a cycle, at the world's time, and gets a signal before its n-th transaction."""
    script = [sys.executable, "-c", RUN_AND_STOP, str(place), str(place / "network.json")]
    return [*script, str(how.value), str(moment), google.clock.now().isoformat()]


def stop_cycle(google, place: Path, how: signal.Signals, moment: int) -> int:
    """Run a cycle in another process until it gets its signal; return its exit status."""
    return subprocess.run(cycle_to_stop(google, place, how, moment), timeout=60).returncode


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
@pytest.mark.parametrize("moment", range(1, TRANSACTIONS + 1))
def test_stopped_before_a_transaction(google, place, how, moment):
    """However far the cycle came, the next one brings each message in once and sends the email once."""
    expected = sorted(
        hashlib.sha256(message.raw).hexdigest()
        for message in google.account(ADDRESS).mail.messages()
        if "\\Sent" not in message.labels
    )

    stopped = stop_cycle(google, place, how, moment)
    with opened(google, place) as app:
        outcomes = [cycle.run(app.ports, ADDRESS) for _ in range(2)]
        with app.ports.store.begin() as tx:
            emails = tx.emails.select()

    assert stopped != 0
    assert all(outcome.ok for outcome in outcomes)
    assert outcomes[1].incoming.new == 0
    assert sorted(email.sha256 for email in emails if email.direction == "incoming") == expected
    assert [email.status.value for email in emails if email.direction == "outgoing"] == ["sent"]
    assert len(list(google.account(OTHER).mail.messages())) == 1


def test_no_transaction_is_forgotten(google, place):
    """A signal that waits for one transaction more never comes."""
    assert stop_cycle(google, place, signal.SIGKILL, TRANSACTIONS + 1) == 0


@pytest.mark.parametrize("moment", [10, 11, 14], ids=["before DATA", "after acceptance", "before storing"])
def test_a_worker_that_was_paused_comes_too_late(google, place, moment):
    """Stopped for longer than its lease, it wakes up in the middle of its work and is refused."""
    late = subprocess.Popen(cycle_to_stop(google, place, signal.SIGSTOP, moment))
    os.waitid(os.P_PID, late.pid, os.WSTOPPED)
    with opened(google, place) as app:
        google.clock.advance(LEASE)

        taken_over = cycle.run(app.ports, ADDRESS)
        late.send_signal(signal.SIGCONT)
        status = late.wait(timeout=60)
        again = cycle.run(app.ports, ADDRESS)
        with app.ports.store.begin() as tx:
            emails = tx.emails.select()
            alerts = tx.alerts.select(open_only=False)

    assert (taken_over.ok, taken_over.incoming.new) == (True, MESSAGES)
    assert status == 3
    assert (again.ok, again.incoming.new, again.incoming.known) == (True, 0, 0)
    assert sum(email.direction == "incoming" for email in emails) == MESSAGES
    assert [email.status.value for email in emails if email.direction == "outgoing"] == ["sent"]
    assert len(list(google.account(OTHER).mail.messages())) == 1
    assert alerts == []
