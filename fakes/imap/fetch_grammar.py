"""What FETCH can be asked for (RFC 3501 section 9, fetch-att), as far as it is imitated."""

from __future__ import annotations

import re

from fakes.imap.arguments import NotImitated, needs
from fakes.imap.reader import Reader
from fakes.imap.values import Item, Part, Section

_NAME = re.compile(rb"[A-Za-z0-9.-]+")
_PART = re.compile(rb"[A-Za-z0-9.]*")
_FIELD_NAME = re.compile(rb"[A-Za-z0-9!#$&'+.^_`|~-]+")
_PARTIAL = re.compile(rb"<(\d{1,10})\.([1-9]\d{0,9})>")

_ITEMS = {item.value: item for item in Item}
_OLD_SECTIONS = {
    "RFC822": Section("RFC822", Part.ALL, seen=True),
    "RFC822.HEADER": Section("RFC822.HEADER", Part.HEADER),
    "RFC822.TEXT": Section("RFC822.TEXT", Part.TEXT, seen=True),
}
_FAST = (Item.FLAGS, Item.INTERNALDATE, Item.SIZE)
_NOT_IMITATED = ("BODY", "BODYSTRUCTURE", "ENVELOPE", "MODSEQ")
_MACROS = ("ALL", "FULL")

Wanted = tuple[frozenset[Item], tuple[Section, ...]]


def wanted(reader: Reader) -> Wanted:
    """Read the items of a FETCH. A macro stands alone: with items beside it Gmail refuses it (google.md 3.9)."""
    if reader.sees(b"("):
        found = reader.listed(lambda: _item(reader, alone=False))
        if not found:
            reader.fail("an item")
    else:
        found = [_item(reader, alone=True)]
    if reader.sees(b" (CHANGEDSINCE"):
        raise NotImitated("(CHANGEDSINCE)")
    items = frozenset(item for group in found for item in group if isinstance(item, Item))
    sections = tuple(item for group in found for item in group if isinstance(item, Section))
    return items, tuple(dict.fromkeys(sections))


def _item(reader: Reader, *, alone: bool) -> tuple[Item | Section, ...]:
    """Read one item; FAST, which stands for three, only where it stands alone."""
    name = reader.match(_NAME, "an item")[0].decode().upper()
    if name.startswith("X-GM-"):
        needs("X-GM-EXT-1")
    if name in _ITEMS:
        return (_ITEMS[name],)
    if name in _OLD_SECTIONS:
        return (_OLD_SECTIONS[name],)
    if name == "FAST" and alone:
        return _FAST
    if name in ("BODY", "BODY.PEEK") and reader.sees(b"["):
        return (_section(reader, seen=name == "BODY"),)
    if name in _NOT_IMITATED or (name in _MACROS and alone):
        raise NotImitated(name)
    return reader.fail("an item")


def _section(reader: Reader, *, seen: bool) -> Section:
    """Read `section = "[" [section-spec] "]" ["<" number "." nz-number ">"]`."""
    reader.expect(b"[")
    spec = reader.match(_PART, "a section")[0].decode().upper()
    if spec[:1].isdigit():
        raise NotImitated(f"BODY[{spec}]")
    if spec not in [part.value for part in Part]:
        reader.fail("a section")
    part = Part(spec)
    names: tuple[str, ...] = ()
    if part in (Part.FIELDS, Part.FIELDS_NOT):
        reader.space()
        names = tuple(reader.listed(lambda: _field_name(reader)))
        if not names:
            reader.fail("a header field's name")
        spec += f" ({' '.join(names)})"
    reader.expect(b"]")
    if not reader.sees(b"<"):
        return Section(f"BODY[{spec}]", part, names, seen)
    origin, count = map(int, reader.match(_PARTIAL, "a partial range").groups())
    return Section(f"BODY[{spec}]<{origin}>", part, names, seen, origin, count)


def _field_name(reader: Reader) -> str:
    """Read a header field's name, quoted or not."""
    name = reader.astring()
    if not _FIELD_NAME.fullmatch(name):
        reader.fail("a header field's name")
    return name.decode()
