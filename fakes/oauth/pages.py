"""Google's pages as HTML: plain forms that work without JavaScript, in a browser or read by a program.

The words are those of google.md 2.4 and 2.6, in the reader's language. Each page says in its footer that it is not
the real service.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fakes.accounts import Account
from fakes.oauth import scopes
from fakes.oauth.autherror import AuthError
from fakes.oauth.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment

INVALID_REQUEST = (
    "You can't sign in because this app sent an invalid request. You can try again later, or contact the developer "
    "about this issue."
)
APP_BLOCKED = (
    "This app tried to access sensitive info in your Google Account. To keep your account safe, Google blocked this "
    "access."
)
POLICY_DETAILS = "If you're the app developer, make sure that these request details comply with Google policies."


@cache
def _templates() -> Environment:
    # Imported here because most worlds show no page to anybody.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("fakes.oauth"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, words: Words, **values: object) -> str:
    query = "?" + urlencode(words.carried) if words.carried else ""
    return _templates().get_template(template).render(values, words=words, query=query)


def chooser(words: Words, attempt: str, app: str, accounts: Iterable[Account], preselected: str) -> str:
    """Return the account chooser; `preselected` is an address or empty."""
    return _render("chooser.html", words, attempt=attempt, app=app, accounts=list(accounts), preselected=preselected)


def warning(words: Words, attempt: str, app: str, email: str, *, testing: bool) -> str:
    """Return the warning of an unverified app, or its variant for test users."""
    return _render("warning.html", words, attempt=attempt, app=app, email=email, testing=testing)


def consent(words: Words, attempt: str, app: str, address: str, asked: Iterable[str], optional: Sequence[str]) -> str:
    """Return the consent page: a checkbox, unticked, for each scope that is `optional`."""
    return _render(
        "consent.html",
        words,
        attempt=attempt,
        app=app,
        address=address,
        optional=[(scope, words(scopes.DESCRIPTIONS[scope])) for scope in optional],
        fixed=[(scope, words(scopes.DESCRIPTIONS[scope])) for scope in asked if scope not in optional],
    )


def way_back(words: Words, redirect_uri: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return the form that takes the answer to the client by POST (OAuth 2.0 Form Post Response Mode)."""
    return _render("way_back.html", words, redirect_uri=redirect_uri, fields=list(fields))


def error(words: Words, error: AuthError, app: str | None) -> str:
    """Return Google's error page; `app` is the app's name where it is known."""
    named = app or words("this app")
    text, developer_text = _error_texts(words, error)
    heading = words("Access blocked: {reason}", reason=words(_error_heading(error.code), app=named))
    # Google names the app in this sentence except where the request itself is at fault (google.md 2.6).
    developer_of = words("this app") if error.code == "redirect_uri_mismatch" else named
    return _render(
        "error.html", words, error=error, heading=heading, text=text, developer_text=developer_text, app=developer_of
    )


def blocked(words: Words) -> str:
    """Return the page of an app that Google blocks; it has no code and no way on."""
    return plain(words, words("This app is blocked"), words(APP_BLOCKED))


def plain(words: Words, heading: str, text: str) -> str:
    """Return a page with nothing but a heading and a sentence, both in the reader's language."""
    return _render("plain.html", words, heading=heading, text=text)


def bad_request(words: Words, text: str) -> str:
    """Return the page of a request that cannot be served; `text` is English."""
    return plain(words, words("400. That's an error."), words(text))


def not_found(words: Words, path: str) -> str:
    """Return the page of an address where nothing is."""
    text = words("The requested URL {path} was not found on this server. That's all we know.", path=path)
    return plain(words, words("404. That's an error."), text)


def _error_heading(code: str) -> str:
    match code:
        case "redirect_uri_mismatch":
            return "This app's request is invalid"
        case "access_denied":
            return "{app} has not completed the Google verification process"
        case "disallowed_useragent":
            return "{app}'s request does not comply with Google's policies"
        case "org_internal":
            return "{app} can only be used within its organization"
        case _:
            return "Authorization Error"


def _error_texts(words: Words, error: AuthError) -> tuple[str, str]:
    """Return what everybody reads, and what the developer reads under the details.

    The message came in the owner's language already, as in Google's addresses.
    """
    message = error.message.strip()
    if error.code == "redirect_uri_mismatch":
        return words(INVALID_REQUEST), message
    if error.code == "invalid_request" and error.message.startswith("\n"):
        return message, words(POLICY_DETAILS)
    return message, message
