"""POP over real sockets, by the standard library's client; the session itself has transcripts of its own."""

from __future__ import annotations

import base64
import poplib
import socket
import struct
from contextlib import suppress

import pytest

from fakes.accounts import Account
from fakes.gmail.popping import PopWindow
from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap

ALICE = "alice@contoso.com"
RAW = b"Subject: caf\xe9\r\n\r\n.\r\n..\r\nhello\r\n"


class Pop(poplib.POP3):
    """poplib under TLS, dialling by the network map."""

    def __init__(self, network: NetworkMap) -> None:
        self._network = network
        super().__init__("pop.gmail.com", 995)

    def _create_socket(self, timeout) -> socket.socket:
        plain = self._network.dial(self.host, self.port)
        return self._network.ssl_context().wrap_socket(plain, server_hostname=self.host)

    def sign_in(self, token: str, user: str = ALICE) -> bytes:
        """Say AUTH, which poplib does not know, in one line."""
        response = base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode()
        return self._shortcmd(f"AUTH XOAUTH2 {response}")


@pytest.fixture
def owner(google: SimulatedGoogle, gmail_account: Account) -> Account:
    """Return Alice, who has POP on."""
    google.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    return gmail_account


def test_poplib_goes_in_and_out(google: SimulatedGoogle, owner: Account) -> None:
    """Every command that poplib has a method for, and the message to the byte."""
    message = google.deliver(ALICE, RAW)
    client = Pop(google.network)

    assert client.getwelcome().startswith(b"+OK Gpop ready for requests from 127.0.0.1 ")
    assert client.capa()["SASL"] == ["PLAIN", "XOAUTH2", "OAUTHBEARER"]
    assert client.sign_in(google.access_token(ALICE)) == b"+OK Welcome."
    assert client.stat() == (1, len(RAW))
    assert client.list()[1] == [b"1 %d" % len(RAW)]
    assert client.list(1) == b"+OK 1 %d" % len(RAW)
    assert client.uidl()[1] == [f"1 GmailId{message.gm_msgid:016x}".encode()]
    assert client.noop() == b"+OK"
    _, lines, _ = client.retr(1)
    assert b"".join(line + b"\r\n" for line in lines) == RAW
    assert client.top(1, 1)[1] == [b"Subject: caf\xe9", b"", b"."]
    assert client.dele(1) == b"+OK"
    assert client.rset() == b"+OK"
    assert client.quit() == b"+OK Farewell."

    again = Pop(google.network)
    again.sign_in(google.access_token(ALICE))
    assert again.stat() == (0, 0)
    again.quit()


def test_poplib_with_a_password_is_refused(google: SimulatedGoogle, owner: Account) -> None:
    """The error carries Gmail's line."""
    client = Pop(google.network)

    assert client.user(ALICE) == b"+OK send PASS"
    with pytest.raises(poplib.error_proto, match=r"-ERR \[AUTH\] Username and password not accepted\."):
        client.pass_("hunter2")
    client.close()


def test_a_client_that_takes_the_challenge_for_success_fails_at_its_next_command(google, owner) -> None:
    """A plus looks like +OK to poplib, so a program on top of it goes on; then it hears the refusal."""
    client = Pop(google.network)

    assert client.sign_in("ya29.dead").startswith(b"+ eyJ")
    with pytest.raises(poplib.error_proto, match=r"-ERR \[AUTH\] Username and password not accepted\."):
        client.uidl()
    client.close()


def test_a_client_that_vanishes_leaves_the_mailbox_free(google: SimulatedGoogle, owner: Account) -> None:
    """By a reset, in the middle of a large message; the next session is let in and sees it again."""
    google.deliver(ALICE, b"Subject: large\r\n\r\n" + b"x" * 20_000_000)
    client = Pop(google.network)
    client.sign_in(google.access_token(ALICE))
    client.sock.sendall(b"RETR 1\r\n")
    client.sock.recv(1)
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()

    again = Pop(google.network)
    for _ in range(1000):  # until the server has noticed; each attempt is a round trip
        with suppress(poplib.error_proto):
            again.sign_in(google.access_token(ALICE))
            break
    assert again.stat()[0] == 1
    again.quit()


def test_hundreds_of_commands_in_one_go(google: SimulatedGoogle, owner: Account) -> None:
    """PIPELINING (RFC 2449 section 6.6): answers come in order, however many pieces they take."""
    raw = b"Subject: large\r\n\r\n" + b"x" * 100_000 + b"\r\n"
    google.deliver(ALICE, raw)
    client = Pop(google.network)
    client.sign_in(google.access_token(ALICE))

    client.sock.sendall(b"RETR 1\r\n" * 200 + b"QUIT\r\n")
    received = client.file.read()

    assert received == (b"+OK message follows\r\n" + raw + b".\r\n") * 200 + b"+OK Farewell.\r\n"
    client.close()


@pytest.mark.parametrize(
    "noise", [b"\0" * 1000 + b"\r\n", b"\xff\xfe\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"]
)
def test_noise_is_no_failure_of_ours(google: SimulatedGoogle, owner: Account, noise: bytes) -> None:
    """It is answered -ERR; the fixture complains of any exception in the server."""
    client = Pop(google.network)

    client.sock.sendall(noise)

    assert client.file.readline() == b"-ERR bad command\r\n"
    client.close()


def test_a_flood_is_cut_off(google: SimulatedGoogle, owner: Account) -> None:
    """Who sends a line without end loses the connection; others are served."""
    client = Pop(google.network)

    with suppress(OSError):
        while True:
            client.sock.sendall(b"x" * 100_000)
    client.file.close()
    client.sock.close()

    other = Pop(google.network)
    assert other.quit() == b"+OK Farewell."


def test_other_sessions_go_on_beside_pop(google: SimulatedGoogle, owner: Account) -> None:
    """A delivery during a POP session is for the next one."""
    first = Pop(google.network)
    first.sign_in(google.access_token(ALICE))
    google.deliver(ALICE, RAW)

    second = Pop(google.network)
    with pytest.raises(poplib.error_proto, match="IN-USE"):
        second.sign_in(google.access_token(ALICE))
    second.close()
    assert first.stat() == (0, 0)
    first.quit()
