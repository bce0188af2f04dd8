"""What goes between a session without sockets and its socket."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from fakes.actions import Action
from fakes.carrying import carry_out
from fakes.clock import Clock

READ_SIZE = 1 << 16


class Session(Protocol):
    """A conversation as IMAP and POP have it: bytes in, actions out.

    `on_change` is called, in whatever thread, when `wake` may have something to do.
    """

    on_change: Callable[[], None] | None

    @property
    def due(self) -> datetime | None:
        """When `wake` has to be called although nothing happened; None for never."""
        ...

    def wake(self) -> list[Action]:
        """Say what there is to say unasked, which may be good-bye."""
        ...

    def connected(self) -> list[Action]:
        """Greet."""
        ...

    def receive(self, data: bytes) -> list[Action]:
        """Take bytes as they arrived. What is said may be a part: call again, without bytes, until nothing comes."""
        ...

    def closed(self) -> None:
        """End the session: the connection is gone."""
        ...


async def serve(session: Session, clock: Clock, reader: StreamReader, writer: StreamWriter) -> None:
    """Carry one conversation until either side closes."""
    try:
        await Carrier(session, writer, clock).serve(reader)
    finally:
        session.closed()


class Carrier:
    """Carries a session's bytes; one turn at a time, so that what comes unasked never cuts into replies."""

    def __init__(self, session: Session, writer: StreamWriter, clock: Clock) -> None:
        self._session = session
        self._writer = writer
        self._clock = clock
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    async def serve(self, reader: StreamReader) -> None:
        """Greet, and feed the session until the client leaves or the session closes."""
        loop = asyncio.get_running_loop()

        def announce() -> None:
            """Hear of a change in whatever thread it was made: by a test, over SMTP, by another client."""
            loop.call_soon_threadsafe(self._changed.set)

        self._session.on_change = announce
        await self._carry_out(self._session.connected())
        waker = asyncio.create_task(self._wake())
        try:
            await self._read_from(reader)
        finally:
            waker.cancel()
            await asyncio.wait([waker])

    async def _read_from(self, reader: StreamReader) -> None:
        while not self._writer.is_closing() and (data := await reader.read(READ_SIZE)):
            async with self._turn:
                while actions := self._session.receive(data):
                    await self._carry_out(actions)
                    data = b""

    async def _wake(self) -> None:
        """Let the session speak whenever something has changed, or its time has come on a clock that runs."""
        while True:
            due = self._session.due if self._clock.runs else None
            left = None if due is None else max(0.0, (due - self._clock.now()).total_seconds())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left)
            self._changed.clear()
            async with self._turn:
                await self._carry_out(self._session.wake())

    async def _carry_out(self, actions: Iterable[Action]) -> None:
        await carry_out(actions, self._writer, self._clock)


def peer_of(writer: StreamWriter) -> str:
    """Return the client's address. One that resets at once leaves none behind."""
    peer, *_ = writer.get_extra_info("peername") or ("127.0.0.1",)
    return str(peer)
