"""What mail clients need that know nothing of us: a Google with two people, the way there, and a way to be run."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from fakes.gmail.popping import PopWindow
from fakes.google import LOCAL_REDIRECT, Setup, SimulatedGoogle

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
SCOPE = "https://mail.google.com/"
APP_PASSWORD = "abcdefghijklmnop"
RAW = (
    b"From: Bob <bob@contoso.com>\r\nTo: alice@contoso.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <in@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    b"\r\n.\r\n..dots, \xe3\x81\x8a\xe5\x85\x83\xe6\xb0\x97\xe3\x81\xa7\xe3\x81\x99\xe3\x81\x8b\r\nthe end\r\n"
)
"""A message for Alice that is easily damaged: dots, and letters of eight bits."""
OUT = (
    b"From: alice@contoso.com\r\nTo: bob@contoso.com\r\nSubject: for Bob\r\nMessage-ID: <out@contoso.com>\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\n.dotted\r\n\r\nthe end\r\n"
)
"""A message of Alice's that is complete, so that Gmail has nothing to add."""
PRELOAD = Path(__file__).with_name("preload")
PATIENCE = 60.0
"""Seconds after which a program that hangs is killed."""


@pytest.fixture
def google() -> Iterator[SimulatedGoogle]:
    """Run a simulated Google with Alice, who has one message and an app password, and Bob, who has none."""
    with SimulatedGoogle() as running:
        running.add_account(ALICE, name="Alice Adams", pop=True)
        running.add_account(BOB, name="Bob Brown")
        running.set_pop(ALICE, window=PopWindow.ALL_MAIL)
        running.set_app_password(ALICE, APP_PASSWORD)
        running.deliver(ALICE, RAW)
        yield running
    running.check()


@pytest.fixture
def setup(google: SimulatedGoogle) -> Setup:
    """Make a correct set-up."""
    return google.correct_setup()


@pytest.fixture
def token(google: SimulatedGoogle) -> str:
    """Return an access token of Alice's."""
    return google.access_token(ALICE)


@pytest.fixture
def refresh_token(google: SimulatedGoogle, setup: Setup, dialled: Callable[[requests.Session], None]) -> str:
    """Return a refresh token for the correct client, to which Alice consented."""
    asked = {
        "client_id": setup.client.client_id,
        "redirect_uri": LOCAL_REDIRECT,
        "response_type": "code",
        "scope": SCOPE,
        "access_type": "offline",
    }
    redirected = google.give_consent(f"https://accounts.google.com/o/oauth2/v2/auth?{urlencode(asked)}", ALICE)
    exchanged = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(redirected).query)["code"][0],
        "redirect_uri": LOCAL_REDIRECT,
        "client_id": setup.client.client_id,
        "client_secret": setup.client.client_secret,
    }
    with requests.Session() as session:
        dialled(session)
        return session.post("https://oauth2.googleapis.com/token", exchanged).json()["refresh_token"]


@pytest.fixture
def incoming() -> bytes:
    """Return the message that Alice has."""
    return RAW


@pytest.fixture
def outgoing() -> bytes:
    """Return a message of Alice's for Bob."""
    return OUT


@pytest.fixture
def arrived(google: SimulatedGoogle) -> Callable[[str], list[bytes]]:
    """Return how to look what an account has, in order of arrival."""
    return lambda address: [message.raw for message in google.account(address).mail.messages()]


@pytest.fixture
def mapped(google: SimulatedGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let libraries in this process dial Google's own names, and trust its authority where they ask OpenSSL whom."""
    hosts, resolve = dict(google.network.hosts), socket.getaddrinfo

    def getaddrinfo(host, port, *arguments, **options):
        target = hosts.get(f"{host}:{port}", f"{host}:{port}")
        return resolve(*target.rsplit(":", 1), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("SSL_CERT_FILE", google.network.ca_file)


@dataclass(frozen=True)
class Program:
    """Runs clients at a shell, in a home of their own, where Google's names lead to the simulation."""

    home: Path
    google: SimulatedGoogle

    @property
    def ca_file(self) -> str:
        """The authority to trust."""
        return self.google.network.ca_file

    def port(self, name: str) -> int:
        """Return the port that answers for a `host:port` of Google's."""
        return int(self.google.network.hosts[name].rpartition(":")[2])

    def tunnel(self, name: str) -> str:
        """Return a command that joins its input and output to what answers for a `host:port` of Google's."""
        return f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{self.port(name)}; cat <&3 & cat >&3; kill $!'"

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the home, for its owner alone, as clients want their settings."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        return path

    def environment(self) -> dict[str, str]:
        """Return what a program finds in its environment."""
        network = self.google.network.write(self.home / "network.json")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(PRELOAD),
            "GMAILSYNC_NETWORK": str(network),
            "SSL_CERT_FILE": self.ca_file,
        }

    def run(self, *command: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end."""
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            check=False,
            cwd=self.home,
            env=self.environment(),
            timeout=PATIENCE,
        )

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a program that goes on until it is ended."""
        return subprocess.Popen(
            command,
            cwd=self.home,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def program(tmp_path: Path, google: SimulatedGoogle) -> Program:
    """Return how to run clients."""
    home = tmp_path / "home"
    home.mkdir()
    return Program(home, google)
