"""What a sync and a status ask of the tables that grow with the mail: by an index, on both databases."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from enabling import enable
from plans import plans

from fakes.google import SimulatedGoogle
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import cycle
from gmailsync.flows.overview import overview
from gmailsync.google.network import Network

ALICE = "alice@contoso.com"
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
WHOLE = re.compile(
    r"(?:^SCAN|Seq Scan on) (?:(?:emails|email_content|placements|activities|decisions)\b|failures(?! USING COVERING))"
)
"""A table that is read from its first row to its last, be it by way of an index (SQLite's SCAN ... USING INDEX).

The ledger's entries are counted, all of them, so that reading its index from end to end is what is asked for.
"""


@pytest.fixture
def google():
    """Run a simulated Google with an account that has mail."""
    with SimulatedGoogle() as running:
        running.add_account(ALICE)
        yield running
    running.check()


@pytest.fixture
def ports(google, database, tmp_path):
    """Open the product, with the mailbox enabled, on the test's database."""
    settings = read_settings({}, home=tmp_path)
    network = Network(google.network.hosts, google.network.ca_file)
    with App.open(settings, network=network, clock=google.clock) as app:
        ports = replace(app.ports, store=database)
        enable(ports, google, ALICE)
        yield ports


def test_a_sync_reads_no_large_table_from_end_to_end(google, ports, database):
    """Neither the first, nor one of an unchanged mailbox, nor one that finds a reply, changed flags and a gap."""
    mail = [
        google.deliver(ALICE, f"From: bob@x.com\r\nTo: {ALICE}\r\nMessage-ID: <{n}@x>\r\n\r\nhi\r\n".encode())
        for n in range(3)
    ]

    def syncs() -> None:
        assert cycle.run(ports, ALICE).incoming.new == 3
        assert cycle.run(ports, ALICE).ok
        google.deliver(ALICE, f"From: bob@x.com\r\nTo: {ALICE}\r\nIn-Reply-To: <1@x>\r\n\r\nhi\r\n".encode())
        with google.on_the_web(ALICE) as store:
            store.add_labels(mail[0].gm_msgid, ["\\Starred"])
            store.delete(mail[1].gm_msgid)
        assert cycle.run(ports, ALICE).incoming.new == 1

    lines = plans(database, syncs, VERBS)

    assert [line for line in lines if WHOLE.search(line)] == []
    assert len(lines) > 30


def test_a_status_reads_no_large_table_from_end_to_end(google, ports, database):
    """However much mail is stored."""
    google.deliver(ALICE, b"From: bob@x.com\r\n\r\nhi\r\n")
    cycle.run(ports, ALICE)

    def ask() -> None:
        with database.begin() as tx:
            assert len(overview(tx, ports.clock.now())) == 1

    lines = plans(database, ask, VERBS)

    assert [line for line in lines if WHOLE.search(line)] == []
    assert len(lines) > 5
