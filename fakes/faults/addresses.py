"""Faults by address, for people at a keyboard: the mail servers of `alice+timeout@contoso.com` do not answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fakes.faults.effects import parse
from fakes.faults.fault import ANY, Fault, Where

TAGS: Mapping[str, str] = MappingProxyType(
    {"refuse": "refuse", "close": "close", "reset": "reset", "slow": "stall=10s", "timeout": "stall=1h"}
)
"""What follows the last `+` in an account's name, and what its mail servers do at each command."""

SERVERS = (Where.IMAP, Where.POP, Where.SMTP)


def faults_of(address: str) -> list[Fault]:
    """Return the faults that an account's address asks for; none for nearly all. The owner's consent stays possible."""
    tag = address.rpartition("@")[0].rpartition("+")[2].lower()
    if "+" not in address or tag not in TAGS:
        return []
    return [
        Fault(
            where=where, when=ANY, what=parse(TAGS[tag]), account=address, optional=True, name=f"{address} by {where}"
        )
        for where in SERVERS
    ]
