"""FETCH: from messages to responses, with Gmail's items and in Gmail's order (google.md 3.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache

from fakes.gmail import headers
from fakes.gmail.folders import Folder
from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message
from fakes.imap import structure, utf7
from fakes.imap.arguments import MONTHS
from fakes.imap.reader import ATOM
from fakes.imap.values import Fetch, Item, Part, Section

_BARE_LABEL = re.compile(rb"(?!(?i:NIL)\Z)" + ATOM.pattern.replace(rb"\]", b""))
"""Labels that are sent without quotes; `]` is one of their characters (google.md 3.7)."""

_FLAG_ORDER = {flag: place for place, flag in enumerate(("\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "\\Seen"))}


def pieces(
    command: Fetch, folder: Folder, store: MailStore, *, also: frozenset[Item] = frozenset(), utf8: bool = False
) -> Callable[[int, Message], list[bytes]]:
    """Return how to write what a FETCH asks for of a message, given its UID.

    `also` is added although it was not asked for, as the flags are when the fetch has just changed them.
    """
    asked = command.items | also
    asked |= {Item.UID} if command.uid else set()
    asked |= {Item.MODSEQ} if command.changed_since is not None else set()
    writers = [_writer(item, folder, store, utf8) for item in Item if item in asked]
    writers += [_section_writer(section, store) for section in command.sections]

    def write(uid: int, message: Message) -> list[bytes]:
        return [writer(uid, message) for writer in writers]

    return write


def flags(folder: Folder, uid: int, message: Message) -> bytes:
    r"""Return the FLAGS item: system flags first, then keywords. `\Deleted` is the folder's to know."""
    return _flags(message.flags | {"\\Deleted"} if uid in folder.marked else message.flags)


@lru_cache(maxsize=1024)
def _flags(shown: frozenset[str]) -> bytes:
    ordered = sorted(shown, key=lambda flag: (_FLAG_ORDER.get(flag, len(_FLAG_ORDER)), flag))
    return f"FLAGS ({' '.join(ordered)})".encode()


def labels(folder: Folder, message: Message) -> bytes:
    """Return the X-GM-LABELS item, without the label of the folder that is looked at."""
    shown = sorted(_label(label) for label in message.labels if label != folder.label)
    return b"X-GM-LABELS (%b)" % b" ".join(shown)


def quoted(text: str) -> str:
    """Return a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(label: str) -> bytes:
    """Return a label as Gmail writes it: system ones always quoted, others only where they must be."""
    wire = utf7.encode(label)
    bare = _BARE_LABEL.fullmatch(wire.encode())
    return (wire if bare else quoted(wire)).encode()


def modseq(message: Message) -> bytes:
    """Return the MODSEQ item (RFC 7162 section 3.1.4)."""
    return b"MODSEQ (%d)" % message.modseq


Writer = Callable[[int, Message], bytes]


def _writer(item: Item, folder: Folder, store: MailStore, utf8: bool) -> Writer:
    """Return how to write one item."""
    writers: dict[Item, Writer] = {
        Item.THRID: lambda _, message: b"X-GM-THRID %d" % message.gm_thrid,
        Item.MSGID: lambda _, message: b"X-GM-MSGID %d" % message.gm_msgid,
        Item.LABELS: lambda _, message: labels(folder, message),
        Item.UID: lambda uid, _: b"UID %d" % uid,
        Item.SIZE: lambda _, message: b"RFC822.SIZE %d" % len(message.raw),
        Item.MODSEQ: lambda _, message: modseq(message),
        Item.INTERNALDATE: lambda _, message: _internal_date(message.internal_date),
        Item.FLAGS: lambda uid, message: flags(folder, uid, message),
        Item.ENVELOPE: lambda _, message: b"ENVELOPE " + structure.envelope(store.structure(message), utf8=utf8),
        Item.BODY: lambda _, message: b"BODY " + _body(store, message, extended=False, utf8=utf8),
        Item.BODYSTRUCTURE: lambda _, message: b"BODYSTRUCTURE " + _body(store, message, extended=True, utf8=utf8),
    }
    return writers[item]


def _body(store: MailStore, message: Message, *, extended: bool, utf8: bool) -> bytes:
    return structure.body(store.structure(message), extended=extended, utf8=utf8)


def _internal_date(date: datetime) -> bytes:
    """Return the INTERNALDATE item, in UTC."""
    month = MONTHS[date.month - 1]
    return f'INTERNALDATE "{date.day:02}-{month}-{date.year:04} {date:%H:%M:%S} +0000"'.encode()


def _section_writer(section: Section, store: MailStore) -> Writer:
    """Return how to write a section of a message: a literal, bytes as they are, or NIL where there is no such part."""
    label = section.label.encode()
    whole = section.part is Part.ALL and not section.path and section.origin is None

    def write(_: int, message: Message) -> bytes:
        data = message.raw if whole else section_bytes(section, message, store)
        return label + b" NIL" if data is None else b"%b {%d}\r\n%b" % (label, len(data), data)

    return write


def section_bytes(section: Section, message: Message, store: MailStore) -> bytes | None:
    """Return what a section of a message holds (RFC 3501 section 6.4.5); None when there is no such part."""
    data = _of_part(section, message, store) if section.path else _of_message(section, message.raw)
    if data is None or section.origin is None or section.count is None:
        return data
    return data[section.origin : section.origin + section.count]


def _of_part(section: Section, message: Message, store: MailStore) -> bytes | None:
    """Return a section of a MIME part; header and text has only a message within (as at Gmail: google.md 3.10)."""
    part = store.structure(message).find(section.path)
    if part is None:
        return None
    if section.part is Part.MIME:
        return part.header_bytes
    if section.part is Part.ALL:
        return part.body_bytes
    return _of_message(section, part.body_bytes) if part.message else None


def _of_message(section: Section, raw: bytes) -> bytes:
    """Return a section of a whole message."""
    if section.part is Part.ALL:
        return raw
    header, body = headers.split(raw)
    if section.part in (Part.FIELDS, Part.FIELDS_NOT):
        return b"".join(_chosen(section, header))
    return body if section.part is Part.TEXT else header


def _chosen(section: Section, header: bytes) -> Iterator[bytes]:
    """Yield the header fields of these names, or all others, and the blank line that ends every header."""
    names = {name.lower().encode() for name in section.names}
    for field in headers.fields(header):
        if (field.name.lower() in names) is (section.part is Part.FIELDS):
            yield field.raw
    yield b"\r\n"
