"""Calling the door of a running simulation from another process; only the standard library is needed for it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from fakes.network import BadNetworkFile, NetworkMap

TIMEOUT = 60.0
"""Seconds to wait for the simulation, which answers in milliseconds unless much mail is delivered."""


class DoorRefused(Exception):
    """The door does not do what was asked; `status` is that of HTTP, the text one line for people."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status

    @property
    def by_google(self) -> bool:
        """Whether it is Google that says no, as a page or the console does, and the request was sound."""
        return self.status == http.client.CONFLICT


class Caller:
    """The door of the simulation that a network map is of. BadNetworkFile when the map names none."""

    def __init__(self, network: NetworkMap) -> None:
        if network.door is None:
            raise BadNetworkFile(
                "network file: door: missing; allowed is a file of gmailsync simulate or python -m fakes"
            )
        self._door = network.door

    def get(self, *path: str, **query: str | int) -> Any:
        """Return what the door shows. Raises DoorRefused, and OSError when nobody answers."""
        asked = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        return self._call("GET", _path(path) + (f"?{asked}" if asked else ""))

    def post(self, *path: str, told: Mapping[str, Any] | None = None) -> Any:
        """Do a deed with these arguments. Raises as `get` does."""
        return self._call("POST", _path(path), json.dumps(told or {}).encode(), "application/json")

    def delete(self, *path: str) -> Any:
        """Take something away. Raises as `get` does."""
        return self._call("DELETE", _path(path))

    def deliver(self, address: str, raw: bytes) -> Any:
        """Deliver a message, byte for byte. Raises as `get` does."""
        return self._call("POST", _path(("mail", address)), raw, "message/rfc822")

    def _call(self, method: str, target: str, body: bytes | None = None, kind: str = "") -> Any:
        parts = urlsplit(self._door.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        headers = {"Authorization": f"Bearer {self._door.token}"} | ({"Content-Type": kind} if kind else {})
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"what answers is no door: {error!r}") from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise DoorRefused(answer.status, str(told.get("error", answer.status)))
        return told


def _path(parts: tuple[str, ...]) -> str:
    return "".join(f"/{quote(part, safe='@+')}" for part in parts)
