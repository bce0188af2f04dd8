"""What Gmail's POP refusals mean (google.md 4.2 and 7.4): the server's line -> our error."""

from __future__ import annotations

import re

from gmailsync.errors import (
    GmailSyncError,
    MailServerError,
    PopDisabled,
    PopError,
    PopInUse,
    PopTooSoon,
    Throttled,
    TokenRefused,
)

# Looked for in this order, since a text says more than its response code (RFC 2449 section 8, RFC 3206): [AUTH] stands
# for a bad token, for an account over its limits and for one that has to sign in on the web.
_MEANINGS: tuple[tuple[str, type[MailServerError], str], ...] = (
    ("not enabled for POP access", PopDisabled, "POP is turned off in the Gmail settings of {address}"),
    ("POP access is disabled for your domain", PopDisabled, "the administrator turned POP off for {address}"),
    ("command or bandwidth limits", Throttled, "Gmail has shut {address} out of POP for a while"),
    ("Web login required", PopError, "Google wants {address} to sign in on the web"),
    ("[IN-USE]", PopInUse, "another program reads {address} by POP just now"),
    ("[LOGIN-DELAY]", PopTooSoon, "{address} was read by POP less than five minutes ago"),
    ("[AUTH]", TokenRefused, "Gmail does not accept the access token for {address}"),
    ("[SYS/TEMP]", PopError, "Gmail's POP cannot serve {address} just now: {said}"),
)
_WEB_SIGN_IN = "Sign in to Gmail once in a web browser: https://support.google.com/mail/answer/78754"
_ADORNMENT = re.compile(r"^-ERR ?(?:\[[^]]*\] )?|(?: \(Failure\))?$")


def refused(line: str, address: str) -> GmailSyncError:
    """Return what a refusal means; `line` is the server's, from its -ERR on."""
    said = _ADORNMENT.sub("", line)
    for text, meaning, sentence in _MEANINGS:
        if text.lower() in line.lower():
            error = meaning(sentence.format(address=address, said=said), server_line=line)
            if text == "Web login required":
                error.advice = _WEB_SIGN_IN
            return error
    return PopError(f"Gmail refused a POP command: {said}", server_line=line)
