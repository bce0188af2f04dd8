"""curl, a client that nobody here wrote, signs in to IMAP, POP and SMTP by token, over the network map."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import trustme

from fakes.gmail.popping import PopWindow
from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap

pytestmark = pytest.mark.needs_package("curl")

ALICE = "alice@contoso.com"
BOB = "bob@example.com"


@pytest.fixture
def peopled(google: SimulatedGoogle) -> SimulatedGoogle:
    """Run a Google with Alice and Bob."""
    google.add_account(ALICE)
    google.add_account(BOB)
    return google


def curl(network: NetworkMap, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run curl with Google's own host names; the map says where they are."""
    ways = [word for name, target in network.hosts.items() for word in ("--connect-to", f"{name}:{target}")]
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", network.ca_file, *ways, *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=30)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_curl_reads_mail(peopled, mechanism) -> None:
    """By either mechanism, with SASL-IR as curl finds it announced."""
    raw = b"Subject: for curl\r\n\r\nhello\r\n"
    peopled.deliver(ALICE, raw)
    token = peopled.access_token(ALICE)

    run = curl(
        peopled.network, "imaps://imap.gmail.com/INBOX;MAILINDEX=1", "--user", f"{ALICE}:",
        "--oauth2-bearer", token, "--login-options", f"AUTH={mechanism}",
    )  # fmt: skip

    assert run.stderr == b""
    assert run.stdout == raw


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_curl_fetches_mail_by_pop(peopled, mechanism) -> None:
    """Byte for byte, the dots too."""
    raw = b"Subject: for curl\r\n\r\n.\r\n..dots\r\n"
    peopled.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    peopled.deliver(ALICE, raw)

    run = curl(
        peopled.network, "pop3s://pop.gmail.com/1", "--user", f"{ALICE}:",
        "--oauth2-bearer", peopled.access_token(ALICE), "--login-options", f"AUTH={mechanism}",
    )  # fmt: skip

    assert run.stderr == b""
    assert run.stdout == raw


@pytest.mark.parametrize(
    "url", ["smtps://smtp.gmail.com:465/client.example", "smtp://smtp.gmail.com:587/client.example"]
)
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_curl_sends_mail(peopled, tmp_path: Path, url, mechanism) -> None:
    """By implicit TLS and by STARTTLS; the message arrives as the file has it."""
    raw = (
        b"From: alice@contoso.com\r\nMessage-ID: <1@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n"
        b"\r\n.dotted\r\n"
    )
    (tmp_path / "mail.eml").write_bytes(raw)

    run = curl(
        peopled.network, url, "--ssl-reqd", "--mail-from", ALICE, "--mail-rcpt", BOB,
        "--upload-file", str(tmp_path / "mail.eml"), "--user", f"{ALICE}:",
        "--oauth2-bearer", peopled.access_token(ALICE), "--login-options", f"AUTH={mechanism}",
    )  # fmt: skip

    assert run.stderr == b""
    assert [message.raw for message in peopled.account(BOB).mail.messages()] == [raw]


@pytest.mark.parametrize(
    "url", ["imaps://imap.gmail.com/INBOX", "pop3s://pop.gmail.com/1", "smtps://smtp.gmail.com/client.example"]
)
def test_curl_is_refused_with_a_bad_token(peopled, url) -> None:
    """Giving up at the challenge and closing is curl's way, and no failure of the servers."""
    run = curl(peopled.network, url, "--user", f"{ALICE}:", "--oauth2-bearer", "ya29.bad")

    assert run.returncode == 67
    assert b"denied" in run.stderr


def test_curl_reads_discovery_over_https(peopled, tmp_path: Path) -> None:
    """With the authority's certificate from the map, and with another's not at all."""
    url = "https://accounts.google.com/.well-known/openid-configuration"
    trustme.CA().cert_pem.write_to_path(tmp_path / "another.pem")

    trusting = curl(peopled.network, url)
    doubting = curl(peopled.network, "--cacert", str(tmp_path / "another.pem"), url)

    assert b'"issuer": "https://accounts.google.com"' in trusting.stdout
    assert doubting.returncode == 60
