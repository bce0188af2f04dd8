"""IMAP: bytes to the session, its actions to the socket, and a wake-up when the mailbox changes."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable

from fakes.actions import Action
from fakes.carrying import carry_out
from fakes.imap.session import ImapSession
from fakes.world import World

READ_SIZE = 1 << 16


async def serve_imap(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    """Carry one IMAP conversation until either side closes."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def announce() -> None:
        """Hear of a change in whatever thread it was made: by a test, over SMTP, by another client."""
        loop.call_soon_threadsafe(changed.set)

    # A client that resets at once leaves no name behind.
    peer, *_ = writer.get_extra_info("peername") or ("127.0.0.1",)
    session = ImapSession(world, peer=peer)
    session.on_change = announce
    carrier = _Carrier(world, session, writer)
    try:
        await carrier.open()
        waker = asyncio.create_task(carrier.wake_on(changed))
        try:
            await carrier.read_from(reader)
        finally:
            waker.cancel()
            await asyncio.wait([waker])
    finally:
        session.closed()


class _Carrier:
    """What goes between a session and its socket; one turn at a time, so that pushes never cut into replies."""

    def __init__(self, world: World, session: ImapSession, writer: StreamWriter) -> None:
        self._world = world
        self._session = session
        self._writer = writer
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Send the greeting."""
        await self._carry_out(self._session.connected())

    async def read_from(self, reader: StreamReader) -> None:
        """Feed the session until the client leaves or the session closes."""
        while not self._writer.is_closing() and (data := await reader.read(READ_SIZE)):
            async with self._turn:
                await self._carry_out(self._session.receive(data))

    async def wake_on(self, changed: asyncio.Event) -> None:
        """Let the session speak whenever its mailbox has changed."""
        while await changed.wait():
            changed.clear()
            async with self._turn:
                await self._carry_out(self._session.wake())

    async def _carry_out(self, actions: Iterable[Action]) -> None:
        await carry_out(actions, self._writer, self._world.clock)
