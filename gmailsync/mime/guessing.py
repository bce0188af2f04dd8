"""Which charset octets without a name are in, when they are not UTF-8 and have no escape sequences.

The rule, in this order: letters of Western Europe standing alone among ASCII letters are Windows-1252 (or 1254, where
they are Turkish), and so are its quotation marks and dashes standing alone; words of letters from the upper quarter
alone are Cyrillic, by where the small letters lie (Windows-1251 or KOI8-R); otherwise the East Asian charset which
reads every octet, or else nearly every one, and gives the largest share of the characters that its everyday text is
made of (kana and the first level of kanji; the first level of hanzi; hangul), if that is most of them. What is none of
these and yet mostly ASCII is Windows-1252 again, as mail programs have it: the words are legible.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SAMPLE = 20_000
"""Octets looked at; more do not make a guess better."""

_ENOUGH = 0.8
"""The share of everyday characters from which on a guess is made at all; names and rare signs are the rest."""

_SIGN_SHARE, _LETTER_SHARE = 0.35, 0.6
"""How many signs, and how many letters, there may be to each letter of ASCII in what is Windows-1252."""

_ODD = 0.1
"""The share of letters that may be capitals within a word."""

_REPLACEMENT = "\ufffd"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_SIGN = rb"[\x80\x85\x91-\x97\x99\xa0\xa1\xa3\xa7\xa9\xab\xae\xb0\xb4\xb7\xbb\xbf]"
_SIGNS = _SIGN + rb"*"
_LETTERS = rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]"
_WESTERN_RUN = re.compile(_SIGNS + _LETTERS + rb"{0,2}" + _SIGNS)
_WESTERN_WORD = re.compile(rb"[A-Za-z]" + _SIGNS + _LETTERS + rb"|" + _LETTERS + _SIGNS + rb"[A-Za-z]")
_TURKISH = b"\xd0\xdd\xde\xf0\xfd\xfe"
_NOT_TURKISH = re.compile(rb"[\xc1\xc9\xcd\xd3\xda\xe1\xe5\xe6\xe9\xed\xf3\xf8\xfa]")
_TURKISH_SHARE = 0.25
_ASCII_WORD = re.compile(rb"[A-Za-z]+")
_SIGN_ALONE = re.compile(_SIGN)
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
_CYRILLIC = re.compile(rb"[\xc0-\xff\xa3\xb3\xa8\xb8\xa4\xa6\xa7\xb4\xb6\xb7\xba\xbf]{2,}")
_KOI8_SMALL = bytes(range(0xC0, 0xE0)) + b"\xa3"
_WINDOWS_SMALL = bytes(range(0xE0, 0x100)) + b"\xb8"
_KOI8_JUMP = re.compile(rb"[\xc0-\xdf][\xe0-\xff]")
_WINDOWS_JUMP = re.compile(rb"[\xe0-\xff][\xc0-\xdf]")
"""A capital after a small letter, which no word has."""

_DAMAGED = 0.02
"""The share of characters that may be illegible; a line that was cut within its last character has one."""


def guess(octets: bytes) -> str | None:
    """Return Python's name of the charset that these octets are most likely in, or None where no guess is good."""
    sample = octets[:_SAMPLE]
    runs = _HIGH_RUN.findall(sample)
    high = sum(map(len, runs))
    western = sum(len(run) for run in runs if _WESTERN_RUN.fullmatch(run))
    if western and western >= _ENOUGH * high and _WESTERN_WORD.search(sample):
        return _western(b"".join(runs))
    letters = sum(map(len, _ASCII_WORD.findall(sample)))
    if high < _SIGN_SHARE * letters and all(_SIGN_ALONE.fullmatch(run) for run in runs):
        return "cp1252"
    whole = octets if len(octets) <= _SAMPLE else _whole_lines(sample)
    if name := _cyrillic(sample, high) or _east_asian(whole):
        return name
    return "cp1252" if high < _LETTER_SHARE * letters and not _NO_TEXT.search(sample) else None


def _western(letters: bytes) -> str:
    """Tell Turkish from other languages: its `ş`, `ğ`, `ı` and `İ` are letters of Icelandic in Windows-1252."""
    found = [count for octet in _TURKISH if (count := letters.count(octet))]
    is_turkish = len(found) > 1 and sum(found) >= _TURKISH_SHARE * len(letters)
    return "cp1254" if is_turkish and not _NOT_TURKISH.search(letters) else "cp1252"


def _cyrillic(sample: bytes, high: int) -> str | None:
    words = _CYRILLIC.findall(sample)
    letters = b"".join(words)
    if len(letters) < 4 or len(letters) < 0.95 * high:
        return None
    koi8 = sum(octet in _KOI8_SMALL for octet in letters)
    windows = sum(octet in _WINDOWS_SMALL for octet in letters)
    if max(koi8, windows) < 0.6 * len(letters):
        return None
    name, jump = ("koi8-r", _KOI8_JUMP) if koi8 > windows else ("cp1251", _WINDOWS_JUMP)
    return name if sum(len(jump.findall(word)) for word in words) <= _ODD * len(letters) else None


def _whole_lines(sample: bytes) -> bytes:
    """Return a sample that does not end in the middle of a character."""
    return sample[: sample.rfind(b"\n") + 1] or sample


def _east_asian(octets: bytes) -> str | None:
    shares = {}
    for codec, is_everyday in _EVERYDAY.items():
        characters = [character for character in octets.decode(codec, "replace") if character > "\x7f"]
        illegible = characters.count(_REPLACEMENT)
        share = sum(map(is_everyday, characters)) / max(1, len(characters))
        if share >= _ENOUGH and illegible <= max(1, _DAMAGED * len(characters)):
            shares[codec] = (not illegible, share)  # what reads every octet comes first
    return max(shares, key=shares.__getitem__, default=None)


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
