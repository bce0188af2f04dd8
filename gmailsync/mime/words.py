"""Encoded words (RFC 2047): text of any script in a header field, with the liberties that real programs take."""

from __future__ import annotations

import binascii
import re

from gmailsync.mime.charsets import decode
from gmailsync.mime.storable import storable

# RFC 2047 section 2, but with blanks and question marks in the text, as some programs write them, perhaps without a
# charset, and with RFC 2231's language after "*". Of a value that was cut off the last word has no end.
_ENCODED_WORD = re.compile(
    r"=\?([^?*\s]*)(?:\*[^?\s]*)?\?([bBqQ])\?((?:[^?=\r\n]++|=(?!\?[^=])|\?(?!=))*+)(?:\?=|(?<!\?)\Z)"
)
_QUOTED_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decoded(value: str) -> str:
    """Return an unfolded value as people read it: RFC 2047 decoded, as far as that can be done."""
    if "=?" not in value:
        return value
    text, end = "", 0
    run: list[re.Match[str]] = []  # encoded words not yet turned into text
    for word in _ENCODED_WORD.finditer(value):
        if word[2] in "bB" and len(word[3].rstrip("=")) == 1:
            continue  # six bits are nothing: no encoded word at all
        between = value[end : word.start()]
        # Only blanks between two encoded words: they belong together (RFC 2047 section 6.2), and some programs cut
        # a character in two.
        is_near = bool(run) and not between.strip()
        if not is_near or word[1].lower() != run[-1][1].lower():
            text += _text(run) + ("" if is_near else between)
            run = []
        run.append(word)
        end = word.end()
    return storable(text + _text(run) + value[end:]).strip()


def _text(run: list[re.Match[str]]) -> str:
    return decode(_octets(run), run[0][1]).text if run else ""


def _octets(run: list[re.Match[str]]) -> bytes:
    """Return the octets of encoded words that belong together.

    Base64 that was cut at any place, and not at a multiple of four, is put together before it is decoded.
    """
    octets, base64 = b"", ""
    for word in run:
        if word[2] in "bB":
            base64 += word[3]
            if len(base64) % 4 == 0 or base64.endswith("="):
                octets, base64 = octets + _base64(base64), ""
        else:
            octets, base64 = octets + _base64(base64) + _quoted(word[3]), ""
    return octets + _base64(base64) if base64 else octets


def _base64(text: str) -> bytes:
    octets = text.encode("ascii", "ignore")
    try:
        return binascii.a2b_base64(octets + b"==")
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", octets)
        if len(letters) % 4 == 1:
            letters = letters[:-1]  # what would complete it was cut off
        return binascii.a2b_base64(letters + b"==")


def _quoted(text: str) -> bytes:
    return _QUOTED_OCTET.sub(lambda octet: bytes.fromhex(octet[1].decode()), text.replace("_", " ").encode())
