"""What the authorization endpoint checks before it shows a page, and what it says when it refuses.

The order is that of google.md 2.3; the texts are those of google.md 2.6. A refusal is a value;
`fakes.oauth.flow` turns it into the redirect to Google's error page.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from fakes.accounts import Account
from fakes.clients import ClientState, ClientType
from fakes.console import ConsentScreen, OAuthClient, Project, UserType
from fakes.forms import is_ip, is_local
from fakes.grants import AuthRequest
from fakes.oauth import scopes
from fakes.oauth.autherror import AuthError
from fakes.world import World

POLICY = (
    "\nYou can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy for keeping apps secure."
    "\n\nYou can let the app developer know that this app doesn't comply with one or more Google validation rules."
)
NOT_REGISTERED = (
    "\nYou can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy."
    "\n\nIf you're the app developer, register the redirect URI in the Google Cloud Console."
)
MISMATCH_HELP = (
    "https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors-redirect-uri-mismatch"
)
TESTING_HELP = "https://support.google.com/accounts/answer/3466521?p=app_notverified"
CLIENT_NOT_FOUND = "The OAuth client was not found."
NOT_SERVED: Mapping[ClientState, tuple[str, str]] = MappingProxyType(
    {
        ClientState.DELETED: ("deleted_client", "The OAuth client was deleted."),
        ClientState.DISABLED: ("disabled_client", "The OAuth client was disabled."),
    }
)
"""Code and text for a client that is known and not served; the same on the page and at the token endpoint."""
FLOW_NAME = ("flowName", "GeneralOAuthFlow")

PROMPTS = frozenset({"none", "consent", "select_account"})
CHALLENGE_METHODS = ("plain", "S256")
RESPONSE_MODES = ("query", "fragment", "form_post")

_HIDDEN_DETAILS = frozenset({"code_challenge"})
"""Not among the "Request details": a plain challenge is the verifier itself (RFC 7636 section 4.2)."""


def check_request(world: World, params: Mapping[str, str]) -> AuthRequest | AuthError:
    """Check steps 1 to 3: client, redirect URI, then the other parameters."""
    found = _client(world, params)
    if isinstance(found, AuthError):
        return found
    _, client = found
    checked = _redirect_uri(world, client, params) or _parameters(world, params)
    if isinstance(checked, AuthRequest):
        world.console.note_use(client.client_id)
    return checked


def check_account(project: Project, account: Account, request: AuthRequest) -> AuthError | None:
    """Check step 6: whether this account may use this app at all."""
    screen = consent_screen(project)
    if screen.user_type is UserType.INTERNAL and account.organisation != project.organisation:
        message = "This client is restricted to users within its organization."
        return AuthError("org_internal", 403, message, details=_details(request.raw))
    if screen.testing and not screen.is_test_user(account.address):
        message = (
            f"{screen.app_name} has not completed the Google verification process. The app is currently being tested, "
            "and can only be accessed by developer-approved testers. If you think you should have access, contact the "
            "developer."
        )
        others = [(name, value) for name, value in request.raw if name != "client_id"]
        details = (*_details(others), ("client_id", request.client_id))
        return AuthError("access_denied", 403, message, TESTING_HELP, details)
    return None


def check_browser(project: Project, request: AuthRequest, user_agent: str) -> AuthError | None:
    """Check step 4: no embedded web view."""
    if not is_web_view(user_agent):
        return None
    app = consent_screen(project).app_name or "This app"
    message = (
        f"{app}'s request does not comply with Google's \"Use secure browsers\" policy. If this app has a website, you "
        "can open a web browser and try signing in from there. If you are attempting to access a wireless network, "
        "please follow these instructions."
    )
    return AuthError("disallowed_useragent", 403, message, details=_details(request.raw))


def is_web_view(user_agent: str) -> bool:
    """Tell whether the browser is a part of some app, as far as its name tells (how Google tells is not published).

    Android's web view says `wv`; that of iOS is a Safari that does not say so; Electron and the apps that
    show links themselves give their names.
    """
    if re.search(r"; wv\)|\bElectron/|\bFB(AN|AV)/|\bInstagram\b|\bLine/|\bMicroMessenger/", user_agent):
        return True
    return bool(re.search(r"\b(iPhone|iPad)\b.*AppleWebKit/", user_agent)) and "Safari/" not in user_agent


def consent_screen(project: Project) -> ConsentScreen:
    """Return the project's consent screen; a project cannot have a client without one."""
    return project.consent_screen or ConsentScreen()


def _client(world: World, params: Mapping[str, str]) -> tuple[Project, OAuthClient] | AuthError:
    client_id = params.get("client_id", "")
    if not client_id:
        return _invalid_request("Missing required parameter: client_id", params)
    found = world.console.client(client_id)
    if found is None:
        return AuthError("invalid_client", 401, CLIENT_NOT_FOUND, details=_details(params.items()))
    if refusal := NOT_SERVED.get(found[1].state):
        code, text = refusal
        return AuthError(code, 401, text, details=_details(params.items()))
    return found


