"""Delivery status notifications (RFC 3464), and what servers write instead: what they are about, and its fate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from gmailsync.mime import transfer
from gmailsync.mime.headers import field_names, message_ids, read_fields
from gmailsync.mime.tree import Part, read_tree
from gmailsync.model.facts import DeliveryReport, FailedRecipient

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINAL_TYPES = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})
"""The message returned, whole or its header alone; "global" where it has addresses in UTF-8 (RFC 6533)."""

_FIELDS = field_names(
    "original-envelope-id", "x-original-message-id", "final-recipient", "original-recipient", "action", "status",
    "diagnostic-code",
)  # fmt: skip
_MESSAGE_ID = field_names("message-id")
_ENCODING = field_names("content-transfer-encoding")
_RETURNED_ID = re.compile(
    rb"^[>|\s]{0,8}(?:(?:x-)?original-)?message-id:\s*(<[!-;=?-~]+>)", re.IGNORECASE | re.MULTILINE
)
"""The field of a message that is returned within a text, perhaps quoted."""

_BLANK_LINES = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?:[ \t]*(?:\r\n|\r|\n))+")
_MOST_RECIPIENTS = 1_000
_LOOKED_THROUGH = 1 << 20
"""Octets: what is returned may be of 25 MB, and only its header matters, which follows the report."""


def read_report(raw: bytes) -> DeliveryReport:
    """Return what a delivery status notification says, as far as it can be read. Never raises, whatever the bytes."""
    parts = list(_leaves(read_tree(raw[:_LOOKED_THROUGH])))
    status = next((part for part in parts if part.media_type in _STATUS_TYPES), None)
    original = next((part for part in parts if part.media_type in _ORIGINAL_TYPES), None)
    groups = list(_groups(status)) if status else []
    return DeliveryReport(
        # Gmail's own field names the message too, where nothing of it is returned.
        message_id=(_original_id(original) if original else "")
        or _first(groups, "x-original-message-id")
        or _returned_id(parts),
        envelope_id=_first(groups, "original-envelope-id"),
        recipients=tuple(recipient for fields in groups if (recipient := _recipient(fields)) is not None),
    )


def read_returned_id(raw: bytes) -> str:
    """Return the Message-ID of what a server returned in a form of its own, as a part or within its text; else ""."""
    parts = list(_leaves(read_tree(raw[:_LOOKED_THROUGH])))
    originals = (_original_id(part) for part in parts if part.media_type in _ORIGINAL_TYPES)
    return next(filter(None, originals), "") or _returned_id(parts)


def _returned_id(parts: Iterable[Part]) -> str:
    """Return the Message-ID in a header that is quoted in a text: the first is of the message, others of its parts."""
    texts = (part.octets for part in parts if part.media_type.startswith("text/"))
    found = next(filter(None, map(_RETURNED_ID.search, texts)), None)
    return found[1].decode() if found else ""


def _first(groups: Iterable[Mapping[str, str]], name: str) -> str:
    return next((fields[name] for fields in groups if name in fields), "")


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)


def _groups(status: Part) -> Iterator[Mapping[str, str]]:
    """Yield the fields of the message, and then those of each recipient; empty lines part them (section 2.1).

    Some gateways take what follows the message's fields for a body, and encode it.
    """
    first, *others = _BLANK_LINES.split(status.octets.lstrip())
    encoding = read_fields(first + b"\r\n", _ENCODING)[0].get("content-transfer-encoding", "")
    if encoding:
        others = _BLANK_LINES.split(transfer.octets(b"\r\n\r\n".join(others), encoding))
    for group in islice([first, *others], _MOST_RECIPIENTS):
        yield read_fields(group.strip() + b"\r\n", _FIELDS)[0]


def _recipient(fields: Mapping[str, str]) -> FailedRecipient | None:
    recipient = fields.get("final-recipient") or fields.get("original-recipient")
    if recipient is None:
        return None
    return FailedRecipient(
        address=_after_type(recipient).strip("<>"),
        action=next(iter(fields.get("action", "").lower().split()), ""),
        status=fields.get("status", ""),
        diagnostic=_after_type(fields.get("diagnostic-code", "")),
    )


def _after_type(value: str) -> str:
    """Return what a field says after its type, such as `rfc822;` or `smtp;` (section 2.1.2)."""
    return value.partition(";")[2].strip() if ";" in value else value


def _original_id(original: Part) -> str:
    fields, _start = read_fields(original.octets.lstrip(b"\r\n"), _MESSAGE_ID)
    return next(iter(message_ids(fields.get("message-id", ""))), "")
