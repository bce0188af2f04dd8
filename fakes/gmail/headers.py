"""A message's header as bytes: where it ends, its fields, and the few of them that the mail store reads.

Nothing here raises, whatever the bytes: real mail breaks every rule.
"""

from __future__ import annotations

import email.errors
import email.header
import email.utils
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

_BLANK_LINE = re.compile(rb"\r?\n(\r?\n)")
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)", re.M)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")

# What mail programs in several languages put before the subject of a reply or a forwarded message.
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|antw|tr|返信|転送)\s*(?:\[\d+\])?\s*[:：]\s*", re.I)


class Field(NamedTuple):
    """One header field: its name, what follows the colon, and both as they stand, with their line end."""

    name: bytes
    value: bytes
    raw: bytes


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Return header and body; the blank line between them belongs to the header (RFC 3501 section 6.4.5)."""
    if raw.startswith((b"\r\n", b"\n")):
        end = raw.index(b"\n") + 1
    elif match := _BLANK_LINE.search(raw):
        end = match.end()
    else:
        end = len(raw)
    return raw[:end], raw[end:]


def fields(header: bytes) -> Iterator[Field]:
    """Yield the header's fields in order; lines that are none are passed over."""
    for match in _FIELD.finditer(header):
        yield Field(match[1], match[2], match[0])


def first_values(header: bytes) -> dict[str, bytes]:
    """Return the first field of every name, as it stands after the colon; names in small letters."""
    found: dict[str, bytes] = {}
    for name, value in _FIELD.findall(header):
        found.setdefault(name.lower().decode(), value)
    return found


def text(head: Mapping[str, bytes], name: str) -> str:
    """Return a field of `first_values`, decoded; empty when it is missing."""
    return decoded(head.get(name, b""))


def decoded(value: bytes) -> str:
    """Return a field's value as a reader sees it: unfolded, encoded words (RFC 2047) resolved where they can be."""
    try:
        written = value.decode()
    except UnicodeDecodeError:
        written = value.decode("latin-1")
    if "\n" in written:
        written = _FOLD.sub("", written)
    written = written.strip()
    if "=?" not in written:
        return written
    try:
        return str(email.header.make_header(email.header.decode_header(written)))
    except (email.errors.HeaderParseError, LookupError, ValueError):
        return written


def message_ids(head: Mapping[str, bytes], name: str) -> list[str]:
    """Return the message ids in a Message-ID, In-Reply-To or References, with their brackets."""
    return _MESSAGE_ID.findall(text(head, name))


def base_subject(subject: str) -> tuple[str, bool]:
    """Return the subject without its "Re:" and "Fwd:", in small letters, and whether it had any."""
    rest = subject
    while match := _REPLY.match(rest):
        rest = rest[match.end() :]
    return " ".join(rest.lower().split()), rest != subject


def date(head: Mapping[str, bytes]) -> datetime | None:
    """Return the Date field, aware, in the zone in which it is written; None when it is missing or is no date."""
    try:
        when = email.utils.parsedate_to_datetime(text(head, "date"))
        return when.replace(tzinfo=when.tzinfo or UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
