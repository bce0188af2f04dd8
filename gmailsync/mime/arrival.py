"""How and when a message arrived, where the server does not say so: by POP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailsync.mime.headers import date_of, field_names, read_fields

_FIELDS = field_names("received", "date", "delivered-to")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the trace fields of a message say. `was_delivered` when its last server put it into somebody's mailbox."""

    at: datetime | None
    was_delivered: bool


def read_arrival(raw: bytes) -> Arrival:
    """Return what the header says of a message's arrival. Never raises, whatever the bytes.

    The time is that in the topmost Received, which the last server wrote (RFC 5321 section 4.4), or else the Date; None
    when neither is legible. Gmail writes Delivered-To over what arrives, and not over its copy of what was sent.
    """
    fields, _start = read_fields(raw, _FIELDS)
    received = date_of(fields.get("received", "").rpartition(";")[2])
    return Arrival(received or date_of(fields.get("date", "")), "delivered-to" in fields)
