"""When and why a grant will die by itself, as far as that can be known beforehand.

Two ends are known: the one that Google announced with the grant, and six months of rest. A mailbox that syncs is never
at rest, because its access token is renewed every hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gmailsync.errors import GrantEnding
from gmailsync.model.grant import Grant
from gmailsync.rules.grant_death import EXPLANATIONS, REMEDIES, UNUSED_LIFE, Cause, cause_of_end, last_used

WARN_AHEAD = timedelta(days=3)
"""How long before its end a grant is warned about: an owner may be away for a weekend."""

AT_REST = timedelta(days=7)
"""A grant that was not used for so long may stay unused."""

_BECAUSE = {
    Cause.TESTING: EXPLANATIONS[Cause.TESTING],
    Cause.TIME_LIMITED: "the owner gave access for a limited time",
    Cause.UNUSED: "Google ends a grant that is not used for six months",
}
_BEFORE = {
    Cause.TESTING: REMEDIES[Cause.TESTING],
    Cause.TIME_LIMITED: REMEDIES[Cause.TIME_LIMITED],
    Cause.UNUSED: "Test or enable the mailbox, which uses the grant; or remove the mailbox.",
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """The end that a grant comes to if nobody does anything."""

    at: datetime
    reason: Cause

    def days(self, now: datetime) -> int:
        """Return how many whole days are left; none when the end is past."""
        return max(0, (self.at - now).days)

    def is_near(self, now: datetime) -> bool:
        """Tell whether it is time to warn of it, or past that time."""
        return now >= self.at - WARN_AHEAD

    def warning(self) -> GrantEnding:
        """Return the warning; its words stay the same as the end comes nearer."""
        error = GrantEnding(f"the owner's sign-in ends on {self.at:%Y-%m-%d %H:%M} UTC: {_BECAUSE[self.reason]}")
        error.advice = _BEFORE[self.reason]
        return error


def forecast(grant: Grant, now: datetime) -> Forecast | None:
    """Return the first end that is in sight; None when there is none."""
    ends = []
    if grant.refresh_expires_at is not None:
        ends.append(Forecast(grant.refresh_expires_at, cause_of_end(grant.granted_at, grant.refresh_expires_at)))
    if now - last_used(grant) >= AT_REST:
        ends.append(Forecast(last_used(grant) + UNUSED_LIFE, Cause.UNUSED))
    return min(ends, key=lambda end: end.at, default=None)
