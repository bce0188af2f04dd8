"""How commands present what was decided about a message: the trace, and the activity that it became."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmailsync.cli.options import addresses
from gmailsync.cli.output import moment

if TYPE_CHECKING:
    from gmailsync.model.email import Email
    from gmailsync.model.tracked import Trace
    from gmailsync.ports import Tx


def trace_document(trace: Trace, address: str) -> dict[str, Any]:
    """Return a decision for JSON."""
    return {
        "mailbox": address,
        "email": trace.email_id,
        "kept": trace.kept,
        "reason": trace.reason,
        "decided_at": moment(trace.decided_at),
        "message_id": trace.message_id,
        "gmail_message_id": None if trace.gmail_message_id is None else str(trace.gmail_message_id),
        "subject": trace.subject,
        "from": trace.sender,
        "evidence": list(trace.evidence),
    }


def activity_document(tx: Tx, email: Email) -> dict[str, Any] | None:
    """Return the activity of an email for JSON; None when it has none."""
    if email.activity_id is None:
        return None
    activity = tx.activities.get(email.activity_id)
    names = addresses(tx)
    meant = [number for party in activity.parties for number in party.records]
    records = tx.records.by_ids([*meant, *([activity.regarding] if activity.regarding is not None else [])])

    def named(number: int | None) -> str | None:
        record = None if number is None else next((one for one in records.values() if one.id == number), None)
        return None if record is None else f"{record.kind} {record.key}"

    return {
        "id": activity.id,
        "direction": activity.direction,
        "mail_kind": activity.mail_kind,
        "owner": activity.owner_key,
        "regarding": named(activity.regarding),
        "accepted_by": None if activity.accepted_by is None else names.get(activity.accepted_by),
        "mailboxes": [names[number] for number in tx.activities.mailboxes_of(activity.id)],
        "queues": [names[number] for number in tx.activities.queues_of(activity.id)],
        "correlation": {
            "method": activity.correlation.method,
            "code": activity.correlation.method.code,
            "activity": activity.correlation.activity_id,
            "parent": activity.correlation.parent,
            "subject_changed": activity.correlation.subject_changed,
        },
        "tracking_token": activity.tracking_token,
        "parties": [
            {
                "role": party.role,
                "address": party.address,
                "name": party.name,
                "records": [record for record in map(named, party.records) if record is not None],
                "unresolved": party.unresolved,
            }
            for party in activity.parties
        ],
        "not_delivered": [
            {"address": one.address, "status": one.status, "diagnostic": one.diagnostic}
            for one in tx.activities.undelivered(activity.id)
        ],
    }


def activity_lines(activity: dict[str, Any] | None) -> list[tuple[str, str | int | None]]:
    """Return the activity of an email as lines of name and value."""
    if activity is None:
        return [("activity", None)]
    correlation = activity["correlation"]
    belongs = "" if correlation["activity"] is None else f" activity {correlation['activity']}"
    lines: list[tuple[str, str | int | None]] = [
        ("activity", activity["id"]),
        ("mail kind", activity["mail_kind"]),
        ("owner", activity["owner"]),
        ("regarding", activity["regarding"]),
        ("accepted by", activity["accepted_by"]),
        ("in mailboxes", ", ".join(activity["mailboxes"])),
        ("in queues", ", ".join(activity["queues"]) or None),
        ("correlation", correlation["method"] + belongs),
    ]
    for party in activity["parties"]:
        meaning = ", ".join(party["records"]) or f"unresolved: {party['unresolved']}"
        lines.append((party["role"], f"{party['address']} ({meaning})"))
    for one in activity["not_delivered"]:
        reason = " ".join(filter(None, (one["status"], one["diagnostic"])))
        lines.append(("not delivered", f"to {one['address']}: {reason}"))
    return lines
