"""The strings by which mail clients hand over an access token or a password (google.md 3.3, RFC 4616).

What a sign-in means is for the world to say; here is only how it is written, and the challenges
with which Gmail refuses. The same for IMAP, POP and SMTP.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Mechanism(StrEnum):
    """The two mechanisms that carry an OAuth 2.0 access token."""

    XOAUTH2 = "XOAUTH2"
    OAUTHBEARER = "OAUTHBEARER"


MECHANISMS: Mapping[str, Mechanism] = MappingProxyType({mechanism.value: mechanism for mechanism in Mechanism})
"""The mechanisms by their names on the wire."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who wants to sign in, and the access token that is to prove it."""

    user: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Password:
    """Who wants to sign in, and the password that is to prove it."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A response that is no sign-in. `decoded` tells whether at least the base64 was right."""

    reason: str
    decoded: bool


XOAUTH2_REFUSED = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
"""The challenge to every bad token, whatever is wrong with it: expired, revoked, too narrow, foreign."""

OAUTHBEARER_REFUSED = base64.b64encode(b'{"status":"invalid_token","scope":"https://mail.google.com/"}')
"""The challenge to a well-formed OAUTHBEARER response with a bad token (RFC 7628 section 3.2.2)."""

OAUTHBEARER_MALFORMED = base64.b64encode(b'{"status":"invalid_request","scope":"https://mail.google.com/"}')
"""The challenge to an OAUTHBEARER response that is base64 of something else."""

REFUSED = {Mechanism.XOAUTH2: XOAUTH2_REFUSED, Mechanism.OAUTHBEARER: OAUTHBEARER_REFUSED}

# https://developers.google.com/workspace/gmail/imap/xoauth2-protocol: user=ADDRESS ^A auth=Bearer TOKEN ^A ^A
_XOAUTH2 = re.compile(r"user=([^\x01]*)\x01auth=(?i:Bearer) +([^\x01]*)\x01\x01")

# RFC 7628 section 3.1: gs2-header kvsep *kvpair kvsep
_OAUTHBEARER = re.compile(r"[ny],a=([^,\x01]*),\x01((?:[A-Za-z]+=[^\x01]*\x01)*)\x01")


def parse(mechanism: Mechanism, response: bytes) -> Bearer | Malformed:
    """Read a client's response, base64 as it came on the line."""
    try:
        text = base64.b64decode(response, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return Malformed("not base64 of text", decoded=False)
    return _parse_xoauth2(text) if mechanism is Mechanism.XOAUTH2 else _parse_oauthbearer(text)


def parse_plain(response: bytes) -> Password | Malformed:
    """Read a client's response to PLAIN: `[authzid] NUL authcid NUL passwd` in base64 (RFC 4616 section 2)."""
    try:
        text = base64.b64decode(response, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return Malformed("not base64 of text", decoded=False)
    parts = text.split("\0")
    if len(parts) != 3 or not (parts[1] and parts[2]):
        return Malformed("not NUL user NUL password", decoded=True)
    as_whom, user, password = parts
    if as_whom not in ("", user):
        return Malformed("for somebody else's account", decoded=True)
    return Password(user, password)


def user_of(mechanism: str, response: bytes) -> str:
    """Return whom a SASL response wants to sign in; an empty text when it does not say."""
    parsed = parse(MECHANISMS[mechanism], response) if mechanism in MECHANISMS else parse_plain(response)
    return "" if isinstance(parsed, Malformed) else parsed.user


def shown(mechanism: str, response: bytes) -> str:
    """Return a SASL response as the journal may show it: never the token, nor pieces of it."""
    if mechanism not in MECHANISMS:
        return f"[{mechanism} response cut]"
    parsed = parse(MECHANISMS[mechanism], response)
    if isinstance(parsed, Bearer):
        return f"[{mechanism} user={parsed.user} token cut]"
    return f"[{mechanism} response of {len(response)} bytes cut: {parsed.reason}]"


class Refused:
    """Waits for whatever the client says to a refusal; what it says changes nothing, and `text` is the answer.

    Clients send an empty line, `AQ==`, or the credentials once more.
    """

    def __init__(self, mechanism: Mechanism, text: str) -> None:
        self._mechanism = mechanism
        self._text = text

    def shown(self, line: bytes) -> str:
        """Return short lines as they are, and credentials cut."""
        return line.decode("ascii", "backslashreplace") if len(line) <= 4 else shown(self._mechanism, line)

    def answer(self, _: bytes) -> str:
        """Complete the command."""
        return self._text


def _parse_xoauth2(text: str) -> Bearer | Malformed:
    """Read the decoded form `user=…^Aauth=Bearer …^A^A`."""
    if match := _XOAUTH2.fullmatch(text):
        return Bearer(match[1], match[2])
    return Malformed("not user=…^Aauth=Bearer …^A^A", decoded=True)


def _parse_oauthbearer(text: str) -> Bearer | Malformed:
    """Read the decoded form `n,a=…,^Ahost=…^Aport=…^Aauth=Bearer …^A^A`."""
    match = _OAUTHBEARER.fullmatch(text)
    if match is None:
        return Malformed("not n,a=…,^A…^Aauth=Bearer …^A^A", decoded=True)
    pairs = dict(pair.split("=", 1) for pair in match[2].split("\x01") if pair)
    scheme, _, token = pairs.get("auth", "").partition(" ")
    if scheme.lower() != "bearer":
        return Malformed("no auth=Bearer", decoded=True)
    # RFC 5801 section 4: the name writes "," as =2C and "=" as =3D.
    return Bearer(match[1].replace("=2C", ",").replace("=3D", "="), token.strip(" "))
