"""The token endpoint: what it gives, what it refuses, in which words and which order."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest

from fakes.console import PublishingStatus
from fakes.oauth.http import Request

MAIL = "https://mail.google.com/"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"
TOKEN = "https://oauth2.googleapis.com/token"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def error(app, response):
    """Return status, code and description."""
    body = app.body(response)
    return response.status, body["error"], body["error_description"]


# --- what it gives ---


def test_a_code_becomes_tokens(app):
    """Keys, order, layout and headers as in google.md 2.7; the seven days are told in Testing."""
    response = app.exchange(app.code())

    body = app.body(response)
    assert response.status == 200
    assert list(body) == [
        "access_token",
        "expires_in",
        "refresh_token",
        "scope",
        "token_type",
        "id_token",
        "refresh_token_expires_in",
    ]
    assert (body["expires_in"], body["refresh_token_expires_in"], body["token_type"]) == (3599, 604799, "Bearer")
    assert body["scope"] == f"{MAIL} openid {EMAIL}"
    assert response.body.startswith(b'{\n  "access_token": "ya29.')
    assert dict(response.headers) == app.JSON_HEADERS


def test_without_openid_there_is_no_id_token_and_in_production_no_end(app):
    """Each key is there only when it applies."""
    app.screen(publishing_status=PublishingStatus.PRODUCTION)

    assert list(app.tokens(scope=MAIL)) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]


def test_a_refresh_gives_a_new_access_token_and_no_refresh_token(app):
    """The old refresh token stays good, and the rest of its days is told."""
    tokens = app.tokens()
    app.world.clock.advance(timedelta(days=1))

    first, second = (app.body(app.refresh(tokens["refresh_token"])) for _ in range(2))

    assert list(first) == ["access_token", "expires_in", "scope", "token_type", "id_token", "refresh_token_expires_in"]
    assert first["refresh_token_expires_in"] == 604799 - 86400
    assert len({tokens["access_token"], first["access_token"], second["access_token"]}) == 3


@pytest.mark.parametrize(
    "url", [TOKEN, "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token"]
)
def test_the_aliases_answer_too(app, url):
    """Old client libraries know other addresses."""
    form = {"grant_type": "refresh_token", "refresh_token": app.tokens()["refresh_token"]}
    secrets = {"client_id": app.client.client_id, "client_secret": app.client.client_secret}

    assert app.send(Request.post(url, {**form, **secrets})).status == 200


def test_the_client_may_prove_itself_by_basic(app):
    """Client id and secret in the header instead of the body."""
    pair = base64.b64encode(f"{app.client.client_id}:{app.client.client_secret}".encode()).decode()
    none = {"client_id": None, "client_secret": None}
    form = {"grant_type": "authorization_code", "code": app.code(), "redirect_uri": REDIRECT}

    assert app.token_request({**form, **none}, authorization=f"Basic {pair}").status == 200


@pytest.mark.parametrize("method", ["S256", "plain", None])
def test_pkce(app, method):
    """The verifier that belongs to the challenge; the method is plain when none is named."""
    challenge = CHALLENGE if method == "S256" else VERIFIER
    code = app.code(code_challenge=challenge, code_challenge_method=method)

    assert app.exchange(code, code_verifier=VERIFIER).status == 200


# --- what it refuses ---


CLIENT_ERRORS = [
    ({"client_id": None}, 400, "invalid_request", "Could not determine client ID from request."),
    ({"client_id": "1-x"}, 401, "invalid_client", "The OAuth client was not found."),
    ({"client_id": "1-x", "client_secret": None}, 401, "invalid_client", "The OAuth client was not found."),
    ({"client_secret": None}, 400, "invalid_request", "client_secret is missing."),
    ({"client_secret": ""}, 400, "invalid_request", "client_secret is missing."),
    ({"client_secret": "GOCSPX-wrong"}, 401, "invalid_client", "The provided client secret is invalid."),
    ({"client_secret": "wrong", "grant_type": None}, 401, "invalid_client", "The provided client secret is invalid."),
    ({"grant_type": None}, 400, "invalid_request", "Required parameter is missing: grant_type"),
    ({"grant_type": "foo"}, 400, "unsupported_grant_type", "Invalid grant_type: foo"),
    ({"code": None}, 400, "invalid_request", "Missing required parameter: code"),
    ({"redirect_uri": None}, 400, "invalid_request", "Missing parameter: redirect_uri"),
    ({"redirect_uri": REDIRECT + "/"}, 400, "redirect_uri_mismatch", "Bad Request"),
    ({"code": "4%2F0Axyz"}, 400, "invalid_grant", "Malformed auth code."),
    ({"code": "4/0Acut"}, 400, "invalid_grant", "Malformed auth code."),
    ({"code": "4/0A" + "x" * 70}, 400, "invalid_grant", "Bad Request"),
    ({"code_verifier": VERIFIER}, 400, "invalid_grant", "code_verifier or verifier is not needed"),
    ({"grant_type": "refresh_token"}, 400, "invalid_request", "Missing required parameter: refresh_token"),
    ({"grant_type": "refresh_token", "refresh_token": "1//0x"}, 400, "invalid_grant", "Bad Request"),
]


@pytest.mark.parametrize(("changes", "status", "code", "description"), CLIENT_ERRORS)
def test_a_faulty_token_request_is_refused_in_googles_words(app, changes, status, code, description):
    """The first fault in Google's order is the answer (google.md 2.7)."""
    response = app.exchange(**{"code": app.code(), **changes})

    assert error(app, response) == (status, code, description)
    assert list(app.body(response)) == ["error", "error_description"]


