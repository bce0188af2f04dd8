"""Two workers over one database and one Gmail: whenever one falls asleep and the other takes over, nothing doubles."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import count

import pytest
from enabling import enable
from sleepy import SleepyStore

from fakes.google import SimulatedGoogle
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.errors import MailboxTaken
from gmailsync.flows import cycle, outbox
from gmailsync.flows.leases import LEASE
from gmailsync.google.network import Network

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


class LaterClock:
    """The world's clock as one reads it who holds a lease to be over."""

    def __init__(self, clock):
        self._clock = clock

    def now(self):
        return self._clock.now() + LEASE

    def sleep(self, delay):
        self._clock.sleep(delay)


@pytest.fixture
def google():
    """Run a simulated Google with two accounts."""
    with SimulatedGoogle() as running:
        for address in (ALICE, BOB):
            running.add_account(address)
        yield running
    running.check()


@pytest.fixture
def workers(google, made_url, key, tmp_path):
    """Open the product twice on one database, with Alice's mailbox enabled; the second one's clock is late."""
    settings = replace(read_settings({"GMAILSYNC_KEY": key.decode()}, home=tmp_path), database_url=made_url)
    network = Network(google.network.hosts, google.network.ca_file)
    with (
        App.open(settings, network=network, clock=google.clock) as first,
        App.open(settings, network=network, clock=LaterClock(google.clock)) as second,
    ):
        enable(first.ports, google, ALICE)
        yield first.ports, second.ports


def test_hard_case_20_two_cycles_interleaved_at_every_transaction_do_the_work_of_one(google, workers):
    """Every message is stored once, every email sent once; the late cycle is refused and opens no alert."""
    first, second = workers
    delivered, late, takeovers = [], [], []
    for moment in count(1):
        raw = (
            f"From: bob@example.com\r\nMessage-ID: <{moment}@example.com>\r\nSubject: {moment}\r\n\r\nbody\r\n".encode()
        )
        delivered.append(google.deliver(ALICE, raw))
        outbox.queue(first, sender=ALICE, to=[BOB], subject=f"offer {moment}", body="b\n")
        store = SleepyStore(first.store, moment, lambda: takeovers.append(cycle.run(second, ALICE)))

        done = cycle.run(replace(first, store=store), ALICE)

        if store.begun < moment:
            break
        late.append([error.code for error in done.errors])

    with first.store.begin() as tx:
        emails, alerts = tx.emails.select(), tx.alerts.select(open_only=False)
    arrived = sorted(email.sha256 for email in emails if email.direction == "incoming")
    outgoing = [email.status.value for email in emails if email.direction == "outgoing"]
    assert late == [[], *[[MailboxTaken.code]] * (len(late) - 1)]
    assert all(takeover.ok and takeover.under_way is None for takeover in takeovers)
    assert arrived == sorted(hashlib.sha256(message.raw).hexdigest() for message in delivered)
    assert outgoing == ["sent"] * len(delivered)
    assert len(list(google.account(BOB).mail.messages())) == len(delivered)
    assert alerts == []
