"""Which charset octets without a name are in, when they are not UTF-8 and have no escape sequences.

The rule, in this order: letters of Western Europe standing alone among ASCII letters are Windows-1252; words of
letters from the upper quarter alone are Cyrillic, by where the small letters lie (Windows-1251 or KOI8-R); otherwise
the East Asian charset which reads every octet and gives the largest share of the characters that its everyday text
is made of (kana and the first level of kanji; the first level of hanzi; hangul), if that is most of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SAMPLE = 20_000
"""Octets looked at; more do not make a guess better."""

_ENOUGH = 0.8
"""The share of everyday characters from which on a guess is made at all; names and rare signs are the rest."""

_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_SIGNS = rb"[\x80\x85\x91-\x97\x99\xa0\xa1\xa3\xa7\xa9\xab\xae\xb0\xb4\xb7\xbb\xbf]*"
_LETTERS = rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]"
_WESTERN_RUN = re.compile(_SIGNS + _LETTERS + rb"{0,2}" + _SIGNS)
_WESTERN_WORD = re.compile(rb"[A-Za-z]" + _SIGNS + _LETTERS + rb"|" + _LETTERS + _SIGNS + rb"[A-Za-z]")
_CYRILLIC = re.compile(rb"[\xc0-\xff\xa3\xb3\xa8\xb8\xa4\xa6\xa7\xb4\xb6\xb7\xba\xbf]{2,}")
_KOI8_SMALL = bytes(range(0xC0, 0xE0)) + b"\xa3"
_WINDOWS_SMALL = bytes(range(0xE0, 0x100)) + b"\xb8"


def guess(octets: bytes) -> str | None:
    """Return Python's name of the charset that these octets are most likely in, or None where no guess is good."""
    sample = octets[:_SAMPLE]
    runs = _HIGH_RUN.findall(sample)
    high = sum(map(len, runs))
    western = sum(len(run) for run in runs if _WESTERN_RUN.fullmatch(run))
    if western and western >= _ENOUGH * high and _WESTERN_WORD.search(sample):
        return "cp1252"
    return _cyrillic(sample, high) or _east_asian(octets if len(octets) <= _SAMPLE else _whole_lines(sample))


def _cyrillic(sample: bytes, high: int) -> str | None:
    letters = b"".join(_CYRILLIC.findall(sample))
    if len(letters) < 4 or len(letters) < 0.95 * high:
        return None
    koi8 = sum(octet in _KOI8_SMALL for octet in letters)
    windows = sum(octet in _WINDOWS_SMALL for octet in letters)
    if max(koi8, windows) < 0.6 * len(letters):
        return None
    return "koi8-r" if koi8 > windows else "cp1251"


def _whole_lines(sample: bytes) -> bytes:
    """Return a sample that does not end in the middle of a character."""
    return sample[: sample.rfind(b"\n") + 1] or sample


def _east_asian(octets: bytes) -> str | None:
    shares = {}
    for codec, is_everyday in _EVERYDAY.items():
        try:
            text = octets.decode(codec)
        except UnicodeDecodeError:
            continue
        characters = [character for character in text if character > "\x7f"]
        shares[codec] = sum(map(is_everyday, characters)) / max(1, len(characters))
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best and shares[best] >= _ENOUGH else None


def _lead(codec: str, character: str) -> int:
    """Return the first octet of a character's two in a charset, or 0 where it has none."""
    try:
        octets = character.encode(codec)
    except UnicodeEncodeError:
        return 0
    return octets[0] if len(octets) == 2 else 0


_PUNCTUATION = (
    ("\u2160", "\u217f"),
    ("\u2460", "\u24ff"),
    ("\u3000", "\u301f"),
    ("\u3200", "\u33ff"),
    ("\uff00", "\uff5f"),
)
"""Roman and circled numbers, ideographic punctuation, signs such as ㈱, full-width ASCII."""


def _is_punctuation(character: str) -> bool:
    return any(first <= character <= last for first, last in _PUNCTUATION)


def _is_japanese(character: str) -> bool:
    is_kana = "\u3040" <= character <= "\u30ff"
    return is_kana or _is_punctuation(character) or 0x88 <= _lead("cp932", character) <= 0x97


def _is_chinese(character: str) -> bool:
    return _is_punctuation(character) or 0xB0 <= _lead("gb2312", character) <= 0xD7


def _is_taiwanese(character: str) -> bool:
    return _is_punctuation(character) or 0xA4 <= _lead("big5", character) <= 0xC6


def _is_korean(character: str) -> bool:
    return _is_punctuation(character) or 0xB0 <= _lead("euc_kr", character) <= 0xC8


_EVERYDAY: dict[str, Callable[[str], bool]] = {
    "cp932": _is_japanese,
    "cp949": _is_korean,
    "euc_jp": _is_japanese,
    "gb18030": _is_chinese,
    "big5": _is_taiwanese,
}
"""Charsets and their everyday characters; of equal shares the first wins, so the narrower stand before the wider."""
