"""Which messages of a folder are wanted, and which are known without being fetched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta

from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import Listed, Outcome
from gmailsync.model.mailbox import ALL_MAIL

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a time of arrival that cannot be read; such a message is wanted, whatever the start date."""

_ZONES = timedelta(days=1)
"""SEARCH SINCE knows days, in whatever zone the server keeps them."""


def search_day(since: datetime | None) -> date | None:
    """Return the day to search from, so that nothing that arrived since is left out."""
    return None if since is None else (since - _ZONES).date()


def condition(folder: str, labels: Collection[str]) -> frozenset[str]:
    """Return the labels of which a message of the folder needs one; none are needed when it is empty."""
    return frozenset(map(_plain, labels)) if folder == ALL_MAIL else frozenset()


def has_label(row: Listed, wanted: Collection[str]) -> bool:
    """Tell whether a message has one of the labels; without an answer about its labels it counts as if it had."""
    return not wanted or row.labels is None or any(_plain(label) in wanted for label in row.labels)


def may_be_wanted(row: Listed, wanted: Collection[str]) -> bool:
    """Tell whether a message that was refused for its labels may have one of them now, which is asked for then."""
    return bool(wanted) and has_label(row, wanted)


def to_read(rows: Mapping[int, Listed], outcomes: Mapping[int, Outcome], since: datetime | None) -> dict[int, Listed]:
    """Leave out what is dealt with and what arrived before the start date.

    What was only listed so far is asked for even when it is not listed any more: its absence needs a proof.
    """
    wanted = {
        uid: row
        for uid, row in rows.items()
        if outcomes.get(uid, Outcome.LISTED) is Outcome.LISTED and not _is_early(row.arrived, since)
    }
    pending = (uid for uid, outcome in outcomes.items() if outcome is Outcome.LISTED)
    return wanted | {uid: rows.get(uid, Listed(uid)) for uid in pending}


def arrived_early(message: FetchedMessage, since: datetime | None) -> bool:
    """Tell whether a message is older than the start date, which the listing may not have told."""
    return _is_early(message.internal_date, since)


def lacks_label(message: FetchedMessage, wanted: Collection[str]) -> bool:
    """Tell whether a message has none of the labels, which the listing may not have told."""
    return not has_label(Listed(message.uid, labels=message.labels), wanted)


def _is_early(arrived: datetime | None, since: datetime | None) -> bool:
    return since is not None and arrived is not None and _EPOCH != arrived < since


def _plain(label: str) -> str:
    """Gmail compares labels without regard to case; its own have a backslash in IMAP."""
    return label.removeprefix("\\").casefold()
