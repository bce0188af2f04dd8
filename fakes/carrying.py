"""Carrying out a session's actions on an asyncio connection, and waiting for the world's clock."""

from __future__ import annotations

import asyncio
import asyncio.trsock
import socket
import struct
from asyncio import BaseTransport, StreamWriter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from fakes.actions import Action, Close, Reset, Send, Stall
from fakes.clock import Clock

# SO_LINGER with a time of 0: close() drops what was not sent and resets the connection (POSIX.1-2017, 2.10.16).
_NO_FAREWELL = struct.pack("ii", 1, 0)


async def carry_out(actions: Iterable[Action], writer: StreamWriter, clock: Clock) -> None:
    """Do as told; wait for a slow reader instead of filling memory for it."""
    for action in actions:
        match action:
            case Send(data):
                await send(data, writer)
            case Stall(duration):
                await until(clock.now() + duration, clock)
            case Close() | Reset():
                drop(action, writer.transport)
                return


async def send(data: bytes, writer: StreamWriter) -> None:
    """Send bytes. ConnectionResetError when the connection is closed already.

    A transport that was closed twice under TLS has nothing left to write to, and in the first releases of Python 3.11
    says so by an AttributeError (cpython, `sslproto._SSLProtocolTransport.write`).
    """
    if writer.is_closing():
        raise ConnectionResetError("the connection is closed")
    writer.write(data)
    await writer.drain()


def drop(how: Close | Reset, transport: BaseTransport) -> None:
    """End a connection."""
    if isinstance(how, Reset) and isinstance(transport, asyncio.WriteTransport):
        reset_on_close(transport.get_extra_info("socket"))
        transport.abort()
    else:
        transport.close()


def reset_on_close(connection: socket.socket | asyncio.trsock.TransportSocket) -> None:
    """Let the socket leave by a reset when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_FAREWELL)


async def until(moment: datetime, clock: Clock) -> None:
    """Wait until the world's clock shows this moment: moved by somebody, or running by itself."""
    loop = asyncio.get_running_loop()
    moved = asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(moved.set)

    forget = clock.watch(tell)
    try:
        while (left := (moment - clock.now()).total_seconds()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), left if clock.runs else None)
            moved.clear()
    finally:
        forget()
