"""Which addresses are one account's: capitals, tags after a plus sign, and dots at gmail.com mean nothing.

Outside ASCII, two ways to write a character mean nothing either, nor whether a domain is written as people or as the
DNS write it (RFC 6530 section 10.1, RFC 5890 section 2.3.2).
"""

from __future__ import annotations

from contextlib import suppress
from unicodedata import normalize

GMAIL = "gmail.com"
GOOGLEMAIL = "googlemail.com"
"""The name of gmail.com where somebody else had it first; both are one domain."""


def canonical(address: str) -> str:
    """Return the spelling that all addresses of one mailbox share."""
    local, _, host = normalize("NFC", address.lower()).rpartition("@")
    untagged = local.partition("+")[0] or local
    host = domain(address)
    return f"{untagged.replace('.', '') if host == GMAIL else untagged}@{host}"


def domain(address: str) -> str:
    """Return the domain in small letters, as the DNS has it; gmail.com for googlemail.com."""
    host = address.lower().rpartition("@")[2]
    if not host.isascii():
        with suppress(UnicodeError):  # a domain that the DNS cannot have; then nobody has
            host = host.encode("idna").decode("ascii")
    return GMAIL if host == GOOGLEMAIL else host
