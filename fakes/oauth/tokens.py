"""The token endpoint: a code or a refresh token in, an access token out (google.md 2.7).

The checks come in the order of that section; the first that fails is the answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fakes.accounts import Account
from fakes.console import OAuthClient, Project
from fakes.grants import ACCESS_LIFE, OPENID, AuthorizationCode, AuthRequest, Death, RefreshToken, Tokens
from fakes.oauth.authorize import CLIENT_NOT_FOUND, NOT_SERVED, consent_screen
from fakes.oauth.http import Request, Response, json_error, json_response
from fakes.oauth.idtoken import id_token
from fakes.oauth.policies import allowed, trusted
from fakes.workspace import Reauthentication
from fakes.world import World

DEAD_GRANT = "Token has been expired or revoked."
"""Google's one sentence for nearly every way in which a refresh token dies (google.md 2.8)."""
ACCOUNT_DELETED = "Account has been deleted"
ACCOUNT_SUSPENDED = "Account has been disabled"
"""A stand-in: what Google says of a suspended account is not known (google.md 6)."""

_CODE = re.compile(r"4/0A[A-Za-z0-9_-]{70}")


class TokenRefused(Exception):
    """The token endpoint answers an error body (RFC 6749 section 5.2)."""

    def __init__(self, status: int, error: str, description: str, **more: str) -> None:
        super().__init__(description)
        self.response = json_error(status, error, description, **more)


def token(world: World, request: Request) -> Response:
    """Answer a POST to the token endpoint."""
    form = request.form()
    try:
        project, client = _client(world, request, form)
        match form.get("grant_type", ""):
            case "authorization_code":
                return _redeem(world, project, client, form)
            case "refresh_token":
                return _refresh(world, project, client, form)
            case "":
                raise TokenRefused(400, "invalid_request", "Required parameter is missing: grant_type")
            case unknown:
                raise TokenRefused(400, "unsupported_grant_type", f"Invalid grant_type: {unknown}")
    except TokenRefused as refused:
        return refused.response


# --- who asks --------------------------------------------------------------------------------


def _client(world: World, request: Request, form: Mapping[str, str]) -> tuple[Project, OAuthClient]:
    """Return the client that proved itself by its secret."""
    client_id, secret = _credentials(request.headers.get("authorization"), form)
    if not client_id:
        raise TokenRefused(400, "invalid_request", "Could not determine client ID from request.")
    found = world.console.client(client_id)
    if found is None:
        raise TokenRefused(401, "invalid_client", CLIENT_NOT_FOUND)
    _, client = found
    if refusal := NOT_SERVED.get(client.state):
        raise TokenRefused(401, *refusal)
    if not secret:
        raise TokenRefused(400, "invalid_request", "client_secret is missing.")
    known = next((one for one in client.secrets if _same(secret, one.text)), None)
    if known is None or not known.enabled:
        world.note(f"the secret of {client_id} is refused: {'it is disabled' if known else 'it has no such secret'}")
        raise TokenRefused(401, "invalid_client", "The provided client secret is invalid.")
    world.console.note_use(client_id)
    return found


def _credentials(authorization: str | None, form: Mapping[str, str]) -> tuple[str, str]:
    """Return client id and secret from the Basic header or, without one, from the body; empty where missing."""
    if authorization is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    if not encoded.strip():
        raise TokenRefused(400, "invalid_request", "Bad Request")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


# --- the two grants --------------------------------------------------------------------------


def _redeem(world: World, project: Project, client: OAuthClient, form: Mapping[str, str]) -> Response:
    """Exchange an authorization code. A refused exchange leaves the code good."""
    text, redirect_uri = form.get("code", ""), form.get("redirect_uri", "")
    if not text:
        raise TokenRefused(400, "invalid_request", "Missing required parameter: code")
    if not redirect_uri:
        raise TokenRefused(400, "invalid_request", "Missing parameter: redirect_uri")
    if not _CODE.fullmatch(text):
        raise TokenRefused(400, "invalid_grant", "Malformed auth code.")
    code = world.grants.code(text)
    if code is None or code.request.client_id != client.client_id:
        raise TokenRefused(400, "invalid_grant", "Bad Request")
    if code.death not in (None, Death.ACCOUNT_DELETED):
        world.note(f"the authorization code of {code.address} is dead: {code.death.value}")
        raise TokenRefused(400, "invalid_grant", "Bad Request")
    registered = client.may_redirect_to(redirect_uri, world.clock.now())
    if redirect_uri != code.request.redirect_uri or not registered:
        raise TokenRefused(400, "redirect_uri_mismatch", "Bad Request")
    _check_verifier(code.request, form.get("code_verifier", ""))
    account = _account(world, code, "authorization code")
    # For people of an organisation that trusts the app, Testing sets no end (google.md 2.8).
    testing = consent_screen(project).testing and not trusted(world, account, client.client_id)
    tokens = world.grants.redeem(code, testing=testing)
    kinds = "an access and a refresh token" if tokens.refresh else "an access token"
    world.note(f"{client.client_id} got {kinds} of {code.address}")
    return _success(world, tokens, first=True, nonce=code.request.nonce)


