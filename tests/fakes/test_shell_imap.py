"""IMAP over real sockets, by the clients that people use; the session itself has transcripts of its own."""

from __future__ import annotations

import imaplib
import socket
import threading
import tracemalloc
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from fakes.accounts import Account
from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap

ALICE = "alice@contoso.com"


class Imap(imaplib.IMAP4):
    """The standard library's client, dialling by the network map."""

    def __init__(self, network: NetworkMap) -> None:
        self._network = network
        super().__init__("imap.gmail.com", 993)

    def _create_socket(self, timeout=None) -> socket.socket:
        plain = self._network.dial(self.host, self.port, timeout)
        return self._network.ssl_context().wrap_socket(plain, server_hostname=self.host)


class Client(IMAPClient):
    """IMAPClient, dialling by the network map."""

    def __init__(self, network: NetworkMap) -> None:
        self._network = network
        super().__init__("imap.gmail.com")

    def _create_IMAP4(self) -> Imap:  # noqa: N802 - IMAPClient's name
        return Imap(self._network)


@pytest.fixture
def client(google: SimulatedGoogle, gmail_account: Account) -> Iterator[Client]:
    """IMAPClient, signed in as Alice by XOAUTH2."""
    with Client(google.network) as connected:
        connected.oauth2_login(ALICE, google.access_token(ALICE))
        yield connected


def test_imapclient_signs_in_by_token_and_fetches_byte_for_byte(google, client) -> None:
    """The path of the product: XOAUTH2, SELECT, UID SEARCH, UID FETCH with Gmail's own items."""
    raw = b"Subject: caf\xe9\r\n\r\n.\r\n\0 bare\nlf\r\n"
    message = google.deliver(ALICE, raw)

    status = client.select_folder("INBOX", readonly=True)
    [uid] = client.search()
    fetched = client.fetch([uid], ["BODY.PEEK[]", "X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS", "RFC822.SIZE"])[uid]

    assert status[b"EXISTS"] == 1
    assert fetched[b"BODY[]"] == raw
    assert fetched[b"X-GM-MSGID"] == message.gm_msgid
    assert fetched[b"X-GM-THRID"] == message.gm_thrid
    assert fetched[b"RFC822.SIZE"] == len(raw)


def test_a_refused_token_is_told_as_gmail_tells_it(google, gmail_account) -> None:
    """IMAPClient raises with the tagged line, and the connection is good for another attempt."""
    with Client(google.network) as client:
        with pytest.raises(LoginError, match=r"\[AUTHENTICATIONFAILED\] Invalid credentials \(Failure\)"):
            client.oauth2_login(ALICE, "ya29.bad")

        assert client.oauth2_login(ALICE, google.access_token(ALICE)) == [b"alice@contoso.com authenticated (Success)"]


def test_imaplib_goes_in_and_out(google, gmail_account) -> None:
    """The standard library's client, which wants text after every OK."""
    google.deliver(ALICE, b"Subject: hello\r\n\r\n")
    token = google.access_token(ALICE)

    with Imap(google.network) as client:
        signed_in, _ = client.authenticate("XOAUTH2", lambda _: f"user={ALICE}\1auth=Bearer {token}\1\1".encode())
        _, [count] = client.select("INBOX", readonly=True)
        _, [found] = client.search(None, "ALL")

    assert (signed_in, count, found) == ("OK", b"1", b"1")


def test_idle_wakes_when_mail_arrives(google, client) -> None:
    """A delivery from any thread reaches an idling client at once; nobody polls."""
    client.select_folder("INBOX")
    client.idle()

    delivery = threading.Thread(target=google.deliver, args=(ALICE, b"Subject: ring\r\n\r\n"))
    delivery.start()
    heard = client.idle_check(timeout=10)
    delivery.join()
    ending, _ = client.idle_done()

    assert heard[0] == (1, b"EXISTS")
    assert ending == b"IDLE terminated (Success)"


