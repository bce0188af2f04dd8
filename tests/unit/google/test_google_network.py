from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import (
    BadInput,
    ConnectFailed,
    ConnectionLost,
    GmailSyncError,
    HostNotFound,
    NetworkError,
    TlsFailed,
)
from gmailsync.google.network import Network
from gmailsync.model.profile import Endpoint

IMAP = Endpoint("imap.gmail.com", 993)
TOKEN_URL = "https://oauth2.googleapis.com/token"


def write(folder: Path, content: object) -> Path:
    path = folder / "net.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every request with what it was told: path, Host header and peer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/silence":
            self.server.released.wait()
            return
        if self.path == "/broken":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"too short")
            self.close_connection = True
            return
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "https://accounts.google.com/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = json.dumps({"path": self.path, "host": self.headers["Host"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def https(authority: Any) -> Iterator[Network]:
    """Give a network on which Google's web hosts are one server here."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.released = threading.Event()
    server.socket = authority.context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    address = f"127.0.0.1:{server.server_address[1]}"
    hosts = {"oauth2.googleapis.com:443": address, "accounts.google.com:443": address, "stranger.example:443": address}
    yield Network(hosts=hosts, ca_file=str(authority.ca_file))
    server.released.set()
    server.shutdown()
    server.server_close()


# --- The map ---------------------------------------------------------------------------------


def test_the_internet_dials_what_it_is_asked_to() -> None:
    """Without a map an endpoint is its own address."""
    assert Network.internet().dialled(IMAP) == IMAP


def test_a_map_dials_loopback_for_googles_name_in_any_case() -> None:
    """Host names are compared without regard to case."""
    network = Network(hosts={"IMAP.gmail.com:993": "[::1]:40993"})

    assert network.dialled(Endpoint("imap.GMAIL.com", 993)) == Endpoint("::1", 40993)


def test_another_port_of_a_listed_host_does_not_answer() -> None:
    """A customer's wrong port fails as it does outside."""
    with pytest.raises(ConnectFailed, match=r"^imap\.gmail\.com:143 does not answer$"):
        Network(hosts={"imap.gmail.com:993": "127.0.0.1:1"}).connect(Endpoint("imap.gmail.com", 143))


def test_a_host_that_is_not_listed_does_not_exist() -> None:
    """A customer's misspelt location fails as it does outside, and nothing is looked up."""
    with pytest.raises(HostNotFound, match=r"^no host is called imap\.gmial\.com$"):
        Network(hosts={"imap.gmail.com:993": "127.0.0.1:1"}).connect(Endpoint("imap.gmial.com", 993))


def test_an_empty_map_reaches_nothing() -> None:
    """No map and an empty map are different things."""
    with pytest.raises(HostNotFound):
        Network(hosts={}).connect(IMAP)


@pytest.mark.parametrize(
    "target", ["10.0.0.1:993", "imap.example:993", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "[::]:993", "", ":1"]
)
def test_a_map_to_anything_but_loopback_is_refused(target: str) -> None:
    """Whoever plants a network file cannot send tokens to another machine."""
    with pytest.raises(BadInput) as refusal:
        Network(hosts={"imap.gmail.com:993": target})

    assert "imap.gmail.com:993" in str(refusal.value)
    assert "loopback" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(target=st.text() | st.from_regex(r"[0-9a-f.:\[\]]{1,20}:[0-9]{1,6}", fullmatch=True))
def test_whatever_a_map_accepts_is_loopback(target: str) -> None:
    """A map is refused, or what it dials is a loopback address written as a number."""
    try:
        network = Network(hosts={"imap.gmail.com:993": target})
    except BadInput:
        return

    assert network.dialled(IMAP).host.startswith("127.") or network.dialled(IMAP).host == "::1"


def test_localhost_is_dialled_by_number() -> None:
    """No name server has a say in where loopback is."""
    assert Network(hosts={"imap.gmail.com:993": "localhost:993"}).dialled(IMAP) == Endpoint("127.0.0.1", 993)


# --- The network file ------------------------------------------------------------------------


