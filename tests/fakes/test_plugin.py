"""The pytest plugin, as somebody else's test suite has it: loaded by its entry point."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "invoices"

SUITE = """
import os, subprocess, sys
import pytest


def test_mail_arrives(google, gmail_account, google_network):
    google.deliver(gmail_account.address, b"Subject: hello\\r\\n\\r\\n")

    google_network.dial("imap.gmail.com", 993).close()
    assert [message.raw for message in gmail_account.mail.messages()] == [b"Subject: hello\\r\\n\\r\\n"]


def test_a_clock_and_a_classic_account(google, google_clock, classic_account):
    assert google.clock is google_clock
    assert not google_clock.runs
    assert classic_account.mail.classic
    assert classic_account.app_password


def test_many_worlds(google, make_google):
    with make_google() as one, make_google(seed=7) as other:
        assert len({google.world, one.world, other.world}) == 3
        assert google.network.hosts != one.network.hosts
        assert (one.world.seed, other.world.seed) == (google.world.seed, 7)


def test_another_process_finds_the_way(google, gmail_account, google_environment):
    program = '''
import json, os, socket, ssl
network = json.load(open(os.environ["GMAILSYNC_NETWORK"]))
host, _, port = network["hosts"]["imap.gmail.com:993"].rpartition(":")
with ssl.create_default_context().wrap_socket(
    socket.create_connection((host, int(port))), server_hostname="imap.gmail.com"
) as imap:
    print(imap.recv(100))
'''
    run = subprocess.run([sys.executable, "-c", program], env=google_environment, capture_output=True, text=True)
    assert "Gimap ready" in run.stdout, run.stderr


def test_something_that_is_not_imitated(google):
    google.world.unimitated.append("smtp BDAT")


@pytest.mark.simulated_google(check=False)
def test_something_that_is_not_imitated_on_purpose(google):
    google.world.unimitated.append("smtp BDAT")


def test_another_world_complains_too(make_google):
    with pytest.raises(AssertionError, match="the fault 'late' never fired"), make_google() as google:
        google.faults.add("imap", "FETCH", "reset", name="late", times=1)


def test_that_fails(google, gmail_account):
    raise AssertionError("on purpose")
"""


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder of somebody else's, without any setting of ours."""
    # Where CI is set, pytest's summary repeats whole messages.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, timeout=120, cwd=folder, env=environment
    )


def test_the_fixtures_work_in_another_suite(tmp_path: Path) -> None:
    """A fresh Google for each test; what it could not answer truly is an error at teardown unless that is meant."""
    (tmp_path / "test_theirs.py").write_text(SUITE)

    run = run_in(tmp_path)

    assert "1 failed, 7 passed, 1 error" in run.stdout, run.stdout
    assert run.stdout.count("not imitated: smtp BDAT") == 1


def test_a_failure_shows_how_to_have_it_again(tmp_path: Path) -> None:
    """The seed and the end of the journal stand beside the traceback, and a seed can be given."""
    (tmp_path / "test_theirs.py").write_text(SUITE)

    run = run_in(tmp_path, "-k", "fails", "--google-seed=42")

    assert "simulated Google" in run.stdout
    assert "--google-seed=42; the last of 1 journal entries:" in run.stdout
    assert "09:00:00 world -> world: account alice@contoso.com was added" in run.stdout


def test_seeds_may_be_random(tmp_path: Path) -> None:
    """Then each world has one of its own, and a failure tells which."""
    (tmp_path / "test_theirs.py").write_text(
        "def test_one(google, make_google):\n"
        "    with make_google() as other:\n"
        "        assert other.world.seed != google.world.seed\n"
    )

    run = run_in(tmp_path, "--google-seed=random")

    assert "1 passed" in run.stdout


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_the_example_project_passes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The project that the guide shows is tested in a fresh folder, side by side too."""
    shutil.copytree(EXAMPLE, tmp_path / "invoices", ignore=shutil.ignore_patterns("__pycache__"))

    run = run_in(tmp_path / "invoices", *arguments)

    assert "4 passed" in run.stdout, run.stdout + run.stderr


def test_the_plugin_costs_next_to_nothing_unless_it_is_used() -> None:
    """It loads in everybody's pytest, so it brings in nothing that pytest has not, and servers neither."""
    program = (
        "import sys, pytest, dataclasses, secrets; before = set(sys.modules)\n"
        "import fakes.pytest_plugin; print(sorted(set(sys.modules) - before))"
    )

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert run.stdout == "['fakes', 'fakes.pytest_plugin']\n"


def test_a_google_starts_and_stops_without_delay(make_google) -> None:
    """Every test has one; medians, as the machine may be busy."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with make_google():
            started = time.perf_counter()
        times.append((started - began, time.perf_counter() - started))

    starting, stopping = (statistics.median(column) for column in zip(*times, strict=True))
    assert starting < 0.5
    assert stopping < 0.1