def _redirect_uri(world: World, client: OAuthClient, params: Mapping[str, str]) -> AuthError | None:
    """Check step 2: given, well formed, within the security policy, registered exactly so."""
    uri = params.get("redirect_uri", "")
    if not uri:
        return _invalid_request("Missing required parameter: redirect_uri", params)
    if uri == "urn:ietf:wg:oauth:2.0:oob":
        return _policy(uri)
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return _invalid_request(f"Invalid parameter value for redirect_uri: Invalid URI: {uri}", params)
    if not host:
        # "Missing scheme" as Google's older token errors print it; "Missing authority" by google.md 2.6.
        missing = "Missing authority" if parts.scheme or uri.startswith("/") else "Missing scheme"
        return _invalid_request(f"Invalid parameter value for redirect_uri: {missing}: {uri}", params)
    return _host_policy(uri, parts, host, params) or _registered(world, client, uri)


def _host_policy(uri: str, parts: SplitResult, host: str, params: Mapping[str, str]) -> AuthError | None:
    if is_local(host):
        return None
    if is_ip(host):
        if ipaddress.ip_address(host).is_private:
            return _invalid_request(f"device_id and device_name are required for private IP: {uri}", params)
        return _policy(uri)
    return _policy(uri) if parts.scheme == "http" else None


def _registered(world: World, client: OAuthClient, uri: str) -> AuthError | None:
    if client.may_redirect_to(uri, world.clock.now()):
        return None
    if client.type is not ClientType.WEB:
        world.note(f"client {client.client_id} is of type {client.type.value}, which has no such redirect URI: {uri}")
    if uri in client.redirect_uris:
        world.note(f"client {client.client_id} has this redirect URI saved, and it is not effective yet: {uri}")
    details = (("redirect_uri", uri), FLOW_NAME)
    return AuthError("redirect_uri_mismatch", 400, NOT_REGISTERED, MISMATCH_HELP, details)


def _parameters(world: World, params: Mapping[str, str]) -> AuthRequest | AuthError:
    """Check step 3, and return the request in types when nothing is wrong with it."""
    asked = scopes.expand(params.get("scope", ""))
    prompts = frozenset(params.get("prompt", "").split())
    method = params.get("code_challenge_method") or "plain"
    fault = (
        _response_type(world, params)
        or _scope(world, asked, params)
        or _challenge_method(method, params)
        or _prompt(prompts, params)
        or _response_mode(params)
    )
    return fault or AuthRequest(
        client_id=params["client_id"],
        redirect_uri=params["redirect_uri"],
        scopes=asked,
        offline=params.get("access_type") == "offline",
        state=params.get("state"),
        prompts=prompts,
        login_hint=params.get("login_hint", ""),
        domain=params.get("hd", ""),
        response_mode=params.get("response_mode") or "query",
        nonce=params.get("nonce"),
        include_granted=params.get("include_granted_scopes") == "true",
        code_challenge=params.get("code_challenge") or None,
        code_challenge_method=method,
        raw=tuple(params.items()),
    )


def _response_type(world: World, params: Mapping[str, str]) -> AuthError | None:
    response_type = params.get("response_type", "")
    if not response_type:
        return _invalid_request("Required parameter is missing: response_type", params)
    if response_type == "code":
        return None
    if set(response_type.split()) <= {"code", "token", "id_token", "none"}:
        world.unimitated.append(f"https authorization with response_type={response_type}")
    return _invalid_request(f"Invalid response_type: {response_type}", params)


def _scope(world: World, asked: tuple[str, ...], params: Mapping[str, str]) -> AuthError | None:
    if not asked:
        return _invalid_request("Missing required parameter: scope", params)
    invalid = scopes.unknown(asked)
    if not invalid:
        return None
    world.unimitated += [f"https authorization with scope {scope}" for scope in invalid if scopes.may_be_real(scope)]
    valid = [scope for scope in asked if scope not in invalid]
    listed = f"valid=[{', '.join(valid)}], " if valid else ""
    message = f"Some requested scopes were invalid. {{{listed}invalid=[{', '.join(invalid)}]}}"
    return AuthError("invalid_scope", 400, message, details=_details(params.items()))


def _challenge_method(method: str, params: Mapping[str, str]) -> AuthError | None:
    if method in CHALLENGE_METHODS:
        return None
    value = f"'{method}' is not a valid CodeChallengeMethod"
    return _invalid_request(f"Invalid parameter value for code_challenge_method: {value}", params)


def _prompt(prompts: frozenset[str], params: Mapping[str, str]) -> AuthError | None:
    """Check that `none` stands alone and nothing is misspelt. Google's words for it are not known."""
    if prompts <= PROMPTS and (len(prompts) < 2 or "none" not in prompts):
        return None
    return _invalid_request(f"Invalid parameter value for prompt: {params['prompt']}", params)


def _response_mode(params: Mapping[str, str]) -> AuthError | None:
    mode = params.get("response_mode") or "query"
    return (
        None
        if mode in RESPONSE_MODES
        else _invalid_request(f"Invalid parameter value for response_mode: {mode}", params)
    )


def _invalid_request(message: str, params: Mapping[str, str]) -> AuthError:
    return AuthError("invalid_request", 400, message, details=_details(params.items()))


def _policy(uri: str) -> AuthError:
    return AuthError("invalid_request", 400, POLICY, details=(("redirect_uri", uri), FLOW_NAME))


def _details(params: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return (*((name, value) for name, value in params if name not in _HIDDEN_DETAILS), FLOW_NAME)