def test_a_network_file_is_read_with_its_ca_file_beside_it(tmp_path: Path, authority: Any) -> None:
    """The CA file's path counts from the network file's folder; keys of others are left alone."""
    (tmp_path / "ca.pem").write_bytes(authority.ca_file.read_bytes())
    path = write(tmp_path, {"ca_file": "ca.pem", "hosts": {"imap.gmail.com:993": "127.0.0.1:1"}, "door": "127.0.0.1:2"})

    network = Network.from_file(path)

    assert network.ca_file == str(tmp_path / "ca.pem")
    assert network.dialled(IMAP) == Endpoint("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "must be JSON"),
        ("[]", "must be an object"),
        ('{"hosts": [], "ca_file": "ca.pem"}', "hosts"),
        ('{"hosts": {}}', "ca_file"),
        ('{"hosts": {}, "ca_file": "missing.pem"}', "No such file"),
        ('{"hosts": {}, "ca_file": "net.json"}', "must be a readable PEM file"),
        ('{"hosts": {"imap.gmail.com": "127.0.0.1:1"}, "ca_file": "ca.pem"}', "imap.gmail.com:993"),
        ('{"hosts": {"imap.gmail.com:993": 40993}, "ca_file": "ca.pem"}', "40993"),
        ('{"hosts": {"imap.gmail.com:993": "8.8.8.8:1"}, "ca_file": "ca.pem"}', "loopback"),
    ],
)
def test_a_bad_network_file_is_refused_in_one_line(
    tmp_path: Path, authority: Any, content: str, complaint: str
) -> None:
    """The line says what is wrong and what is allowed."""
    (tmp_path / "ca.pem").write_bytes(authority.ca_file.read_bytes())

    with pytest.raises(BadInput) as refusal:
        Network.from_file(write(tmp_path, content))

    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_network_file_is_named(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(BadInput, match=r"gone\.json.*cannot be read: No such file"):
        Network.from_file(tmp_path / "gone.json")


def test_a_network_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Octets that are not UTF-8 are no JSON."""
    (tmp_path / "net.json").write_bytes(b"\xff\xfe{}")

    with pytest.raises(BadInput, match="must be JSON in UTF-8"):
        Network.from_file(tmp_path / "net.json")


# --- Connections -----------------------------------------------------------------------------


def test_nobody_listening_is_said_with_googles_name(authority: Any) -> None:
    """What people read names the endpoint of the profile, not the address dialled."""
    network = Network(hosts={"imap.gmail.com:993": f"127.0.0.1:{free_port()}"}, ca_file=str(authority.ca_file))

    with pytest.raises(ConnectFailed, match=r"^imap\.gmail\.com:993 does not answer: Connection refused$"):
        network.connect_tls(IMAP)


@pytest.mark.parametrize("host", ["imap..gmail.com", "x" * 64 + ".example", ".gmail.com"])
def test_an_impossible_name_is_not_found_on_the_internet(host: str) -> None:
    """Such names fail before anything is looked up."""
    with pytest.raises(HostNotFound):
        Network.internet().connect(Endpoint(host, 993))


def test_a_certificate_for_another_name_is_refused(https: Network) -> None:
    """The name in the certificate must be the one that was asked for."""
    with pytest.raises(TlsFailed, match=r"stranger\.example:443: .*[Hh]ostname mismatch"):
        https.connect_tls(Endpoint("stranger.example", 443))


def test_only_the_maps_authority_is_trusted(https: Network, tmp_path: Path) -> None:
    """A certificate of any other authority is refused."""
    import trustme

    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    network = Network(hosts=https.hosts, ca_file=str(tmp_path / "other.pem"))

    with pytest.raises(TlsFailed, match="certificate"):
        network.connect_tls(Endpoint("oauth2.googleapis.com", 443))
    with network.requests_session() as session, pytest.raises(TlsFailed, match=r"oauth2\.googleapis\.com:443"):
        session.get(TOKEN_URL)


def test_another_authority_in_the_same_file_is_trusted_from_then_on(https: Network, tmp_path: Path) -> None:
    """The file is read once for many connections, and again when it is another one."""
    import trustme

    known = Path(str(https.ca_file)).read_bytes()
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    network = Network(https.hosts, str(file))
    with pytest.raises(TlsFailed):
        network.connect_tls(Endpoint("oauth2.googleapis.com", 443))

    file.write_bytes(known)

    network.connect_tls(Endpoint("oauth2.googleapis.com", 443)).close()


def test_a_ca_file_that_has_gone_is_a_tls_fault(https: Network, tmp_path: Path) -> None:
    """The authority of a simulation that ended is no longer there to be trusted."""
    network = Network(hosts=https.hosts, ca_file=str(tmp_path / "gone.pem"))

    with pytest.raises(TlsFailed):
        network.connect_tls(Endpoint("oauth2.googleapis.com", 443))
    with network.requests_session() as session, pytest.raises(TlsFailed):
        session.get(TOKEN_URL)


def test_a_server_without_tls_is_a_tls_fault(scripted: Any) -> None:
    """The profile's port leads to something that speaks first, in plain text."""
    network = scripted(IMAP, "S: * OK hello in plain text", tls=False)

    with pytest.raises(TlsFailed, match=r"imap\.gmail\.com:993"):
        network.connect_tls(IMAP)


# --- Requests --------------------------------------------------------------------------------


def test_requests_reach_the_mapped_server_under_googles_name(https: Network) -> None:
    """SNI, certificate and Host header are Google's; only the address is another."""
    with https.requests_session() as session:
        response = session.get(TOKEN_URL + "?a=b")

    assert response.json() == {"path": "/token?a=b", "host": "oauth2.googleapis.com"}
    assert response.url == TOKEN_URL + "?a=b"


def test_a_redirect_is_followed_under_the_other_name(https: Network) -> None:
    """The Host header of the first request does not stick."""
    with https.requests_session() as session:
        response = session.get("https://oauth2.googleapis.com/redirect")

    assert response.json() == {"path": "/elsewhere", "host": "accounts.google.com"}


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://oauth2.googleapis.com:444/token", ConnectFailed),
        ("http://oauth2.googleapis.com/token", ConnectFailed),
        ("https://www.example.com/", HostNotFound),
        ("https://stranger.example/", TlsFailed),
        ("https://oauth2.googleapis.com/broken", ConnectionLost),
    ],
)
def test_requests_fail_in_our_words_and_name_the_host(https: Network, url: str, error: type[NetworkError]) -> None:
    """No exception of requests leaves the session, whether it breaks before or after the status line."""
    with https.requests_session() as session, pytest.raises(error) as failure:
        session.get(url)

    assert url.split("/")[2].partition(":")[0] in str(failure.value)


