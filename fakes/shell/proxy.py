"""The proxy for programs with Google's host names built in: it dials what the network map says, and nothing else."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress

from fakes.actions import Reset
from fakes.carrying import drop
from fakes.network import NetworkMap
from fakes.proxying import Asking, Refused, Say, Wanted
from fakes.world import World

READ_SIZE = 1 << 16


async def serve_proxy(network: NetworkMap, world: World, reader: StreamReader, writer: StreamWriter) -> None:
    """Connect one client with the host it asks for, if that is on the map; carry bytes until both sides are done."""
    asking = Asking()
    wanted = await _listen(asking, world, reader, writer)
    if wanted is None:
        return
    try:
        host, port = network.address(wanted.host, wanted.port)
    except ConnectionRefusedError:
        world.note(f"the proxy refused {wanted}: it is not on the network map")
        await _say(writer, asking.denied(f"nothing of the simulated Google listens on {wanted}"))
        return
    try:
        there, back = await asyncio.open_connection(host, port)
    except OSError as error:
        await _say(writer, asking.broken(f"{wanted} does not answer: {error}"))
        return
    try:
        await _say(writer, asking.granted())
        back.write(wanted.rest)
        await asyncio.gather(_carry(reader, back), _carry(there, writer))
    finally:
        back.close()
        with suppress(OSError):
            await back.wait_closed()


async def _listen(asking: Asking, world: World, reader: StreamReader, writer: StreamWriter) -> Wanted | None:
    """Return what the client wants; None when it has left, or was refused."""
    while data := await reader.read(READ_SIZE):
        while (heard := asking.receive(data)) is not None:
            match heard:
                case Wanted():
                    return heard
                case Refused(answer, reason):
                    world.note(f"the proxy refused a client: {reason}")
                    await _say(writer, answer)
                    return None
                case Say(answer):
                    await _say(writer, answer)
            data = b""
    return None


async def _carry(source: StreamReader, target: StreamWriter) -> None:
    """Carry bytes until one side has said everything; then tell the other. A reset goes on as a reset."""
    try:
        while data := await source.read(READ_SIZE):
            target.write(data)
            await target.drain()
    except OSError:
        drop(Reset(), target.transport)
    if target.can_write_eof() and not target.is_closing():
        with suppress(OSError):
            target.write_eof()


async def _say(writer: StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()
