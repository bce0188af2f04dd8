"""IMAP: bytes to the session, its actions to the socket, and a wake-up when the mailbox changes."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

from fakes.imap.session import ImapSession
from fakes.shell.carrier import Carrier, peer_of
from fakes.world import World


async def serve_imap(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    """Carry one IMAP conversation until either side closes."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def announce() -> None:
        """Hear of a change in whatever thread it was made: by a test, over SMTP, by another client."""
        loop.call_soon_threadsafe(changed.set)

    session = ImapSession(world, peer=peer_of(writer))
    session.on_change = announce
    carrier = Carrier(session, writer, world.clock)
    try:
        await carrier.open()
        waker = asyncio.create_task(_wake_on(changed, session, carrier))
        try:
            await carrier.read_from(reader)
        finally:
            waker.cancel()
            await asyncio.wait([waker])
    finally:
        session.closed()


async def _wake_on(changed: asyncio.Event, session: ImapSession, carrier: Carrier) -> None:
    """Let the session speak whenever its mailbox has changed."""
    while await changed.wait():
        changed.clear()
        async with carrier.turn:
            await carrier.carry_out(session.wake())
