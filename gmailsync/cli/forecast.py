"""How commands show the forecast of a mailbox's grant."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gmailsync.cli.output import moment

if TYPE_CHECKING:
    from gmailsync.rules.forecast import Forecast


def document(forecast: Forecast | None, now: datetime) -> dict[str, Any] | None:
    """Return a forecast for JSON."""
    if forecast is None:
        return None
    return {"at": moment(forecast.at), "reason": forecast.reason, "days": forecast.days(now)}


def words(forecast: Forecast | None, now: datetime) -> str | None:
    """Return a forecast for people, such as `in 6 days (testing)`."""
    if forecast is None:
        return None
    if forecast.at <= now:
        return f"over ({forecast.reason})"
    days = forecast.days(now)
    return f"in {days} {'day' if days == 1 else 'days'} ({forecast.reason})"
