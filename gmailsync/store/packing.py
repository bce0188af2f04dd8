"""Octets as rows hold them: compressed where that makes them shorter."""

from __future__ import annotations

import zlib
from enum import StrEnum

_LEVEL = 1  # of a text mail level 6 saves another 3 %, of a long text 20 %, for twice the time
_WINDOW, _MEMORY = 13, 6
"""Of 8 kB and 32 kB: for short octets zlib spends more time on making ready its largest window than on them."""
_SHORT = 1 << _WINDOW

_SAMPLE = 16_384
_WORTHWHILE = 0.95
"""A long piece is compressed only if a sample from its middle comes out shorter than this share: pictures, archives and
PDF are compressed already, and trying it in full costs 25 ms a megabyte."""


class Packing(StrEnum):
    """How a row holds its octets."""

    PLAIN = "plain"
    ZLIB = "zlib"


def packed(octets: bytes) -> tuple[Packing, bytes]:
    """Return the shorter of the octets and their compressed form, and which it is."""
    if len(octets) > 2 * _SAMPLE:
        middle = len(octets) // 2
        sample = octets[middle : middle + _SAMPLE]
        if len(zlib.compress(sample, _LEVEL)) > _WORTHWHILE * len(sample):
            return Packing.PLAIN, octets
    if len(octets) <= _SHORT:
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY)
        short = compressor.compress(octets) + compressor.flush()
    else:
        short = zlib.compress(octets, _LEVEL)
    return (Packing.ZLIB, short) if len(short) < len(octets) else (Packing.PLAIN, octets)


def unpacked(packing: Packing, octets: bytes) -> bytes:
    """Return the octets that were packed."""
    return zlib.decompress(octets) if packing is Packing.ZLIB else octets
