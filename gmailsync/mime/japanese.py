"""Japanese mail as Windows writes it: ISO-2022-JP (code pages 50220 to 50222) and EUC-JP (51932, eucJP-ms).

Both carry rows that the standards leave empty: NEC's row 13 (①, Ⅳ, ㈱), NEC's selection of IBM's characters in rows
89 to 92, IBM's in rows 115 to 119. Python has them in its code page 932, so each pair is moved there.
"""

from __future__ import annotations

import re

ISO_2022 = "iso-2022-jp as Windows writes it"
EUC = "euc-jp as Windows writes it"

_ESCAPE = re.compile(rb"\x1b(\$[@AB]|\$\([A-DOPQ]|\([ABHIJ]|&@\x1b\$B)|\x0e|\x0f|\r|\n")
_REPLACEMENT = "\ufffd"
_BASIC = "B"
_KATAKANA = "I"
_PAIRS = {"$@": "kanji", "$B": "kanji", "$(@": "kanji", "$(B": "kanji", "&@\x1b$B": "kanji", "$A": "gb2312"} | {
    "$(A": "gb2312",
    "$(C": "euc_kr",
    "$(D": "supplement",
    "$(O": "kanji",
    "$(Q": "kanji",
    "$(P": "supplement",
}
"""What an escape sequence designates, where a character takes two octets."""

_EUC_CHARACTER = re.compile(rb"\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|[\xa1-\xfe]{2}|[\x00-\x7f]+|.", re.DOTALL)


def iso_2022(octets: bytes) -> str:
    """Decode ISO-2022-JP with all that Windows puts into it; what cannot be becomes U+FFFD.

    A line begins in ASCII whatever the one before forgot to say: an escape sequence that was lost costs one line.
    """
    text, start, state, is_shifted = [], 0, _BASIC, False
    for mark in _ESCAPE.finditer(octets):
        text.append(_run(octets[start : mark.start()], _KATAKANA if is_shifted else state))
        start = mark.end()
        if mark[1]:
            state = mark[1].decode().removeprefix("(")
        elif mark[0] in b"\r\n":
            text.append(mark[0].decode())
            state, is_shifted = _BASIC, False
        else:
            is_shifted = mark[0] == b"\x0e"
    text.append(_run(octets[start:], _KATAKANA if is_shifted else state))
    return "".join(text)


def euc(octets: bytes) -> str:
    """Decode EUC-JP with the rows that Windows and Unix fill (eucJP-ms); what cannot be becomes U+FFFD."""
    return "".join(_euc_character(found[0]) for found in _EUC_CHARACTER.finditer(octets))


def _euc_character(octets: bytes) -> str:
    if octets[0] < 0x80:
        return octets.decode("ascii")
    if len(octets) == 2 and octets[0] != 0x8E:
        return _kanji(octets[0] & 0x7F, octets[1] & 0x7F)
    return octets.decode("euc_jp", "replace")


def _run(octets: bytes, state: str) -> str:
    """Decode what stands between two escape sequences."""
    kind = _PAIRS.get(state)
    if kind is None:
        if state == _KATAKANA:
            octets = bytes(octet | 0x80 if 0x21 <= octet <= 0x5F else octet for octet in octets)
        # Eight bits have no business here; where they are, they are half-width katakana or Shift_JIS.
        return octets.decode("ascii" if octets.isascii() else "cp932", "replace")
    text, position = [], 0
    while position < len(octets):
        pair = octets[position : position + 2]
        first = pair[0] & 0x7F
        if first <= 0x20:
            text.append(chr(first))
            position += 1
        elif len(pair) < 2:
            text.append(_REPLACEMENT)
            position += 1
        else:
            text.append(_pair(first, pair[1] & 0x7F, kind))
            position += 2
    return "".join(text)


def _pair(first: int, second: int, kind: str) -> str:
    if kind == "kanji":
        return _kanji(first, second)
    prefix, codec = (b"\x8f", "euc_jp") if kind == "supplement" else (b"", kind)
    return (prefix + bytes((first | 0x80, second | 0x80))).decode(codec, "replace")


def _kanji(first: int, second: int) -> str:
    """Decode a pair of JIS X 0208 by moving it to Shift_JIS: two rows of 94 to one of 188."""
    if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
        return _REPLACEMENT
    lead = (first - 0x21) // 2 + (0x81 if first < 0x5F else 0xC1)
    odd_trail = second + (0x1F if second < 0x60 else 0x20)
    return bytes((lead, odd_trail if first % 2 else second + 0x7E)).decode("cp932", "replace")
