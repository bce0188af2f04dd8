"""What an account over its daily volume meets by POP (google.md 3.4, 4.2).

An account over its volume is refused whatever `Limits.over_volume` says of IMAP, unless it is to be slow.
"""

from __future__ import annotations

from fakes.limits import OverVolume
from fakes.pop.context import Context


def refuses(context: Context) -> bool:
    """Tell whether a command about mail is refused."""
    account = context.account
    if account is None or account.limits.over_volume is OverVolume.SLOW:
        return False
    return account.usage.is_shut("pop", context.world.clock.now())