def _refresh(world: World, project: Project, client: OAuthClient, form: Mapping[str, str]) -> Response:
    """Exchange a refresh token, which stays good."""
    text = form.get("refresh_token", "")
    if not text:
        raise TokenRefused(400, "invalid_request", "Missing required parameter: refresh_token")
    known = world.grants.refresh_token(text)
    if known is None:
        raise TokenRefused(400, "invalid_grant", "Bad Request")
    if known.client_id != client.client_id:
        raise TokenRefused(401, "unauthorized_client", "Unauthorized")
    if known.death not in (None, Death.ACCOUNT_DELETED):
        world.note(f"the refresh token of {known.address} is dead: {known.death.value}")
        raise TokenRefused(400, "invalid_grant", DEAD_GRANT)
    account = _account(world, known, "refresh token")
    workspace = world.workspace(account)
    if workspace and not allowed(world, project, account, client.client_id, known.scopes):
        raise _blocked_by_administrator(world, account, workspace.access_contact)
    if workspace and workspace.cloud_session is not None and known.opens_cloud:
        _check_session(world, known, workspace.cloud_session, workspace.cloud_session_over)
    return _success(world, world.grants.refresh(known), first=False, nonce=None)


def _check_verifier(request: AuthRequest, verifier: str) -> None:
    """Check PKCE (RFC 7636 section 4.6)."""
    if request.code_challenge is None:
        if verifier:
            raise TokenRefused(400, "invalid_grant", "code_verifier or verifier is not needed")
        return
    if not verifier:
        raise TokenRefused(400, "invalid_grant", "Missing code verifier.")
    challenge = verifier
    if request.code_challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not _same(challenge, request.code_challenge):
        raise TokenRefused(400, "invalid_grant", "Invalid code verifier.")


def _account(world: World, given: AuthorizationCode | RefreshToken, kind: str) -> Account:
    """Return the account behind a code or token; it has to be there still, and not suspended."""
    account = world.account(given.address)
    if account is None or given.death is Death.ACCOUNT_DELETED:
        world.note(f"the {kind} of {given.address} is dead: {Death.ACCOUNT_DELETED.value}")
        raise TokenRefused(400, "invalid_grant", ACCOUNT_DELETED)
    if account.suspended:
        world.note(f"the {kind} of {given.address} is refused: the account is suspended")
        raise TokenRefused(400, "invalid_grant", ACCOUNT_SUSPENDED)
    return account


def _blocked_by_administrator(world: World, account: Account, contact: str) -> TokenRefused:
    """Return the answer to an app that the administrator blocked after consent; the grant is not to blame."""
    world.note(f"the refresh token of {account.address} is refused: the organisation does not allow the app")
    description = f"This application is currently blocked.\nIf you require access, please visit {contact}"
    return TokenRefused(400, "admin_policy_enforced", description)


def _check_session(world: World, known: RefreshToken, length: timedelta, over: Reauthentication) -> None:
    """Check that the owner was at the pages within the session length of Google Cloud (google.md 2.7)."""
    if world.clock.now() < known.consented_at + length:
        return
    world.note(f"the refresh token of {known.address} is refused: a session for Google Cloud is over after {length}")
    raise TokenRefused(400, "invalid_grant", f"reauth related error ({over.value})", error_subtype=over.value)


def _success(world: World, tokens: Tokens, *, first: bool, nonce: str | None) -> Response:
    """Return the tokens, keys in the order that Google's answers have; `first` is the exchange of a code."""
    access, refresh = tokens.access, tokens.refresh
    body: dict[str, Any] = {"access_token": access.text, "expires_in": int(ACCESS_LIFE.total_seconds())}
    if refresh and first:
        body["refresh_token"] = refresh.text
    body |= {"scope": " ".join(access.scopes), "token_type": "Bearer"}
    account = world.account(access.address)
    if account and OPENID in access.scopes:
        body["id_token"] = id_token(world, account, access, nonce)
    if refresh and refresh.expires_at:
        body["refresh_token_expires_in"] = int((refresh.expires_at - world.clock.now()).total_seconds())
    return json_response(200, body)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
