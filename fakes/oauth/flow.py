"""The owner's way through Google's pages, from the authorization endpoint back to the client.

Account chooser, then the checks of the account, the warning of an unverified app, consent, and
the redirect (google.md 2.3 to 2.6). Where an owner stands is kept as an `Attempt` of the world,
named by a hidden field. A browser has no session here: it offers every account of the world,
and under `prompt=none` the login hint stands for the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

from fakes.accounts import Account
from fakes.console import ConsentScreen, Project, UserType
from fakes.grants import Attempt, AuthRequest
from fakes.oauth import autherror, pages, policies, scopes
from fakes.oauth.autherror import AuthError
from fakes.oauth.authorize import check_browser, check_request, consent_screen
from fakes.oauth.http import Request, Response, html_response, redirect
from fakes.oauth.policies import AppBlocked
from fakes.oauth.words import Words
from fakes.world import World

ISSUER = "https://accounts.google.com"
ERROR_URL = f"{ISSUER}/signin/oauth/error/v2"


def authorize(world: World, request: Request) -> Response:
    """Answer the authorization endpoint: a page, the error page, or under `prompt=none` the way back at once."""
    params, words = request.params(), Words.of(request)
    checked = check_request(world, params)
    if isinstance(checked, AuthError):
        return _stop(world, words, checked, params.get("client_id", ""))
    if refusal := check_browser(_project(world, checked), checked, request.headers.get("user-agent", "")):
        return _stop(world, words, refusal, checked.client_id)
    hinted = _hinted(world, checked.login_hint)
    if "none" in checked.prompts:
        return _silent(world, words, checked, hinted)
    attempt = world.grants.begin(checked)
    app = _shown_name(consent_screen(_project(world, checked)), checked)
    page = pages.chooser(words, attempt.id, app, _offered(world, checked), hinted.address if hinted else "")
    return html_response(200, page)


def choose_account(world: World, request: Request) -> Response:
    """Answer the account chooser's form."""
    form = request.form()
    attempt = world.grants.attempt(form.get("attempt", ""))
    account = world.account(form.get("address", ""))
    if attempt is None or account is None:
        return _ended(request)
    attempt.address = account.address
    return _next_page(world, Words.of(request), attempt, account)


def pass_warning(world: World, request: Request) -> Response:
    """Answer the form on the warning of an unverified app."""
    form = request.form()
    if (found := _walking(world, form.get("attempt", ""))) is None:
        return _ended(request)
    attempt, account = found
    if form.get("decision") != "continue":
        return _deny(world, Words.of(request), attempt)
    attempt.warned = True
    return _next_page(world, Words.of(request), attempt, account)


def consent(world: World, request: Request) -> Response:
    """Answer the consent form: the scopes ticked are granted, those without a checkbox go with the button."""
    fields = request.fields()
    form = dict(fields)
    if (found := _walking(world, form.get("attempt", ""))) is None:
        return _ended(request)
    attempt, account = found
    if _refusal(world, attempt.request, account) or _warning_due(world, attempt):
        return _next_page(world, Words.of(request), attempt, account)
    ticked = {value for name, value in fields if name == "scope"}
    optional = _optional(world, attempt.request, account)
    given = [scope for scope in attempt.request.scopes if scope in ticked or scope not in optional]
    if form.get("decision") != "continue" or not given:
        return _deny(world, Words.of(request), attempt)
    world.grants.finish(attempt)
    return _grant(world, Words.of(request), attempt.request, account, given, prompt="consent")


def error_page(world: World, request: Request) -> Response:
    """Answer the error page. Its status is 200, whatever number it prints (google.md 2.6)."""
    params, words = request.params(), Words.of(request)
    try:
        error = autherror.decode(params.get("authError", ""))
    except ValueError:
        return html_response(400, pages.bad_request(words, "The server cannot process the request."))
    found = world.console.client(params.get("client_id", ""))
    app = consent_screen(found[0]).app_name if found else None
    return html_response(200, pages.error(words, error, app))


# --- from page to page -----------------------------------------------------------------------


def _next_page(world: World, words: Words, attempt: Attempt, account: Account) -> Response:
    """Return what comes after the account is known, or after the warning was passed."""
    request = attempt.request
    if refusal := _refusal(world, request, account):
        world.grants.finish(attempt)
        return _stop(world, words, refusal, request.client_id)
    if "consent" not in request.prompts and _granted_all(world, request, account):
        world.grants.finish(attempt)
        return _grant(world, words, request, account, request.scopes, prompt="none")
    screen = consent_screen(_project(world, request))
    if _warning_due(world, attempt):
        page = pages.warning(words, attempt.id, screen.app_name, screen.support_email, testing=screen.testing)
    else:
        page = pages.consent(
            words,
            attempt.id,
            _shown_name(screen, request),
            account.address,
            request.scopes,
            _optional(world, request, account),
        )
    return html_response(200, page)


def _silent(world: World, words: Words, request: AuthRequest, account: Account | None) -> Response:
    """Answer `prompt=none`: a code when the hinted account has granted everything, else `interaction_required`."""
    if account and not _refusal(world, request, account) and _granted_all(world, request, account):
        return _grant(world, words, request, account, request.scopes, prompt="none")
    return _back(words, request, [("error", "interaction_required"), *_state(request), ("iss", ISSUER)])


