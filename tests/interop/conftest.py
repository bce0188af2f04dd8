"""Judges of the simulated Google: OAuth libraries and a mail server that know nothing of us, over real sockets and TLS.

The clock is the machine's where libraries compare times with it; beside Dovecot, which asks Google, it is the world's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import requests
from dovecot import Dovecot

import fakes
from fakes.clock import LiveClock
from fakes.google import LOCAL_REDIRECT, Setup, SimulatedGoogle
from gmailsync.google.network import Network

ALICE = "alice@contoso.com"
SCOPE = "https://mail.google.com/ openid email profile"
PROGRAMS = Path(__file__).parent / "node"
PRELOAD = Path(fakes.__file__).with_name("network.mjs")
PATIENCE = 60.0
"""Seconds after which a program that hangs is killed."""


@pytest.fixture(scope="module")
def google() -> Iterator[SimulatedGoogle]:
    """Run a simulated Google with Alice in it."""
    with SimulatedGoogle(clock=LiveClock()) as running:
        running.add_account(ALICE, name="Alice Adams", organisation="contoso.com")
        yield running
    running.check()


@pytest.fixture(scope="module")
def setup(google) -> Setup:
    """Make a correct set-up."""
    return google.correct_setup()


@pytest.fixture
def dialled(google) -> Callable[[requests.Session], None]:
    """Return how to make a library's own session dial by the network map and trust its authority."""
    return Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file).carry


@dataclass(frozen=True)
class MixedRig:
    """A Dovecot beside a simulated Google, whose tokens it takes."""

    google: SimulatedGoogle
    dovecot: Dovecot
    numbers: Iterator[int]

    def newcomer(self, *, classic: bool = False) -> str:
        """Return the address of somebody who has no mail yet, neither there nor here."""
        address = f"user{next(self.numbers)}@contoso.com"
        self.google.add_account(address, classic=classic)
        return address

    @property
    def network(self) -> Network:
        """The way to mail at Dovecot and to all else at the simulated Google."""
        return Network(hosts={**self.google.network.hosts, **self.dovecot.hosts}, ca_file=self.google.network.ca_file)


@pytest.fixture(scope="session")
def rig() -> Iterator[MixedRig]:
    """Run Dovecot once for all tests; each takes a newcomer.

    It does not run as root, for whom alone pytest's own temporary folders are, and its sockets want short names.
    """
    with (
        tempfile.TemporaryDirectory(prefix="dovecot") as folder,
        SimulatedGoogle() as google,
        Dovecot(google.world, Path(folder)) as dovecot,
    ):
        yield MixedRig(google, dovecot, count(1))


@dataclass(frozen=True)
class Node:
    """Programs for Node in a folder of their own, with the libraries installed beside them."""

    folder: Path

    def run(self, google: SimulatedGoogle, setup: Setup, program: str) -> Any:
        """Run a program, playing the owner whenever it asks for consent; return what it reports."""
        settings = {
            "clientId": setup.client.client_id,
            "clientSecret": setup.client.client_secret,
            "redirectUri": LOCAL_REDIRECT,
            "scope": SCOPE,
        }
        with self.start(google, program) as process:
            killer = Timer(PATIENCE, process.kill)
            killer.start()
            try:
                return _converse(google, process, settings)
            finally:
                killer.cancel()

    def start(self, google: SimulatedGoogle, *arguments: str) -> subprocess.Popen[str]:
        """Start Node with what maps the network before the program."""
        network = google.network.write(self.folder / "network.json")
        return subprocess.Popen(
            ["node", "--import", str(PRELOAD), *arguments],
            cwd=self.folder,
            env={**os.environ, "GMAILSYNC_NETWORK": str(network)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _converse(google: SimulatedGoogle, process: subprocess.Popen[str], settings: object) -> Any:
    """Tell the program its settings, answer what it asks; return its report."""
    assert process.stdin is not None
    assert process.stdout is not None

    def say(value: object) -> None:
        process.stdin.write(json.dumps(value) + "\n")
        process.stdin.flush()

    say(settings)
    for line in process.stdout:
        heard = json.loads(line)
        if "done" in heard:
            return heard["done"]
        say(google.give_consent(heard["open"], ALICE, deny=heard["deny"]))
    raise AssertionError("the program ended without a report; its complaint is on stderr")


@pytest.fixture(scope="session")
def node(tmp_path_factory) -> Node:
    """Install the libraries as the lock file has them, once for all tests."""
    folder = tmp_path_factory.mktemp("node")
    for file in PROGRAMS.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if run.returncode:
        give_up = pytest.fail if os.environ.get("GMAILSYNC_REQUIRE_PACKAGES") else pytest.skip
        give_up(f"npm could not install the libraries: {run.stderr}")
    return Node(folder)
