"""What FETCH can be asked for (RFC 3501 section 9, fetch-att; RFC 7162 section 7)."""

from __future__ import annotations

import re
from itertools import takewhile

from fakes.imap.arguments import modifier, needs
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
_MACROS = {"FAST": _FAST, "ALL": (*_FAST, Item.ENVELOPE), "FULL": (*_FAST, Item.ENVELOPE, Item.BODY)}

DEEPEST = 200
"""Numbers that a section may have, one for each level of parts."""

Wanted = tuple[frozenset[Item], tuple[Section, ...]]


def wanted(reader: Reader) -> Wanted:
    """Read the items of a FETCH. A macro stands alone: with items beside it Gmail refuses it (google.md 3.9)."""
    if reader.sees(b"("):
        found = reader.listed(lambda: _item(reader, alone=False))
        if not found:
            reader.fail("an item")
    else:
        found = [_item(reader, alone=True)]
    items = frozenset(item for group in found for item in group if isinstance(item, Item))
    sections = tuple(item for group in found for item in group if isinstance(item, Section))
    return items, tuple(dict.fromkeys(sections))


def changed_since(reader: Reader) -> int | None:
    """Read `SP "(" "CHANGEDSINCE" SP mod-sequence-value ")"` if it stands here; 0 is refused, as seen at Gmail."""
    if not reader.skip(b" ("):
        return None
    return modifier(reader, "CHANGEDSINCE") or reader.fail("a mod-sequence")


def _item(reader: Reader, *, alone: bool) -> tuple[Item | Section, ...]:
    """Read one item; FAST, which stands for three, only where it stands alone."""
    name = reader.match(_NAME, "an item")[0].decode().upper()
    if name.startswith("X-GM-"):
        needs("X-GM-EXT-1")
    if name in ("BODY", "BODY.PEEK") and reader.sees(b"["):
        return (_section(reader, seen=name == "BODY"),)
    if name == Item.MODSEQ.value:
        needs("CONDSTORE")
    if name in _ITEMS:
        return (_ITEMS[name],)
    if name in _OLD_SECTIONS:
        return (_OLD_SECTIONS[name],)
    if name in _MACROS and alone:
        return _MACROS[name]
    return reader.fail("an item")


def _section(reader: Reader, *, seen: bool) -> Section:
    """Read `section = "[" [section-spec] "]" ["<" number "." nz-number ">"]`."""
    reader.expect(b"[")
    spec = reader.match(_PART, "a section")[0].decode().upper()
    path, part = _named(reader, spec)
    names: tuple[str, ...] = ()
    if part in (Part.FIELDS, Part.FIELDS_NOT):
        reader.space()
        names = tuple(reader.listed(lambda: _field_name(reader)))
        if not names:
            reader.fail("a header field's name")
        spec += f" ({' '.join(names)})"
    reader.expect(b"]")
    if not reader.sees(b"<"):
        return Section(f"BODY[{spec}]", part, path, names, seen)
    origin, count = map(int, reader.match(_PARTIAL, "a partial range").groups())
    return Section(f"BODY[{spec}]<{origin}>", part, path, names, seen, origin, count)


def _named(reader: Reader, spec: str) -> tuple[tuple[int, ...], Part]:
    """Read `section-part ["." section-text]`; MIME is only that of a part."""
    words = spec.split(".")
    numbers = list(takewhile(_is_number, words))
    rest = ".".join(words[len(numbers) :])
    if len(numbers) > DEEPEST or rest not in [part.value for part in Part]:
        reader.fail("a section")
    part = Part(rest)
    if (part is Part.MIME and not numbers) or (spec.endswith(".") and not rest):
        reader.fail("a section")
    return tuple(int(number) for number in numbers), part


def _is_number(word: str) -> bool:
    return word.isdigit() and word[0] != "0" and len(word) <= 10


def _field_name(reader: Reader) -> str:
    """Read a header field's name, quoted or not."""
    name = reader.astring()
    if not _FIELD_NAME.fullmatch(name):
        reader.fail("a header field's name")
    return name.decode()
