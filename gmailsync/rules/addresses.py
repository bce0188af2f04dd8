"""When two addresses are the same one."""

from __future__ import annotations

from collections.abc import Iterable

from gmailsync.model.facts import NamedAddress

_GMAIL_DOMAINS = frozenset({"gmail.com", "googlemail.com"})


def key(address: str, *, normalise: bool = False) -> str:
    """Return what equal addresses share. With `normalise`, Gmail's own dots, plus-tags and second domain are no matter.

    Local parts could differ by case (RFC 5321 section 2.4), but no server of today tells them apart. Other domains
    than Gmail's own may give dots and tags a meaning, even those that Google hosts.
    """
    address = address.strip().lower()
    if not normalise:
        return address
    local, _, domain = address.rpartition("@")
    if domain not in _GMAIL_DOMAINS:
        return address
    return local.partition("+")[0].replace(".", "") + "@gmail.com"


def distinct(addresses: Iterable[NamedAddress], *, normalise: bool = False) -> dict[str, NamedAddress]:
    """Return {key: address}, each address once, in their order."""
    found: dict[str, NamedAddress] = {}
    for one in addresses:
        found.setdefault(key(one.address, normalise=normalise), one)
    return found
