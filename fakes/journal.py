"""The journal: everything that crossed a wire or happened in the world, with the secrets cut out.

It is the evidence shown to support, so an entry stays readable: a secret keeps its telling
prefix (`ya29.…`, `4/0A…`) or its key (`code_verifier=…`), and loses everything else. Who writes
to the journal summarises long bodies first, by `summary`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fakes.clock import Clock

CUT = "…"
"""What stands where a secret was."""


class Party(StrEnum):
    """Who speaks or is spoken to."""

    CLIENT = "client"
    BROWSER = "browser"
    OAUTH = "oauth"
    IMAP = "imap"
    POP = "pop"
    SMTP = "smtp"
    WORLD = "world"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing said, in one direction.

    `channel` is `https`, `imap`, `pop`, `smtp` or `world`; `session` tells the conversations of a
    channel apart; `text` holds no secret.
    """

    number: int
    at: datetime
    channel: str
    session: str
    sender: Party
    receiver: Party
    text: str


class Journal:
    """What was said so far, in order. Safe to write to from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def note(self, channel: str, session: str, sender: Party, receiver: Party, text: str | bytes) -> None:
        """Write one entry. Secrets are cut out here; bytes that are not UTF-8 are shown as escapes."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "backslashreplace")
        text = redact(text)
        with self._lock:
            number = len(self._entries) + 1
            self._entries.append(Entry(number, self._clock.now(), channel, session, sender, receiver, text))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry so far, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def to_json(self, after: int = 0) -> list[dict[str, str | int]]:
        """Return the entries as JSON values, those after number `after`; times in ISO 8601, UTC."""
        return [
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "channel": entry.channel,
                "session": entry.session,
                "sender": entry.sender.value,
                "receiver": entry.receiver.value,
                "text": entry.text,
            }
            for entry in self.entries[max(after, 0) :]
        ]


def summary(data: bytes) -> str:
    """Return what the journal shows in place of a literal or body that is too long to read."""
    return f"<{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:12]}>"


# --- redaction -------------------------------------------------------------------------------

_SLASH = r"(?:/|%(?:25)*2[Ff])"
"""A slash, raw or percent-encoded any number of times."""

_TOKEN = r"[A-Za-z0-9_-]"  # noqa: S105 - the alphabet of tokens, not a token

# Formats of google.md 2.13; a JWT is RFC 7519 section 3. The first group is what stays.
_SHAPES = re.compile(
    rf"(ya29\.)[A-Za-z0-9._~+/=-]+|(4{_SLASH}0A){_TOKEN}+|(1{_SLASH}{_SLASH}0){_TOKEN}+|(GOCSPX-){_TOKEN}+"
    rf"|(eyJ){_TOKEN}+\.eyJ{_TOKEN}+(?:\.{_TOKEN}*)?"
)

# A plain code challenge is the verifier itself (RFC 7636 section 4.2); `authError` carries a request's
# parameters in base64, whatever was put into them by mistake.
_KEYS = "client_secret|code|refresh_token|access_token|id_token|token|code_verifier|code_challenge|password|authError"
_CUT_SHAPE = rf"(?:ya29\.|4{_SLASH}0A|1{_SLASH}{_SLASH}0|GOCSPX-|eyJ)?{CUT}"
_FIELDS = re.compile(rf"(?<![A-Za-z0-9_])({_KEYS})=(?!{_CUT_SHAPE}(?:[&\s\"']|$))([^&\s\"']+)")
_MEMBERS = re.compile(rf'"({_KEYS})"(\s*:\s*)"(?!{_CUT_SHAPE}")(?:[^"\\]|\\.)+"')
_HEADERS = re.compile(r"^(authorization: *(?:basic|bearer)? *|cookie: *|set-cookie: *)\S[^\r\n]*", re.I | re.M)

# RFC 3501 section 6.2.3: everything after the user name of LOGIN is the password. An SMTP server's
# `250-AUTH LOGIN PLAIN` has the same shape and no secret.
_LOGIN = re.compile(r"^((?!250[- ]AUTH )\S+ LOGIN (?:\"(?:[^\"\\]|\\.)*\"|\S+)) +\S[^\r\n]*", re.I | re.M)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/]{16,}={0,2}")
_USER = re.compile(rb"(?:^user=|^n,a=|^[^\0]*\0)([^\x01\0,]*)")


def redact(text: str) -> str:
    """Return the text without tokens, codes, secrets, passwords and cookies. Doing it twice changes nothing."""
    # By functions: of a template Python reads the text anew each time, which takes longer than most lines do.
    text = _LOGIN.sub(lambda match: f"{match[1]} {CUT}", text)
    text = _HEADERS.sub(lambda match: f"{match[1]}{CUT}", text)
    text = _SHAPES.sub(lambda match: f"{match[match.lastindex or 0]}{CUT}", text)
    text = _FIELDS.sub(lambda match: f"{match[1]}={CUT}", text)
    text = _MEMBERS.sub(lambda match: f'"{match[1]}"{match[2]}"{CUT}"', text)
    return _BASE64.sub(_redact_sasl, text)


def _redact_sasl(match: re.Match[str]) -> str:
    """Replace a base64 run that carries credentials by a note of whose they were; leave any other as it is."""
    run = match[0]
    try:
        # A run cut short still shows its beginning, so decode whole quanta of it.
        decoded = base64.b64decode(run[: len(run) - len(run) % 4])
    except binascii.Error:
        return run
    if decoded.startswith(b"user="):
        mechanism = "XOAUTH2"
    elif decoded.startswith((b"n,a=", b"n,,")):
        mechanism = "OAUTHBEARER"
    elif b"auth=Bearer" in decoded or b"ya29." in decoded:
        mechanism = "SASL"
    elif re.fullmatch(rb"[^\0]*\0[^\0]+\0[^\0]+", decoded) and decoded.isascii():
        mechanism = "PLAIN"
    else:
        return run
    user = _USER.search(decoded)
    name = user[1].decode("ascii", "backslashreplace") if user else "?"
    return f"[{mechanism} user={name} token cut]"
