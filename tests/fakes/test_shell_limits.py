"""Limits over sockets: who waits for the server hears that its session is over when the world's time says so."""

from __future__ import annotations

import base64
import imaplib
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fakes.clock import LiveClock
from fakes.google import SimulatedGoogle

ALICE = "alice@contoso.com"


@contextmanager
def idling(google: SimulatedGoogle) -> Iterator[ssl.SSLSocket]:
    """Connect, sign in and idle."""
    network = google.network
    response = f"user={ALICE}\x01auth=Bearer {google.access_token(ALICE)}\x01\x01".encode()
    with (
        network.dial("imap.gmail.com", 993, 10) as plain,
        network.ssl_context().wrap_socket(plain, server_hostname="imap.gmail.com") as stream,
    ):
        read_until(stream, b"Gimap ready")
        stream.sendall(b"a AUTHENTICATE XOAUTH2 " + base64.b64encode(response) + b"\r\n")
        read_until(stream, b"a OK")
        stream.sendall(b"b IDLE\r\n")
        read_until(stream, b"+ idling")
        yield stream


def read_until(stream: ssl.SSLSocket, end: bytes) -> None:
    """Read up to a line that has these bytes."""
    heard = b""
    while end not in heard or not heard.endswith(b"\r\n"):
        part = stream.recv(1000)
        assert part
        heard += part


def test_who_idles_hears_the_end_of_the_session() -> None:
    """When the clock is moved, and when the grant is revoked."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE)
        google.set_limits(ALICE, idle=timedelta(hours=2))
        with idling(google) as stream:
            google.clock.advance(timedelta(hours=1))
            assert stream.recv(100) == b"* BYE Session expired, please login again.\r\n"
            assert stream.recv(100) == b""
        with idling(google) as stream:
            google.world.suspend_account(ALICE)
            assert stream.recv(100) == b"* BYE Session expired, please login again.\r\n"
            assert stream.recv(100) == b""
        assert google.world.visits.of(ALICE, "imap") == []


def test_a_running_clock_needs_nobody_to_move_it() -> None:
    """The server itself looks when the time has come."""
    with SimulatedGoogle(clock=LiveClock()) as google:
        google.add_account(ALICE)
        google.set_limits(ALICE, idle=timedelta(milliseconds=20))
        with idling(google) as stream:
            assert stream.recv(100) == b""


def test_a_client_compresses_over_tls() -> None:
    """With unusual chopping, even."""
    with SimulatedGoogle(unusual=1) as google:
        google.add_account(ALICE)
        with idling(google) as stream:
            stream.sendall(b"DONE\r\nc COMPRESS DEFLATE\r\n")
            read_until(stream, b"c OK")
            inflate, deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
            stream.sendall(deflate.compress(b"d LOGOUT\r\n") + deflate.flush(zlib.Z_SYNC_FLUSH))
            heard = b""
            while part := stream.recv(1000):
                heard += inflate.decompress(part)

    assert heard == b"* BYE LOGOUT Requested\r\nd OK 73 good day (Success)\r\n"


def test_the_sixteenth_connection_is_refused_over_sockets() -> None:
    """And a connection that is gone counts no more."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE)
        google.set_limits(ALICE, imap_connections=1)
        with idling(google) as stream:
            host, _, port = google.network.hosts["imap.gmail.com:993"].rpartition(":")
            context = google.network.ssl_context()
            context.check_hostname = False
            password = google.set_app_password(ALICE)
            with imaplib.IMAP4_SSL(host, int(port), ssl_context=context) as second:
                try:
                    second.login(ALICE, password)
                except imaplib.IMAP4.error as error:
                    assert "Too many simultaneous connections" in str(error)  # noqa: PT017 - the session is used again
                stream.sendall(b"DONE\r\nz LOGOUT\r\n")
                read_until(stream, b"z OK")
                assert second.login(ALICE, password)[0] == "OK"
