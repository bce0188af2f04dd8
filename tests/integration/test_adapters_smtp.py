"""The SMTP adapter against the simulated Gmail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gmailsync.errors import ConnectFailed, SendRejected, TokenRefused
from gmailsync.google.connector import GmailConnector
from gmailsync.google.network import Network
from gmailsync.mime.headers import read_headers
from gmailsync.mime.writing import compose
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
SUBMISSION = Endpoint("smtp.gmail.com", 587)
IMPLICIT_TLS = Endpoint("smtp.gmail.com", 465)


@pytest.fixture(params=[SUBMISSION, IMPLICIT_TLS], ids=str)
def endpoint(request):
    """Give each of the two ways to submit mail."""
    return request.param


@pytest.fixture
def connector(google):
    """Give the adapter under test."""
    return GmailConnector(Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file))


@pytest.fixture
def token(google, gmail_account):
    """Give an access token of alice@contoso.com; bob has an account, too."""
    google.add_account(BOB)
    return Secret(google.access_token(ALICE))


def composed(**changes):
    """Write an email from alice to bob."""
    parts = {
        "sender": "Alice <alice@contoso.com>",
        "to": [BOB],
        "subject": "四半期の数字",
        "body": ".\n..dots\nGrüße\n",
        "message_id": "<1@contoso.com>",
        "date": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return compose(**parts | changes)


def only_message(google, address, label):
    """Return the bytes of the only message with this label."""
    with google.world.lock:
        (message,) = [found for found in google.account(address).mail.messages() if label in found.labels]
    return message.raw


def test_the_greeting_is_gmails_under_tls(connector, endpoint):
    """Evidence for the stage before the sign-in."""
    assert connector.smtp_greeting(endpoint).startswith("smtp.gmail.com at your service")


def test_a_sign_in_is_accepted(connector, endpoint, token):
    """Gmail's own words."""
    assert connector.smtp_sign_in(endpoint, ALICE, token) == "235 2.7.0 Accepted"


@pytest.mark.parametrize("access_token", ["ya29.garbage", "of bob"])
def test_a_token_that_is_not_good_is_refused(google, connector, endpoint, token, access_token):
    """Garbage and a foreign account's token alike."""
    bad = google.access_token(BOB) if access_token == "of bob" else access_token

    with pytest.raises(TokenRefused) as refusal:
        connector.smtp_sign_in(endpoint, ALICE, Secret(bad))

    assert refusal.value.server_line.startswith("535 5.7.8 Username and Password not accepted.")
    assert bad not in refusal.value.server_line


def test_a_sent_email_lies_in_sent_and_arrives(google, connector, endpoint, token):
    """The body to the octet, and the reply to the final dot as evidence."""
    raw = composed()

    reply = connector.send(endpoint, ALICE, token, [BOB], raw)

    assert reply.startswith("250 2.0.0 OK")
    body = raw.partition(b"\r\n\r\n")[2]
    for sent in (only_message(google, ALICE, "\\Sent"), only_message(google, BOB, "\\Inbox")):
        assert sent.partition(b"\r\n\r\n")[2] == body
        assert read_headers(sent).message_id == "<1@contoso.com>"
        assert read_headers(sent).subject == "四半期の数字"


def test_8_bit_content_arrives_as_it_is(google, connector, endpoint, token):
    """Octets that are no text at all, and lines of nothing but dots."""
    body = bytes(octet for octet in range(1, 256) if octet not in b"\r\n") + b"\r\n.\r\n..\r\n\r\n.x\r\n"
    raw = b"From: alice@contoso.com\r\nTo: bob@contoso.com\r\nMessage-ID: <2@contoso.com>\r\n"
    raw += b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\n" + body

    connector.send(endpoint, ALICE, token, [BOB], raw)

    assert only_message(google, BOB, "\\Inbox").partition(b"\r\n\r\n")[2] == body


def test_the_envelope_decides_who_gets_it(google, connector, endpoint, token):
    """Not the header, which may name others and leave out somebody."""
    connector.send(endpoint, ALICE, token, ["eve@outside.example"], composed())

    assert [departed.recipient for departed in google.world.outside] == ["eve@outside.example"]
    with google.world.lock:
        assert list(google.account(BOB).mail.messages()) == []


def test_more_recipients_than_gmail_takes_are_refused_before_anything_is_sent(google, connector, endpoint, token):
    """All or none: the 101st recipient is refused, and nobody gets the email."""
    recipients = [f"customer{number}@outside.example" for number in range(101)]

    with pytest.raises(SendRejected) as refusal:
        connector.send(endpoint, ALICE, token, recipients, composed())

    assert refusal.value.reply_code == 452
    assert "customer100@outside.example" in refusal.value.message
    assert google.world.outside == []


def test_a_wrong_port_fails_as_outside(connector):
    """Nobody answers on 25."""
    with pytest.raises(ConnectFailed, match=r"smtp\.gmail\.com:25"):
        connector.smtp_greeting(Endpoint("smtp.gmail.com", 25))
