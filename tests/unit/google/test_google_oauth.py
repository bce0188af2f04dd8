from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import responses

from gmailsync.errors import (
    BlockedByAdministrator,
    ClientRefused,
    CodeRefused,
    ConnectFailed,
    GrantDead,
    OAuthError,
    OAuthUnavailable,
)
from gmailsync.google.network import Network
from gmailsync.google.oauth import AUTH_URI, REVOKE_URI, TOKEN_URI, GoogleOAuth
from gmailsync.model.grant import MAIL_SCOPE, SIGN_IN_SCOPES, SignInAttempt
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret

CODE = Secret("4/0AfrIepBY/codeé&=")
REFRESH_TOKEN = Secret("1//06o8d-refresh")
TOKENS = {
    "access_token": "ya29.a0AZY-access",
    "expires_in": 3599,
    "refresh_token": "1//06o8d-refresh",
    "scope": "https://mail.google.com/ openid https://www.googleapis.com/auth/userinfo.email",
    "token_type": "Bearer",
}


@pytest.fixture
def google() -> Iterator[responses.RequestsMock]:
    """Give Google's web servers."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def oauth() -> GoogleOAuth:
    """Give the adapter under test."""
    return GoogleOAuth(Network.internet())


@pytest.fixture
def attempt() -> SignInAttempt:
    """Give a trip to the consent page from which the owner has come back."""
    return SignInAttempt(
        state="state-1",
        mailbox_id=MailboxId(1),
        code_verifier=Secret("verifier-" + "v" * 40),
        redirect_uri="https://contoso.crm.dynamics.com/_grid/cmds/dlg_gmailoauth.aspx",
        url="https://accounts.google.com/…",
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def id_token(**claims: object) -> str:
    """Write an ID token as Google does, but for its signature."""
    parts = [{"alg": "RS256", "kid": "1", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def form(mock: responses.RequestsMock) -> dict[str, str]:
    """Return the fields of the only request."""
    (call,) = mock.calls
    return dict(parse_qsl(str(call.request.body), keep_blank_values=True))


# --- The consent URL -------------------------------------------------------------------------


def test_the_consent_url_asks_for_offline_access_with_pkce(oauth: GoogleOAuth, profile: ServerProfile) -> None:
    """Everything Google needs to give a refresh token to this mailbox, and what proves the way back."""
    consent = oauth.begin(profile, "alice@contoso.com")

    challenge = base64.urlsafe_b64encode(hashlib.sha256(consent.code_verifier.reveal().encode()).digest())
    assert consent.url.partition("?")[0] == AUTH_URI
    assert {name: values[0] for name, values in parse_qs(urlsplit(consent.url).query).items()} == {
        "response_type": "code",
        "client_id": profile.client_id,
        "redirect_uri": "https://contoso.crm.dynamics.com/_grid/cmds/dlg_gmailoauth.aspx",
        "scope": " ".join(SIGN_IN_SCOPES),
        "state": consent.state,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": "alice@contoso.com",
    }


@pytest.mark.parametrize(("language", "asked_for"), [("ja", ["ja"]), ("", None)])
def test_googles_pages_speak_the_language_that_is_asked_for(
    oauth: GoogleOAuth, profile: ServerProfile, language: str, asked_for: list[str] | None
) -> None:
    """Without one Google goes by the account or the browser."""
    consent = oauth.begin(profile, "alice@contoso.com", language)

    assert parse_qs(urlsplit(consent.url).query).get("hl") == asked_for


def test_state_and_verifier_are_fresh_each_time(oauth: GoogleOAuth, profile: ServerProfile) -> None:
    """Nobody can guess them from another attempt; RFC 7636 allows verifiers of 43 to 128 characters."""
    first, second = oauth.begin(profile, ""), oauth.begin(profile, "")

    assert first.state != second.state
    assert first.code_verifier != second.code_verifier
    assert 43 <= len(first.code_verifier.reveal()) <= 128
    assert "login_hint" not in first.url


# --- The exchange ----------------------------------------------------------------------------


def test_a_code_is_redeemed_with_everything_its_attempt_began_with(
    google: responses.RequestsMock, oauth: GoogleOAuth, profile: ServerProfile, attempt: SignInAttempt
) -> None:
    """The fields of Google's documentation, encoded once, the client's secret in the body."""
    claims = {"iss": "https://accounts.google.com", "aud": profile.client_id, "email_verified": True}
    answer = TOKENS | {"id_token": id_token(**claims, email="alice@contoso.com"), "refresh_token_expires_in": 604799}
    google.post(TOKEN_URI, json=answer)

    token = oauth.exchange(profile, CODE, attempt)

    assert form(google) == {
        "grant_type": "authorization_code",
        "code": CODE.reveal(),
        "client_id": profile.client_id,
        "client_secret": profile.client_secret.reveal(),
        "redirect_uri": attempt.redirect_uri,
        "code_verifier": attempt.code_verifier.reveal(),
    }
    assert "Authorization" not in google.calls[0].request.headers
    assert token.access_token == Secret("ya29.a0AZY-access")
    assert token.refresh_token == REFRESH_TOKEN
    assert (token.expires_in, token.refresh_token_expires_in) == (3599, 604799)
    assert token.scopes == set(SIGN_IN_SCOPES)
    assert token.email == "alice@contoso.com"


def test_fewer_scopes_than_asked_for_are_no_error(
    google: responses.RequestsMock, oauth: GoogleOAuth, profile: ServerProfile, attempt: SignInAttempt
) -> None:
    """An owner who leaves the Gmail box unticked gets a say about it from the sign-in, not a crash."""
    google.post(TOKEN_URI, json=TOKENS | {"scope": "openid https://www.googleapis.com/auth/userinfo.email"})

    token = oauth.exchange(profile, CODE, attempt)

    assert MAIL_SCOPE not in token.scopes
    assert token.email is None


def test_an_answer_without_refresh_token_has_none(
    google: responses.RequestsMock, oauth: GoogleOAuth, profile: ServerProfile, attempt: SignInAttempt
) -> None:
    """Google gives none to an owner who consented before without being asked again."""
    google.post(TOKEN_URI, json={"access_token": "ya29.x", "token_type": "Bearer"})

    token = oauth.exchange(profile, CODE, attempt)

    assert (token.refresh_token, token.refresh_token_expires_in, token.expires_in) == (None, None, 3599)


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"iss": "accounts.google.com", "email_verified": "true"}, "alice@contoso.com"),
        ({"iss": "https://accounts.google.com", "email_verified": False}, None),
        ({"iss": "https://accounts.google.com"}, None),
    ],
)
def test_only_a_verified_address_counts(
    google: responses.RequestsMock,
    oauth: GoogleOAuth,
    profile: ServerProfile,
    attempt: SignInAttempt,
    claims: dict[str, Any],
    email: str | None,
) -> None:
    """The address decides whose mailbox is read, so Google must vouch for it."""
    token = id_token(aud=profile.client_id, email="alice@contoso.com", **claims)
    google.post(TOKEN_URI, json=TOKENS | {"id_token": token})

    assert oauth.exchange(profile, CODE, attempt).email == email


@pytest.mark.parametrize(
    "token",
    [
        id_token(iss="https://accounts.google.com", aud="another.apps.googleusercontent.com", email="eve@x.example"),
        id_token(iss="https://evil.example", aud="1234-abc.apps.googleusercontent.com", email="eve@x.example"),
        id_token(email="eve@x.example"),
        "not a token",
        "a.b.c",
        "e30.W10.",
        "e30.IjEi.",
    ],
)
def test_an_id_token_that_is_not_for_us_is_refused(
    google: responses.RequestsMock, oauth: GoogleOAuth, profile: ServerProfile, attempt: SignInAttempt, token: str
) -> None:
    """Issuer and audience are checked, and garbage is an error of ours."""
    google.post(TOKEN_URI, json=TOKENS | {"id_token": token})

    with pytest.raises(OAuthError, match="ID token"):
        oauth.exchange(profile, CODE, attempt)


# --- Refresh and revocation ------------------------------------------------------------------


def test_a_refresh_token_is_redeemed(
    google: responses.RequestsMock, oauth: GoogleOAuth, profile: ServerProfile
) -> None:
    """The answer holds no new refresh token; the old one stays good."""
    google.post(TOKEN_URI, json={key: value for key, value in TOKENS.items() if key != "refresh_token"})

    token = oauth.refresh(profile, REFRESH_TOKEN)

    assert form(google) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN.reveal(),
        "client_id": profile.client_id,
        "client_secret": profile.client_secret.reveal(),
    }
    assert token.access_token == Secret("ya29.a0AZY-access")
    assert token.refresh_token is None
    assert token.scopes == set(SIGN_IN_SCOPES)


def test_a_grant_is_revoked(google: responses.RequestsMock, oauth: GoogleOAuth) -> None:
    """The token goes to Google's revocation endpoint by POST."""
    google.post(REVOKE_URI, json={})

    oauth.revoke(REFRESH_TOKEN)

    assert form(google) == {"token": REFRESH_TOKEN.reveal()}


