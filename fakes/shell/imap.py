"""IMAP: bytes to the session, its actions to the socket, and a wake-up when the mailbox or the time changes."""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter

from fakes.imap.session import ImapSession
from fakes.shell.carrier import Carrier, peer_of
from fakes.world import World


async def serve_imap(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    """Carry one IMAP conversation until either side closes."""
    session = ImapSession(world, peer=peer_of(writer))
    try:
        await Carrier(session, writer, world.clock).serve(reader)
    finally:
        session.closed()
