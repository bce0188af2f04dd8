"""Authlib, which knows nothing of us, as a Flask application that signs people in with Google."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from fakes.google import LOCAL_REDIRECT

ALICE = "alice@contoso.com"
DISCOVERY = "https://accounts.google.com/.well-known/openid-configuration"
SCOPE = "https://mail.google.com/ openid email profile"


@pytest.fixture
def website(dialled):
    """Return an application with a page that starts a sign-in, and the page that Google leads back to."""

    class Session(OAuth2Session):
        def __init__(self, *args, **kwargs) -> None:
            super().__init__(*args, **kwargs)
            dialled(self)

    class App(FlaskOAuth2App):
        client_cls = Session

    site = Flask(__name__)
    site.secret_key = "for the state"
    oauth = OAuth(site)
    oauth.register(
        "google",
        server_metadata_url=DISCOVERY,
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
        authorize_params={"access_type": "offline", "prompt": "consent"},
        client_cls=App,
    )
    site.add_url_rule("/sign-in", "sign-in", lambda: oauth.google.authorize_redirect(LOCAL_REDIRECT))
    site.add_url_rule(
        urlsplit(LOCAL_REDIRECT).path,
        "callback",
        lambda: site.tokens.append(oauth.google.authorize_access_token()) or "",
    )
    site.tokens = []
    site.testing = True
    site.google = oauth.google
    return site


@pytest.fixture
def configured(website, setup):
    """Return the application with the correct client's id and secret."""
    website.google.client_id, website.google.client_secret = setup.client.client_id, setup.client.client_secret
    return website


@pytest.fixture
def browser(configured):
    """Return Alice's browser."""
    return configured.test_client()


def callback(google, browser, **choices):
    """Let Alice go from the sign-in page through Google's pages; return the redirected URL."""
    return google.give_consent(browser.get("/sign-in").location, ALICE, **choices)


def signed_in(google, site, browser):
    """Let Alice sign in; return what the application was given."""
    browser.get(callback(google, browser))
    return site.tokens[-1]


def test_the_id_token_convinces(google, setup, configured, browser):
    """Signature by the published keys, issuer, audience, times, nonce and the access token's hash."""
    tokens = signed_in(google, configured, browser)

    claims = tokens["userinfo"]
    assert (claims["sub"], claims["email"]) == (google.account(ALICE).sub, ALICE)
    assert claims["aud"] == claims["azp"] == setup.client.client_id
    assert {"nonce", "at_hash"} <= set(claims)
    with configured.app_context():
        assert configured.google.userinfo(token=tokens)["sub"] == claims["sub"]


def test_keys_of_somebody_else_do_not_convince(google, configured, browser):
    """The library does look: with another key under the same id it refuses."""
    metadata = configured.google.load_server_metadata()
    (key,) = configured.google.fetch_jwk_set()["keys"]
    metadata["jwks"] = {"keys": [{**key, "n": RSAKey.generate_key(2048).as_dict()["n"]}]}

    with pytest.raises(BadSignatureError):
        browser.get(callback(google, browser))


def test_a_refresh_keeps_the_refresh_token_until_the_grant_is_revoked(google, configured, browser):
    """Google sends none with a refresh, and the library goes on with the one it has."""
    tokens = signed_in(google, configured, browser)
    metadata = configured.google.load_server_metadata()

    with configured.app_context(), configured.google._get_oauth_client(**metadata) as session:
        refreshed = session.refresh_token(metadata["token_endpoint"], tokens["refresh_token"])
        revoked = session.revoke_token(metadata["revocation_endpoint"], tokens["refresh_token"])
        with pytest.raises(OAuthError) as refused:
            session.refresh_token(metadata["token_endpoint"], tokens["refresh_token"])

    assert refreshed["access_token"] != tokens["access_token"]
    assert revoked.status_code == 200
    assert (refused.value.error, refused.value.description) == ("invalid_grant", "Token has been expired or revoked.")


def test_a_wrong_secret_is_refused(google, configured, browser):
    """At the exchange of the code, as the library's own error."""
    configured.google.client_secret = "GOCSPX-wrong"

    with pytest.raises(OAuthError) as refused:
        browser.get(callback(google, browser))

    assert (refused.value.error, refused.value.description) == (
        "invalid_client",
        "The provided client secret is invalid.",
    )


def test_a_denial_arrives_as_the_librarys_error(google, browser):
    """With Google's code."""
    with pytest.raises(OAuthError) as refused:
        browser.get(callback(google, browser, deny=True))

    assert refused.value.error == "access_denied"


def test_another_browsers_callback_is_noticed(google, configured, browser):
    """The library compares the `state` that came back with the browser's own."""
    others = callback(google, configured.test_client())
    callback(google, browser)

    with pytest.raises(MismatchingStateError):
        browser.get(others)
