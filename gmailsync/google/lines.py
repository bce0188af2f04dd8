"""What a server or a library said, made fit to be shown and stored: one line, without secrets."""

from __future__ import annotations

import re
import ssl

from gmailsync.model.secret import Secret

_LONGEST = 500
_CUT = "[cut]"

# The shapes of google.md 2.13 (access token, refresh token, code, client secret, ID token), base64 that begins with
# "user=" as an XOAUTH2 string does, and any as long as one. Gmail's session ids have 60 characters at most and stay.
_SHAPES = re.compile(
    r"ya29\.[\w.-]+|1//0[\w-]+|4(?:/|%2F)0A[\w-]+|GOCSPX-[\w-]+|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+"
    r"|dXNlcj[\w+/]+={0,2}|[\w+/-]{100,}={0,2}"
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\xa0\ud800-\udfff]+")


def clean(said: str | bytes, *secrets: Secret) -> str:
    """Return `said` as one line of at most 500 characters with `secrets`, and whatever looks like one, cut out."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    for secret in filter(None, secrets):
        text = text.replace(secret.reveal(), _CUT)
    return _UNPRINTABLE.sub(" ", _SHAPES.sub(_CUT, text)).strip()[:_LONGEST]


def reason(error: BaseException) -> str:
    """Return why a call of the operating system or of TLS failed, in a few words and without object addresses."""
    if isinstance(error, ssl.SSLError):  # not every one of them has these
        words = getattr(error, "verify_message", "") or (getattr(error, "reason", "") or "").replace("_", " ").lower()
        if words:
            return clean(words)
    if isinstance(error, OSError) and error.strerror:
        return clean(error.strerror)
    return clean(str(error)) or type(error).__name__
