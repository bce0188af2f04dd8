"""COMPRESS=DEFLATE (RFC 4978): what lies between a session's plain bytes and its connection once a client wants it.

A few bytes can inflate to a thousand times as many. They are inflated piece by piece, so that whoever reads the pieces
may stop, and no more than `allowance` at a time unless a literal that was welcomed is on its way.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from fakes.actions import Action, Send
from fakes.imap.context import Context
from fakes.imap.values import Compress

RAW = -15
"""zlib's name for DEFLATE without header and checksum (RFC 1951) with a window of 32 KiB."""

PIECE = 1 << 16
"""Bytes that are inflated at once."""

BURST = 1 << 17
RATIO = 8
"""What commands may inflate to: a burst, and so many times what was received. Text compresses to a fifth or so."""


ALREADY = "NO [COMPRESSIONACTIVE] DEFLATE active (Failure)"
"""With RFC 4978's response code, a stand-in: Gmail's words are not known."""


def compress(context: Context, _: Compress) -> str:
    """Agree; the session compresses from the line end of this answer on."""
    if context.compressed:
        return ALREADY
    context.compressed = True
    return "OK Success"


class Compression:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(RAW)
        self._deflate = zlib.compressobj(wbits=RAW)

    def received(self, data: bytes) -> Iterator[bytes]:
        """Yield what compressed bytes stand for, in pieces. ValueError when they stand for nothing."""
        piece = b"?" * PIECE
        while len(piece) == PIECE:  # a shorter one is the last that these bytes make
            try:
                piece = self._inflate.decompress(data, PIECE)
            except zlib.error as error:
                raise ValueError("not DEFLATE") from error
            data = self._inflate.unconsumed_tail
            yield piece
        if self._inflate.eof:
            raise ValueError("the stream has ended, and the client goes on")

    def sent(self, actions: Iterable[Action]) -> list[Action]:
        """Compress what is to be sent, so that each piece can be read when it arrives."""
        return [
            Send(self._deflate.compress(action.data) + self._deflate.flush(zlib.Z_SYNC_FLUSH))
            if isinstance(action, Send)
            else action
            for action in actions
        ]


def allowance(size: int) -> int:
    """Return to how many bytes of commands so many received bytes may inflate."""
    return BURST + RATIO * size
