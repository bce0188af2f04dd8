"""What a message says, worked out at most once: the words of its header and text, its day, its files.

Text is found by words, not by pieces of words, as Gmail's index does it [recall]; Chinese and
Japanese, which put no blanks between words, by characters, and so are symbols: IMAPClient's live test finds a smile
by X-GM-RAW (`livetest.py`, `test_gmail_search`).
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message as Parsed
from functools import cached_property

from fakes.gmail import headers, mime_fields, mime_tree
from fakes.gmail.addresses import Address, addresses
from fakes.gmail.message import Message
from fakes.gmail.mime_tree import Part

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_SYMBOLS = "\u2600-\u27bf\U0001f300-\U0001faff"
_WORD = re.compile(rf"[{_CJK}{_SYMBOLS}]|[^\W_{_CJK}]+")
_EXTENDED = re.compile(rb"([^']*)'[^']*'(.*)", re.S)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def words(text: str) -> str:
    """Return the words of a text in small letters with one blank around each, so that phrases can be looked up."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


@dataclass
class Contents:
    """A message that is looked into."""

    message: Message

    @cached_property
    def block(self) -> bytes:
        """The header."""
        return headers.split(self.message.raw)[0]

    def fields(self, name: bytes | None = None) -> Iterator[str]:
        """Yield the words of the header fields of this name, in small letters; of all fields without one."""
        return map(words, self.values(name))

    def values(self, name: bytes | None = None) -> Iterator[str]:
        """Yield the header fields of this name, decoded; all of them without one."""
        for field in headers.fields(self.block):
            if name is None or field.name.lower() == name:
                yield headers.decoded(field.value)

    def people(self, name: bytes) -> Iterator[str]:
        """Yield the addresses in the header fields of this name, without comments and blanks within them."""
        for field in headers.fields(self.block):
            if field.name.lower() == name:
                yield ", ".join(_shown(address) for address in addresses(field.value))

    @cached_property
    def sent(self) -> date | None:
        """The day of the Date field as it is written there, whatever its zone (RFC 3501 section 6.4.4)."""
        when = headers.date(headers.first_values(self.block))
        return when.date() if when else None

    @cached_property
    def message_ids(self) -> list[str]:
        """The Message-ID with its brackets, as a list of one; of none without one."""
        return headers.message_ids(headers.first_values(self.block), "message-id")[:1]

    @cached_property
    def body(self) -> str:
        """The words of the text parts."""
        return words(self.text)

    @cached_property
    def text(self) -> str:
        """The text parts, decoded; all that follows the header when parts nest deeper than Python reads."""
        try:
            parsed = email.message_from_bytes(self.message.raw)
        except RecursionError:
            return headers.split(self.message.raw)[1].decode("utf-8", "replace")
        return "\n".join(_text(part) for part in parsed.walk() if part.get_content_maintype() == "text")

    @cached_property
    def files(self) -> list[str]:
        """The names of attachments; an empty one for an attachment without a name."""
        return [name for name, _ in attachments(mime_tree.parse(self.message.raw))]


def _shown(address: Address) -> str:
    """Return an address as text: `name <mailbox@host>`; of a group what begins it, `name:`."""
    name, mailbox, host = (headers.decoded(part or b"") for part in (address.name, address.mailbox, address.host))
    return f"{name} <{mailbox}@{host}>" if address.host is not None else f"{mailbox}:"


def _text(part: Parsed) -> str:
    """Return a text part decoded, with what cannot be decoded replaced."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that does not exist, or with a NUL in its name
        return data.decode("utf-8", "replace")


def attachments(part: Part) -> Iterator[tuple[str, Part]]:
    """Yield name and part of the attachments in a part; a part with a name is one, and so is one that says so."""
    for inner in part.parts:
        yield from attachments(inner)
    if part.parts:
        return
    value = part.head().get("content-disposition")
    manner = mime_fields.disposition(value) if value else None
    name = _name(manner[1] if manner else (), b"filename") or _name(part.type.parameters, b"name")
    if name or (manner and manner[0].lower() == b"attachment"):
        yield name, part


def _name(parameters: mime_fields.Parameters, wanted: bytes) -> str:
    """Return a file's name from its parameter, plain, in encoded words, or extended (RFC 2231)."""
    for name, value in parameters:
        if name.lower() == wanted:
            return headers.decoded(value)
        if name.lower() == wanted + b"*" and (match := _EXTENDED.fullmatch(value)):
            data = _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), match[2])
            try:
                return data.decode(match[1].decode("ascii", "replace") or "utf-8", "replace")
            except (LookupError, ValueError):
                return data.decode("utf-8", "replace")
    return ""
