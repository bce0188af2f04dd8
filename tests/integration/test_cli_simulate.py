"""`gmailsync simulate` serves other programs, and `gmailsync demo` needs none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from fakes import evidence as keeping
from fakes.deeds import Deeds
from fakes.google import SimulatedGoogle

ALICE = "alice@contoso.com"


def simulation(*options):
    script = [sys.executable, "-m", "gmailsync", "simulate", *map(str, options)]
    return subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


@pytest.fixture
def mail(tmp_path):
    """Make a folder of mail with one file that is none."""
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "1.eml").write_bytes(b"Subject: one\r\n\r\nbody\r\n")
    (folder / "2.eml").write_bytes(b"Subject: two\r\n\r\nbody\r\n")
    (folder / "empty.eml").write_bytes(b"")
    return folder


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_simulation_says_what_it_serves_and_runs_until_it_is_stopped(tmp_path, mail, how):
    """One JSON line when it is ready; mail that cannot be read is named."""
    network_file = tmp_path / "network.json"

    with simulation("--mail", f"{ALICE}={mail}", "--network-file", network_file, "--json") as running:
        ready = json.loads(running.stdout.readline())
        hosts = json.loads(network_file.read_text())["hosts"]
        running.send_signal(how)
        out, err = running.communicate(timeout=60)

    [account] = ready["accounts"]
    assert (account["address"], account["delivered"]) == (ALICE, 2)
    assert (account["imap"], account["pop"]) == (True, False)
    assert [skipped["source"].endswith("empty.eml") for skipped in account["skipped"]] == [True]
    assert ready["clients"][0]["client_secret"].startswith("GOCSPX-")
    assert ready["hosts"] == hosts
    assert (running.returncode, out, err) == (0, "", "stopped\n")


def test_time_in_a_setups_history_is_named_and_left_out(tmp_path):
    """The clock is the machine's; what else happened has happened when it is ready."""
    file = tmp_path / "setup.yaml"
    file.write_text(
        "environment: https://contoso.crm.dynamics.com\n"
        "history: [{after: 8 days}, {imap_turned_off: alice@contoso.com}, {paused: 1 hour}]\n"
    )

    with simulation("--setup", file) as running:
        told = [running.stdout.readline()]
        while "ready" not in told[-1]:
            told.append(running.stdout.readline())
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)

    assert f"{ALICE}: IMAP off, POP off, 0 messages delivered\n" in told
    assert err.splitlines()[:2] == [
        "not played, as the clock is the machine's: 8 days pass",
        "not played, as the clock is the machine's: 1 hour passes, in which nothing is synchronized",
    ]


