"""POP3: bytes to the session, its actions to the socket."""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter

from fakes.pop.session import PopSession
from fakes.shell.carrier import Carrier, peer_of
from fakes.world import World


async def serve_pop(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    """Carry one POP3 conversation until either side closes."""
    session = PopSession(world, peer=peer_of(writer))
    try:
        await Carrier(session, writer, world.clock).serve(reader)
    finally:
        session.closed()
