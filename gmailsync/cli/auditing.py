"""What an audit found, in words and for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmailsync.cli.output import moment

if TYPE_CHECKING:
    from gmailsync.model.audit import Audit

NUMBERS = ("server", "stored", "set_aside", "failed", "given_up", "missing", "extra", "changed", "mended")


def words(audit: Audit | None) -> str | None:
    """Return such as `40 of 40, 1 given up, 2026-11-22T12:00:00Z`; None before the first audit."""
    if audit is None:
        return None
    given_up = f", {audit.given_up} given up" if audit.given_up else ""
    return f"{audit.stored} of {audit.expected}{given_up}, {moment(audit.at)}"


_TROUBLES = {
    "failed": "in the failure ledger (see gmailsync email failures)",
    "missing": "missing (audit again)",
    "extra": "stored as there and not in Gmail (audit again, after a sync)",
    "changed": "of another size than Gmail says (compare with gmailsync email show ID --raw)",
}


def troubles(audit: Audit) -> str:
    """Return what keeps a mailbox from being proven, each with what to do."""
    return ", ".join(f"{count} {what}" for number, what in _TROUBLES.items() if (count := getattr(audit, number)))


def document(audit: Audit) -> dict[str, Any]:
    """Return an audit for JSON."""
    return {number: getattr(audit, number) for number in NUMBERS} | {
        "proven": audit.is_proven,
        "at": moment(audit.at),
    }
