"""Why a grant most likely died: Google says the same few words for most causes, so the circumstances have to tell.

The causes are those of "Refresh token expiration" in Google's "Using OAuth 2.0 to Access Google APIs".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from gmailsync.errors import GrantDead
from gmailsync.model.grant import Grant

TESTING_LIFE = timedelta(days=7)
"""How long a consent lasts while the app's publishing status is Testing."""

UNUSED_LIFE = timedelta(days=181)
"""Six months without use end a refresh token; no six months are shorter."""

SLACK = timedelta(hours=1)
"""How much Google's counting may differ from ours, which begins a little later than the consent."""


class Cause(StrEnum):
    """What ends a grant."""

    ACCOUNT_DELETED = "account_deleted"
    DAMAGED = "damaged"
    TESTING = "testing"
    TIME_LIMITED = "time_limited"
    UNUSED = "unused"
    TAKEN_BACK = "taken_back"


EXPLANATIONS = {
    Cause.ACCOUNT_DELETED: "the Google account was deleted",
    Cause.DAMAGED: "the stored refresh token is not the one that Google gave, as after a restored or damaged database",
    Cause.TESTING: "the app's publishing status is Testing, in which every consent ends after 7 days",
    Cause.TIME_LIMITED: "the owner gave access for a limited time, and it ran out",
    Cause.UNUSED: "the grant was not used for six months",
    Cause.TAKEN_BACK: "the owner changed the Google password or removed the app, an administrator did so, or the owner "
    "signed in with this client more than 100 times",
}
"""What happened, as the rest of a sentence."""

SIGN_IN = "Ask the owner to sign in to Gmail again"

REMEDIES = {
    Cause.ACCOUNT_DELETED: f"Remove the mailbox, or restore the account. {SIGN_IN} after that.",
    Cause.DAMAGED: f"{SIGN_IN}.",
    Cause.TESTING: "Publish the app (Google console > Google Auth Platform > Audience), make it Internal, or let the "
    f"Workspace administrator trust it. {SIGN_IN} after that.",
    Cause.TIME_LIMITED: f"{SIGN_IN}, without a limit where that is allowed.",
    Cause.UNUSED: f"{SIGN_IN}, or remove the mailbox.",
    Cause.TAKEN_BACK: f"{SIGN_IN}.",
}
"""What to do about it."""


def likely_cause(grant: Grant, said: str, now: datetime) -> Cause:
    """Return the cause that fits best to what Google `said` at `now` about a grant that had been good.

    It died between its last use and now; what Google had announced, or what falls into that time, is likelier than a
    person's deed, of which nothing is known here.
    """
    if "Account has been deleted" in said:
        return Cause.ACCOUNT_DELETED
    if "Bad Request" in said:
        return Cause.DAMAGED
    if grant.refresh_expires_at is not None and now >= grant.refresh_expires_at - SLACK:
        return cause_of_end(grant.granted_at, grant.refresh_expires_at)
    if now >= last_used(grant) + UNUSED_LIFE:
        return Cause.UNUSED
    week_over = grant.granted_at + TESTING_LIFE
    if grant.refresh_expires_at is None and last_used(grant) < week_over <= now + SLACK:
        return Cause.TESTING
    return Cause.TAKEN_BACK


def cause_of_end(granted_at: datetime, ends_at: datetime) -> Cause:
    """Return why Google set an end to a grant: for a week in Testing, else for as long as the owner allowed."""
    return Cause.TESTING if ends_at - granted_at <= TESTING_LIFE + SLACK else Cause.TIME_LIMITED


def last_used(grant: Grant) -> datetime:
    """Return when the refresh token was last known to be good."""
    return grant.refreshed_at or grant.granted_at


def advice(error: GrantDead, grant: Grant, now: datetime) -> str:
    """Return the most likely cause of a death and what to do about it."""
    cause = likely_cause(grant, error.message, now)
    return f"Most likely {EXPLANATIONS[cause]}. {REMEDIES[cause]}"
