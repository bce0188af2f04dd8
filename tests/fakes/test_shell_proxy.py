"""The proxy, for programs that have Google's host names built in: curl and plain sockets, and what is refused."""

from __future__ import annotations

import http.client
import imaplib
import socket
import ssl
import subprocess
from collections.abc import Iterator

import pytest

from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap
from fakes.standalone import Standalone

ALICE = "alice@contoso.com"
RAW = b"Subject: for the proxy\r\n\r\nhello\r\n"


@pytest.fixture
def network(google: SimulatedGoogle, gmail_account: object) -> Iterator[NetworkMap]:
    """Serve a world with a message in it to other programs."""
    google.deliver(ALICE, RAW)
    with Standalone(google) as served:
        yield served.network


def tunnel(network: NetworkMap, host: str, port: int) -> socket.socket:
    """Connect by SOCKS 5 as a client does that has the library for it."""
    name, _, number = network.proxy.rpartition(":")
    connection = socket.create_connection((name, int(number)), timeout=10)
    connection.sendall(b"\x05\x01\x00")
    assert connection.recv(2) == b"\x05\x00"
    connection.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2))
    answer = connection.recv(10)
    if answer[1]:
        connection.close()
        raise ConnectionRefusedError(answer[1])
    return connection


class ProxiedImap(imaplib.IMAP4):
    """The standard library's client over a tunnel."""

    def __init__(self, network: NetworkMap) -> None:
        self._network = network
        super().__init__("imap.gmail.com", 993)

    def _create_socket(self, timeout):
        context = ssl.create_default_context(cafile=self._network.ca_file)
        return context.wrap_socket(tunnel(self._network, self.host, self.port), server_hostname=self.host)


def curl(network: NetworkMap, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", network.ca_file, *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=30)


WAYS = ["--socks5-hostname", "--proxy"]


@pytest.mark.needs_package("curl")
@pytest.mark.parametrize("way", WAYS)
def test_curl_reads_mail_under_googles_own_name(google, network, way) -> None:
    """No host is redirected by hand: the name, the port and the certificate are Google's."""
    run = curl(
        network, way, network.proxy, "imaps://imap.gmail.com/INBOX;MAILINDEX=1", "--user", f"{ALICE}:",
        "--oauth2-bearer", google.access_token(ALICE),
    )  # fmt: skip

    assert (run.stderr, run.stdout) == (b"", RAW)


@pytest.mark.needs_package("curl")
@pytest.mark.parametrize("way", WAYS)
def test_curl_sends_mail_by_smtp(google, network, way, tmp_path) -> None:
    """The server speaks first, through the tunnel too."""
    file = tmp_path / "mail.eml"
    file.write_bytes(f"From: {ALICE}\r\nTo: {ALICE}\r\nSubject: sent\r\n\r\nhello\r\n".encode())

    run = curl(
        network, way, network.proxy, "smtps://smtp.gmail.com:465", "--user", f"{ALICE}:", "--oauth2-bearer",
        google.access_token(ALICE), "--mail-from", ALICE, "--mail-rcpt", ALICE, "--upload-file", str(file),
    )  # fmt: skip

    assert run.stderr == b""
    assert len(list(google.account(ALICE).mail.messages())) == 2


@pytest.mark.needs_package("curl")
@pytest.mark.parametrize(
    "url", ["https://example.com/", "https://imap.gmail.com:443/", "https://127.0.0.1:22/", "https://localhost/"]
)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_on_the_map_is_refused(google, network, way, url) -> None:
    """Nothing leaves this machine, and nothing else of this machine is reached; the journal names it."""
    run = curl(network, way, network.proxy, "--noproxy", "", url)

    assert run.returncode in (56, 97)
    assert google.journal.entries[-1].text.startswith("the proxy refused ")


def test_python_reads_mail_by_a_tunnel(google, network) -> None:
    """By the standard library's client, over SOCKS 5."""
    client = ProxiedImap(network)
    client.authenticate("XOAUTH2", lambda _: f"user={ALICE}\1auth=Bearer {google.access_token(ALICE)}\1\1".encode())
    client.select("INBOX")

    _, [(_, raw), _] = client.fetch("1", "(BODY.PEEK[])")

    client.logout()
    assert raw == RAW


def test_pythons_http_client_has_its_tunnel(network) -> None:
    """http.client says CONNECT by itself."""
    context = ssl.create_default_context(cafile=network.ca_file)
    connection = http.client.HTTPSConnection(network.proxy, context=context, timeout=10)
    connection.set_tunnel("accounts.google.com", 443)
    connection.request("GET", "/.well-known/openid-configuration")

    answer = connection.getresponse()

    connection.close()
    assert answer.status == 200


def test_a_fault_is_seen_through_the_proxy(google, network) -> None:
    """A reset stays a reset, the end of a connection its end."""
    google.faults.add("imap", "connect", "reset", times=1)
    google.faults.add("imap", "connect", "close", times=1)

    with tunnel(network, "imap.gmail.com", 993) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)

    with tunnel(network, "imap.gmail.com", 993) as connection:
        assert connection.recv(1) == b""


def test_stop_does_not_wait_for_tunnels(google, network) -> None:
    """Neither for those who say nothing nor for those who are half-way."""
    name, _, number = network.proxy.rpartition(":")
    with (
        socket.create_connection((name, int(number))) as silent,
        tunnel(network, "imap.gmail.com", 993) as connected,
    ):
        silent.sendall(b"\x05")
        google.stop()

        assert silent.recv(1) == b""
        assert connected.recv(1) == b""

    google.check()
