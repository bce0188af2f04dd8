"""Octets -> text: the charsets that mail is written in, and what their names stand for."""

from __future__ import annotations

import codecs

_SUPERSETS = {
    # Mail is labelled with the standard and written in the maker's superset of it (①, ~, and the like).
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "gb2312": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252",
}
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
"""Python's codecs that turn octets into text but are no charset of mail: slow, noisy, or a way to smuggle."""


def decode(octets: bytes, charset: str) -> str:
    """Decode, with replacement characters where it must be; an unknown charset is taken for UTF-8."""
    try:
        codec = codecs.lookup(_SUPERSETS.get(charset, charset))
        if codec.name in _NO_CHARSETS:
            raise LookupError(charset)
        return octets.decode(codec.name, "replace")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "replace")


def undeclared(value: bytes) -> str:
    """Decode what was sent without RFC 2047: old Japanese mail by its escape sequences, the rest as UTF-8."""
    return value.decode("iso2022_jp" if b"\x1b$" in value else "utf-8", "replace")
