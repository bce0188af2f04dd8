"""Ids, tokens and secrets in Google's formats (google.md 2.13), the same for the same seed and the same calls."""

from __future__ import annotations

import hashlib
import hmac
import string
from collections import Counter

DIGITS = string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
URL_SAFE = string.ascii_letters + string.digits + "-_"


class Ids:
    """Numbers that count up and texts that look random, each kind with a counter of its own.

    Nothing here is secret: whoever knows the seed knows every token of the simulated world.
    Callers hold the world's lock.
    """

    def __init__(self, seed: int = 0) -> None:
        self._key = f"simulated google {seed}".encode()
        self._counters: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind were given."""
        return dict(self._counters)

    def number(self, kind: str) -> int:
        """Return the next number of this kind, from 1."""
        self._counters[kind] += 1
        return self._counters[kind]

    def text(self, kind: str, alphabet: str, length: int) -> str:
        """Return the next text of this kind: `length` characters of `alphabet`."""
        number = self.number(kind)
        found = ""
        block = 0
        while len(found) < length:
            digest = hmac.digest(self._key, f"{kind}/{number}/{block}".encode(), hashlib.sha256)
            found += "".join(alphabet[byte % len(alphabet)] for byte in digest)
            block += 1
        return found[:length]

    def project_number(self) -> str:
        """Return a project number: 12 digits, of the 10 to 13 that Google gives."""
        return "1" + self.text("project number", DIGITS, 11)

    def client_id(self, project_number: str) -> str:
        """Return an OAuth client id of the project."""
        return f"{project_number}-{self.text('client id', LOWER, 32)}.apps.googleusercontent.com"

    def client_secret(self) -> str:
        """Return a client secret in the form given since November 2021."""
        return "GOCSPX-" + self.text("client secret", URL_SAFE, 28)

    def sub(self) -> str:
        """Return the `sub` of an account: 21 digits."""
        return "1" + self.text("sub", DIGITS, 20)

    def session_id(self, kind: str) -> str:
        """Return a mail session's id as Gmail makes them, such as n55mb83651539qtb."""
        number = self.text(kind, DIGITS, 10)
        letters = self.text(kind, LOWER[:26], 4)
        return f"{letters[0]}{number[:2]}mb{number[2:]}{letters[1:]}"

    def authorization_code(self) -> str:
        """Return an authorization code."""
        return "4/0A" + self.text("authorization code", URL_SAFE, 70)

    def access_token(self) -> str:
        """Return an access token."""
        return "ya29.a0" + self.text("access token", URL_SAFE, 160)

    def refresh_token(self) -> str:
        """Return a refresh token."""
        return "1//0" + self.text("refresh token", URL_SAFE, 99)
