"""`gmailsync sync --watch` in a process of its own, on a simulation's clock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


class Simulation:
    """A simulated Google whose clock other processes see: it stands still until it is moved."""

    def __init__(self, google, folder):
        self.google, self.folder = google, folder
        replace(google.network, clock="clock.json").write(folder / "network.json")
        self.advance(timedelta(0))

    def advance(self, delta):
        self.google.clock.advance(delta)
        whole = self.folder / "clock.new"
        whole.write_text(json.dumps(self.google.clock.to_json()))
        whole.replace(self.folder / "clock.json")


@pytest.fixture
def simulation(google, tmp_path):
    """Run a simulated Google with Alice's and Bob's accounts."""
    for address in (ALICE, BOB):
        google.add_account(address)
    return Simulation(google, tmp_path)


@pytest.fixture
def gmailsync(cli, simulation, tmp_path, monkeypatch):
    """Run commands over the simulated network, with an enabled mailbox of Alice and one of Bob that is not enabled."""
    monkeypatch.setenv("GMAILSYNC_NETWORK", str(tmp_path / "network.json"))
    client = simulation.google.correct_setup().client
    cli("profile", "add", "Gmail", "--client-id", client.client_id, "--client-secret", client.client_secret,
        "--environment", "https://contoso.crm.dynamics.com", "--default")  # fmt: skip
    for address in (ALICE, BOB):
        assert cli("mailbox", "add", address).status == 0
    url = cli("mailbox", "sign-in", ALICE, "--no-wait").out.strip()
    cli("mailbox", "sign-in", ALICE, "--response", simulation.google.give_consent(url, ALICE))
    cli("mailbox", "approve", ALICE)
    assert cli("mailbox", "test", ALICE, "--enable").status == 0
    return cli


@contextmanager
def watching(*options):
    """Run the command until the block ends."""
    command = [sys.executable, "-m", "gmailsync", "sync", "--watch", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as running:
        try:
            assert running.stderr.readline() == "watching; stop with Ctrl-C\n"
            yield running
        finally:
            running.kill()


def stopped(running, how=signal.SIGINT):
    """Stop the command; return its exit status and what it had left to say."""
    running.send_signal(how)
    out, err = running.communicate(timeout=60)
    return running.returncode, out, err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_each_cycle_is_a_line_of_json_until_it_is_stopped(gmailsync, simulation, how):
    """One document for each look; mail that arrives brings one; the end says so, with status 0."""
    with watching("--json") as running:
        first = json.loads(running.stdout.readline())
        simulation.google.deliver(ALICE, b"Subject: hello\r\n\r\n")
        simulation.advance(timedelta(seconds=6))
        second = json.loads(running.stdout.readline())

        ended = stopped(running, how)

    assert (first["mailbox"], first["ok"], first["incoming"]["new"]) == (ALICE, True, 0)
    assert (second["mailbox"], second["ok"], second["incoming"]["new"]) == (ALICE, True, 1)
    assert (first["at"], second["at"]) == ("2026-01-05T09:00:00Z", "2026-01-05T09:00:06Z")
    assert ended == (0, "", "stopped\n")


def test_a_look_in_vain_prints_nothing(gmailsync, simulation):
    """For people only what happened is a line."""
    simulation.google.deliver(ALICE, b"Subject: hello\r\n\r\n")
    with watching() as running:
        line = running.stdout.readline()

        ended = stopped(running)

    assert line == "09:00:00 UTC alice@contoso.com: 1 new\n"
    assert ended == (0, "", "stopped\n")


def test_it_says_goodbye_to_gmail(gmailsync, simulation):
    """The connection in IDLE is ended, not left to Gmail."""
    with watching("--json") as running:
        running.stdout.readline()
        simulation.advance(timedelta(seconds=6))
        running.stdout.readline()  # the look that a connection brings which stands
        stopped(running)

    said = [entry.text.strip() for entry in simulation.google.journal.entries if entry.channel == "imap"]
    assert any(line.endswith(" IDLE") for line in said)
    assert [line for line in said if line == "DONE" or line.endswith("LOGOUT")][-2:] == ["DONE", "I5 LOGOUT"]


def test_it_looks_as_often_as_it_is_told(gmailsync, simulation):
    """`--every` is in minutes; what is due while it slept is done when the clock says so."""
    simulation.google.faults.add("imap", "CAPABILITY", r"answer=* CAPABILITY IMAP4rev1\nOK done", optional=True)
    with watching("--json", "--every", "20") as running:
        times = [json.loads(running.stdout.readline())["at"]]
        for _ in range(2):
            simulation.advance(timedelta(minutes=20))
            times.append(json.loads(running.stdout.readline())["at"])

    assert times == ["2026-01-05T09:00:00Z", "2026-01-05T09:20:00Z", "2026-01-05T09:40:00Z"]


def test_a_named_mailbox_that_is_not_enabled_says_why(gmailsync):
    """On stderr, once; others are left alone."""
    with watching(BOB) as running:
        line = running.stderr.readline()

        ended = stopped(running)

    assert line.startswith("09:00:00 UTC error: bob@contoso.com: ")
    assert "mailbox test bob@contoso.com --enable" in line
    assert ended == (0, "", "stopped\n")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--every", "5"], "error: every: 5: goes with --watch\n"),
        (["--watch", "--every", "0"], "error: every: '0': a whole number from 1 to 1440\n"),
        (["--watch", "nobody@contoso.com"], "error: mailbox: 'nobody@contoso.com': "),
    ],
)
def test_what_cannot_be_watched_is_told_at_once(gmailsync, options, complaint):
    """Bad input, exit status 2."""
    ran = gmailsync("sync", *options)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(complaint)


def test_it_says_that_there_is_nothing_to_watch_yet(gmailsync):
    """What is enabled later comes in; until then somebody would wait for nothing."""
    gmailsync("mailbox", "disable", ALICE)
    with watching() as running:
        line = running.stderr.readline()

        ended = stopped(running)

    assert line.startswith("no mailbox is enabled in an active server profile")
    assert ended == (0, "", "stopped\n")
