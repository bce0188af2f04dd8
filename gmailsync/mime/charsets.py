"""Octets -> text: the charsets that mail is written in, and what their names stand for.

A label is believed as far as the octets allow. Where it is absent, unknown or contradicted by them, the text is read
another way, and what comes back says so.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from gmailsync.mime import japanese
from gmailsync.mime.guessing import guess
from gmailsync.model.content import Doubt

_READINGS: dict[str, tuple[str, ...]] = {
    # Mail is labelled with the standard and written in a maker's superset of it (①, ~, and the like). The readings
    # are tried in this order; the first that fits is taken.
    "iso2022_jp": ("iso2022_jp", japanese.ISO_2022),
    "euc_jp": ("euc_jp", japanese.EUC),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("cp950", "big5hkscs"),
    "big5hkscs": ("big5hkscs", "cp950"),
    "euc_kr": ("cp949",),
    "iso8859-1": ("cp1252",),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "tis-620": ("cp874",),
}
"""Python's name of a codec -> the codecs that read what is labelled so."""

_ALIASES = {
    "ansi_x3.4-1968": "ascii",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "cp51932": "euc_jp",
    "cseucpkdfmtjapanese": "euc_jp",
    "cswindows31j": "cp932",
    "eucjp-ms": "euc_jp",
    "gb_2312-80": "gb2312",
    "iso-2022-jp-ms": "iso2022_jp",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "ks_c_5601-1989": "euc_kr",
    "ms-kanji": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "windows-936": "gb18030",
    "windows-949": "cp949",
    "windows-950": "cp950",
    "x-euc-cn": "gb2312",
    "x-euc-jp": "euc_jp",
    "x-euc-kr": "euc_kr",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-japanese": "cp932",
    "x-mac-roman": "mac_roman",
    "x-ms-cp932": "cp932",
    "x-sjis": "cp932",
    "x-unicode-2-0-utf-8": "utf-8",
    "x-windows-949": "cp949",
}
"""Names that mail has and Python does not know."""

_UNDECLARED = {"", "7bit", "8bit", "binary", "default", "none", "unknown", "unknown-8bit", "x-unknown"}
_NO_CHARSETS = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Python's codecs that turn octets into text but are no charset of mail: slow, noisy, or a way to smuggle."""

_MULTIBYTE = re.compile(r"utf|2022|euc|jis|jp|gb|hz|big5|cp9[345]\d|johab|cp949")
_DRESSING = re.compile(r"^charset=|\(.*|[\"'<>;,:\s]", re.DOTALL)
_ESCAPE = b"\x1b$"
_REPLACEMENT = "\ufffd"
_SHIFT_OUT = "\x0e"  # katakana follow, in one of the Windows variants of ISO-2022-JP
_TOO_MUCH = 0.02
"""The share of illegible characters from which on another charset is more likely than damage."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the charset it was read in, and why it may not be what was meant (None: no reason to doubt)."""

    text: str
    charset: str
    doubt: Doubt | None = None


def decode(octets: bytes, label: str = "", hint: str = "") -> Decoded:
    """Decode octets that carry this charset's name, or none. Never raises.

    `hint` is a charset declared nearby, which is asked before guessing.
    """
    name = _codec(label)
    if name is None:
        found = undeclared(octets, hint)
        is_named = _bare(label) not in _UNDECLARED
        return Decoded(found.text, found.charset, Doubt.UNKNOWN_CHARSET) if is_named and found.doubt else found
    if name == "ascii" or (name.startswith(("utf-16", "utf-32")) and octets.isascii() and b"\0" not in octets):
        found = undeclared(octets, hint)
        return found if found.charset == "ascii" else Decoded(found.text, found.charset, Doubt.MISLABELLED)
    if _ESCAPE in octets and not name.startswith(("iso2022", "utf-16", "utf-32")):
        text = japanese.iso_2022(octets)
        if _REPLACEMENT not in text:
            return Decoded(text, "iso2022_jp", Doubt.MISLABELLED)
    if name == "utf-8":
        return _utf8(octets, hint)
    if not _MULTIBYTE.search(name) and (readable := _strictly(octets)) is not None:
        # Hardly any text of a single-byte charset is UTF-8 by chance; as pure ASCII both are the same.
        return Decoded(readable, name) if octets.isascii() else Decoded(readable, "utf-8", Doubt.MISLABELLED)
    found = _by(name, octets)
    is_eight_bit = name.startswith("iso2022") and not octets.isascii()  # all of these have seven
    is_spoilt = found.doubt and found.text.count(_REPLACEMENT) >= _TOO_MUCH * len(found.text)
    if _ESCAPE not in octets and (is_eight_bit or is_spoilt):
        other = undeclared(octets, hint)
        return found if other.doubt == Doubt.DAMAGED else Decoded(other.text, other.charset, Doubt.MISLABELLED)
    return found


