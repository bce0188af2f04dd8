"""The OAuth adapter against the simulated Google, over HTTPS under Google's names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gmailsync.errors import ClientRefused, CodeRefused, GrantDead, HostNotFound, TlsFailed
from gmailsync.google.network import Network
from gmailsync.google.oauth import GoogleOAuth
from gmailsync.model.grant import MAIL_SCOPE, SIGN_IN_SCOPES, SignInAttempt
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.profile import ProfileId, ServerProfile
from gmailsync.model.secret import Secret

ALICE = "alice@contoso.com"


@pytest.fixture
def profile(google, gmail_account):
    """Give the server profile of a correct setup."""
    client = google.correct_setup().client
    return ServerProfile(
        id=ProfileId(1),
        name="Gmail",
        client_id=client.client_id,
        client_secret=Secret(client.client_secret),
        environment="https://contoso.crm.dynamics.com",
    )


@pytest.fixture
def network(google):
    """Give the way to the simulated Google."""
    return Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file)


@pytest.fixture
def oauth(network):
    """Give the adapter under test."""
    return GoogleOAuth(network)


def consented(google, oauth, profile, **choices):
    """Walk through the consent pages; return the code and the attempt it belongs to."""
    consent = oauth.begin(profile, ALICE)
    answer = parse_qs(urlsplit(google.give_consent(consent.url, ALICE, **choices)).query)
    attempt = SignInAttempt(
        state=consent.state,
        mailbox_id=MailboxId(1),
        code_verifier=consent.code_verifier,
        redirect_uri=profile.redirect_uri,
        url=consent.url,
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
    )
    assert answer["state"] == [consent.state]
    return Secret(answer["code"][0]), attempt


def test_a_consent_becomes_tokens_and_the_owners_address(google, oauth, profile):
    """The whole trip: consent page, redirect, exchange with PKCE."""
    code, attempt = consented(google, oauth, profile)

    token = oauth.exchange(profile, code, attempt)

    assert token.email == ALICE
    assert token.scopes == set(SIGN_IN_SCOPES)
    assert token.access_token.reveal().startswith("ya29.")
    assert token.refresh_token is not None
    assert (token.expires_in, token.refresh_token_expires_in) == (3599, 604799)  # the app is in Testing


def test_an_unticked_mail_scope_is_seen_in_the_answer(google, oauth, profile):
    """Granular consent: fewer scopes than asked for are no error of the exchange."""
    code, attempt = consented(google, oauth, profile, untick=[MAIL_SCOPE])

    token = oauth.exchange(profile, code, attempt)

    assert MAIL_SCOPE not in token.scopes
    assert token.email == ALICE


def test_a_code_is_good_once(google, oauth, profile):
    """A callback that is called twice gets the refusal of the code, not of the grant."""
    code, attempt = consented(google, oauth, profile)
    oauth.exchange(profile, code, attempt)

    with pytest.raises(CodeRefused):
        oauth.exchange(profile, code, attempt)


def test_another_attempts_verifier_is_refused(google, oauth, profile):
    """PKCE: a stolen code is worth nothing."""
    code, _ = consented(google, oauth, profile)
    _, other = consented(google, oauth, profile)

    with pytest.raises(CodeRefused, match="code verifier"):
        oauth.exchange(profile, code, other)


def test_a_refresh_token_gives_a_new_access_token(google, oauth, profile):
    """After an hour, and as often as needed."""
    code, attempt = consented(google, oauth, profile)
    first = oauth.exchange(profile, code, attempt)
    google.clock.advance(timedelta(hours=1))

    second = oauth.refresh(profile, first.refresh_token)

    assert second.access_token != first.access_token
    assert second.refresh_token is None
    assert second.scopes == first.scopes


def test_a_grant_of_an_app_in_testing_dies_after_seven_days(google, oauth, profile):
    """The customer's "it breaks every week"."""
    code, attempt = consented(google, oauth, profile)
    token = oauth.exchange(profile, code, attempt)
    google.clock.advance(timedelta(days=8))

    with pytest.raises(GrantDead, match=r"Token has been expired or revoked\."):
        oauth.refresh(profile, token.refresh_token)


def test_a_revoked_grant_is_dead(google, oauth, profile):
    """And revoking it again is no error."""
    code, attempt = consented(google, oauth, profile)
    token = oauth.exchange(profile, code, attempt)

    oauth.revoke(token.refresh_token)
    oauth.revoke(token.refresh_token)

    with pytest.raises(GrantDead):
        oauth.refresh(profile, token.refresh_token)


def test_a_wrong_client_secret_is_the_profiles_fault(google, oauth, profile):
    """Google's own words come with the error."""
    wrong = replace(profile, client_secret=Secret("GOCSPX-wrong"))
    code, attempt = consented(google, oauth, profile)

    with pytest.raises(ClientRefused, match=r"The provided client secret is invalid\."):
        oauth.exchange(wrong, code, attempt)


def test_a_host_outside_the_map_is_not_reached(network):
    """Nothing leaves this machine."""
    with network.requests_session() as session, pytest.raises(HostNotFound):
        session.get("https://www.example.com/")


def test_the_simulation_is_not_trusted_by_the_internets_authorities(google, profile):
    """Without the map's authority its certificates are worthless."""
    oauth = GoogleOAuth(Network(hosts=dict(google.network.hosts)))

    with pytest.raises(TlsFailed):
        oauth.refresh(profile, Secret("1//0refresh"))


def test_no_secret_gets_into_the_journal(google, oauth, profile):
    """The evidence that support is shown has the conversation without tokens, codes and secrets."""
    code, attempt = consented(google, oauth, profile)
    token = oauth.exchange(profile, code, attempt)

    journal = "\n".join(entry.text for entry in google.journal.entries)

    assert "oauth2.googleapis.com" in journal
    for secret in (code, attempt.code_verifier, token.access_token, token.refresh_token, profile.client_secret):
        assert secret.reveal() not in journal
