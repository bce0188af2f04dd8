"""How much an account may send within 24 hours (google.md 5.4), and how often a client may fail to sign in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fakes.clock import Clock
from fakes.post import addresses

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may send within 24 hours: messages, recipients, and of these recipients in other domains."""

    messages: int
    recipients: int
    external: int


CONSUMER = Limits(messages=500, recipients=500, external=500)
WORKSPACE = Limits(messages=2000, recipients=10_000, external=3000)


@dataclass(frozen=True, slots=True)
class _Sending:
    at: datetime
    recipients: int
    external: int


class Sendings:
    """What every account has sent within the last 24 hours of the world's clock.

    Gmail locks an account for 1 to 24 hours; here it sends again as soon as the last 24 hours leave room for it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[str, deque[_Sending]] = {}

    def has_room(self, sender: str, recipients: Sequence[str], limits: Limits) -> bool:
        """Tell whether one more message to these recipients stays within the limits."""
        earlier = self._recent(sender)
        wanted = self._sending(sender, recipients)
        return (
            len(earlier) < limits.messages
            and sum(sending.recipients for sending in earlier) + wanted.recipients <= limits.recipients
            and sum(sending.external for sending in earlier) + wanted.external <= limits.external
        )

    def count(self, sender: str, recipients: Sequence[str]) -> None:
        """Remember a message that was sent."""
        self._recent(sender).append(self._sending(sender, recipients))

    def _sending(self, sender: str, recipients: Sequence[str]) -> _Sending:
        own = addresses.domain(sender)
        external = sum(addresses.domain(recipient) != own for recipient in recipients)
        return _Sending(self._clock.now(), len(recipients), external)

    def _recent(self, sender: str) -> deque[_Sending]:
        sent = self._sent.setdefault(sender.lower(), deque())
        while sent and sent[0].at <= self._clock.now() - DAY:
            sent.popleft()
        return sent


class Attempts:
    """Sign-ins that failed, by account, on the world's clock.

    `allowed` failures `within` a time and Gmail answers none of the account's sign-ins any more until that time has
    passed. Google says that there is such a limit and not what it is; these numbers are ours.
    """

    def __init__(self, clock: Clock, *, allowed: int = 20, within: timedelta = timedelta(minutes=10)) -> None:
        self.allowed = allowed
        self.within = within
        self._clock = clock
        self._failed: dict[str, deque[datetime]] = {}

    def locked(self, address: str) -> bool:
        """Tell whether the account's sign-ins are refused whatever they are."""
        failed = self._failed.get(address.lower(), deque())
        while failed and failed[0] <= self._clock.now() - self.within:
            failed.popleft()
        return len(failed) >= self.allowed

    def failed(self, address: str) -> None:
        """Remember that somebody failed to sign in to the account."""
        self._failed.setdefault(address.lower(), deque(maxlen=self.allowed)).append(self._clock.now())

    def succeeded(self, address: str) -> None:
        """Forget the account's failures."""
        self._failed.pop(address.lower(), None)
