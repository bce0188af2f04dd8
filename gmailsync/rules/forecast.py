"""When and why a grant will die by itself, as far as that can be known beforehand.

Two ends have a day: the one that Google announced with the grant, and six months of rest. A mailbox that syncs is never
at rest, because its access token is renewed every hour.

A third has none. Google lets 100 refresh tokens of one account and client live, and the next one kills the oldest
without a word (google.md 2.8). What this product was given is counted; connections made elsewhere are not visible here.
An old token is not revoked when its mailbox signs in again: a revocation takes everything the account granted to the
project (google.md 2.9), and the new grant with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gmailsync.errors import GmailSyncError, GrantEnding, TokenLimitNear
from gmailsync.model.grant import Grant, IssuedToken, TokenOwner
from gmailsync.rules.grant_death import EXPLANATIONS, REMEDIES, UNUSED_LIFE, Cause, cause_of_end, last_used

WARN_AHEAD = timedelta(days=3)
"""How long before its end a grant is warned about: an owner may be away for a weekend."""

AT_REST = timedelta(days=7)
"""A grant that was not used for so long may stay unused."""

TOKEN_LIMIT = 100
"""How many refresh tokens of one account and client Google lets live."""

TOKENS_NEAR = 90
"""From how many tokens on the limit is warned about: connections made elsewhere are not among them."""

WARNINGS = (GrantEnding.code, TokenLimitNear.code)
"""Codes of the alerts that a forecast opens."""

BECAUSE = {
    Cause.TESTING: EXPLANATIONS[Cause.TESTING],
    Cause.TIME_LIMITED: "the owner gave access for a limited time",
    Cause.UNUSED: "Google ends a grant that is not used for six months",
}
"""Why a grant will end, as the rest of a sentence, for every cause that can be foreseen."""

BEFORE = {
    Cause.TESTING: REMEDIES[Cause.TESTING],
    Cause.TIME_LIMITED: REMEDIES[Cause.TIME_LIMITED],
    Cause.UNUSED: "Test or enable the mailbox, which uses the grant; or remove the mailbox.",
}
"""What to do before it ends."""


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
        error = GrantEnding(f"the owner's sign-in ends on {self.at:%Y-%m-%d %H:%M} UTC: {BECAUSE[self.reason]}")
        error.advice = BEFORE[self.reason]
        return error


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead of a grant.

    `end` is the one it comes to by itself, None when none is in sight; `tokens` is how many refresh tokens of its
    account and client may live, of those that this product was given.
    """

    end: Forecast | None
    tokens: int

    @property
    def is_crowded(self) -> bool:
        """Tell whether Google's limit of refresh tokens is near."""
        return self.tokens >= TOKENS_NEAR

    def warnings(self, now: datetime) -> dict[str, GmailSyncError]:
        """Return what is to be warned of at `now`, by its code."""
        warnings: list[GmailSyncError] = []
        if self.end is not None and self.end.is_near(now):
            warnings.append(self.end.warning())
        if self.is_crowded:
            warnings.append(
                TokenLimitNear(
                    f"of the {TOKEN_LIMIT} refresh tokens that Google lets live for an account and client, this one "
                    f"has {self.tokens} or more; beyond the limit the oldest connection dies without a word"
                )
            )
        return {warning.code: warning for warning in warnings}


def outlook(grant: Grant, tokens: int, now: datetime) -> Outlook:
    """Return what lies ahead of a grant whose account and client have that many tokens here."""
    # The one in use lives on when an unused one of its age would be dead.
    return Outlook(forecast(grant, now), max(tokens, 1))


def issued_token(owner: TokenOwner, now: datetime, announced_end: datetime | None) -> IssuedToken:
    """Return what to remember of a refresh token that Google issued at `now`, whether it is kept or not."""
    unused_end = now + UNUSED_LIFE
    return IssuedToken(owner, now, unused_end if announced_end is None else min(announced_end, unused_end))


def forecast(grant: Grant, now: datetime) -> Forecast | None:
    """Return the first end that is in sight; None when there is none."""
    ends = []
    if grant.refresh_expires_at is not None:
        ends.append(Forecast(grant.refresh_expires_at, cause_of_end(grant.granted_at, grant.refresh_expires_at)))
    if now - last_used(grant) >= AT_REST:
        ends.append(Forecast(last_used(grant) + UNUSED_LIFE, Cause.UNUSED))
    return min(ends, key=lambda end: end.at, default=None)
