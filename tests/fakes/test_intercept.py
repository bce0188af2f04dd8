"""Google's own client library signs in against the simulated Google, without sockets."""

from __future__ import annotations

import google.oauth2.credentials
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request as Transport
from google_auth_oauthlib.flow import Flow

from fakes.consent import give_consent
from fakes.intercept import intercept

MAIL = "https://mail.google.com/"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"


@pytest.fixture
def signed_in(app):
    """Credentials from a whole flow: URL, consent, exchange, with PKCE."""
    config = app.client.downloaded_json(app.project.id)
    flow = Flow.from_client_config(config, [MAIL, "openid", EMAIL], redirect_uri=REDIRECT)
    url, state = flow.authorization_url(access_type="offline", prompt="consent", login_hint=ALICE)
    with intercept(app.world):
        back = app.fields(give_consent(url, ALICE, app.send))
        assert back["state"] == state
        flow.fetch_token(code=back["code"])
    return flow.credentials


def test_a_whole_flow_of_google_auth_oauthlib(app, signed_in):
    """The library ends with tokens that the world knows."""
    assert app.world.grants.access(signed_in.token).address == ALICE
    assert app.world.grants.refresh_token(signed_in.refresh_token).death is None
    assert set(signed_in.granted_scopes) == {MAIL, "openid", EMAIL}


def test_google_auth_refreshes(app, signed_in):
    """And hears the truth when the grant is gone."""
    old = signed_in.token

    with intercept(app.world):
        signed_in.refresh(Transport())
        fresh = signed_in.token
        app.world.grants.revoke_account(ALICE, app.client.client_id)
        with pytest.raises(RefreshError, match=r"invalid_grant: Token has been expired or revoked\."):
            signed_in.refresh(Transport())

    assert isinstance(signed_in, google.oauth2.credentials.Credentials)
    assert fresh != old


def test_headers_and_bytes_reach_the_client(app):
    """The answer is the handler's, headers included."""
    with intercept(app.world):
        answer = requests.get("https://oauth2.googleapis.com/token", timeout=1)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_nothing_else_leaves_the_machine(app):
    """Any other host refuses the connection."""
    with intercept(app.world), pytest.raises(requests.ConnectionError):
        requests.get("https://gmail.googleapis.com/", timeout=1)
