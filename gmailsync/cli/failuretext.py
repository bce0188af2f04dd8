"""How `gmailsync email failures` presents the failure ledger: for people, and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gmailsync.cli.output import moment, show_table
from gmailsync.model.failure import Failure

_OPEN = {
    "id": "Id",
    "mailbox": "Mailbox",
    "folder": "Folder",
    "uid": "UID",
    "code": "Code",
    "attempts": "Attempts",
    "next_at": "Next try",
    "message": "Message",
}
_GIVEN_UP = {
    "id": "Id",
    "mailbox": "Mailbox",
    "folder": "Folder",
    "uid": "UID",
    "code": "Code",
    "at": "Given up",
    "by": "By",
    "why": "Why",
}


def failure_document(failure: Failure, address: str) -> dict[str, Any]:
    """Return an entry of the failure ledger for JSON."""
    given_up = failure.given_up
    return {
        "id": failure.id,
        "mailbox": address,
        "folder": failure.folder,
        "uid": failure.uid or None,
        "uidl": failure.uidl or None,
        "code": failure.code,
        "message": failure.message,
        "advice": failure.advice,
        "size": failure.size,
        "has_bytes": failure.has_bytes,
        "attempts": failure.attempts,
        "first_at": moment(failure.first_at),
        "last_at": moment(failure.last_at),
        "next_at": moment(failure.next_at),
        "given_up": given_up and {"at": moment(given_up.at), "by": given_up.by, "why": given_up.why},
    }


def show_failures(found: Sequence[dict[str, Any]], *, given_up: bool) -> None:
    """Print entries as a table: open ones with their next try, those given up with who said so and why."""
    headings = _GIVEN_UP if given_up else _OPEN
    rows = [entry | _place(entry) | (entry["given_up"] or {}) for entry in found]
    nothing = "no failure was given up" if given_up else "no failures"
    show_table(list(headings.values()), [[row[column] for column in headings] for row in rows], nothing=nothing)


def _place(entry: dict[str, Any]) -> dict[str, Any]:
    """Return where a message is: by IMAP its folder and UID, by POP, which has no folders, its unique-id."""
    return {"folder": entry["folder"] or None, "uid": entry["uid"] or entry["uidl"]}