def test_requests_do_not_wait_for_ever(https: Network) -> None:
    """A server that falls silent is a lost connection."""
    with https.requests_session() as session, pytest.raises(ConnectionLost, match="fell silent"):
        session.get("https://oauth2.googleapis.com/silence", timeout=(5, 0.1))


def test_every_request_has_a_time_limit(https: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting and reading are limited though the caller asks for nothing."""
    limits: list[object] = []
    urlopen = "urllib3.connectionpool.HTTPConnectionPool.urlopen"

    def note(_pool: object, *_args: object, timeout: object, **_kwargs: object) -> None:
        limits.append(timeout)
        raise ConnectionRefusedError

    monkeypatch.setattr(urlopen, note)
    with https.requests_session() as session, pytest.raises(NetworkError):
        session.get(TOKEN_URL)

    assert [(limit.connect_timeout, limit.read_timeout) for limit in limits] == [(10.0, 30.0)]


def test_no_proxy_of_the_environment_applies_under_a_map(https: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a map nothing leaves this machine, whatever the environment says."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")

    with https.requests_session() as session:
        assert session.get(TOKEN_URL).ok


def test_a_proxy_that_does_not_answer_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the internet the environment's proxy applies, and its absence says nothing of Google's name."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")

    with Network.internet().requests_session() as session, pytest.raises(ConnectFailed):
        session.get(TOKEN_URL)


def test_what_the_caller_was_handling_is_not_blamed(authority: Any) -> None:
    """An error that was being handled meanwhile is no cause of the new one."""
    network = Network(hosts={"oauth2.googleapis.com:443": f"127.0.0.1:{free_port()}"}, ca_file=str(authority.ca_file))

    with network.requests_session() as session, pytest.raises(ConnectFailed, match="refused"):  # noqa: PT012
        try:
            raise GmailSyncError("something else")
        except GmailSyncError:
            session.get(TOKEN_URL)
