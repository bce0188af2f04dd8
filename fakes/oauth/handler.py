"""Google's OAuth hosts as one function: who answers which request, and what the journal keeps of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fakes.journal import Party, redact, summary
from fakes.oauth import failing, flow, information, pages, tokens
from fakes.oauth.http import NO_RESPONSE, Request, Response, html_response
from fakes.oauth.words import Words
from fakes.world import World

Endpoint = Callable[[World, Request], Response]

ACCOUNTS = "accounts.google.com"
OAUTH2 = "oauth2.googleapis.com"
WWW = "www.googleapis.com"
OPENID_CONNECT = "openidconnect.googleapis.com"
HOSTS = (ACCOUNTS, OAUTH2, OPENID_CONNECT, WWW)

ENDPOINTS: Mapping[tuple[str, str], Mapping[str, Endpoint]] = MappingProxyType(
    {
        (ACCOUNTS, "/o/oauth2/v2/auth"): {"GET": flow.authorize},
        (ACCOUNTS, "/o/oauth2/auth"): {"GET": flow.authorize},
        (ACCOUNTS, "/signin/oauth/accountchooser"): {"POST": flow.choose_account},
        (ACCOUNTS, "/signin/oauth/warning"): {"POST": flow.pass_warning},
        (ACCOUNTS, "/signin/oauth/consent"): {"POST": flow.consent},
        (ACCOUNTS, "/signin/oauth/error/v2"): {"GET": flow.error_page},
        (ACCOUNTS, "/.well-known/openid-configuration"): {"GET": information.discovery},
        (ACCOUNTS, "/o/oauth2/token"): {"POST": tokens.token},
        (OAUTH2, "/token"): {"POST": tokens.token},
        (OAUTH2, "/revoke"): {"POST": information.revoke},
        (OAUTH2, "/tokeninfo"): {"GET": information.tokeninfo, "POST": information.tokeninfo},
        (WWW, "/oauth2/v4/token"): {"POST": tokens.token},
        (WWW, "/oauth2/v1/certs"): {"GET": information.pem_keys},
        (WWW, "/oauth2/v1/tokeninfo"): {"GET": information.tokeninfo_v1, "POST": information.tokeninfo_v1},
        (WWW, "/oauth2/v1/userinfo"): {"GET": information.userinfo_v1},
        (WWW, "/oauth2/v2/userinfo"): {"GET": information.userinfo_v1},
        (WWW, "/oauth2/v3/tokeninfo"): {"GET": information.tokeninfo, "POST": information.tokeninfo},
        (WWW, "/oauth2/v3/userinfo"): {"GET": information.userinfo},
        (WWW, "/oauth2/v3/certs"): {"GET": information.keys},
        (OPENID_CONNECT, "/v1/userinfo"): {"GET": information.userinfo},
    }
)
"""google.md 2.1: the endpoints and their aliases, by host and path, then by method."""

BODY_SHOWN = 2000
"""Characters of a body that the journal still shows; a longer one is summarised."""


def handle(world: World, request: Request) -> Response:
    """Answer one request to any of Google's OAuth hosts, and write both to the journal."""
    with world.lock:
        session = _session(world, request)
        sender = _sender(request)
        world.journal.note("https", session, sender, Party.OAUTH, _request_text(request))
        response = _answer(world, request)
        world.journal.note("https", session, Party.OAUTH, sender, _response_text(response))
        return response


def _answer(world: World, request: Request) -> Response:
    methods = ENDPOINTS.get((request.host.lower(), request.path))
    if methods is None:
        world.unimitated.append(f"https {request.method} https://{request.host}{request.path}")
    elif endpoint := methods.get(request.method):
        return failing.with_faults(world, request, endpoint) if world.faults.armed else endpoint(world, request)
    # A wrong method is 404 at Google too (google.md 2.1).
    return html_response(404, pages.not_found(Words.of(request), request.path))


# --- journal ---------------------------------------------------------------------------------


def _session(world: World, request: Request) -> str:
    """Return the attempt that a page's form belongs to; any other exchange is a session of its own."""
    attempt = world.grants.attempt(request.form().get("attempt", ""))
    return attempt.id if attempt else f"https-{world.ids.number('https exchange')}"


def _sender(request: Request) -> Party:
    """Tell the owner's browser from the client's own calls: the pages are on accounts.google.com."""
    pages_of_owner = ("/signin/", "/o/oauth2/v2/auth", "/o/oauth2/auth")
    browser = request.host.lower() == ACCOUNTS and request.path.startswith(pages_of_owner)
    return Party.BROWSER if browser else Party.CLIENT


def _request_text(request: Request) -> str:
    lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {request.host}"]
    if authorization := request.headers.get("authorization"):
        lines.append(f"Authorization: {authorization}")
    if request.body:
        lines += ["", _body_text(request.body)]
    return "\n".join(lines)


def _response_text(response: Response) -> str:
    effects = [f"<{effect}>" for effect in response.effects]
    if response.status == NO_RESPONSE:
        return effects[0]
    lines = [*effects, f"HTTP/1.1 {response.status}"]
    if location := response.header("location"):
        lines.append(f"Location: {location}")
    if response.header("content-type").startswith("text/html"):
        lines += ["", _page_text(response.body)]
    elif response.body:
        lines += ["", _body_text(response.body)]
    return "\n".join(lines)


def _body_text(body: bytes) -> str:
    """Return the body as the journal shows it. Secrets are cut before its length is judged."""
    text = redact(body.decode("utf-8", "backslashreplace"))
    return text if len(text) <= BODY_SHOWN else summary(body)


def _page_text(body: bytes) -> str:
    """Return a page's heading and error code, which say where the owner stands."""
    told = re.findall(r'<h1>(.*?)</h1>|<p id="code">(.*?)</p>', body.decode(), re.DOTALL)
    return f"<page: {'. '.join(html.unescape(heading or code) for heading, code in told)}>"
