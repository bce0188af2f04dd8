"""What keeps the pages from other pages that the same browser has open, and secrets in the browser.

* Forms carry a token that the session knows (OWASP's synchronizer token pattern). The session is a signed cookie,
  SameSite=Lax: a foreign page's form comes without it. Browsers that say where a request came from are believed too.
* The Host header must name this machine, against DNS rebinding.
* Strict Content Security Policy, no caching, no framing, no referrer: the address of Google's answer carries a code.

Origin is not looked at: a page with `Referrer-Policy: no-referrer` posts its forms with `Origin: null`.
"""

from __future__ import annotations

import hmac
import secrets

from flask import Response, request, session

from gmailsync.errors import StaleForm, WrongHost
from gmailsync.rules.loopback import names_this_machine

FORM_FIELD = "form_token"

HEADERS = {
    # The form's answer redirects to Google, which browsers count as the form's target too.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self' https://accounts.google.com; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def session_settings(port: int) -> dict[str, object]:
    """Return how Flask keeps sessions; its key lives as long as the process, and only open forms are lost with it.

    Browsers give one machine's cookies to all its ports, so the name says which of them this is.
    """
    return {
        "SECRET_KEY": secrets.token_bytes(32),
        "SESSION_COOKIE_NAME": f"gmailsync-{port}",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }


def check_host() -> None:
    """Raise `WrongHost` for a request that was not meant for this machine by name."""
    if not names_this_machine(request.headers.get("Host", "")):
        raise WrongHost("the page was asked for by another name than this machine's own")


def form_token() -> str:
    """Return the session's token, making one at first."""
    token: str = session.setdefault(FORM_FIELD, secrets.token_urlsafe(32))
    return token


def check_form() -> None:
    """Raise `StaleForm` unless the form is one of ours, shown in this browser by this process."""
    comes_from = request.headers.get("Sec-Fetch-Site", "same-origin")
    known, sent = session.get(FORM_FIELD, ""), request.form.get(FORM_FIELD, "")
    is_ours = known and hmac.compare_digest(known.encode(), sent.encode())
    if comes_from not in {"same-origin", "none"} or not is_ours:
        raise StaleForm("the button pressed was not one that this page gave to this browser since it started")


def add_headers(response: Response) -> Response:
    """Put the protecting headers on every answer."""
    response.headers.update(HEADERS)
    return response
