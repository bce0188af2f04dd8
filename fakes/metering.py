"""What is sent to a signed-in client: counted against its account's volume, and slowed down when that is used up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fakes.accounts import Account
from fakes.actions import Action, Send, Stall
from fakes.clock import Clock
from fakes.limits import OverVolume, Volume

SLOW = 1024
"""Bytes in a second that are left to an account over its volume; "under 1 KiB/s" (google.md 3.4)."""


def said(account: Account | None, volume: Volume, actions: list[Action], clock: Clock) -> list[Action]:
    """Count what is sent to a signed-in client, and take time for it from an account that has to be slow."""
    if account is None or not actions:
        return actions
    now = clock.now()
    slow = account.limits.over_volume is OverVolume.SLOW and account.usage.is_shut(volume.protocol, now)
    size = sum(len(action.data) for action in actions if isinstance(action, Send))
    account.usage.count(volume, size, account.limits, now)
    return list(_slowed(actions)) if slow else actions


def _slowed(actions: list[Action]) -> Iterator[Action]:
    for action in actions:
        if isinstance(action, Send):
            yield Stall(timedelta(seconds=len(action.data) / SLOW))
        yield action
