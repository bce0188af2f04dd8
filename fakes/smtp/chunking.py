"""A message that comes in chunks (BDAT, RFC 3030 section 2): what has come so far, and reading one more."""

from __future__ import annotations

from asyncio import StreamReader

from aiosmtpd.smtp import Envelope

SKIPPED_AT_ONCE = 1 << 16
"""Octets of a chunk that nobody wants, held at one time."""


class Transaction(Envelope):
    """aiosmtpd's envelope with what BDAT has brought so far; None before the first chunk."""

    chunks: bytearray | None = None

    def take(self, chunk: bytes, *, last: bool) -> None:
        """Add a chunk; with the last one the message is there."""
        if self.chunks is None:
            self.chunks = bytearray()
        self.chunks += chunk
        if last:
            self.content = self.original_content = bytes(self.chunks)


async def read_chunk(reader: StreamReader, size: int, room: int) -> bytes | None:
    """Read so many octets; None, and nothing is kept of them, when there is no room."""
    if size <= room:
        return await reader.readexactly(size)
    while size:
        size -= len(await reader.readexactly(min(size, SKIPPED_AT_ONCE)))
    return None
