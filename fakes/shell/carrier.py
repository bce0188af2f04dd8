"""What goes between a session without sockets and its socket."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable
from typing import Protocol

from fakes.actions import Action
from fakes.carrying import carry_out
from fakes.clock import Clock

READ_SIZE = 1 << 16


class Session(Protocol):
    """A conversation as IMAP and POP have it: bytes in, actions out."""

    def connected(self) -> list[Action]:
        """Greet."""
        ...

    def receive(self, data: bytes) -> list[Action]:
        """Take bytes as they arrived. What is said may be a part: call again, without bytes, until nothing comes."""
        ...


class Carrier:
    """Carries a session's bytes; one turn at a time, so that pushes never cut into replies."""

    def __init__(self, session: Session, writer: StreamWriter, clock: Clock) -> None:
        self._session = session
        self._writer = writer
        self._clock = clock
        self.turn = asyncio.Lock()

    async def open(self) -> None:
        """Send the greeting."""
        await self.carry_out(self._session.connected())

    async def read_from(self, reader: StreamReader) -> None:
        """Feed the session until the client leaves or the session closes."""
        while not self._writer.is_closing() and (data := await reader.read(READ_SIZE)):
            async with self.turn:
                while actions := self._session.receive(data):
                    await self.carry_out(actions)
                    data = b""

    async def carry_out(self, actions: Iterable[Action]) -> None:
        """Do as told."""
        await carry_out(actions, self._writer, self._clock)


def peer_of(writer: StreamWriter) -> str:
    """Return the client's address. One that resets at once leaves none behind."""
    peer, *_ = writer.get_extra_info("peername") or ("127.0.0.1",)
    return str(peer)
