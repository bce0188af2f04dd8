"""The header fields that we keep of a message, read by hand and fast: each message passes here once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gmailsync.mime.addresses import addresses
from gmailsync.mime.charsets import undeclared
from gmailsync.mime.storable import storable
from gmailsync.mime.words import decoded
from gmailsync.model.email import Headers

_HEADER_LIMIT = 1 << 20
"""Octets looked through for header fields; real ones end after a few thousand, a broken message may never end."""

_HEADER_END = re.compile(rb"(?:\A|\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")


def field_pattern(*names: str) -> re.Pattern[bytes]:
    """Return what finds the fields of these names in a header without folds."""
    return re.compile(rb"(?:\A|[\r\n])(" + "|".join(names).encode() + rb")[ \t]*:([^\r\n]*)", re.IGNORECASE)


_KEPT = field_pattern("message-id", "subject", "from", "sender", "to", "cc", "bcc", "date", "in-reply-to")
_CHARSET = re.compile(rb"charset\*?\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FOLD = re.compile(rb"(?:\r\n|\r|\n)(?=[ \t])")
_MESSAGE_ID = re.compile(r"<[^<>]*>")


def read_headers(raw: bytes) -> Headers:
    """Return what we keep of a message's header fields. Never raises, whatever the bytes.

    Of a field that is there twice the first counts. `sender` and `recipients` (of To, Cc and Bcc, each once) are bare
    addresses; a From without a legible address is kept as its text. The date is in UTC.
    """
    fields, _start = read_fields(raw, _KEPT)
    return kept(fields, addresses(fields, "from", "sender"), addresses(fields, "to", "cc", "bcc"))


def kept(fields: Mapping[str, str], senders: Sequence[str], recipients: Iterable[str]) -> Headers:
    """Return what we keep of fields, the addresses of which are read already."""
    return Headers(
        message_id=_message_id(fields.get("message-id", "")),
        subject=decoded(fields.get("subject", "")),
        sender=senders[0] if senders else decoded(fields.get("from", "")),
        recipients=tuple(dict.fromkeys(recipients)),
        date=_date(fields.get("date", "")),
        in_reply_to=_message_id(fields.get("in-reply-to", "")),
    )


def message_ids(value: str) -> list[str]:
    """Return each <id@host> of a value, in its order."""
    return ["".join(found.split()) for found in _MESSAGE_ID.findall(value)]


def read_fields(raw: bytes, pattern: re.Pattern[bytes]) -> tuple[Mapping[str, str], int]:
    """Return {lower-case name: unfolded value} of the fields wanted, the first of each, and where the body starts."""
    found, start = read_all_fields(raw, pattern)
    fields: dict[str, str] = {}
    for name, value in found:
        fields.setdefault(name, value)
    return fields, start


def read_all_fields(raw: bytes, pattern: re.Pattern[bytes]) -> tuple[list[tuple[str, str]], int]:
    """Return (lower-case name, unfolded value) of every field wanted, in their order, and where the body starts.

    By hand, because the stdlib's parser takes the first line that is no field for the beginning of the body.
    """
    end = _HEADER_END.search(raw, 0, _HEADER_LIMIT)
    block = raw[: end.start() if end else _HEADER_LIMIT]
    is_plain = block.isascii() and b"\x1b" not in block
    hint = "" if is_plain or not (found := _CHARSET.search(block)) else found[1].decode()
    fields: list[tuple[str, str]] = []
    for name, value in pattern.findall(_FOLD.sub(b"", block)):
        text = value.decode("ascii") if is_plain else undeclared(value, hint).text
        fields.append((name.decode().lower(), storable(text).strip()))
    return fields, end.end() if end else len(raw)


def _message_id(value: str) -> str:
    """Return the first <id@host> of a value, or the value itself where there is none."""
    found = _MESSAGE_ID.search(value)
    return "".join(found[0].split()) if found else value


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        # "-0000" says nothing of the sender's zone (RFC 5322 section 3.3); the time itself is UTC.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (IndexError, OverflowError, TypeError, ValueError):
        return None
