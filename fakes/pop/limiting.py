"""What POP counts of an account, and what an account over its daily volume meets (google.md 3.4, 4.2).

An account over its volume is refused whatever `Limits.over_volume` says of IMAP, unless it is to be slow.
"""

from __future__ import annotations

from datetime import timedelta

from fakes.actions import Action, Send, Stall
from fakes.limits import OverVolume, Volume
from fakes.pop.context import Context

SLOW = 1024
"""Bytes in a second that are left to an account over its volume."""


def refuses(context: Context) -> bool:
    """Tell whether a command about mail is refused."""
    account = context.account
    if account is None or account.limits.over_volume is OverVolume.SLOW:
        return False
    return account.usage.is_shut("pop", context.world.clock.now())


def said(context: Context, actions: list[Action]) -> list[Action]:
    """Count what is sent to a signed-in client, and take time for it from an account that has to be slow."""
    account = context.account
    if account is None or not actions:
        return actions
    now = context.world.clock.now()
    slow = account.limits.over_volume is OverVolume.SLOW and account.usage.is_shut("pop", now)
    size = sum(len(action.data) for action in actions if isinstance(action, Send))
    account.usage.count(Volume.POP_DOWNLOAD, size, account.limits, now)
    if not slow or not size:
        return actions
    return [Stall(timedelta(seconds=size / SLOW)), *actions]
