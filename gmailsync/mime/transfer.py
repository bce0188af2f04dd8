"""Transfer encodings (RFC 2045 section 6): the octets of a part, also where base64 or quoted-printable is broken."""

from __future__ import annotations

import binascii
import re

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TAIL = 12
"""Octets at the end of base64 in which its padding stands, with a few line ends."""
_WORDS = 3
"""Words to a line, from which on what is no base64 at all is a text that somebody labelled so."""

_STRANGE = re.compile(rb"[^A-Za-z0-9+/=\s]|[^\s][ \t]+[^\s]")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDED = re.compile(rb"([^=]+)=*")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\n|\r|\n|\Z)")


def octets(body: bytes, encoding: str) -> bytes:
    """Return what a body says, by the value of its Content-Transfer-Encoding. Never raises.

    uuencode is left alone, as are encodings nobody knows.
    """
    name = encoding.strip(" \t\"'").lower()
    if name.startswith("base64"):
        return _base64(body)
    if name.startswith(("quoted-printable", "quoted_printable")):
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"", body))
    return body


def size(raw: bytes, start: int, stop: int, encoding: str) -> int:
    """Return how many octets a body from `start` up to `stop` says, without decoding base64; of broken base64 about."""
    name = encoding.strip(" \t\"'").lower()
    if name.startswith("base64"):
        line_ends = raw.count(b"\r", start, stop) + raw.count(b"\n", start, stop)
        padding = raw.count(b"=", max(start, stop - _TAIL), stop)
        return max(0, (stop - start - line_ends - padding) * 3 // 4)
    if name.startswith(("quoted-printable", "quoted_printable")):
        return len(octets(raw[start:stop], encoding))
    return stop - start


def _base64(body: bytes) -> bytes:
    """Decode base64 without a list's footer, with padding in the middle or none, and up to where it was cut off."""
    if _is_clean(body):
        return binascii.a2b_base64(body)
    if _STRANGE.search(body):
        lines = [line.strip().rstrip(b"!") for line in body.splitlines()]
        kept = b"".join(line for line in lines if _BASE64_LINE.fullmatch(line))
        if not kept and len(body.split()) >= _WORDS * len(lines):
            return body
        body = kept or body
    decoded = []
    for found in _PADDED.finditer(_NOT_BASE64.sub(b"", body)):
        letters = found[1]
        # One letter alone is six bits, which are nothing.
        letters = letters[:-1] if len(letters) % 4 == 1 else letters
        decoded.append(binascii.a2b_base64(letters + b"=="))
    return b"".join(decoded)


def _is_clean(body: bytes) -> bool:
    """Tell whether a body is base64 without anything to mend, as nearly every one is. By far cheaper than mending."""
    others = body.translate(None, _LETTERS)
    padding = others.strip(b"\r\n")
    if padding not in {b"", b"=", b"=="} or (len(body) - len(others) + len(padding)) % 4:
        return False
    return not padding or not body[body.index(b"=") :].strip(b"=\r\n")
