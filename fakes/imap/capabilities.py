"""What this server announces: Gmail's own lines (google.md 3.2), less what it does not do.

A capability is one switch: a name missing from these lines is also unknown to the grammar, so
that a client cannot use by accident what it was not offered. Of Gmail's own are missing XYZZY, whose answer nobody
wrote down, and AUTH=PLAIN-CLIENTTOKEN, which takes tokens of Google's own devices.
"""

from __future__ import annotations

APPEND_LIMIT = 35651584
"""Bytes of the largest message that APPEND takes, 34 MiB."""

LITERAL_MINUS = 4096
"""Bytes of the largest literal that may come without a welcome (RFC 7888 section 5)."""

BEFORE_SIGN_IN = (
    "IMAP4rev1",
    "UNSELECT",
    "IDLE",
    "NAMESPACE",
    "QUOTA",
    "ID",
    "XLIST",
    "CHILDREN",
    "X-GM-EXT-1",
    "SASL-IR",
    "AUTH=XOAUTH2",
    "AUTH=PLAIN",
    "AUTH=OAUTHBEARER",
)
AFTER_SIGN_IN = (
    "IMAP4rev1",
    "UNSELECT",
    "IDLE",
    "NAMESPACE",
    "QUOTA",
    "ID",
    "XLIST",
    "CHILDREN",
    "X-GM-EXT-1",
    "UIDPLUS",
    "COMPRESS=DEFLATE",
    "ENABLE",
    "MOVE",
    "CONDSTORE",
    "ESEARCH",
    "UTF8=ACCEPT",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL-",
    "SPECIAL-USE",
    f"APPENDLIMIT={APPEND_LIMIT}",
)


def offered(name: str, *, signed_in: bool = True) -> bool:
    """Tell whether a capability is announced."""
    return name in (AFTER_SIGN_IN if signed_in else BEFORE_SIGN_IN)


def line(*, signed_in: bool) -> str:
    """Return the untagged CAPABILITY response without its star."""
    return " ".join(("CAPABILITY", *(AFTER_SIGN_IN if signed_in else BEFORE_SIGN_IN)))
