"""HTTPS over real sockets: what goes beyond the handler, which has tests of its own."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator

import pytest

from fakes.network import NetworkMap
from fakes.shell.https import BODY_LIMIT, HEAD_LIMIT

DISCOVERY = "/.well-known/openid-configuration"


class Connection(http.client.HTTPSConnection):
    """The standard library's client, dialling by the network map."""

    def __init__(self, network: NetworkMap, host: str = "accounts.google.com") -> None:
        super().__init__(host, context=network.ssl_context())
        self.network = network

    def connect(self) -> None:
        self.sock = self.network.ssl_context().wrap_socket(self.network.dial(self.host, 443), server_hostname=self.host)


@pytest.fixture
def connection(google_network: NetworkMap) -> Iterator[Connection]:
    """Connect to accounts.google.com."""
    opened = Connection(google_network)
    yield opened
    opened.close()


def exchange(network: NetworkMap, sent: bytes) -> bytes:
    """Send raw bytes, return everything until the server closes."""
    with (
        network.dial("accounts.google.com", 443) as plain,
        network.ssl_context().wrap_socket(plain, server_hostname="accounts.google.com") as stream,
    ):
        stream.sendall(sent)
        received = b""
        while part := stream.recv(65536):
            received += part
        return received


def test_requests_on_one_connection_are_answered_in_turn(google, connection) -> None:
    """Keep-alive: the same socket carries several exchanges, each with a length and the world's date."""
    for _ in range(3):
        connection.request("GET", DISCOVERY)
        answer = connection.getresponse()
        page = answer.read()

        assert (answer.status, answer.reason) == (200, "OK")
        assert answer.getheader("date") == "Mon, 05 Jan 2026 09:00:00 GMT"
        assert json.loads(page)["issuer"] == "https://accounts.google.com"


def test_the_host_header_chooses_the_host(google, google_network) -> None:
    """One server stands for all of Google's hosts, as Google's front end does; ports and case are no part of it."""
    head = b"GET /tokeninfo HTTP/1.1\r\nHost: OAuth2.GoogleAPIs.com:443\r\nConnection: close\r\n\r\n"

    answer = exchange(google_network, head)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"error": "invalid' in answer


def test_a_whole_url_as_target_names_host_and_path(google_network) -> None:
    """As sent through a proxy (RFC 9112 section 3.2.2)."""
    head = b"GET https://accounts.google.com/.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n\r\n"

    assert b'"issuer"' in exchange(google_network, head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


def test_head_gets_the_headers_alone(google, connection) -> None:
    """And the connection stays in step after it."""
    connection.request("HEAD", "/nothing")
    answer = connection.getresponse()

    assert answer.status == 404
    assert answer.read() == b""
    connection.request("GET", DISCOVERY)
    assert connection.getresponse().status == 200
    assert google.world.unimitated.pop() == "https HEAD https://accounts.google.com/nothing"


def test_a_body_may_wait_for_100_continue(google_network) -> None:
    """Before it sends a long body, curl asks (RFC 9110 section 10.1.1)."""
    with (
        google_network.dial("oauth2.googleapis.com", 443) as plain,
        google_network.ssl_context().wrap_socket(plain, server_hostname="oauth2.googleapis.com") as stream,
    ):
        stream.sendall(
            b"POST /token HTTP/1.1\r\nHost: oauth2.googleapis.com\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        )
        assert stream.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        stream.sendall(b"x")
        assert stream.recv(65536).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"no such thing\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\0\0", b"400"),
        (b"GET /" + b"x" * HEAD_LIMIT + b" HTTP/1.1\r\n", b"431"),
        (b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n", b"400"),
        (
            b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1)
            + b"x" * (BODY_LIMIT + 1),
            b"413",
        ),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(google, google_network, sent, status) -> None:
    """With a status that says why, and a line in the journal."""
    answer = exchange(google_network, sent)

    assert answer.startswith(b"HTTP/1.1 " + status + b" ")
    assert b"connection: close" in answer.lower()
    assert google.journal.entries[-1].text.startswith("<no HTTP request: ")


def test_a_client_that_leaves_in_the_middle_of_a_body_is_let_go(google_network) -> None:
    """Nothing is answered to half a request, and nobody complains at teardown."""
    with google_network.dial("accounts.google.com", 443) as plain:
        stream = google_network.ssl_context().wrap_socket(plain, server_hostname="accounts.google.com")
        stream.sendall(b"POST /o/oauth2/token HTTP/1.1\r\nHost: accounts.google.com\r\nContent-Length: 9\r\n\r\nhalf")
        stream.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_certificates_verify_under_every_name_and_for_nobody_else(google_network, version) -> None:
    """A client that trusts the map's authority is content with TLS 1.2 and 1.3; one that trusts the world is not."""
    for name in google_network.hosts:
        host, _, port = name.rpartition(":")
        if port == "587":
            continue
        context = google_network.ssl_context()
        context.minimum_version = context.maximum_version = version
        with google_network.dial(host, int(port)) as plain, context.wrap_socket(plain, server_hostname=host) as stream:
            assert stream.version() == version.name.replace("_", ".")
        with google_network.dial(host, int(port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def test_old_tls_is_refused(google_network) -> None:
    """Below TLS 1.2 there is no handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(google_network.ca_file)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        google_network.dial("imap.gmail.com", 993) as plain,
        pytest.raises(OSError, match=r"(?i)alert|version|reset|EOF"),
    ):
        context.wrap_socket(plain, server_hostname="imap.gmail.com")
