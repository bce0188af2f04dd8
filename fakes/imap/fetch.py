"""FETCH: from messages to responses, with Gmail's items and in Gmail's order (google.md 3.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from fakes.gmail import headers
from fakes.gmail.mail import Folder, Message
from fakes.imap import utf7
from fakes.imap.arguments import MONTHS
from fakes.imap.numbers import SeqNum
from fakes.imap.reader import ATOM
from fakes.imap.values import Fetch, Item, Part, Section

_BARE_LABEL = re.compile(rb"(?!(?i:NIL)\Z)" + ATOM.pattern.replace(rb"\]", b""))
"""Labels that are sent without quotes; `]` is one of their characters (google.md 3.7)."""

_FLAG_ORDER = {flag: place for place, flag in enumerate(("\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "\\Seen"))}


def response(seq: SeqNum, pieces: list[bytes]) -> bytes:
    """Return one untagged FETCH response."""
    return b"* %d FETCH (%b)\r\n" % (seq, b" ".join(pieces))


def pieces(command: Fetch, folder: Folder, *, flags_too: bool = False) -> Callable[[int, Message], list[bytes]]:
    """Return how to write what a FETCH asks for of a message, given its UID.

    `flags_too` adds the flags although they were not asked for: the fetch has just changed them.
    """
    asked = command.items | ({Item.UID} if command.uid else set()) | ({Item.FLAGS} if flags_too else set())
    writers = [_writer(item, folder) for item in Item if item in asked]
    sections = command.sections

    def write(uid: int, message: Message) -> list[bytes]:
        return [writer(uid, message) for writer in writers] + [_literal(section, message.raw) for section in sections]

    return write


def flags(folder: Folder, uid: int, message: Message) -> bytes:
    r"""Return the FLAGS item: system flags first, then keywords. `\Deleted` is the folder's to know."""
    shown = [*message.flags, "\\Deleted"] if uid in folder.marked else message.flags
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


def _writer(item: Item, folder: Folder) -> Callable[[int, Message], bytes]:
    """Return how to write one item."""
    writers: dict[Item, Callable[[int, Message], bytes]] = {
        Item.THRID: lambda _, message: b"X-GM-THRID %d" % message.gm_thrid,
        Item.MSGID: lambda _, message: b"X-GM-MSGID %d" % message.gm_msgid,
        Item.LABELS: lambda _, message: labels(folder, message),
        Item.UID: lambda uid, _: b"UID %d" % uid,
        Item.SIZE: lambda _, message: b"RFC822.SIZE %d" % len(message.raw),
        Item.INTERNALDATE: lambda _, message: _internal_date(message.internal_date),
        Item.FLAGS: lambda uid, message: flags(folder, uid, message),
    }
    return writers[item]


def _internal_date(date: datetime) -> bytes:
    """Return the INTERNALDATE item, in UTC."""
    month = MONTHS[date.month - 1]
    return f'INTERNALDATE "{date.day:02}-{month}-{date.year:04} {date:%H:%M:%S} +0000"'.encode()


def _literal(section: Section, raw: bytes) -> bytes:
    """Return a section of a message as a literal, bytes as they are."""
    data = section_bytes(section, raw)
    return b"%b {%d}\r\n%b" % (section.label.encode(), len(data), data)


def section_bytes(section: Section, raw: bytes) -> bytes:
    """Return what a section of a message holds (RFC 3501 section 6.4.5)."""
    data = raw
    if section.part is not Part.ALL:
        header, body = headers.split(raw)
        data = body if section.part is Part.TEXT else header
        if section.part in (Part.FIELDS, Part.FIELDS_NOT):
            data = b"".join(_chosen(section, header))
    if section.origin is None or section.count is None:
        return data
    return data[section.origin : section.origin + section.count]


def _chosen(section: Section, header: bytes) -> Iterator[bytes]:
    """Yield the header fields of these names, or all others, and the blank line that ends every header."""
    names = {name.lower().encode() for name in section.names}
    for field in headers.fields(header):
        if (field.name.lower() in names) is (section.part is Part.FIELDS):
            yield field.raw
    yield b"\r\n"