def test_another_shell_signs_in_and_syncs(cli, tmp_path, mail, monkeypatch):
    """The way of the guide, by commands alone."""
    network_file = tmp_path / "network.json"
    monkeypatch.setenv("GMAILSYNC_NETWORK", str(network_file))

    with simulation("--mail", f"{ALICE}={mail}", "--network-file", network_file, "--json") as running:
        [client] = json.loads(running.stdout.readline())["clients"]
        cli("profile", "add", "Gmail", "--client-id", client["client_id"], "--client-secret", client["client_secret"])
        cli("mailbox", "add", ALICE, "--profile", "Gmail")
        url = cli("mailbox", "sign-in", ALICE, "--no-wait").out.strip()
        consent = subprocess.run(
            [sys.executable, "-m", "fakes", "consent", url, "--as", ALICE, "--network", network_file],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        ran = [
            cli("mailbox", "sign-in", ALICE, "--response", consent.stdout.strip()),
            cli("mailbox", "approve", ALICE),
            cli("mailbox", "test", ALICE, "--enable"),
            cli("sync"),
        ]
        running.send_signal(signal.SIGINT)

    assert [one.status for one in ran] == [0, 0, 0, 0]
    assert sorted(email["subject"] for email in cli("email", "list", "--json").json) == ["one", "two"]


def fakes(*arguments):
    command = [sys.executable, "-m", "fakes", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_clock_is_moved_on_both_sides(cli, tmp_path, mail, monkeypatch):
    """After eight days the grant of an app in Testing is dead at Google, and the product's clock says so too."""
    network_file = tmp_path / "network.json"
    monkeypatch.setenv("GMAILSYNC_NETWORK", str(network_file))

    with simulation("--mail", f"{ALICE}={mail}", "--network-file", network_file, "--json") as running:
        [client] = json.loads(running.stdout.readline())["clients"]
        cli("profile", "add", "Gmail", "--client-id", client["client_id"], "--client-secret", client["client_secret"])
        cli("mailbox", "add", ALICE, "--profile", "Gmail")
        url = cli("mailbox", "sign-in", ALICE, "--no-wait").out.strip()
        cli("mailbox", "sign-in", ALICE, "--response", fakes("consent", url, "--as", ALICE).strip())
        cli("mailbox", "approve", ALICE)
        cli("mailbox", "test", ALICE, "--enable")
        before = cli("status", "--json").json["mailboxes"][0]["forecast"]["days"]
        fakes("clock", "+8d")
        after = cli("status", "--json").json["mailboxes"][0]["forecast"]["days"]
        synced = cli("sync", "--json")
        running.send_signal(signal.SIGINT)

    assert (before, after) == (6, 0)
    assert synced.status == 1
    assert "invalid_grant" in json.dumps(cli("alert", "list", "--json").json)


def test_a_simulation_is_made_again_from_its_evidence(tmp_path, mail):
    """The same client, mail and state; what its history and other processes did is done again."""
    network_file, evidence, setup = tmp_path / "network.json", tmp_path / "evidence.json", tmp_path / "setup.yaml"
    setup.write_text(
        "environment: https://contoso.crm.dynamics.com\n"
        "google: {accounts: [{address: alice@contoso.com, pop: on}], organisation: {domain: contoso.com}}\n"
        "history: [{after: 8 days}, {app_access: blocked}, {secret_rotated: {disable_old: true}}]\n"
    )
    written = ["--network-file", network_file, "--json"]

    with simulation(
        "--setup", setup, "--mail", f"{ALICE}={mail}", "--seed", 5, "--evidence", evidence, *written
    ) as first:
        told = json.loads(first.stdout.readline())
        fakes("clock", "+8d", "--network", network_file)
        fakes("deliver", ALICE, mail / "1.eml", "--network", network_file)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    with simulation("--replay", evidence, "--evidence", tmp_path / "again.json", *written) as second:
        again = json.loads(second.stdout.readline())
        second.send_signal(signal.SIGTERM)
        _, err = second.communicate(timeout=60)

    before, after = (json.loads(file.read_text()) for file in (evidence, tmp_path / "again.json"))
    assert (second.returncode, err) == (0, "stopped\n")
    assert again["clients"] == told["clients"]
    assert again["accounts"][0]["delivered"] == 3
    for same in ("seed", "setup", "deeds", "state", "journal"):
        assert after[same] == before[same]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--replay", "nowhere.json"], "error: replay: 'nowhere.json': the evidence of a simulation (evidence nowhere"),
        (["--replay", "x.json", "--mail", "a@b.c=x"], "error: replay: 'x.json': neither --setup nor --mail beside it"),
        (["--replay", "FAKES"], "error: replay: 'fakes.json': evidence of gmailsync simulate; this is for python -m"),
    ],
)
def test_what_cannot_be_made_again_is_told_in_one_line(cli, tmp_path, monkeypatch, options, complaint):
    """Exit status 2, before anything is served."""
    monkeypatch.chdir(tmp_path)
    google = SimulatedGoogle()
    keeping.write(tmp_path / "fakes.json", keeping.collect(Deeds(google), google.clock.now()))

    ran = cli("simulate", *[option.replace("FAKES", "fakes.json") for option in options])

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(complaint)


def test_the_demo_proves_itself(cli, tmp_path):
    """Seven steps passed, mail moved both ways, and the report lies where it was asked for."""
    ran = cli("demo", "--output", tmp_path / "demo", "--json")

    assert (ran.status, ran.json["ok"], ran.json["first_failing_step"]) == (0, True, None)
    assert [step["state"] for step in ran.json["steps"]] == ["passed"] * 7
    assert ran.json["incoming"]["stored"] == ran.json["incoming"]["delivered"] > 0
    assert (tmp_path / "demo" / "report.html").exists()
    assert not (tmp_path / "home").exists()


def test_the_demo_needs_a_place_for_its_report(cli, tmp_path):
    """It is looked for before the work, not after it."""
    (tmp_path / "file").touch()

    ran = cli("demo", "--output", tmp_path / "file")

    assert ran.status == 2
    assert ran.err.startswith("error: output: ")
