"""Octets as rows hold them: compressed where that makes them shorter."""

from __future__ import annotations

import sys
import zlib
from enum import StrEnum

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 1  # of mail level 3 saves another 1 %, for a fifth more of the time
_COMPRESSOR = zstd.ZstdCompressor(_LEVEL)
"""Kept, because to make one takes twice as long as a short mail does. One thread at a time can use it."""

_SAMPLE = 16_384
_WORTHWHILE = 0.95
"""A long piece is compressed only if a sample from its middle comes out shorter than this share: pictures, archives and
PDF are compressed already, and to try it in full would be in vain."""


class Packing(StrEnum):
    """How a row holds its octets. Nothing is written as zlib any more; what was is read for ever."""

    PLAIN = "plain"
    ZLIB = "zlib"
    ZSTD = "zstd"


def packed(octets: bytes) -> tuple[Packing, bytes]:
    """Return the shorter of the octets and their compressed form, and which it is."""
    if len(octets) > 2 * _SAMPLE:
        middle = len(octets) // 2
        sample = octets[middle : middle + _SAMPLE]
        if len(_compressed(sample)) > _WORTHWHILE * len(sample):
            return Packing.PLAIN, octets
    short = _compressed(octets)
    return (Packing.ZSTD, short) if len(short) < len(octets) else (Packing.PLAIN, octets)


def unpacked(packing: Packing, octets: bytes) -> bytes:
    """Return the octets that were packed."""
    match packing:
        case Packing.ZSTD:
            return zstd.decompress(octets)
        case Packing.ZLIB:
            return zlib.decompress(octets)
        case Packing.PLAIN:
            return octets


def _compressed(octets: bytes) -> bytes:
    """Return one whole frame (RFC 8878)."""
    return _COMPRESSOR.compress(octets, zstd.ZstdCompressor.FLUSH_FRAME)
