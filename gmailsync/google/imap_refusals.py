"""What Gmail's IMAP refusals mean (google.md 3.3, 3.9 and 7.3): the server's line -> our error."""

from __future__ import annotations

import re

from gmailsync.errors import (
    ConnectionLost,
    FolderMissing,
    GmailSyncError,
    ImapDisabled,
    ImapError,
    MailServerError,
    NoGmail,
    Throttled,
    TokenRefused,
    TooManyConnections,
)

# Looked for in this order, since a text says more than its response code: any NO to AUTHENTICATE may stand for a
# good token ("Too many simultaneous connections").
_MEANINGS: tuple[tuple[str, type[MailServerError], str], ...] = (
    ("Too many simultaneous connections", TooManyConnections, "too many IMAP connections of {address} are open"),
    ("[OVERQUOTA]", Throttled, "Gmail has shut {address} out of IMAP for a while, because its limits are used up"),
    ("command or bandwidth limits", Throttled, "Gmail has shut {address} out of IMAP for a while"),
    ("not enabled for IMAP use", ImapDisabled, "IMAP is turned off in the Gmail settings of {address}"),
    ("IMAP access is disabled for your domain", ImapDisabled, "the administrator turned IMAP off for {address}"),
    ("Lookup failed", NoGmail, "{address} has no Gmail"),
    ("[AUTHENTICATIONFAILED]", TokenRefused, "Gmail does not accept the access token for {address}"),
    ("Invalid credentials", TokenRefused, "Gmail does not accept the access token for {address}"),
    ("SASL authentication failed", TokenRefused, "Gmail does not accept the access token for {address}"),
    ("[NONEXISTENT]", FolderMissing, "Gmail shows {address} no such folder: {said}"),
    ("Unknown Mailbox", FolderMissing, "Gmail shows {address} no such folder: {said}"),
)
_WEB_SIGN_IN = "Sign in to Gmail once in a web browser: https://support.google.com/mail/accounts/answer/78754"
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]")
"""Response codes of RFC 5530 section 3 that say that it is not the messages that are in trouble."""
_ADORNMENT = re.compile(r"^(?:NO|BAD|BYE) (?:\[[^]]*\] )?|(?: \(now in authenticated state\))? \(Failure\)$")


def is_about_messages(line: str) -> bool:
    """Tell whether a FETCH may be refused for single messages (`NO Some messages could not be FETCHed (Failure)`)."""
    return line.startswith("NO ") and not any(code in line.upper() for code in _PASSING)


def refused(line: str, address: str) -> GmailSyncError:
    """Return what a refusal means; `line` is the server's, from its NO, BAD or BYE on.

    A BYE without a known text is the end of a session (`Session expired, please login again.`), not a refusal.
    """
    said = _ADORNMENT.sub("", line)
    for text, meaning, sentence in _MEANINGS:
        if text.lower() in line.lower():
            return meaning(sentence.format(address=address, said=said), server_line=line)
    if line.startswith("BYE"):
        return ConnectionLost(f"Gmail ended the session: {said}", server_line=line)
    error = ImapError(f"Gmail refused an IMAP command: {said}", server_line=line)
    if "web browser" in line:
        error.advice = _WEB_SIGN_IN
    return error