def undeclared(octets: bytes, hint: str = "") -> Decoded:
    """Decode what has no charset's name: UTF-8 if it is that, then ISO-2022 by its escapes, the hint, then a guess.

    A guess is doubtful, and so is UTF-8 with something broken in it.
    """
    if _ESCAPE in octets or b"\x1b(I" in octets:
        return _by("iso2022_jp", octets)
    if (text := _strictly(octets)) is not None:
        return Decoded(text, "ascii" if octets.isascii() else "utf-8")
    if (name := _codec(hint)) and name not in {"ascii", "utf-8"}:
        found = _by(name, octets)
        if not found.doubt:
            return Decoded(found.text, name, Doubt.GUESSED)
    if not _has_utf8(octets) and (guessed := guess(octets)):
        return Decoded(_by(guessed, octets).text, guessed, Doubt.GUESSED)
    return Decoded(octets.decode("utf-8", "replace"), "utf-8", Doubt.DAMAGED)


def _utf8(octets: bytes, hint: str) -> Decoded:
    text = _strictly(octets)
    if text is not None:
        return Decoded(text, "utf-8")
    found = undeclared(octets, hint)
    return Decoded(found.text, found.charset, Doubt.MISLABELLED) if found.charset != "utf-8" else found


def _has_utf8(octets: bytes) -> bool:
    """Tell whether part of the octets is UTF-8 beyond ASCII: then the rest is damage, and not another charset.

    Two such characters to each broken place; other charsets have one or two by chance.
    """
    text = octets.decode("utf-8", "replace")
    broken = text.count(_REPLACEMENT)
    return sum(not character.isascii() for character in text) - broken >= 2 * broken


def _by(name: str, octets: bytes) -> Decoded:
    """Decode by the first of a charset's readings that fits, or else by the one that loses least."""
    texts = []
    for reading in _READINGS.get(name, (name,)):
        text = _read(reading, octets)
        if _REPLACEMENT not in text and _SHIFT_OUT not in text:
            return Decoded(text, name)
        texts.append(text)
    best = min(texts, key=lambda text: text.count(_REPLACEMENT))
    # The character itself can be meant where the charset has it.
    is_meant = _read(name, octets, "ignore").count(_REPLACEMENT) == best.count(_REPLACEMENT)
    return Decoded(best, name, None if is_meant else Doubt.DAMAGED)


def _read(reading: str, octets: bytes, errors: str = "replace") -> str:
    if reading == japanese.ISO_2022:
        return japanese.iso_2022(octets)
    if reading == japanese.EUC:
        return japanese.euc(octets)
    try:
        return octets.decode(reading, errors)
    except ValueError:
        # Of UTF-16 that ends in the middle, or a codec that cannot replace.
        return octets.decode("utf-8", errors)


def _strictly(octets: bytes) -> str | None:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return None


def _bare(label: str) -> str:
    return _DRESSING.sub("", label.lower())


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    """Return Python's name of the codec that a label stands for, or None where nobody can tell."""
    name = _bare(label)
    if name in _UNDECLARED:
        return None
    # `windows-31j`, `Windows_31J` and `cp-1252` are all to be met.
    for candidate in (name, name.replace("_", "-"), name.replace("-", ""), name.removeprefix("x-")):
        try:
            codec = codecs.lookup(_ALIASES.get(candidate, candidate))
            b"a".decode(codec.name, "replace")  # not every codec makes text
        except (LookupError, ValueError, TypeError):
            continue
        if codec.name not in _NO_CHARSETS:
            return codec.name
    return None
