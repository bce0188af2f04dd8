"""Starting, stopping, and living with clients that behave badly. Warnings are errors: a leaked socket fails a test."""

from __future__ import annotations

import base64
import logging
import socket
import struct
import threading
import time
from contextlib import ExitStack

import pytest

from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap

SERVERS = [
    ("accounts.google.com", 443),
    ("imap.gmail.com", 993),
    ("pop.gmail.com", 995),
    ("smtp.gmail.com", 465),
    ("smtp.gmail.com", 587),
]


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN, as a crashing client does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def xoauth2(address: str, token: str) -> bytes:
    return base64.b64encode(f"user={address}\1auth=Bearer {token}\1\1".encode()) + b"\r\n"


def under_tls(network: NetworkMap, host: str, port: int) -> socket.socket:
    return network.ssl_context().wrap_socket(network.dial(host, port), server_hostname=host)


@pytest.mark.parametrize(("host", "port"), SERVERS)
def test_every_server_listens_when_start_returns(host, port) -> None:
    """No waiting, no second attempt."""
    google = SimulatedGoogle().start()
    try:
        google.network.dial(host, port, timeout=1).close()
    finally:
        google.stop()


def test_stop_frees_ports_and_thread(google_network) -> None:
    """Afterwards nobody listens and no thread of ours is left; stopping again is harmless."""
    before = threading.active_count()
    with SimulatedGoogle() as google:
        network = google.network
        assert threading.active_count() == before + 1

    google.stop()

    assert threading.active_count() == before
    for host, port in SERVERS:
        with pytest.raises(ConnectionRefusedError):
            network.dial(host, port)


def test_stop_does_not_wait_for_clients() -> None:
    """Idle, greeted, half-way through a handshake: all are dropped, at once and without a warning."""
    with ExitStack() as clients:
        google = SimulatedGoogle().start()
        for host, port in SERVERS:
            clients.enter_context(google.network.dial(host, port))
            if port != 587:
                clients.enter_context(under_tls(google.network, host, port))
        smtp = clients.enter_context(under_tls(google.network, "smtp.gmail.com", 465))
        assert smtp.recv(3) == b"220"

        began = time.perf_counter()
        google.stop()
        took = time.perf_counter() - began

    assert took < 1  # a few milliseconds; a busy machine may stretch them, a time-out of TLS's 30 s must not happen
    google.check()


def test_a_world_outlives_its_servers(google_network) -> None:
    """What happened can be looked at after stop; the network cannot."""
    with SimulatedGoogle() as google:
        google.add_account("alice@contoso.com")

    google.deliver("alice@contoso.com", b"Subject: late\r\n\r\n")

    assert google.account("Alice@Contoso.com") is not None
    with pytest.raises(RuntimeError, match="not running"):
        _ = google.network


def test_what_a_client_said_is_done_when_all_have_left(google, gmail_account) -> None:
    """A client that dies without waiting for the answer has still moved its mail."""
    token = google.access_token(gmail_account.address)
    google.deliver(gmail_account.address, b"Subject: hello\r\n\r\n")
    with under_tls(google.network, "imap.gmail.com", 993) as client, client.makefile("rb") as replies:
        for line in (b"a AUTHENTICATE XOAUTH2 " + xoauth2(gmail_account.address, token), b"b SELECT INBOX\r\n"):
            client.sendall(line)
            while not replies.readline().startswith(line[:2]):
                pass
        client.sendall(b"c STORE 1 +FLAGS (\\Seen)\r\n")

    google.settle()

    assert [message.flags for message in gmail_account.mail.messages()] == [{"\\Seen"}]


def test_a_client_that_stays_is_not_waited_for_without_end(google) -> None:
    """Patience has an end, after which the servers go on as before."""
    with google.network.dial("smtp.gmail.com", 587) as client:
        assert client.recv(3) == b"220"

        with pytest.raises(TimeoutError):
            google.settle(patience=0.01)

        client.sendall(b"QUIT\r\n")
        google.settle()


def test_it_starts_once() -> None:
    """A second start is a mistake, and leaves nothing behind."""
    with SimulatedGoogle() as google, pytest.raises(RuntimeError):
        google.start()


def test_two_worlds_live_side_by_side() -> None:
    """Each has its ports, accounts and tokens; a token of one is nothing in the other."""
    with SimulatedGoogle(seed=1) as one, SimulatedGoogle(seed=2) as two:
        for google in (one, two):
            google.add_account("alice@contoso.com")

        assert not set(one.network.hosts.values()) & set(two.network.hosts.values())
        assert one.network.ca_file == two.network.ca_file
        assert one.access_token("alice@contoso.com") != two.access_token("alice@contoso.com")


@pytest.mark.parametrize(("host", "port"), SERVERS)
def test_clients_that_reset_leave_no_trace(google, caplog, capfd, host, port) -> None:
    """Before, during and after the handshake; nothing on stderr, nothing in the logs, nothing for check()."""
    caplog.set_level(logging.WARNING)
    for _ in range(20):
        reset(google.network.dial(host, port))
    for _ in range(20):
        connection = google.network.dial(host, port)
        connection.sendall(b"\x16\x03\x01")
        reset(connection)
    if port != 587:
        for _ in range(20):
            connection = under_tls(google.network, host, port)
            connection.sendall(b"GET / HTTP/1.1\r\n" if port == 443 else b"NOOP\r\n")
            reset(connection)

    google.stop()

    google.check()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_plain_talk_to_a_tls_port_is_dropped(google_network) -> None:
    """A client without encryption on 465 waits in vain for a banner, says something, and is cut off."""
    with google_network.dial("smtp.gmail.com", 465) as plain:
        plain.sendall(b"EHLO client.example\r\n")
        try:
            received = b"".join(iter(lambda: plain.recv(4096), b""))
        except ConnectionResetError:
            received = b""

    assert not received.startswith(b"220")


def test_a_mistake_of_our_own_is_logged_and_complained_of(caplog) -> None:
    """An exception in a server does not vanish: check() raises it, the log has its traceback."""
    with SimulatedGoogle() as google:
        google.world.journal = None  # type: ignore[assignment]  # breaks every server
        with google.network.dial("smtp.gmail.com", 587) as connection:
            assert connection.recv(4096) == b""

    with pytest.raises(AssertionError, match="'NoneType' object has no attribute 'note'"):
        google.check()
    assert "the simulated Google failed" in caplog.text