@pytest.mark.parametrize(
    ("authorization", "description"),
    [
        ("Basic ", "Bad Request"),
        ("Bearer abc", "Could not determine client ID from request."),
        ("Basic !!!", "Could not determine client ID from request."),
        ("Basic OnNlY3JldA==", "Could not determine client ID from request."),
    ],
)
def test_a_basic_header_that_cannot_be_read(app, authorization, description):
    """An empty header has an answer of its own."""
    response = app.token_request({"client_id": None, "client_secret": None}, authorization=authorization)

    assert error(app, response) == (400, "invalid_request", description)


def test_a_body_that_is_no_form_is_not_read(app):
    """A proxy that strips the content type loses the client id."""
    response = app.send(Request("POST", "oauth2.googleapis.com", "/token", body=b"client_id=1-x"))

    assert error(app, response)[2] == "Could not determine client ID from request."


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("path", ["/token", "/revoke"])
def test_only_post_is_answered(app, method, path):
    """Another method is 404 with an HTML page."""
    response = app.send(Request(method, "oauth2.googleapis.com", path))

    assert response.status == 404
    assert response.header("content-type") == "text/html; charset=utf-8"
    assert app.world.unimitated == []


@pytest.mark.parametrize(
    ("verifier", "description"),
    [(None, "Missing code verifier."), ("w" * 43, "Invalid code verifier."), (CHALLENGE, "Invalid code verifier.")],
)
def test_pkce_refuses(app, verifier, description):
    """A lost or foreign verifier; the code stays good for the right one."""
    code = app.code(code_challenge=CHALLENGE, code_challenge_method="S256")

    refused = app.exchange(code, code_verifier=verifier)

    assert error(app, refused) == (400, "invalid_grant", description)
    assert app.exchange(code, code_verifier=VERIFIER).status == 200


def test_a_code_is_good_once(app):
    """A second exchange is refused and does not hurt the tokens of the first."""
    code = app.code()
    tokens = app.body(app.exchange(code))

    assert error(app, app.exchange(code)) == (400, "invalid_grant", "Bad Request")
    assert app.world.grants.access(tokens["access_token"])


def test_a_code_is_good_for_ten_minutes(app):
    """Later it is refused like a used one."""
    code = app.code()

    app.world.clock.advance(timedelta(minutes=10))

    assert error(app, app.exchange(code)) == (400, "invalid_grant", "Bad Request")


def test_a_wrong_secret_leaves_the_code_good(app):
    """A typing error in the profile does not cost a consent."""
    code = app.code()

    app.exchange(code, client_secret="GOCSPX-wrong")

    assert app.exchange(code).status == 200


def test_codes_and_refresh_tokens_belong_to_their_client(app):
    """Another client gets `Bad Request` for a code and 401 for a refresh token (row 54)."""
    other = app.world.console.create_web_client(app.project, "other", [], [REDIRECT])
    secrets = {"client_id": other.client_id, "client_secret": other.client_secret}
    tokens = app.tokens()

    code = app.exchange(app.code(), **secrets)
    refresh = app.refresh(tokens["refresh_token"], **secrets)

    assert error(app, code) == (400, "invalid_grant", "Bad Request")
    assert error(app, refresh) == (401, "unauthorized_client", "Unauthorized")


DEAD = (400, "invalid_grant", "Token has been expired or revoked.")


def test_in_testing_a_refresh_token_dies_after_seven_days(app):
    """The sentence is the same for every death; the world's journal knows the rule."""
    refresh_token = app.tokens()["refresh_token"]

    app.world.clock.advance(timedelta(days=6, hours=23))
    before = app.refresh(refresh_token).status
    app.world.clock.advance(timedelta(hours=1))

    assert before == 200
    assert error(app, app.refresh(refresh_token)) == DEAD
    notes = [entry.text for entry in app.world.journal.entries if entry.channel == "world"]
    assert notes[-1] == (
        f"the refresh token of {ALICE} is dead: the app is in Testing and seven days have passed since consent"
    )


def test_publishing_does_not_lengthen_what_was_given_in_testing(app):
    """A new consent is needed (google.md 2.8)."""
    refresh_token = app.tokens()["refresh_token"]

    app.screen(publishing_status=PublishingStatus.PRODUCTION)
    app.world.clock.advance(timedelta(days=8))

    assert error(app, app.refresh(refresh_token)) == DEAD
    assert app.refresh(app.tokens()["refresh_token"]).status == 200


def test_an_app_that_was_removed_is_dead(app):
    """The owner's removal and a revocation read the same."""
    refresh_token = app.tokens()["refresh_token"]

    app.world.grants.revoke_account(ALICE, app.client.client_id)

    assert error(app, app.refresh(refresh_token)) == DEAD
