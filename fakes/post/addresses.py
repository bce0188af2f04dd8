"""Which addresses are one account's: capitals, tags after a plus sign, and dots at gmail.com mean nothing."""

from __future__ import annotations

GMAIL = "gmail.com"
GOOGLEMAIL = "googlemail.com"
"""The name of gmail.com where somebody else had it first; both are one domain."""


def canonical(address: str) -> str:
    """Return the spelling that all addresses of one mailbox share."""
    local, _, host = address.lower().rpartition("@")
    untagged = local.partition("+")[0] or local
    host = domain(address)
    return f"{untagged.replace('.', '') if host == GMAIL else untagged}@{host}"


def domain(address: str) -> str:
    """Return the domain in small letters, gmail.com for googlemail.com."""
    host = address.lower().rpartition("@")[2]
    return GMAIL if host == GOOGLEMAIL else host
