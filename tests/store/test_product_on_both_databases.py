"""The whole product on each database: from the server profile to mail that has moved both ways."""

from __future__ import annotations

import hashlib
import json

import pytest

from fakes.clock import LiveClock
from fakes.gmail.generator import generate
from fakes.google import SimulatedGoogle

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


@pytest.fixture
def google(tmp_path, monkeypatch):
    """Run a simulated Google with two accounts, on the time that the commands go by."""
    with SimulatedGoogle(clock=LiveClock()) as running:
        for address in (ALICE, BOB):
            running.add_account(address)
        yield running
    running.check()


@pytest.fixture
def gmailsync(cli, google, url, tmp_path, monkeypatch):
    """Run commands on a new database, over the simulated network; each has to succeed and print JSON."""
    monkeypatch.setenv("GMAILSYNC_DATABASE_URL", url)
    monkeypatch.setenv("GMAILSYNC_NETWORK", str(google.network.write(tmp_path / "network.json")))

    def run(*arguments):
        ran = cli(*arguments, "--json")
        assert (ran.status, ran.err) == (0, "")
        return ran.json

    return run


def test_mail_moves_both_ways(gmailsync, google, tmp_path):
    """Every command works, and what is stored equals what lay in Gmail."""
    mail = list(generate(5, 30, to=ALICE))
    for raw in mail:
        google.deliver(ALICE, raw)
    setup = google.correct_setup()
    client = tmp_path / "client.json"
    client.write_text(json.dumps(setup.client.downloaded_json(setup.project.id)))

    gmailsync("profile", "add", "Gmail", "--client-json", client, "--default")
    gmailsync("mailbox", "add", ALICE)
    gmailsync("mailbox", "approve", ALICE)
    url = gmailsync("mailbox", "sign-in", ALICE, "--no-wait")["url"]
    gmailsync("mailbox", "sign-in", ALICE, "--response", google.give_consent(url, ALICE))
    tested = gmailsync("mailbox", "test", ALICE, "--enable")
    gmailsync("email", "send", "--from", ALICE, "--to", BOB, "--subject", "御見積", "--body", "Offer")
    first, second = gmailsync("sync"), gmailsync("sync")

    emails = gmailsync("email", "list")
    incoming = [email["sha256"] for email in emails if email["direction"] == "incoming"]
    assert tested["ok"]
    assert (first[0]["incoming"]["new"], second[0]["incoming"]["new"]) == (30, 0)
    assert sorted(incoming) == sorted(hashlib.sha256(raw).hexdigest() for raw in mail)
    assert [email["status"] for email in emails if email["direction"] == "outgoing"] == ["sent"]
    assert len(list(google.account(BOB).mail.messages())) == 1
    assert gmailsync("status")["mailboxes"][0]["state"] == "healthy"
    assert gmailsync("alert", "list") == []