def test_a_dead_grant_needs_no_revocation(google: responses.RequestsMock, oauth: GoogleOAuth) -> None:
    """What was to be reached is reached."""
    body = {"error": "invalid_token", "error_description": "Token expired or revoked"}
    google.post(REVOKE_URI, json=body, status=400)

    oauth.revoke(REFRESH_TOKEN)


def test_a_revocation_google_could_not_do_is_reported(google: responses.RequestsMock, oauth: GoogleOAuth) -> None:
    """The grant is still alive then."""
    google.post(REVOKE_URI, body="<html>", status=503)

    with pytest.raises(OAuthUnavailable):
        oauth.revoke(REFRESH_TOKEN)


# --- Refusals (google.md 2.7 and 7.2) --------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "description", "at_exchange", "at_refresh"),
    [
        (401, "invalid_client", "The provided client secret is invalid.", ClientRefused, ClientRefused),
        (401, "invalid_client", "Unauthorized", ClientRefused, ClientRefused),
        (401, "invalid_client", "The OAuth client was not found.", ClientRefused, ClientRefused),
        (401, "deleted_client", "The OAuth client was deleted.", ClientRefused, ClientRefused),
        (401, "disabled_client", "The OAuth client was disabled.", ClientRefused, ClientRefused),
        (400, "invalid_request", "client_secret is missing.", ClientRefused, ClientRefused),
        (400, "invalid_request", "Could not determine client ID from request.", ClientRefused, ClientRefused),
        (400, "redirect_uri_mismatch", "Bad Request", ClientRefused, ClientRefused),
        (401, "unauthorized_client", "Unauthorized", ClientRefused, ClientRefused),
        (400, "invalid_grant", "Malformed auth code.", CodeRefused, GrantDead),
        (400, "invalid_grant", "Bad Request", CodeRefused, GrantDead),
        (400, "invalid_grant", "Missing code verifier.", CodeRefused, GrantDead),
        (400, "invalid_grant", "Invalid code verifier.", CodeRefused, GrantDead),
        (400, "invalid_grant", "Token has been expired or revoked.", CodeRefused, GrantDead),
        (400, "invalid_grant", "Account has been deleted", CodeRefused, GrantDead),
        (400, "admin_policy_enforced", "This application is currently blocked.\nIf you require access, please visit",
         BlockedByAdministrator, BlockedByAdministrator),
        (400, "unsupported_grant_type", "Invalid grant_type: foo", OAuthError, OAuthError),
        (400, "invalid_request", "Missing required parameter: code", OAuthError, OAuthError),
        (500, "internal_failure", "Backend Error", OAuthUnavailable, OAuthUnavailable),
        (403, "rate_limit_exceeded", "", OAuthUnavailable, OAuthUnavailable),
        (429, "rate_limit_exceeded", "", OAuthUnavailable, OAuthUnavailable),
        (503, "invalid_grant", "a passing fault is no verdict", OAuthUnavailable, OAuthUnavailable),
    ],
)  # fmt: skip
def test_googles_refusals_get_their_meaning(
    google: responses.RequestsMock,
    oauth: GoogleOAuth,
    profile: ServerProfile,
    attempt: SignInAttempt,
    status: int,
    error: str,
    description: str,
    at_exchange: type[OAuthError],
    at_refresh: type[OAuthError],
) -> None:
    """The same `invalid_grant` is about the code at exchange and about the grant at refresh."""
    google.post(TOKEN_URI, json={"error": error, "error_description": description}, status=status)

    with pytest.raises(OAuthError) as exchange:
        oauth.exchange(profile, CODE, attempt)
    with pytest.raises(OAuthError) as refresh:
        oauth.refresh(profile, REFRESH_TOKEN)

    assert (type(exchange.value), type(refresh.value)) == (at_exchange, at_refresh)
    assert refresh.value.google_error == error
    assert description.replace("\n", " ") in refresh.value.message
    assert refresh.value.server_line.startswith(f"HTTP {status} {{")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, "<html><title>Bad gateway</title></html>"),
        (404, "<html>Not Found</html>"),
        (200, "<html>Please sign in to the guest network</html>"),
        (200, "[]"),
        (200, "{}"),
        (200, '{"access_token": 5}'),
        (200, '{"access_token": "ya29.x", "expires_in": "soon"}'),
        (400, '{"error": {"code": 400}}'),
    ],
)
def test_what_is_not_googles_answer_is_a_passing_fault(
    google: responses.RequestsMock,
    oauth: GoogleOAuth,
    profile: ServerProfile,
    attempt: SignInAttempt,
    status: int,
    body: str,
) -> None:
    """A proxy's page says nothing about the grant; the owner is not asked to sign in again for it."""
    google.post(TOKEN_URI, body=body, status=status)

    with pytest.raises(OAuthUnavailable, match=f"HTTP {status}|400"):
        oauth.refresh(profile, REFRESH_TOKEN)
    with pytest.raises(OAuthUnavailable):
        oauth.exchange(profile, CODE, attempt)


