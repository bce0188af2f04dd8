"""A TCP relay that makes a far server of a near one: everything that passes is held for half the round trip.

It runs in a process of its own, so that what is measured beside it keeps its processor. `proven` says what a round
trip through it takes, measured with a server that answers each byte.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 1 << 18
PINGS = 20


@contextmanager
def relay(target: int, round_trip: float) -> Iterator[int]:
    """Relay a loopback port with so many seconds of round trip; yield the port to dial."""
    command = [sys.executable, __file__, str(target), str(round_trip)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def proven(round_trip: float) -> float:
    """Return the median round trip, in seconds, of one byte through a relay of this delay."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        with (
            relay(server.getsockname()[1], round_trip) as port,
            socket.create_connection(("127.0.0.1", port)) as connection,
        ):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return statistics.median(_ping(connection) for _ in range(PINGS))


def _echo(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        while data := connection.recv(1):
            connection.sendall(data)


def _ping(connection: socket.socket) -> float:
    begin = time.perf_counter()
    connection.sendall(b".")
    connection.recv(1)
    return time.perf_counter() - begin


# --- the process ---


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Pass on what arrives, each piece when its time has come; as much may be on its way as a long line holds."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def deliver() -> None:
        while True:
            due, data = await pieces.get()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    while True:
        try:
            data = await reader.read(CHUNK)
        except ConnectionError:
            data = b""
        pieces.put_nowait((loop.time() + delay, data))
        if not data:
            break
    await asyncio.gather(delivering, return_exceptions=True)


async def _serve(target: int, round_trip: float) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target, limit=CHUNK)
        for end in (writer, far_writer):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(_carry(reader, far_writer, round_trip / 2), _carry(far_reader, writer, round_trip / 2))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=CHUNK)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
