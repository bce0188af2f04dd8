"""What FETCH answers, from imaplib's pieces to rows and messages.

IMAPClient's parser reads whatever a server may say. Nearly all answers of a first sync have one plain shape, which a
regular expression reads in a tenth of the time; what does not fit it goes to the parser.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from imapclient.datetime_util import parse_to_datetime
from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.response_parser import parse_response

from gmailsync.mime.storable import storable
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import Listed

Row = Mapping[bytes, Any]
"""A FETCH response as {item: value}."""

ITEMS = frozenset({b"UID", b"FLAGS", b"INTERNALDATE", b"BODY[]"})
"""What every server gives of a message."""
GMAIL_ITEMS = ITEMS | {b"X-GM-MSGID", b"X-GM-THRID", b"X-GM-LABELS"}

_PLAIN = re.compile(
    rb"\d+ \((?:(?:UID (\d+)|RFC822\.SIZE (\d+)|X-GM-THRID (\d+)|X-GM-MSGID (\d+)"
    rb'|X-GM-LABELS \(((?:[^(){}"]++|"(?:[^"\\]|\\.)*+")*+)\)'
    rb'|INTERNALDATE "([^"]*)"|FLAGS \(([^(){}"]*)\)|MODSEQ \(\d+\)) ?)*(BODY\[\] \{\d+\}|\))'
)
_LABEL = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^ "]+)')
_QUOTED = re.compile(rb"\\(.)")

_DATE = re.compile(rb"([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows(pieces: Iterable[Any]) -> Iterator[Row]:
    """Yield each FETCH response among imaplib's pieces; one that cannot be read is empty."""
    response: list[Any] = []
    for piece in pieces:
        response.append(piece)
        if isinstance(piece, bytes):  # imaplib: a tuple ends in a literal and goes on, bytes are the end
            yield _plain(response) or _any(response)
            response = []


def listed(row: Row, own_label: str = "") -> Listed:
    """Return what a listing told of a message that has a UID; what cannot be read counts as not told."""
    size, msgid = row.get(b"RFC822.SIZE"), row.get(b"X-GM-MSGID")
    return Listed(
        uid=row[b"UID"],
        size=size if isinstance(size, int) else 0,
        gmail_message_id=msgid if isinstance(msgid, int) else None,
        labels=_labels(row[b"X-GM-LABELS"], own_label) if b"X-GM-LABELS" in row else None,
        flags=_names(row[b"FLAGS"]) if b"FLAGS" in row else None,
        arrived=_internal_date(row[b"INTERNALDATE"]) if b"INTERNALDATE" in row else None,
    )


def message(row: Row, own_label: str = "") -> FetchedMessage | None:
    """Return a message, or None when what was answered is no message. `own_label` is the open folder's."""
    raw = row.get(b"BODY[]")
    msgid, thrid = row.get(b"X-GM-MSGID"), row.get(b"X-GM-THRID")
    if not isinstance(raw, bytes) or not isinstance(msgid, int | None) or not isinstance(thrid, int | None):
        return None
    return FetchedMessage(
        uid=row[b"UID"],
        raw=raw,
        gmail_message_id=msgid,
        gmail_thread_id=thrid,
        labels=_labels(row.get(b"X-GM-LABELS"), own_label),
        flags=_names(row[b"FLAGS"]),
        internal_date=_internal_date(row[b"INTERNALDATE"]),
    )


# --- responses -------------------------------------------------------------------------------


def _plain(response: list[Any]) -> Row | None:
    """Read a response of the plain shape; None when it has another."""
    match response:
        case [bytes() as line]:
            head, literal = line, None
        case [(bytes() as head, bytes() as literal), b")"]:
            pass
        case _:
            return None
    found = _PLAIN.fullmatch(head)
    if found is None or (literal is None) is not (found[len(_READ) + 1] == b")"):
        return None
    row: dict[bytes, Any] = {}
    for (name, read), value in zip(_READ.items(), found.groups(), strict=False):  # the last group is no value
        if value is not None:
            row[name] = read(value)
    if literal is not None:
        row[b"BODY[]"] = literal
    return row


# Thousands of messages have the same few sets of flags and labels.
@lru_cache(maxsize=4096)
def _split_flags(value: bytes) -> tuple[bytes, ...]:
    return tuple(value.split())


@lru_cache(maxsize=4096)
def _split_labels(value: bytes) -> tuple[bytes | None, ...]:
    return tuple(map(_label, _LABEL.finditer(value)))


_READ: Mapping[bytes, Callable[[bytes], Any]] = {
    b"UID": int,
    b"RFC822.SIZE": int,
    b"X-GM-THRID": int,
    b"X-GM-MSGID": int,
    b"X-GM-LABELS": _split_labels,
    b"INTERNALDATE": bytes,
    b"FLAGS": _split_flags,
}
"""What makes values of `_PLAIN`'s groups, in their order."""


def _label(found: re.Match[bytes]) -> bytes | None:
    """Return a label, without the quotes if it has any; None for NIL."""
    if found[1] is None:
        return None if found[2] == b"NIL" else found[2]
    return _QUOTED.sub(rb"\1", found[1])


def _any(response: list[Any]) -> Row:
    """Let IMAPClient read a response of whatever shape; return nothing of one that cannot be read."""
    try:
        _number, items = parse_response(response)
        return {name.upper(): value for name, value in zip(items[::2], items[1::2], strict=True)}
    except (imaplib.IMAP4.error, AttributeError, TypeError, ValueError):
        return {}


# --- values ----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _names(values: Any) -> tuple[str, ...]:
    """Decode flags or labels; the parser makes numbers of labels such as 2024, and an element may be NIL."""
    return tuple(_name(value) for value in values or () if value is not None)


def _labels(values: Any, own_label: str) -> tuple[str, ...]:
    """Decode labels, and add the folder's own, which Gmail does not name there (google.md 3.7)."""
    labels = _names(values)
    return labels if not own_label or own_label in labels else (*labels, own_label)


def _name(value: Any) -> str:
    try:
        return storable(str(decode_utf7(value)))
    except UnicodeError:  # a stray & in a label: not modified UTF-7
        return storable(str(value, "utf-8", "replace"))


def _internal_date(value: Any) -> datetime:
    """Return the time of arrival in UTC; the epoch for one that cannot be read, so that the mail is not lost."""
    try:
        date = _plain_date(value) or parse_to_datetime(value, normalise=False)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (AttributeError, OverflowError, TypeError, ValueError):
        return _EPOCH


def _plain_date(value: Any) -> datetime | None:
    """Read `date-time` as RFC 3501 section 9 has it; None for anything else."""
    found = _DATE.fullmatch(value)
    if found is None or found[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second, sign, *zone = found.groups()
    place = _zone(sign, *zone)
    return datetime(int(year), _MONTHS[found[2]], int(day), int(hour), int(minute), int(second), tzinfo=place)


@lru_cache(maxsize=128)
def _zone(sign: bytes, hours: bytes, minutes: bytes) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == b"-" else offset)
