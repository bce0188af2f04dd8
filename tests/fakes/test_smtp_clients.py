"""msmtp and swaks, clients that nobody here wrote, hand mail to smtp.gmail.com over real sockets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fakes.google import SimulatedGoogle

ALICE = "alice@contoso.com"
BOB = "bob@example.com"
RAW = (
    b"From: alice@contoso.com\r\nTo: bob@example.com\r\nMessage-ID: <1@contoso.com>\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\n.dotted\r\n"
)


@pytest.fixture
def peopled(google: SimulatedGoogle) -> SimulatedGoogle:
    """Run a Google with Alice and Bob."""
    google.add_account(ALICE)
    google.add_account(BOB)
    return google


def msmtp(
    google: SimulatedGoogle, folder: Path, port: int, token: str, *recipients: str
) -> subprocess.CompletedProcess:
    """Send RAW as Alice, from a configuration file as people have it, with Gmail's name in the certificate."""
    host, _, local_port = google.network.hosts[f"smtp.gmail.com:{port}"].rpartition(":")
    (folder / "token").write_text(token + "\n")
    configuration = folder / "msmtprc"
    configuration.write_text(
        f"account gmail\nhost {host}\nport {local_port}\ndomain client.example\nfrom {ALICE}\n"
        f"tls on\ntls_starttls {'on' if port == 587 else 'off'}\ntls_trust_file {google.network.ca_file}\n"
        f"tls_host_override smtp.gmail.com\nauth xoauth2\nuser {ALICE}\npasswordeval cat {folder / 'token'}\n"
    )
    configuration.chmod(0o600)
    command = ["msmtp", "-C", str(configuration), "-a", "gmail", "--timeout=20", *recipients]
    return subprocess.run(command, input=RAW, capture_output=True, check=False, timeout=30)


@pytest.mark.needs_package("msmtp")
@pytest.mark.parametrize("port", [465, 587])
def test_msmtp_sends_mail(peopled, tmp_path, port) -> None:
    """By XOAUTH2, under TLS at once and by STARTTLS, with the commands of a transaction in one go."""
    run = msmtp(peopled, tmp_path, port, peopled.access_token(ALICE), BOB, "nobody@contoso.com")

    assert (run.returncode, run.stderr) == (0, b"")
    assert [message.raw for message in peopled.account(BOB).mail.messages()] == [RAW]
    sent, bounce = peopled.account(ALICE).mail.messages()
    assert sent.raw == RAW
    assert b"X-Failed-Recipients: nobody@contoso.com" in bounce.raw


@pytest.mark.needs_package("msmtp")
def test_msmtp_is_refused_with_a_bad_token(peopled, tmp_path) -> None:
    """It answers the challenge by an empty line and shows Gmail's words."""
    run = msmtp(peopled, tmp_path, 465, "ya29.bad", BOB)

    assert run.returncode == 77
    assert b"535 5.7.8  https://support.google.com/mail/?p=BadCredentials" in run.stderr


@pytest.mark.needs_package("swaks")
def test_swaks_is_shown_the_way(peopled) -> None:
    """Without TLS it reads that STARTTLS comes first, and takes its leave."""
    target = peopled.network.hosts["smtp.gmail.com:587"]
    command = ["swaks", "--server", target, "--helo", "client.example", "--from", ALICE, "--to", BOB]

    run = subprocess.run(command, capture_output=True, check=False, timeout=30)

    assert run.returncode == 23
    assert b"250-PIPELINING" in run.stdout
    assert b"530-5.7.0 Must issue a STARTTLS command first. For more information, go to" in run.stdout
    assert b"221 2.0.0 closing connection" in run.stdout
