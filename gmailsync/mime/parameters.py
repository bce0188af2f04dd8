"""Parameters of a header field (RFC 2045 section 5.1), with RFC 2231 and with what programs write instead of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gmailsync.mime.charsets import decode
from gmailsync.mime.storable import storable
from gmailsync.mime.words import decoded

_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*))')
_KNOWN = r"(?:boundary|charset|delsp|filename|format|name|report-type|size|type)[*\d]*+\s*+="
_ANY_PARAMETER = re.compile(
    rf"""(?:;|(?<!\s)\s++(?={_KNOWN}))\s*+([^\s=;"]++)\s*+=\s*+
    (?:"((?:[^"\\]|\\.)*+)"?|([^;\s]*+(?:(?!\s++{_KNOWN})\s++[^;\s]++)*+))""",
    re.IGNORECASE | re.VERBOSE,
)
"""The same, where a semicolon may be forgotten before names that mail has; a value without quotes may have blanks."""

_FORGOTTEN = re.compile(r'\s*+(?:([^\s;="]++)\s++)?(?=[^\s;="]++\s*+=)')
"""What stands before a parameter without a semicolon."""

_QUOTED_PAIR = re.compile(r'\\(["\\])')  # others stay: `C:\temp` is a path
_BLANK = re.compile(r"\([^()]*+\)|\s++")  # comments count as such (RFC 5322 section 3.2.2)
_MISPLACED = re.compile(r"[\w.-]{2,40}'[\w-]*'(?=.*%[0-9A-Fa-f]{2}).*")
"""RFC 2231's value under a name that does not say so."""

_SECTION = re.compile(r"(.*?)(?:\*(\d{1,4}))?(\*)?")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One `name*0*=value`: `is_extended` where its value is percent-encoded."""

    number: int
    value: str
    is_extended: bool


def split(value: str) -> tuple[str, dict[str, str]]:
    """Return a field's value before its parameters, in lower case, and {lower-case name: decoded parameter}.

    Of a parameter given both ways RFC 2231's counts, as RFC 6266 section 4.3 has it. Encoded words (RFC 2047) have no
    place here and are decoded nevertheless, because filenames are full of them.
    """
    head = value.partition(";")[0]
    if "=" in head and (found := _FORGOTTEN.match(value)):
        head = found[1] or ""
        value = f"{head};{value[found.end() :]}"
    plain: dict[str, str] = {}
    pieces: dict[str, list[_Piece]] = {}
    is_strange = value.count("=") > value.count(";")
    for one in (_ANY_PARAMETER if is_strange else _PARAMETER).finditer(value):
        text = one[3].strip() if one[2] is None else _QUOTED_PAIR.sub(r"\1", one[2])
        section = _SECTION.fullmatch(one[1].lower())
        name, number, star = section.groups() if section else (one[1], None, None)
        if number is None and star is None:
            is_misplaced = "%" in text and _MISPLACED.fullmatch(text)
            plain.setdefault(name, _joined([_Piece(0, text, is_extended=True)]) if is_misplaced else decoded(text))
        else:
            pieces.setdefault(name, []).append(_Piece(int(number or 0), text, star is not None))
    head = head.strip().lower()
    if " " in head or "(" in head:
        head = _BLANK.sub("", head)
    return head, plain | {name: _joined(found) for name, found in pieces.items()}


def _joined(pieces: list[_Piece]) -> str:
    """Put the pieces of a parameter together (RFC 2231 sections 3 and 4), whatever order they came in."""
    pieces = sorted(pieces, key=lambda piece: piece.number)
    first = pieces[0]
    charset, rest = "", first.value
    if first.is_extended and rest.count("'") >= 2:
        charset, _language, rest = rest.split("'", 2)
    values = [rest, *(piece.value for piece in pieces[1:])]
    if not any(piece.is_extended for piece in pieces):
        return decoded("".join(values))
    octets = b"".join(
        unquote_to_bytes(value) if piece.is_extended else value.encode()
        for piece, value in zip(pieces, values, strict=True)
    )
    return storable(decode(octets, charset).text).strip()
