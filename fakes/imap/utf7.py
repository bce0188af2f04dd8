"""Modified UTF-7, in which folder and label names cross the wire (RFC 3501 section 5.1.3)."""

from __future__ import annotations

import base64
import binascii
import re

_SHIFTED = re.compile(r"&([^-]*)-?")
_OTHER = re.compile(r"[^ -~]+|&")


def encode(name: str) -> str:
    """Return the wire form: printable ASCII stays, `&` becomes `&-`, anything else `&…-`."""
    return _OTHER.sub(lambda match: _shift(match[0]), name)


def decode(wire: str) -> str:
    """Return the name. ValueError when it is not modified UTF-7, which is ASCII."""
    if not wire.isascii():
        raise ValueError(f"not ASCII: {wire!r}")
    return _SHIFTED.sub(lambda match: _unshift(match[1]), wire)


def _shift(run: str) -> str:
    """Encode a run of characters that cannot stand for themselves."""
    if run == "&":
        return "&-"
    packed = base64.b64encode(run.encode("utf-16-be", "surrogatepass")).decode().rstrip("=")
    return f"&{packed.replace('/', ',')}-"


def _unshift(packed: str) -> str:
    """Decode what stands between `&` and `-`."""
    if not packed:
        return "&"
    padded = packed.replace(",", "/") + "=" * (-len(packed) % 4)
    try:
        return base64.b64decode(padded, validate=True).decode("utf-16-be")
    except (binascii.Error, UnicodeError) as error:
        raise ValueError(f"not modified UTF-7: &{packed}-") from error