def test_a_wrong_redirect_uri_and_a_foreign_grant_have_advice_of_their_own(
    google: responses.RequestsMock, oauth: GoogleOAuth, profile: ServerProfile
) -> None:
    """Copying the client secret again would help neither."""
    google.post(TOKEN_URI, json={"error": "redirect_uri_mismatch"}, status=400)
    google.post(TOKEN_URI, json={"error": "unauthorized_client"}, status=401)

    with pytest.raises(ClientRefused) as mismatch:
        oauth.refresh(profile, REFRESH_TOKEN)
    with pytest.raises(ClientRefused) as foreign:
        oauth.refresh(profile, REFRESH_TOKEN)

    assert "redirect URI" in mismatch.value.advice
    assert "Sign in to Gmail again" in foreign.value.advice


def test_a_network_fault_stays_a_network_fault(profile: ServerProfile, attempt: SignInAttempt) -> None:
    """Nothing is known to be wrong with the grant."""
    oauth = GoogleOAuth(Network(hosts={"oauth2.googleapis.com:993": "127.0.0.1:1"}))

    with pytest.raises(ConnectFailed, match=r"oauth2\.googleapis\.com:443"):
        oauth.refresh(profile, REFRESH_TOKEN)
    with pytest.raises(ConnectFailed, match=r"oauth2\.googleapis\.com:443"):
        oauth.exchange(profile, CODE, attempt)
    with pytest.raises(ConnectFailed, match=r"oauth2\.googleapis\.com:443"):
        oauth.revoke(REFRESH_TOKEN)


def test_no_secret_is_logged_or_shown(
    google: responses.RequestsMock,
    oauth: GoogleOAuth,
    profile: ServerProfile,
    attempt: SignInAttempt,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not by the libraries at their most talkative, nor in the error when the server repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    echo = f"bad code {CODE.reveal()} {attempt.code_verifier.reveal()} {profile.client_secret.reveal()}"
    google.post(TOKEN_URI, json=TOKENS)
    google.post(TOKEN_URI, json={"error": "invalid_grant", "error_description": echo}, status=400)

    oauth.exchange(profile, CODE, attempt)
    with pytest.raises(CodeRefused) as refusal:
        oauth.exchange(profile, CODE, attempt)

    shown = caplog.text + refusal.value.message + refusal.value.server_line
    for secret in (CODE, attempt.code_verifier, profile.client_secret, REFRESH_TOKEN, Secret("ya29.a0AZY-access")):
        assert secret.reveal() not in shown
