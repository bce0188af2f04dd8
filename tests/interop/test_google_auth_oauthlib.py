"""google-auth-oauthlib and google-auth, as Google's guides use them: the flow, the ID token, the refresh."""

from __future__ import annotations

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.id_token import verify_oauth2_token
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import InvalidClientError, MismatchingStateError

from fakes.google import LOCAL_REDIRECT

ALICE = "alice@contoso.com"
SCOPES = [
    "https://mail.google.com/",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
    "openid",
]


@pytest.fixture
def flow(setup, dialled, monkeypatch):
    """Return the flow of the downloaded JSON, which comes with PKCE."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the redirect URI is on localhost
    flow = Flow.from_client_config(setup.client.downloaded_json(setup.project.id), SCOPES, redirect_uri=LOCAL_REDIRECT)
    with flow.oauth2session as session:
        dialled(session)
        yield flow


@pytest.fixture
def transport(dialled):
    """Return the transport by which google-auth asks for keys and tokens."""
    with requests.Session() as session:
        dialled(session)
        yield Request(session)


def callback(google, flow, **parameters):
    """Let Alice consent; return the redirected URL."""
    url, _ = flow.authorization_url(access_type="offline", prompt="consent", **parameters)
    return google.give_consent(url, ALICE)


def test_the_id_token_convinces(google, setup, flow, transport, dialled):
    """By the certificates that google-auth fetches; userinfo is of the same person."""
    flow.fetch_token(authorization_response=callback(google, flow, nonce="n-0S6"))

    claims = verify_oauth2_token(flow.credentials.id_token, transport, setup.client.client_id)

    assert (claims["sub"], claims["email"], claims["nonce"]) == (google.account(ALICE).sub, ALICE, "n-0S6")
    with flow.authorized_session() as session:
        dialled(session)
        assert session.get("https://openidconnect.googleapis.com/v1/userinfo").json()["sub"] == claims["sub"]


def test_a_refresh_gives_another_access_token_until_the_grant_is_revoked(google, flow, transport):
    """Then it is the library's RefreshError, with Google's words."""
    flow.fetch_token(authorization_response=callback(google, flow))
    credentials = flow.credentials
    first = credentials.token

    credentials.refresh(transport)
    second = credentials.token
    revoked = flow.oauth2session.post("https://oauth2.googleapis.com/revoke", {"token": credentials.refresh_token})
    with pytest.raises(RefreshError, match="invalid_grant: Token has been expired or revoked"):
        credentials.refresh(transport)

    assert first != second
    assert revoked.status_code == 200


def test_a_wrong_secret_is_refused(google, setup, flow, transport):
    """At the exchange and at the refresh, each in the words of the library that asks."""
    flow.fetch_token(authorization_response=callback(google, flow))
    credentials = flow.credentials
    credentials._client_secret = flow.client_config["client_secret"] = "GOCSPX-wrong"

    with pytest.raises(RefreshError, match=r"invalid_client: The provided client secret is invalid\."):
        credentials.refresh(transport)
    with pytest.raises(InvalidClientError, match=r"The provided client secret is invalid\."):
        flow.fetch_token(authorization_response=callback(google, flow))


def test_a_callback_of_another_sign_in_is_noticed(google, flow):
    """The library compares the `state` that came back."""
    first = callback(google, flow)
    flow.authorization_url()

    with pytest.raises(MismatchingStateError):
        flow.fetch_token(authorization_response=first)
