"""Encoded words (RFC 2047): text of any script in a header field, with the liberties that real programs take."""

from __future__ import annotations

import binascii
import re

from gmailsync.mime.charsets import decode
from gmailsync.mime.storable import storable

# RFC 2047 section 2, but with blanks in the text, as some programs write them, and RFC 2231's language after "*".
_ENCODED_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?\r\n]*)\?=")
_QUOTED_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")


def decoded(value: str) -> str:
    """Return an unfolded value as people read it: RFC 2047 decoded, as far as that can be done."""
    if "=?" not in value:
        return value
    text, end = "", 0
    charset, octets = "", b""  # of encoded words not yet turned into text
    for word in _ENCODED_WORD.finditer(value):
        content = _word_octets(word[2], word[3])
        if content is None:
            continue
        between = value[end : word.start()]
        # Only blanks between two encoded words: they belong together (RFC 2047 section 6.2), and some programs cut
        # a character in two.
        if not octets or between.strip() or word[1].lower() != charset:
            text += decode(octets, charset) + ("" if octets and not between.strip() else between)
            octets = b""
        charset, octets, end = word[1].lower(), octets + content, word.end()
    return storable(text + decode(octets, charset) + value[end:]).strip()


def _word_octets(encoding: str, text: str) -> bytes | None:
    """Return the octets of an encoded word, or None when its base64 is broken."""
    if encoding in "bB":
        try:
            return binascii.a2b_base64(text.encode("ascii", "ignore") + b"==")
        except binascii.Error:
            return None
    return _QUOTED_OCTET.sub(lambda octet: bytes.fromhex(octet[1].decode()), text.replace("_", " ").encode())
