"""Who is signed in to IMAP and POP now, and for how long: with its token, by the clock, or until the account changes.

A visit that is over is told so; what its session then says, and whether it says anything, is the protocol's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class Visit:
    """One session of an account.

    `until` is when time ends it, None for never; `good` tells whether all that let it in still does. `on_end` is
    called, in whatever thread, when something other than time has ended it.
    """

    protocol: str
    address: str
    since: datetime
    until: datetime | None
    good: Callable[[], bool] = field(repr=False)
    on_end: Callable[[], None] = field(repr=False, default=lambda: None)

    def over(self, now: datetime) -> bool:
        """Tell whether the session has to end."""
        return (self.until is not None and now >= self.until) or not self.good()


class Visits:
    """Every visit of a world. Callers hold the world's lock."""

    def __init__(self) -> None:
        self._visits: dict[Visit, None] = {}

    def begin(self, visit: Visit) -> Visit:
        """Count a visit from now on."""
        self._visits[visit] = None
        return visit

    def end(self, visit: Visit) -> None:
        """Count it no longer. Harmless for one that has ended."""
        self._visits.pop(visit, None)

    def of(self, address: str, protocol: str) -> Sequence[Visit]:
        """Return the visits of an account by a protocol, the oldest first."""
        owner = address.lower()
        return [visit for visit in self._visits if visit.protocol == protocol and visit.address.lower() == owner]

    def review(self) -> None:
        """Tell those whose account has changed so that they have no right to be here."""
        for visit in list(self._visits):
            if not visit.good():
                visit.on_end()
