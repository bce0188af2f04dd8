"""The header fields that we keep of a message, read by hand and fast: each message passes here once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gmailsync.mime.addresses import addresses
from gmailsync.mime.charsets import undeclared
from gmailsync.mime.dates import unusual_date
from gmailsync.mime.storable import storable
from gmailsync.mime.words import decoded
from gmailsync.model.email import Headers

_HEADER_LIMIT = 1 << 20
"""Octets looked through for header fields; real ones end after a few thousand, a broken message may never end."""

_HEADER_END = re.compile(rb"(?:\A|\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")


def field_names(*names: str) -> Mapping[bytes, str]:
    """Return these names, in lower case, as `read_fields` looks them up."""
    return {name.encode(): name for name in names}


_KEPT = field_names("message-id", "subject", "from", "sender", "to", "cc", "bcc", "date", "in-reply-to")
_CHARSET = re.compile(rb"charset\*?\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FOLD = re.compile(rb"(?:\r\n|\r|\n)(?=[ \t])")
_FOLDS = b"\n ", b"\n\t", b"\r ", b"\r\t"
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
        date=date_of(fields.get("date", "")),
        in_reply_to=_message_id(fields.get("in-reply-to", "")),
    )


def message_ids(value: str) -> list[str]:
    """Return each <id@host> of a value, in its order."""
    return ["".join(found.split()) for found in _MESSAGE_ID.findall(value)]


def read_fields(
    raw: bytes, names: Mapping[bytes, str], start: int = 0, stop: int | None = None
) -> tuple[Mapping[str, str], int]:
    """Return {lower-case name: unfolded value} of the fields wanted, the first of each, and where the body starts.

    Of a message, or of a part of it from `start` up to `stop`.
    """
    found, body = read_all_fields(raw, names, start, stop)
    fields: dict[str, str] = {}
    for name, value in found:
        fields.setdefault(name, value)
    return fields, body


def read_all_fields(
    raw: bytes, names: Mapping[bytes, str], start: int = 0, stop: int | None = None
) -> tuple[list[tuple[str, str]], int]:
    """Return (lower-case name, unfolded value) of every field wanted, in their order, and where the body starts.

    By hand, because the stdlib's parser takes the first line that is no field for the beginning of the body.
    """
    stop = len(raw) if stop is None else stop
    block = raw[start : min(start + _HEADER_LIMIT, stop)]
    if end := header_end(block):
        stop = start + end[1]
        block = block[: end[0]]
    is_plain = block.isascii() and b"\x1b" not in block
    hint = "" if is_plain or not (found := _CHARSET.search(block)) else found[1].decode()
    if any(fold in block for fold in _FOLDS):
        block = _FOLD.sub(b"", block)
    fields: list[tuple[str, str]] = []
    for line in block.splitlines():
        written, colon, value = line.partition(b":")
        name = names.get(written) or names.get(written.rstrip(b" \t").lower())
        if name is not None and colon:
            text = value.decode("ascii") if is_plain else undeclared(value, hint).text
            fields.append((name, storable(text).strip()))
    return fields, stop


def header_end(block: bytes) -> tuple[int, int] | None:
    """Return where the header ends and the body starts: before and after the first empty line; None without one.

    Lines end in CRLF, CR or LF. Where all of them are CRLF, as in nearly all mail, no regular expression is needed.
    """
    end = block.find(b"\r\n\r\n")
    if end >= 0 and block.count(b"\n", 0, end) == block.count(b"\r", 0, end) == block.count(b"\r\n", 0, end):
        return (end, end + 4) if not block.startswith(b"\r\n") else (0, 2)
    found = _HEADER_END.search(block)
    return found.span() if found else None


def _message_id(value: str) -> str:
    """Return the first <id@host> of a value, or the value itself where there is none."""
    found = _MESSAGE_ID.search(value)
    return "".join(found[0].split()) if found else value


def date_of(value: str) -> datetime | None:
    """Return a date as header fields have it, in UTC; None when it is illegible."""
    try:
        date = parsedate_to_datetime(value)
        if date.tzinfo is None and "-0000" in value:
            # It says nothing of the sender's zone (RFC 5322 section 3.3); the time itself is UTC.
            date = date.replace(tzinfo=UTC)
        return date.astimezone(UTC) if date.tzinfo else unusual_date(value)
    except (IndexError, OverflowError, TypeError, ValueError):
        return unusual_date(value) if value else None
