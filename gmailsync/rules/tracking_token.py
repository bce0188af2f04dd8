"""Tracking tokens: a number at the end of an outgoing subject by which the answer is known again.

They help where a mail program drops In-Reply-To and References; people see and can change them, so that they are
asked after those.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gmailsync.errors import BadInput
from gmailsync.model.settings import TokenLayout

RANGES = {
    "legacy-digit": (0, 9),
    "base": (0, 2_147_483_647),
    "user-digits": (1, 10),
    "counter-digits": (1, 9),
}
"""From where to where the numbers of a layout go, by their settings' names."""

_DIGITS = "0123456789"


def check(layout: TokenLayout) -> TokenLayout:
    """Return a layout that can be used, or raise `BadInput` for the part that cannot."""
    prefix = layout.prefix
    if not 1 <= len(prefix) <= 20 or not prefix.isprintable() or " " in prefix or prefix[-1] in _DIGITS:
        allowed = "must have 1 to 20 printable characters, no blank, no digit at its end"
        raise BadInput("token-layout.prefix", prefix, allowed)
    for name, (least, most) in RANGES.items():
        value = getattr(layout, name.replace("-", "_"))
        if not least <= value <= most:
            raise BadInput(f"token-layout.{name}", str(value), f"a whole number from {least} to {most}")
    return layout


def write(layout: TokenLayout, user_number: int, counter: int) -> str:
    """Return the token of a user's message. Counters begin again at 0 when their digits are used up.

    Raise `BadInput` where the user's number with the base does not fit its digits: another user's would be the same.
    """
    user = str(layout.base + user_number).zfill(layout.user_digits)
    if len(user) > layout.user_digits:
        raise BadInput("user number", user, f"must fit into {layout.user_digits} digits together with the base")
    counter %= int(10**layout.counter_digits)
    return f"{layout.prefix}{layout.legacy_digit}{user}{str(counter).zfill(layout.counter_digits)}"


def find(subject: str, layout: TokenLayout) -> tuple[str, ...]:
    """Return the tokens of this layout in a subject, the last first: the others came with what was answered before."""
    if layout.prefix not in subject:
        return ()
    return tuple(dict.fromkeys(reversed(_pattern(layout).findall(subject))))


def append(subject: str, token: str, limit: int = 255) -> str:
    """Return a subject with a token at its end, of `limit` characters at most.

    The subject is cut to make room. A token that is longer than the limit by itself is left out.
    """
    if len(token) > limit or subject == token or (subject.endswith(" " + token) and len(subject) <= limit):
        return subject
    return f"{subject[: max(0, limit - len(token) - 1)].rstrip()} {token}".lstrip()


@lru_cache(maxsize=16)
def _pattern(layout: TokenLayout) -> re.Pattern[str]:
    """Return what finds a token; one that stands within a longer word or number is none."""
    digits = layout.user_digits + layout.counter_digits
    start = r"(?<![^\W_])" if layout.prefix[0].isalnum() else ""
    return re.compile(rf"{start}{re.escape(layout.prefix)}{layout.legacy_digit}[0-9]{{{digits}}}(?![0-9])")
