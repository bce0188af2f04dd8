"""What a client's mistake gets at the token endpoint, by the rows of google.md 7.2 that are made there.

Each row does what the customer's product did, and compares status, headers and body. What befalls a token later is in
test_token_deaths, test_client_life and test_token_policies.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from fakes.admission import Refusal, SignInRefused
from fakes.oauth.http import Request, Response

ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"
TOKEN = "https://oauth2.googleapis.com/token"
VERIFIERS = "first" * 10, "second" * 10

INVALID_SECRET = (401, "invalid_client", "The provided client secret is invalid.")
NO_SECRET = (400, "invalid_request", "client_secret is missing.")
NO_CLIENT_ID = (400, "invalid_request", "Could not determine client ID from request.")
MISMATCH = (400, "redirect_uri_mismatch", "Bad Request")
MALFORMED = (400, "invalid_grant", "Malformed auth code.")
BAD_REQUEST = (400, "invalid_grant", "Bad Request")


# --- what the customers' products do ---


def stripped_body(app: Any) -> Response:
    """Send everything, through a proxy that loses it."""
    app.code()
    return app.send(Request("POST", "oauth2.googleapis.com", "/token", headers={"content-type": "text/plain"}))


def stripped_header(app: Any) -> Response:
    """Prove the client by Basic, through a proxy that drops the header."""
    form = {"grant_type": "authorization_code", "code": app.code(), "redirect_uri": REDIRECT}
    return app.send(Request.post(TOKEN, form))


def other_secret(app: Any) -> Response:
    other = app.world.console.create_web_client(app.project, "other", [], [REDIRECT])
    return app.exchange(app.code(), client_secret=other.client_secret)


def twice(app: Any) -> Response:
    code = app.code()
    app.exchange(code)
    return app.exchange(code)


def late(app: Any) -> Response:
    code = app.code()
    app.world.clock.advance(timedelta(minutes=10))
    return app.exchange(code)


def challenged(app: Any, verifier: str) -> str:
    """Return a code that asks for this verifier."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return str(app.code(code_challenge=challenge, code_challenge_method="S256"))


def moved(app: Any) -> Response:
    """Refresh with a new client what was given to the old one."""
    token = app.tokens()["refresh_token"]
    new = app.world.console.create_web_client(app.project, "new", [], [REDIRECT])
    return app.refresh(token, client_id=new.client_id, client_secret=new.client_secret)


@dataclass(frozen=True)
class Row:
    """A row of google.md 7.2: what the product does; status, code and description of the answer."""

    act: Callable[[Any], Response]
    answer: tuple[int, str, str]


ROWS = {
    "row-37-wrong": Row(lambda app: app.exchange(app.code(), client_secret="GOCSPX-wrong"), INVALID_SECRET),
    "row-37-other-client": Row(other_secret, INVALID_SECRET),
    "row-37-blank": Row(
        lambda app: app.exchange(app.code(), client_secret=f"{app.client.client_secret} "), INVALID_SECRET
    ),
    "row-38-empty": Row(lambda app: app.exchange(app.code(), client_secret=""), NO_SECRET),
    "row-38-left-out": Row(lambda app: app.exchange(app.code(), client_secret=None), NO_SECRET),
    "row-39-body": Row(stripped_body, NO_CLIENT_ID),
    "row-39-header": Row(stripped_header, NO_CLIENT_ID),
    "row-40": Row(
        lambda app: app.exchange(app.code(), client_id="173486165578-typo.apps.googleusercontent.com"),
        (401, "invalid_client", "The OAuth client was not found."),
    ),
    "row-41-http": Row(
        lambda app: app.exchange(app.code(), redirect_uri=REDIRECT.replace("https:", "http:")), MISMATCH
    ),
    "row-41-inner-node": Row(
        lambda app: app.exchange(app.code(), redirect_uri=REDIRECT.replace("crm", "node-2")), MISMATCH
    ),
    "row-42-encoded-twice": Row(lambda app: app.exchange(quote(app.code(), safe="")), MALFORMED),
    "row-42-cut": Row(lambda app: app.exchange(app.code()[:40]), MALFORMED),
    "row-43": Row(twice, BAD_REQUEST),
    "row-44": Row(late, BAD_REQUEST),
    "row-45": Row(
        lambda app: app.exchange(challenged(app, VERIFIERS[0])), (400, "invalid_grant", "Missing code verifier.")
    ),
    "row-46": Row(
        lambda app: app.exchange(challenged(app, VERIFIERS[0]), code_verifier=VERIFIERS[1]),
        (400, "invalid_grant", "Invalid code verifier."),
    ),
    "row-54": Row(moved, (401, "unauthorized_client", "Unauthorized")),
    "row-55-cut": Row(lambda app: app.refresh(app.tokens()["refresh_token"][:64]), BAD_REQUEST),
    "row-55-decrypted-wrongly": Row(lambda app: app.refresh("\x17" + app.tokens()["refresh_token"][1:]), BAD_REQUEST),
    "row-56d-code": Row(
        lambda app: app.exchange(app.code(), grant_type="authorisation_code"),
        (400, "unsupported_grant_type", "Invalid grant_type: authorisation_code"),
    ),
    "row-56d-refresh": Row(
        lambda app: app.refresh(app.tokens()["refresh_token"], grant_type="refresh"),
        (400, "unsupported_grant_type", "Invalid grant_type: refresh"),
    ),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_the_token_endpoint_refuses(app, row):
    """Google's body to the letter, its status and its headers."""
    response = row.act(app)

    status, error, description = row.answer
    assert response.status == status
    assert dict(response.headers) == app.JSON_HEADERS
    assert response.body.decode() == (
        "{\n" + f'  "error": {json.dumps(error)},\n' + f'  "error_description": {json.dumps(description)}\n' + "}"
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"access_type": None}, id="row-47-left-out"),
        pytest.param({"access_type": "online"}, id="row-47-online"),
        pytest.param({"prompt": None}, id="row-48"),
    ],
)
def test_a_success_without_a_refresh_token_ends_after_an_hour(app, changes):
    """Nothing is refused at first; then the access token is dead and there is nothing to renew it with."""
    app.tokens()

    tokens = app.tokens(**changes)
    at_first = app.world.sign_in("imap", ALICE, tokens["access_token"])
    app.world.clock.advance(timedelta(hours=1))

    assert list(tokens) == ["access_token", "expires_in", "scope", "token_type", "id_token"]
    assert at_first.address == ALICE
    with pytest.raises(SignInRefused) as refused:
        app.world.sign_in("imap", ALICE, tokens["access_token"])
    assert refused.value.refusal is Refusal.BAD_TOKEN


def test_row_48_is_mended_by_asking_for_consent_or_removing_the_app(app):
    """Either brings a refresh token again."""
    app.tokens()

    assert "refresh_token" in app.tokens(prompt="consent")
    app.world.remove_app(ALICE, app.client.client_id)
    assert "refresh_token" in app.tokens(prompt=None)


@pytest.mark.parametrize(
    "path", [pytest.param("/token", id="row-56c-token"), pytest.param("/revoke", id="row-56c-revoke")]
)
def test_a_get_is_not_found(app, path):
    """An HTML page that no JSON parser reads."""
    response = app.send(Request.get(f"https://oauth2.googleapis.com{path}?token=x"))

    assert response.status == 404
    assert response.header("content-type") == "text/html; charset=utf-8"
    assert f"The requested URL {path} was not found on this server." in response.body.decode()
