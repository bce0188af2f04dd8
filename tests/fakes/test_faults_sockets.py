"""What a fault looks like at a real socket, to clients that know nothing of it."""

from __future__ import annotations

import http.client
import ssl
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from fakes.clock import LiveClock
from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap

IMAP = ("imap.gmail.com", 993)


def connect(network: NetworkMap, host: str = IMAP[0], port: int = IMAP[1]) -> ssl.SSLSocket:
    return network.ssl_context().wrap_socket(network.dial(host, port, 10), server_hostname=host)


@pytest.mark.parametrize("what", ["reset", "refuse"])
def test_a_connection_is_reset_before_tls(google, what) -> None:
    """What was accepted can only be reset; once, and the next client gets through."""
    google.faults.add("imap", "connect", what, times=1)

    with pytest.raises(ConnectionResetError):
        connect(google.network)

    with connect(google.network) as stream:
        assert stream.recv(4) == b"* OK"


def test_a_connection_is_closed_before_tls(google) -> None:
    """The handshake finds nobody."""
    google.faults.add("smtp", "connect", "close")

    with google.network.dial("smtp.gmail.com", 587, 10) as stream:
        assert stream.recv(1) == b""


def test_a_reset_in_the_middle_is_one_for_the_client(google) -> None:
    """A TCP reset, as seen where no TLS hides it."""
    google.faults.add("smtp", "NOOP", "reset")

    with google.network.dial("smtp.gmail.com", 587, 10) as stream:
        stream.recv(200)
        stream.sendall(b"NOOP\r\n")

        with pytest.raises(ConnectionResetError):
            stream.recv(100)


def test_a_reset_under_tls_comes_without_farewell(google) -> None:
    """OpenSSL sees the reset, and some releases of Python call it an end in violation of the protocol."""
    google.faults.add("imap", "NOOP", "reset")
    plain = google.network.dial(*IMAP, 10)
    context = google.network.ssl_context()

    with context.wrap_socket(plain, server_hostname=IMAP[0], suppress_ragged_eofs=False) as stream:
        stream.recv(100)
        stream.sendall(b"A1 NOOP\r\n")

        with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
            stream.recv(100)


def test_a_close_in_the_middle_is_a_farewell(google) -> None:
    """TLS ends as it should, and then there is nothing more to read."""
    google.faults.add("imap", "NOOP", "close")

    with connect(google.network) as stream:
        stream.recv(100)
        stream.sendall(b"A1 NOOP\r\n")

        assert stream.recv(100) == b""


FLAWS = {
    "expired": "certificate has expired",
    "wrong-name": "Hostname mismatch",
    "unknown-ca": "unable to get local issuer|self.signed certificate",
    "old-version": "(?i)protocol.version|unsupported.protocol|no.protocols",
}


@pytest.mark.parametrize(
    "server", [IMAP, ("smtp.gmail.com", 465), ("oauth2.googleapis.com", 443)], ids=lambda it: it[0]
)
@pytest.mark.parametrize("what", FLAWS)
def test_flawed_tls_is_refused_for_the_right_reason(google, what, server) -> None:
    """By the client's own checks; without the fault the same client is content."""
    where = {993: "imap", 465: "smtp", 443: "oauth"}[server[1]]
    google.faults.add(where, "tls", what, times=1)

    with pytest.raises(ssl.SSLError, match=FLAWS[what]):
        connect(google.network, *server)

    connect(google.network, *server).close()


def test_starttls_is_flawed_at_the_moment_of_starttls(google) -> None:
    """On port 587 the greeting comes first."""
    google.faults.add("smtp", "tls", "wrong-name", times=1)

    with google.network.dial("smtp.gmail.com", 587, 10) as plain:
        plain.recv(200)
        plain.sendall(b"STARTTLS\r\n")
        assert plain.recv(200).startswith(b"220 ")

        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            google.network.ssl_context().wrap_socket(plain, server_hostname="smtp.gmail.com")


def test_a_stalled_reply_comes_when_the_clock_has_moved(google) -> None:
    """Nobody sleeps: not a second before, and at once then."""
    google.faults.add("imap", "NOOP", "stall=5m")

    with connect(google.network) as stream:
        stream.recv(100)
        stream.sendall(b"A1 NOOP\r\n")
        wait_for_the_stall(google)
        google.clock.advance(timedelta(minutes=4, seconds=59))
        stream.settimeout(0.05)
        with pytest.raises(TimeoutError):
            stream.recv(100)
        stream.settimeout(10)
        google.clock.advance(timedelta(seconds=1))

        assert stream.recv(100).startswith(b"A1 OK Success")


def test_a_connection_may_wait_for_tls_itself(google) -> None:
    """Accepted, and then silence: the handshake begins when the clock has moved."""
    google.faults.add("imap", "connect", "stall=1h")

    with google.network.dial(*IMAP, 10) as plain:
        wait_for_the_stall(google)
        google.clock.advance(timedelta(hours=1))

        with google.network.ssl_context().wrap_socket(plain, server_hostname=IMAP[0]) as stream:
            assert stream.recv(4) == b"* OK"


def wait_for_the_stall(google: SimulatedGoogle) -> None:
    """Wait until the servers' thread waits for the clock."""
    while not google.clock.watched:
        threading.Event().wait(0.001)


def test_a_simulation_stops_while_somebody_waits(google) -> None:
    """A stalled connection holds nobody up."""
    google.faults.add("imap", "greeting", "stall=8d")

    with connect(google.network):
        wait_for_the_stall(google)
        google.stop()


class Https(http.client.HTTPSConnection):
    """The standard library's client, dialling by the map."""

    def __init__(self, network: NetworkMap) -> None:
        super().__init__("www.googleapis.com", context=network.ssl_context())
        self.network = network

    def connect(self) -> None:
        self.sock = connect(self.network, self.host, 443)


LOST = {
    "close": http.client.RemoteDisconnected,
    "lose-reply": http.client.RemoteDisconnected,
    "truncate=9": http.client.BadStatusLine,
    "truncate=600": http.client.IncompleteRead,
}


@pytest.mark.parametrize("what", LOST)
def test_https_loses_replies_and_cuts_them(google, what) -> None:
    """A client sees what it sees when a real server fails, and is answered the next time."""
    google.faults.add("oauth", "certs", what, times=1)

    with pytest.raises(LOST[what]):
        get_keys(google.network)

    assert b"keys" in get_keys(google.network)


def get_keys(network: NetworkMap) -> bytes:
    with closing(Https(network)) as client:
        client.request("GET", "/oauth2/v3/certs")
        return client.getresponse().read()


def test_a_live_clock_lets_a_stall_pass_by_itself() -> None:
    """For people at a keyboard the machine's time is the world's."""
    with SimulatedGoogle(clock=LiveClock()) as google:
        google.faults.add("imap", "greeting", "stall=0.05s")
        with connect(google.network) as stream:
            assert stream.recv(4) == b"* OK"


def test_a_fault_at_connect_fires_as_often_as_told(google) -> None:
    """Then the world goes on."""
    google.faults.add("oauth", "connect", "reset", times=3)

    for _ in range(3):
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            connect(google.network, "oauth2.googleapis.com", 443)

    connect(google.network, "oauth2.googleapis.com", 443).close()
