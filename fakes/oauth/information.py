"""What exists already: revocation, tokeninfo, userinfo, discovery and keys (google.md 2.9 to 2.11)."""

from __future__ import annotations

import json
from typing import Any

from fakes.accounts import Account
from fakes.grants import EMAIL, PROFILE, SIGN_IN_SCOPES, AccessToken
from fakes.oauth.http import Request, Response, json_error, json_response
from fakes.oauth.idtoken import ISSUER, names
from fakes.world import World

UNAUTHENTICATED = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "
    "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)

DISCOVERY: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
    "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
    "token_endpoint": "https://oauth2.googleapis.com/token",
    "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
    "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
    "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
    "response_types_supported": [
        "code",
        "token",
        "id_token",
        "code token",
        "code id_token",
        "token id_token",
        "code token id_token",
        "none",
    ],
    "response_modes_supported": ["query", "fragment", "form_post"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": ["openid", "email", "profile"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    "claims_supported": [
        "aud",
        "email",
        "email_verified",
        "exp",
        "family_name",
        "given_name",
        "iat",
        "iss",
        "name",
        "picture",
        "sub",
    ],
    "code_challenge_methods_supported": ["plain", "S256"],
    "grant_types_supported": [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ],
    "authorization_response_iss_parameter_supported": True,
}
"""Google's own document, also where this Google imitates less; what is missing shows in `World.unimitated`."""


def revoke(world: World, request: Request) -> Response:
    """Answer a POST to the revocation endpoint; the token is in the body or, as in older guides, in the query."""
    text = request.form().get("token") or request.params().get("token", "")
    if not text:
        # The description is not known.
        return json_error(400, "invalid_request", "Missing required parameter: token")
    address = world.grants.revoke(text)
    if address is None:
        return json_error(400, "invalid_token", "Token expired or revoked")
    world.note(f"the grant of {address} was revoked, and every token of it")
    return json_response(200, {})


def tokeninfo(world: World, request: Request) -> Response:
    """Answer tokeninfo: what an access token is good for. Numbers and booleans are texts."""
    access = _access(world, request)
    if access is None:
        return json_error(400, "invalid_token", "Invalid Value")
    body = {"azp": access.client_id, "aud": access.client_id}
    account = world.account(access.address)
    if account and SIGN_IN_SCOPES.intersection(access.scopes):
        body["sub"] = account.sub
    body |= {
        "scope": " ".join(access.scopes),
        "exp": str(int(access.expires_at.timestamp())),
        "expires_in": str(_seconds_left(world, access)),
    }
    if account and EMAIL in access.scopes:
        body |= {"email": account.address, "email_verified": "true"}
    return json_response(200, {**body, "access_type": _access_type(access)})


def tokeninfo_v1(world: World, request: Request) -> Response:
    """Answer the first version of tokeninfo, whose names differ."""
    access = _access(world, request)
    if access is None:
        return json_error(400, "invalid_token", "Invalid Value")
    body: dict[str, Any] = {"issued_to": access.client_id, "audience": access.client_id}
    account = world.account(access.address)
    if account and SIGN_IN_SCOPES.intersection(access.scopes):
        body["user_id"] = account.sub
    body |= {"scope": " ".join(access.scopes), "expires_in": _seconds_left(world, access)}
    if account and EMAIL in access.scopes:
        body |= {"email": account.address, "verified_email": True}
    return json_response(200, {**body, "access_type": _access_type(access)})


def userinfo(world: World, request: Request) -> Response:
    """Answer OpenID Connect's userinfo; refused to a token without any sign-in scope."""
    found = _owner(world, request)
    if found is None:
        return json_error(401, "invalid_request", "Invalid Credentials")
    access, account = found
    body: dict[str, Any] = {"sub": account.sub}
    if PROFILE in access.scopes:
        body |= names(account)
    if EMAIL in access.scopes:
        body |= {"email": account.address, "email_verified": True}
    return json_response(200, {**body, **_hosted_domain(account)})


def userinfo_v1(world: World, request: Request) -> Response:
    """Answer userinfo of versions 1 and 2, which have other names and another error."""
    found = _owner(world, request)
    if found is None:
        error = {"code": 401, "message": UNAUTHENTICATED, "status": "UNAUTHENTICATED"}
        return json_response(401, {"error": error})
    access, account = found
    body: dict[str, Any] = {"id": account.sub}
    if EMAIL in access.scopes:
        body |= {"email": account.address, "verified_email": True}
    if PROFILE in access.scopes:
        body |= names(account)
    return json_response(200, {**body, **_hosted_domain(account)})


def discovery(world: World, request: Request) -> Response:  # noqa: ARG001 - the same for every world and request
    """Answer the OpenID Connect discovery document."""
    return Response(200, _cacheable(3600), json.dumps(DISCOVERY, indent=1).encode())


def keys(world: World, request: Request) -> Response:  # noqa: ARG001 - the same for every world and request
    """Answer the keys that sign ID tokens."""
    # Imported here, as in the next function, because few ask for keys, and cryptography takes long.
    from fakes.oauth.signing import key_set

    return Response(200, _cacheable(19800), json.dumps(key_set(), indent=2).encode())


def pem_keys(world: World, request: Request) -> Response:  # noqa: ARG001 - the same for every request
    """Answer the same keys as certificates: `auth_provider_x509_cert_url` of the downloaded JSON (google.md 2.13)."""
    from fakes.oauth.signing import certificates

    return Response(200, _cacheable(19800), json.dumps(certificates(world.clock.now()), indent=2).encode())


def _cacheable(seconds: int) -> tuple[tuple[str, str], ...]:
    return ("content-type", "application/json; charset=utf-8"), ("cache-control", f"public, max-age={seconds}")


def _access(world: World, request: Request) -> AccessToken | None:
    """Return the living access token that the request carries: in its header, form or query."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        text = request.form().get("access_token") or request.params().get("access_token", "")
    return world.grants.access(text.strip())


def _owner(world: World, request: Request) -> tuple[AccessToken, Account] | None:
    """Return the request's token and its account when the token may tell who its owner is."""
    access = _access(world, request)
    if access is None or not SIGN_IN_SCOPES.intersection(access.scopes):
        return None
    account = world.account(access.address)
    return (access, account) if account else None


def _hosted_domain(account: Account) -> dict[str, str]:
    return {"hd": account.organisation} if account.organisation else {}


def _seconds_left(world: World, access: AccessToken) -> int:
    return int((access.expires_at - world.clock.now()).total_seconds())


def _access_type(access: AccessToken) -> str:
    return "offline" if access.offline else "online"
