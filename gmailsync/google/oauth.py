"""Google's OAuth 2.0 for web server applications: consent URL, code exchange, refresh, revocation.

Consent and exchange are google-auth-oauthlib's; this adapter carries them over our network and says what Google's
refusals (google.md 2.7) mean. The library is loaded when an owner signs in: it takes longer than most commands.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gmailsync.errors import (
    BlockedByAdministrator,
    ClientRefused,
    CodeRefused,
    GrantDead,
    OAuthError,
    OAuthUnavailable,
)
from gmailsync.google.lines import clean
from gmailsync.google.network import Network
from gmailsync.model.grant import SIGN_IN_SCOPES, SignInAttempt, TokenResponse
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import Consent

if TYPE_CHECKING:
    import requests

AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a token
REVOKE_URI = "https://oauth2.googleapis.com/revoke"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
"""What `iss` of Google's ID tokens says; the second is the older form."""

_ACCESS_TOKEN_LIFE = 3599
"""Seconds; what Google says in practice, for an answer without `expires_in`."""

_MEANINGS: dict[str, type[OAuthError]] = {
    "invalid_client": ClientRefused,
    "unauthorized_client": ClientRefused,
    "deleted_client": ClientRefused,
    "disabled_client": ClientRefused,
    "redirect_uri_mismatch": ClientRefused,
    "admin_policy_enforced": BlockedByAdministrator,
    "internal_failure": OAuthUnavailable,
    "rate_limit_exceeded": OAuthUnavailable,
}
_SENTENCES: dict[type[OAuthError], str] = {
    GrantDead: "Google no longer accepts the owner's consent",
    CodeRefused: "Google did not accept the authorization code",
    ClientRefused: "Google does not accept the OAuth client of the server profile",
    BlockedByAdministrator: "the Workspace administrator's policy blocks this app",
    OAuthUnavailable: "Google's OAuth service is not available just now",
    OAuthError: "Google refused the request",
}
_ADVICE = {
    "redirect_uri_mismatch": "Register the server profile's redirect URI, to the letter, with the client in the Google "
    "console.",
    "unauthorized_client": "Sign in to Gmail again: the grant belongs to another client id than the server profile's.",
}

# At level DEBUG these write codes, tokens and client secrets into the log.
for _talkative in ("requests_oauthlib", "oauthlib"):
    logging.getLogger(_talkative).setLevel(logging.INFO)


class GoogleOAuth:
    """Google's authorization server, as `gmailsync.ports.OAuthClient` wants it."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def begin(self, profile: ServerProfile, login_hint: str, language: str = "") -> Consent:
        """Return a fresh consent URL: PKCE by S256, state, offline access, forced consent, `language` as `hl`.

        Without `prompt=consent` Google gives no refresh token to an owner who consented before.
        """
        flow = self._flow(profile, scopes=list(SIGN_IN_SCOPES), redirect_uri=profile.redirect_uri)
        wishes = {name: wish for name, wish in (("login_hint", login_hint), ("hl", language)) if wish}
        url, state = flow.authorization_url(access_type="offline", prompt="consent", **wishes)
        return Consent(url=url, state=state, code_verifier=Secret(flow.code_verifier))

    def exchange(self, profile: ServerProfile, code: Secret, attempt: SignInAttempt) -> TokenResponse:
        """Redeem an authorization code with what its attempt began with. `CodeRefused` when it is not good."""
        flow = self._flow(
            profile,
            # oauthlib takes it for an error when an owner unticks one of the scopes it knows of, so it is told of
            # none: which scopes are enough is for the sign-in to judge.
            scopes=None,
            redirect_uri=attempt.redirect_uri,
            code_verifier=attempt.code_verifier.reveal(),
        )
        secrets = (code, attempt.code_verifier, profile.client_secret)
        check = partial(_checked, dead=CodeRefused, secrets=secrets)
        flow.oauth2session.register_compliance_hook("access_token_response", check)
        with flow.oauth2session:
            # In the body, as Google documents it; HTTP Basic cannot carry every secret.
            token = flow.fetch_token(code=code.reveal(), include_client_id=True)
        return _token_response(token, profile)

    def refresh(self, profile: ServerProfile, refresh_token: Secret) -> TokenResponse:
        """Redeem a refresh token, which stays good. `GrantDead` when Google says it no longer is."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token.reveal(),
            "client_id": profile.client_id,
            "client_secret": profile.client_secret.reveal(),
        }
        with self._network.requests_session() as session:
            response = session.post(TOKEN_URI, data=form)
        _checked(response, dead=GrantDead, secrets=(refresh_token, profile.client_secret))
        return _token_response(_body(response), profile)

    def revoke(self, token: Secret) -> None:
        """Take a grant back; a token that is dead already is as good as revoked."""
        with self._network.requests_session() as session:
            response = session.post(REVOKE_URI, data={"token": token.reveal()})
        if response.status_code != HTTPStatus.OK and _body(response).get("error") != "invalid_token":
            raise _refusal(response, dead=OAuthError, secrets=(token,))

    def _flow(self, profile: ServerProfile, **options: Any) -> Any:
        """Return the library's flow for the profile's client, over our network."""
        from google_auth_oauthlib.flow import Flow

        client = {
            "client_id": profile.client_id,
            "client_secret": profile.client_secret.reveal(),
            "auth_uri": AUTH_URI,
            "token_uri": TOKEN_URI,
        }
        flow = Flow.from_client_config({"web": client}, **options)
        self._network.carry(flow.oauth2session)
        return flow