def _grant(
    world: World, words: Words, request: AuthRequest, account: Account, given: Sequence[str], *, prompt: str
) -> Response:
    """Issue the code and send the browser back, with the parameters in the order of google.md 2.5."""
    if request.include_granted:
        earlier = world.grants.granted(account.address, request.client_id)
        given = [*given, *sorted(earlier.difference(given))]
    if scopes.beyond_sign_in(given):
        policies.count_new_user(world, _project(world, request), account, request)
    code = world.grants.issue_code(request, account.address, given)
    world.note(f"{account.address} granted {' '.join(given)} to {request.client_id}")
    fields = [*_state(request), ("iss", ISSUER), ("code", code), ("scope", " ".join(given)), ("authuser", "0")]
    if account.organisation:
        fields.append(("hd", account.organisation))
    return _back(words, request, [*fields, ("prompt", prompt)])


def _deny(world: World, words: Words, attempt: Attempt) -> Response:
    """Send the browser back empty-handed: the owner pressed Cancel, or left every box unticked."""
    world.grants.finish(attempt)
    world.note(f"{attempt.address} denied access to {attempt.request.client_id}")
    return _back(words, attempt.request, [("error", "access_denied"), *_state(attempt.request), ("iss", ISSUER)])


def _stop(world: World, words: Words, error: AuthError | AppBlocked, client_id: str) -> Response:
    """Send the browser to Google's error page. No callback reaches the client."""
    if isinstance(error, AppBlocked):
        world.note(f"{client_id} is blocked: {error.why}")
        return html_response(200, pages.blocked(words))
    world.note(f"the request of {client_id or 'a client without id'} stopped at error {error.status}: {error.code}")
    told = autherror.encode(replace(error, message=words.message(error.message)))
    query = {"authError": told, "client_id": client_id, "flowName": "GeneralOAuthFlow", **words.carried}
    return redirect(f"{ERROR_URL}?{urlencode(query)}")


def _ended(request: Request) -> Response:
    text = "This sign-in is over or unknown. Start again from the app."
    return html_response(400, pages.bad_request(Words.of(request), text))


# --- questions -------------------------------------------------------------------------------


def _walking(world: World, attempt_id: str) -> tuple[Attempt, Account] | None:
    """Return a known attempt whose account has been chosen."""
    attempt = world.grants.attempt(attempt_id)
    account = world.account(attempt.address) if attempt and attempt.address else None
    return (attempt, account) if attempt and account else None


def _project(world: World, request: AuthRequest) -> Project:
    """Return the project of a request that passed the checks; LookupError when its client has vanished since."""
    found = world.console.client(request.client_id)
    if found is None:
        raise LookupError(f"client {request.client_id} has vanished")
    return found[0]


def _refusal(world: World, request: AuthRequest, account: Account) -> AuthError | AppBlocked | None:
    return policies.check(world, _project(world, request), account, request)


def _optional(world: World, request: AuthRequest, account: Account) -> list[str]:
    """Return the scopes with a checkbox; none for an app that the owner's administrator trusts (google.md 2.4)."""
    return [] if policies.trusted(world, account, request.client_id) else scopes.optional(request.scopes)


def _granted_all(world: World, request: AuthRequest, account: Account) -> bool:
    return world.grants.granted(account.address, request.client_id).issuperset(request.scopes)


def _warning_due(world: World, attempt: Attempt) -> bool:
    """Tell whether the unverified app's warning has to be passed first: scopes beyond signing in, External, no seal."""
    screen = consent_screen(_project(world, attempt.request))
    unverified = screen.user_type is UserType.EXTERNAL and not screen.verified
    return unverified and bool(scopes.beyond_sign_in(attempt.request.scopes)) and not attempt.warned


def _hinted(world: World, hint: str) -> Account | None:
    """Return the account named by `login_hint`: an address or a `sub`."""
    return world.account(hint) or next((one for one in world.accounts.values() if one.sub == hint), None)


def _offered(world: World, request: AuthRequest) -> list[Account]:
    """Return the accounts to choose from: with the hint `hd` those of the domain, for `*` those of any [recall]."""
    domain = request.domain.lower()
    return [
        account
        for account in world.accounts.values()
        if not domain or (account.organisation and domain in ("*", account.organisation.lower()))
    ]


def _shown_name(screen: ConsentScreen, request: AuthRequest) -> str:
    """Return the app's name, or before its branding is verified the domain it sends the owner back to."""
    if screen.app_name and (screen.verified or screen.user_type is UserType.INTERNAL):
        return screen.app_name
    return urlsplit(request.redirect_uri).hostname or request.redirect_uri


def _state(request: AuthRequest) -> list[tuple[str, str]]:
    return [("state", request.state)] if request.state is not None else []


def _back(words: Words, request: AuthRequest, fields: Sequence[tuple[str, str]]) -> Response:
    """Send the browser back to the client with the fields; slashes and colons stay raw, as Google leaves them.

    By `response_mode` they are in the query, behind a `#`, or in a form that posts itself.
    """
    if request.response_mode == "form_post":
        return html_response(200, pages.way_back(words, request.redirect_uri, fields))
    separator = "#" if request.response_mode == "fragment" else "&" if "?" in request.redirect_uri else "?"
    told = "&".join(f"{name}={quote(value, safe='/:@')}" for name, value in fields)
    return redirect(request.redirect_uri + separator + told)
