"""Clients and product against a Dovecot that takes the simulated Google's tokens for as long as they live there."""

from __future__ import annotations

import base64
import hashlib
import poplib
import ssl
from collections.abc import Callable
from datetime import timedelta

import pytest
from enabling import connect
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from fakes.gmail.generator import generate
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.errors import TokenRefused
from gmailsync.flows.pull import pull
from gmailsync.google.connector import GmailConnector
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

pytestmark = [pytest.mark.needs_package("dovecot-imapd"), pytest.mark.needs_package("dovecot-pop3d")]

MAIL = "https://mail.google.com/"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"
IMAP = Endpoint("imap.gmail.com", 993)
MESSAGE = b"From: bob@fabrikam.example\r\nSubject: hello\r\nMessage-ID: <1@fabrikam.example>\r\n\r\nhello\r\n"


@pytest.fixture
def address(rig) -> str:
    """Return a newcomer with one message at Dovecot."""
    address = rig.newcomer()
    rig.dovecot.put(address, [MESSAGE])
    return address


@pytest.fixture
def token(rig, address) -> str:
    """Return a token that is good for the newcomer's mail and tells the address."""
    return rig.google.access_token(address, scopes=(MAIL, EMAIL))


def expire(rig, token: str) -> None:
    rig.google.clock.advance(timedelta(hours=1, seconds=1))


def revoke(rig, token: str) -> None:
    with rig.google.world.lock:
        rig.google.world.grants.revoke(token)


def door(rig, host: str) -> tuple[str, int, ssl.SSLContext]:
    """Return where Dovecot answers as this host, and what trusts it."""
    where, _, port = rig.dovecot.hosts[host].rpartition(":")
    context = ssl.create_default_context(cafile=str(rig.google.network.ca_file))
    context.check_hostname = False
    return where, int(port), context


def by_imap(rig, address: str, token: str) -> int:
    """Sign in as IMAPClient does and return how many messages there are."""
    host, port, context = door(rig, "imap.gmail.com:993")
    with IMAPClient(host, port, ssl_context=context) as client:
        client.oauth2_login(address, token)
        return client.select_folder("INBOX")[b"EXISTS"]


def by_pop(rig, address: str, token: str) -> int:
    """Sign in by POP and return how many messages there are."""
    host, port, context = door(rig, "pop.gmail.com:995")
    client = poplib.POP3_SSL(host, port, context=context)
    response = base64.b64encode(f"user={address}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    try:
        client._shortcmd("AUTH XOAUTH2 " + response)
        return client.stat()[0]
    finally:
        client.close()


def by_the_product(rig, address: str, token: str) -> int:
    """Sign in as gmailsync does and return how many messages there are."""
    with GmailConnector(rig.network).imap(IMAP, address, Secret(token)) as source:
        return source.open_folder("INBOX").exists


WAYS = [
    pytest.param(by_imap, LoginError, id="IMAPClient"),
    pytest.param(by_pop, poplib.error_proto, id="poplib"),
    pytest.param(by_the_product, TokenRefused, id="gmailsync"),
]


@pytest.mark.parametrize(("way", "refusal"), WAYS)
def test_a_good_token_lets_in(rig, address, token, way: Callable[..., int], refusal: type[Exception]) -> None:
    """Dovecot asks the simulated tokeninfo and believes it."""
    assert way(rig, address, token) == 1


@pytest.mark.parametrize(("way", "refusal"), WAYS)
@pytest.mark.parametrize("kill", [expire, revoke])
def test_a_dead_token_is_refused(
    rig, address, token, way: Callable[..., int], refusal: type[Exception], kill: Callable[..., None]
) -> None:
    """A token that worked a moment ago does so no longer, whatever ended it."""
    way(rig, address, token)

    kill(rig, token)

    with pytest.raises(refusal):
        way(rig, address, token)


@pytest.mark.parametrize(("way", "refusal"), WAYS)
def test_a_token_for_something_else_is_refused(rig, address, way: Callable[..., int], refusal: type[Exception]) -> None:
    """Alive, of the right owner, and not good for mail."""
    token = rig.google.access_token(address, scopes=("openid", EMAIL, PROFILE))

    with pytest.raises(refusal):
        way(rig, address, token)


@pytest.mark.parametrize(("way", "refusal"), WAYS)
def test_nobody_gets_in_by_anothers_token(
    rig, address, token, way: Callable[..., int], refusal: type[Exception]
) -> None:
    """The address that the client names is not the one that tokeninfo names."""
    with pytest.raises(refusal):
        way(rig, rig.newcomer(), token)


def test_the_product_sees_what_a_folder_of_a_plain_server_holds(rig, address, token) -> None:
    """As much as a server without Gmail's own items can tell."""
    with GmailConnector(rig.network).imap(IMAP, address, Secret(token)) as source:
        state = source.open_folder("INBOX")
        listed = source.listing()

    assert (state.exists, state.uidnext) == (1, 2)
    assert {uid: row.size for uid, row in listed.items()} == {1: len(MESSAGE)}


def test_the_product_syncs_a_plain_server_to_the_byte(rig, tmp_path, monkeypatch) -> None:
    """The same bytes are the same message where there are no ids, and a second look brings nothing."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    address = rig.newcomer()
    mail = [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in generate(5, 40, to=address)]
    rig.dovecot.put(address, [*mail, mail[0]])

    with App.open(read_settings({}, home=tmp_path), network=rig.network, clock=rig.google.clock) as app:
        connect(app.ports, rig.google, address)
        with app.ports.store.begin() as tx:
            mailbox, profile = tx.mailboxes.get(address), tx.profiles.get("Gmail")
        first, second = (pull(app.ports, mailbox, profile) for _ in range(2))
        with app.ports.store.begin() as tx:
            stored = sorted(email.sha256 for email in tx.emails.select())

    assert (first.new, first.known, first.errors) == (40, 1, ())
    assert (second.new, second.known, second.errors) == (0, 0, ())
    assert stored == sorted(hashlib.sha256(raw).hexdigest() for raw in mail)
