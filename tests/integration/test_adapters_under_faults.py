"""What the product makes of a Google in trouble: each fault ends in the error that tells what to do next."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from gmailsync.errors import (
    ConnectionLost,
    GrantDead,
    ImapError,
    OAuthUnavailable,
    Retry,
    SendDeferred,
    SendInDoubt,
    SendRejected,
    TlsFailed,
    TooManyConnections,
)
from gmailsync.google.connector import GmailConnector
from gmailsync.google.network import Network
from gmailsync.google.oauth import GoogleOAuth
from gmailsync.mime.writing import compose
from gmailsync.model.grant import SignInAttempt
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.profile import Endpoint, ProfileId, ServerProfile
from gmailsync.model.secret import Secret

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
IMAP, SMTP = Endpoint("imap.gmail.com", 993), Endpoint("smtp.gmail.com", 465)


@pytest.fixture
def network(google):
    """Give the way to the simulated Google."""
    return Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file)


@pytest.fixture
def token(google, gmail_account):
    """Give an access token of alice@contoso.com."""
    google.add_account(BOB)
    return Secret(google.access_token(ALICE))


@pytest.fixture
def refresh(google, network, gmail_account):
    """Give what redeems Alice's refresh token."""
    client = google.correct_setup().client
    profile = ServerProfile(
        id=ProfileId(1),
        name="Gmail",
        client_id=client.client_id,
        client_secret=Secret(client.client_secret),
        environment="https://contoso.crm.dynamics.com",
    )
    oauth = GoogleOAuth(network)
    consent = oauth.begin(profile, ALICE)
    answer = parse_qs(urlsplit(google.give_consent(consent.url, ALICE)).query)
    attempt = SignInAttempt(
        state=consent.state,
        mailbox_id=MailboxId(1),
        code_verifier=consent.code_verifier,
        redirect_uri=profile.redirect_uri,
        url=consent.url,
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
    )
    refresh_token = oauth.exchange(profile, Secret(answer["code"][0]), attempt).refresh_token
    return lambda: oauth.refresh(profile, refresh_token)


REFRESHES = {
    "refuse": OAuthUnavailable,
    "answer=500": OAuthUnavailable,
    "answer=503": OAuthUnavailable,
    "answer=429": OAuthUnavailable,
    "answer=502 <title>Error 502 (Server Error)!!1</title>": OAuthUnavailable,
    "lose-reply": ConnectionLost,
    "close": ConnectionLost,
    "reset": ConnectionLost,
    "truncate=600": ConnectionLost,
}


@pytest.mark.parametrize("what", REFRESHES)
def test_a_refresh_that_fails_in_passing_is_tried_again(google, refresh, what):
    """Never a dead grant: the owner is not asked, and the next refresh succeeds."""
    google.faults.add("oauth", "token", what, times=1)

    with pytest.raises(REFRESHES[what]) as raised:
        refresh()

    assert raised.value.retry is not Retry.NEVER
    assert refresh().access_token.reveal().startswith("ya29.")


def test_one_invalid_grant_is_a_dead_grant(google, refresh):
    """What Google says is believed."""
    google.faults.add("oauth", "token", 'answer=400 {"error": "invalid_grant", "error_description": "Bad Request"}')

    with pytest.raises(GrantDead):
        refresh()


SESSIONS = {
    "too many connections": (
        "AUTHENTICATE",
        "answer=NO [ALERT] Too many simultaneous connections. (Failure)",
        TooManyConnections,
    ),
    "Gmail is in trouble": ("EXAMINE", "refuse", ImapError),
    "the reply to a sign-in is lost": ("AUTHENTICATE", "lose-reply", ConnectionLost),
    "a fetch is cut": ("FETCH", "truncate=30", ConnectionLost),
    "a fetch is reset": ("FETCH", "reset", ConnectionLost),
}


@pytest.mark.parametrize(("when", "what", "error"), SESSIONS.values(), ids=SESSIONS)
def test_a_failing_session_ends_in_its_error(google, network, token, when, what, error):
    """And the next session reads the mail that this one did not."""
    google.deliver(ALICE, b"Subject: hello\r\n\r\nhello\r\n")
    google.faults.add("imap", when, what, times=1, account=ALICE)

    with pytest.raises(error):
        read_all(network, token)

    assert len(read_all(network, token)) == 1


def read_all(network, token):
    with GmailConnector(network).imap(IMAP, ALICE, token) as source:
        source.open_folder("INBOX")
        [messages] = source.fetch([list(source.listing())])
        return messages


@pytest.mark.parametrize("flaw", ["expired", "wrong-name", "unknown-ca", "old-version"])
def test_flawed_tls_is_told_from_a_lost_connection(google, network, token, flaw):
    """An administrator has to look at it; trying again is of no use."""
    google.faults.add("imap", "tls", flaw, times=1)

    with pytest.raises(TlsFailed):
        read_all(network, token)


SUBMISSIONS = {
    "lost before DATA": ("DATA", "close", ConnectionLost, 0),
    "lost after the dot, not taken": ("message", "close", SendInDoubt, 0),
    "lost after the dot, taken": ("message", "lose-reply", SendInDoubt, 1),
    "in trouble": ("MAIL", "refuse", SendDeferred, 0),
    "over the daily limit": ("message", "answer=550 5.4.5 Daily user sending limit exceeded.", SendDeferred, 0),
    "blocked for its content": ("message", "answer=552 5.7.0 This message was blocked", SendRejected, 0),
}


@pytest.mark.parametrize(("when", "what", "error", "taken"), SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_a_failing_submission_tells_whether_it_is_safe_to_send_again(google, network, token, when, what, error, taken):
    """In doubt only where the server may have taken the mail."""
    google.faults.add("smtp", when, what, times=1)
    composed = compose(
        sender=ALICE,
        to=[BOB],
        subject="hello",
        body="hello\n",
        message_id="<1@contoso.com>",
        date=datetime(2026, 1, 1, tzinfo=UTC),
    )

    with pytest.raises(error):
        GmailConnector(network).send(SMTP, ALICE, token, [BOB], composed)

    with google.world.lock:
        assert len(google.account(BOB).mail.messages()) == taken
