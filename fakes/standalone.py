"""A simulated Google for other programs: with a door, a proxy, a file that tells its clock, and a record of deeds.

with SimulatedGoogle(clock=LiveClock()) as google, Standalone(google) as served:
    served.network.write("net.json")
"""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fakes import evidence
from fakes.deeds import Deeds
from fakes.door import Door
from fakes.evidence import Evidence
from fakes.google import SimulatedGoogle
from fakes.network import DoorPlace, NetworkMap, write_private
from fakes.shell.https import DOOR_LIMIT, serve_http
from fakes.shell.proxy import serve_proxy
from fakes.world import World


class Standalone:
    """What another process needs of a running simulated Google.

    `began` is the moment of the world's clock at which it was made. `setup`, which tells of what else it was made of,
    goes into the evidence as it is.
    """

    def __init__(self, google: SimulatedGoogle) -> None:
        self.google = google
        self.deeds = Deeds(google)
        self.began = google.clock.now()
        self.setup: Mapping[str, Any] | None = None
        self._network: NetworkMap | None = None
        self._clock_file: Path | None = None
        self._telling = threading.Lock()
        self._forget: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        token = secrets.token_urlsafe(32)
        door = Door(self.deeds, token, self.evidence)
        network = self.google.network

        async def serve_door(world: World, reader: StreamReader, writer: StreamWriter) -> None:
            await serve_http(world, door.answer, reader, writer, limit=DOOR_LIMIT)

        async def serve_map(world: World, reader: StreamReader, writer: StreamWriter) -> None:
            await serve_proxy(network, world, reader, writer)

        with tempfile.NamedTemporaryFile(prefix="simulated-google-clock-", suffix=".json", delete=False) as file:
            self._clock_file = Path(file.name)
        self._tell_time()
        self._forget = self.google.clock.watch(self._tell_time)
        self._network = replace(
            network,
            door=DoorPlace(f"http://{self.google.listen(serve_door)}", token),
            proxy=self.google.listen(serve_map),
            clock=str(self._clock_file),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._forget:
            self._forget()
        if self._clock_file:
            self._clock_file.unlink(missing_ok=True)
            self._clock_file = None
        self._network = None

    @property
    def network(self) -> NetworkMap:
        """The network map with door, proxy and clock. RuntimeError outside `with`."""
        if self._network is None:
            raise RuntimeError("enter the `with` of this Standalone before its network is asked for")
        return self._network

    @contextmanager
    def making(self, past: Evidence | None = None) -> Iterator[None]:
        """Hold the clock while the block makes the world; then do again what was done to a past one.

        The clock is then where it was when that evidence was collected. ValueError when it does not go as before.
        """
        with self.google.clock.held(past.began if past else None) as self.began:
            yield
            if past is not None:
                self.deeds.again(past.deeds)
                with self.google.clock.held(past.ended):
                    pass

    def evidence(self) -> dict[str, Any]:
        """Return the evidence so far as JSON values."""
        return evidence.collect(self.deeds, self.began, self.setup)

    def _tell_time(self) -> None:
        """Write down the clock's offset, from which other processes know the world's time without asking for it."""
        with self._telling:
            if self._clock_file:
                write_private(self._clock_file, json.dumps(self.google.clock.to_json()) + "\n")