def test_mail_sent_over_one_session_wakes_another(google, client, gmail_account) -> None:
    """What one client changes, another client of the account hears of while it idles."""
    google.deliver(ALICE, b"Subject: read me\r\n\r\n")
    client.select_folder("INBOX")
    client.idle()

    with Client(google.network) as other:
        other.oauth2_login(ALICE, google.access_token(ALICE))
        other.select_folder("INBOX")
        other.add_flags([1], [b"\\Seen"])
        heard = client.idle_check(timeout=10)
    client.idle_done()

    assert heard == [(1, b"FETCH", (b"UID", 1, b"FLAGS", (b"\\Seen",)))]


def test_a_client_that_vanishes_in_idle_is_forgotten(google, client) -> None:
    """Its session unsubscribes; later deliveries wake nobody and complain of nothing."""
    client.select_folder("INBOX")
    client.idle()
    client.shutdown()

    google.stop()
    google.deliver(ALICE, b"Subject: nobody listens\r\n\r\n")

    google.check()


def test_a_large_fetch_waits_for_its_reader(google, client) -> None:
    """What the client does not take yet costs the server one copy, as composed, and not another on its way out."""
    for number in range(40):
        google.deliver(ALICE, b"Subject: %d\r\n\r\n" % number + b"x" * 1_000_000)
    client.select_folder("INBOX", readonly=True)
    connection = client.socket()

    tracemalloc.start()
    connection.sendall(b"F1 FETCH 1:40 BODY.PEEK[]\r\n")
    assert connection.recv(1) == b"*"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 60_000_000
    received = 1
    tail = b"*"
    while not tail.endswith(b"F1 OK Success\r\n"):
        part = connection.recv(1 << 16)
        received += len(part)
        tail = (tail + part)[-64:]
    assert received > 40_000_000


def test_forty_clients_at_once(google, gmail_account) -> None:
    """Each is greeted before any of them goes on."""
    clients = [Imap(google.network) for _ in range(40)]

    for client in clients:
        assert client.logout()[0] == "BYE"


@pytest.mark.parametrize("classic", [False, True], ids=["gmail", "classic"])
def test_imapclient_files_mail_with_an_app_password(google: SimulatedGoogle, classic: bool) -> None:
    """Sign in, make a folder, append, copy, move, find Trash by its use, expunge by UID."""
    google.add_account(ALICE, classic=classic)
    app_password = google.set_app_password(ALICE)

    with Client(google.network) as client:
        client.login(ALICE, app_password)
        client.create_folder("Work/日本")
        appended = client.append("INBOX", b"Message-ID: <1@x>\r\n\r\nhello\r\n", flags=[b"\\Seen"])
        client.select_folder("INBOX")
        client.copy([1], "Work/日本")
        client.select_folder("Work/日本")
        flags = client.get_flags([1])[1]
        client.move([1], "INBOX")
        client.select_folder("INBOX")
        last = client.search()[-1]
        client.delete_messages([last])
        client.uid_expunge([last])
        left = client.search()
        names = [name for _, _, name in client.list_folders()]
        trash = client.find_special_folder(b"\\Trash")

    assert b"[APPENDUID 1 1]" in appended
    assert set(flags) - {b"\\Recent"} == {b"\\Seen"}
    assert left == ([1] if classic else [])
    assert "Work/日本" in names
    assert trash == (None if classic else "[Gmail]/Trash")


def test_the_certificate_has_a_common_name(google) -> None:
    """OfflineIMAP, which compares names by itself, trusts none without."""
    network = google.network
    host, port = network.address("imap.gmail.com", 993)

    with (
        socket.create_connection((host, port)) as plain,
        network.ssl_context().wrap_socket(plain, server_hostname="imap.gmail.com") as tls,
    ):
        certificate = tls.getpeercert()

    assert (("commonName", "imap.gmail.com"),) in certificate["subject"]
    assert ("DNS", "smtp.gmail.com") in certificate["subjectAltName"]
