"""Reading the address to which Google sent the owner back (google.md 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from gmailsync.errors import BadInput, BlockedByAdministrator, ConsentDenied, GmailSyncError, OAuthError, SignInRefused
from gmailsync.model.secret import Secret

ISSUER = "https://accounts.google.com"
"""Who must have issued the answer, where it says so (RFC 9207); Google's answers do since 2026."""


@dataclass(frozen=True, slots=True)
class Callback:
    """What the redirected address carries; exactly one of `code` and `error` is not empty."""

    state: str
    code: Secret
    error: str
    issuer: str


def read_callback(redirected_url: str) -> Callback:
    """Take the redirected address apart. Parameters we do not know, such as `authuser` or `hd`, are let pass.

    Raises `BadInput` when it is not the address of an answer: no state, neither code nor error, or one of them twice.
    The message does not repeat the address, because a code in it may still be good.
    """
    try:
        fields = parse_qs(urlsplit(redirected_url.strip()).query)
    except ValueError:
        fields = {}
    callback = Callback(
        _single(fields, "state"), Secret(_single(fields, "code")), _single(fields, "error"), _single(fields, "iss")
    )
    if not callback.state or bool(callback.code) == bool(callback.error):
        raise BadInput(
            "response", "(cut)", "the whole address the browser was sent to, with state and either code or error"
        )
    return callback


def _single(fields: dict[str, list[str]], name: str) -> str:
    """Return the field's one value; a field given twice counts as absent (RFC 6749 section 3.1)."""
    values = fields.get(name, [])
    return values[0] if len(values) == 1 else ""


def why_refused(callback: Callback) -> GmailSyncError | None:
    """Return what went wrong at the consent page; None when the owner came back with a code."""
    if callback.issuer not in {"", ISSUER}:
        return SignInRefused(f"the answer was not issued by Google but by {callback.issuer!r}")
    if callback.error == "access_denied":
        return ConsentDenied("the owner did not agree on Google's consent page", server_line="access_denied")
    if callback.error == "admin_policy_enforced":
        return BlockedByAdministrator(
            "the Workspace administrator does not allow this app", google_error=callback.error
        )
    if callback.error:
        return OAuthError(f"Google's consent page answered {callback.error!r}", google_error=callback.error)
    return None
