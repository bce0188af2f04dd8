"""How commands show what lies ahead of a mailbox's grant."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gmailsync.cli.output import moment

if TYPE_CHECKING:
    from gmailsync.rules.forecast import Forecast, Outlook


def document(outlook: Outlook | None, now: datetime) -> dict[str, Any] | None:
    """Return the end in sight for JSON."""
    if outlook is None or outlook.end is None:
        return None
    end = outlook.end
    return {"at": moment(end.at), "reason": end.reason, "days": end.days(now)}


def tokens(outlook: Outlook | None) -> dict[str, int] | None:
    """Return for JSON how many refresh tokens of the account and client are known here, and Google's limit."""
    from gmailsync.rules.forecast import TOKEN_LIMIT

    return None if outlook is None else {"known": outlook.tokens, "limit": TOKEN_LIMIT}


def words(outlook: Outlook | None, now: datetime) -> str | None:
    """Return what lies ahead for people, such as `in 6 days (testing)` or `at 100 tokens (has 93)`."""
    if outlook is None:
        return None
    from gmailsync.rules.forecast import TOKEN_LIMIT

    said = [] if outlook.end is None else [_end(outlook.end, now)]
    if outlook.is_crowded:
        said.append(f"at {TOKEN_LIMIT} tokens (has {outlook.tokens})")
    return ", ".join(said) or None


def _end(end: Forecast, now: datetime) -> str:
    if end.at <= now:
        return f"over ({end.reason})"
    days = end.days(now)
    return f"in {days} {'day' if days == 1 else 'days'} ({end.reason})"