def _checked(response: requests.Response, *, dead: type[OAuthError], secrets: tuple[Secret, ...]) -> requests.Response:
    """Return a token endpoint's answer if it is a good one (RFC 6749 section 5.1); raise what it means if not."""
    body = _body(response)
    if isinstance(body.get("access_token"), str) and isinstance(body.get("expires_in", 0), int):
        return response
    raise _refusal(response, dead=dead, secrets=secrets)


def _refusal(response: requests.Response, *, dead: type[OAuthError], secrets: tuple[Secret, ...]) -> OAuthError:
    """Return what a refusal means; `dead` is what `invalid_grant` means in this request."""
    status, body = f"HTTP {response.status_code}", _body(response)
    google_error = body["error"] if isinstance(body.get("error"), str) else ""
    description = str(body.get("error_description", ""))
    meaning = _meaning(response.status_code, google_error, description, dead)
    error = meaning(
        f"{_SENTENCES[meaning]}: {clean(description or google_error or status, *secrets)}",
        google_error=google_error,
        # What came with a 200 may be tokens in an unknown dress.
        server_line=status if response.ok else clean(f"{status} {response.text}", *secrets),
    )
    error.advice = _ADVICE.get(google_error, error.advice)
    return error


def _meaning(status: int, google_error: str, description: str, dead: type[OAuthError]) -> type[OAuthError]:
    if status >= 500 or status == 429 or not google_error:
        return OAuthUnavailable
    if google_error == "invalid_grant":
        return dead
    if google_error == "invalid_request" and "client" in description:
        return ClientRefused  # "client_secret is missing.", "Could not determine client ID from request."
    return _MEANINGS.get(google_error, OAuthError)


def _body(response: requests.Response) -> Mapping[str, Any]:
    """Return the JSON object of an answer; empty when it is something else, such as a proxy's page."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _token_response(token: Mapping[str, Any], profile: ServerProfile) -> TokenResponse:
    """Turn a good answer into a value; `scope` is a text in Google's answer and a list after oauthlib."""
    scope, refresh_token, id_token = token.get("scope") or "", token.get("refresh_token"), token.get("id_token")
    return TokenResponse(
        access_token=Secret(token["access_token"]),
        expires_in=token.get("expires_in", _ACCESS_TOKEN_LIFE),
        scopes=frozenset(scope.split() if isinstance(scope, str) else scope),
        refresh_token=Secret(refresh_token) if refresh_token else None,
        refresh_token_expires_in=token.get("refresh_token_expires_in"),
        email=_email(id_token, profile.client_id) if id_token else None,
    )


def _email(id_token: str, client_id: str) -> str | None:
    """Return the verified address in an ID token, or None when it carries none.

    The signature is not checked: the token came straight from Google's token endpoint over TLS, which OpenID
    Connect Core section 3.1.3.7 (6) lets stand for it. Issuer and audience are checked all the same. Its end is not: it
    is read the moment it comes and never kept, and a clock of ours that is wrong would keep every owner out.
    """
    try:
        payload = id_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        issuer, audience = claims["iss"], claims["aud"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise OAuthError("Google's ID token cannot be read") from error
    if issuer not in ISSUERS or audience != client_id:
        raise OAuthError(f"the ID token is of {clean(str(issuer))} for {clean(str(audience))}, not for our client")
    return str(claims["email"]) if claims.get("email") and claims.get("email_verified") in (True, "true") else None
