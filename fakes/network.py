"""The network map: which loopback address answers for which of Google's host names, and whom to trust there.

It is plain data. A client of the simulation dials what the map says, keeps Google's name for TLS and for the Host
header, and verifies certificates against `ca_file`.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class BadNetworkFile(ValueError):
    """A network file that cannot be used; the text names the field, the value and what is allowed."""


@dataclass(frozen=True)
class DoorPlace:
    """Where the door of a running simulation is, and the token that opens it."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class NetworkMap:
    """Google's `host:port` -> the loopback `host:port` to dial, and the authority's certificate as a PEM file.

    A simulation for other programs also names its `door`, the loopback `host:port` of its `proxy`, and the file that
    tells its `clock`.
    """

    ca_file: str
    hosts: Mapping[str, str]
    door: DoorPlace | None = None
    proxy: str | None = None
    clock: str | None = None

    def address(self, host: str, port: int) -> tuple[str, int]:
        """Return the address to dial. Raises ConnectionRefusedError where the map has nothing: nobody listens there."""
        target = self.hosts.get(f"{host.lower()}:{port}")
        if target is None:
            raise ConnectionRefusedError(f"nothing of the simulated Google listens on {host}:{port}")
        dialled, _, number = target.rpartition(":")
        return dialled.strip("[]"), int(number)

    def dial(self, host: str, port: int, timeout: float | None = 30.0) -> socket.socket:
        """Open a TCP connection to what answers for `host:port`; `timeout` in seconds. Raises OSError."""
        return socket.create_connection(self.address(host, port), timeout)

    def ssl_context(self) -> ssl.SSLContext:
        """Return a verifying client's context that trusts the map's authority and no other. Raises OSError."""
        return ssl.create_default_context(cafile=self.ca_file)

    def to_json(self) -> dict[str, object]:
        """Return the map in the shape of a network file."""
        told: dict[str, object] = {"ca_file": self.ca_file, "hosts": dict(self.hosts)}
        if self.door:
            told["door"] = {"url": self.door.url, "token": self.door.token}
        return told | {name: value for name, value in (("proxy", self.proxy), ("clock", self.clock)) if value}

    def write(self, path: Path | str) -> Path:
        """Write the network file and return its path. It appears whole, and only its owner may read a door's token."""
        path = Path(path)
        text = json.dumps(self.to_json(), indent=2) + "\n"
        if self.door is None:
            path.write_text(text, encoding="utf-8")
        else:
            write_private(path, text)
        return path

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a network file. Raises BadNetworkFile with one line that says what is wrong and what is allowed."""
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise BadNetworkFile(f"network file {path}: {reason}; allowed is a file written by a simulation") from error
        except ValueError as error:
            raise BadNetworkFile(
                f'network file {path}: not JSON ({error}); allowed is {{"ca_file", "hosts"}}'
            ) from error
        if not isinstance(data, dict):
            raise BadNetworkFile(f'network file {path}: not an object; allowed is {{"ca_file", "hosts"}}')
        return cls(
            ca_file=_ca_file(path, data.get("ca_file")),
            hosts=_hosts(path, data.get("hosts")),
            door=_door(path, data.get("door")),
            proxy=data.get("proxy"),
            clock=data.get("clock"),
        )


def write_private(path: Path, text: str) -> None:
    """Put a file in the place of another, at once and as a whole; nobody but its owner can read it. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _door(path: Path | str, value: Any) -> DoorPlace | None:
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("url"), str) and isinstance(value.get("token"), str):
        parts = urlsplit(value["url"])
        if parts.scheme == "http" and parts.hostname in LOOPBACK and _is_endpoint(parts.netloc):
            return DoorPlace(value["url"], value["token"])
    raise BadNetworkFile(
        f'network file {path}: door: not of this shape; allowed is {{"url": "http://127.0.0.1:port", "token": "…"}}'
    )


def _ca_file(path: Path | str, value: object) -> str:
    """Return the authority's file; a relative path is meant beside the network file."""
    ca_file = str(Path(path).parent / str(value))
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BadNetworkFile(
            f"network file {path}: ca_file: {value!r}; allowed is the path of a PEM file of certificates"
        ) from error
    return ca_file


def _hosts(path: Path | str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise BadNetworkFile(
            f'network file {path}: hosts: {value!r}; allowed is {{"host:port": "127.0.0.1:port", ...}}'
        )
    for name, target in value.items():
        if not _is_endpoint(name):
            raise BadNetworkFile(f"network file {path}: hosts: {name!r}; allowed is host:port")
        if not _is_endpoint(target) or target.rpartition(":")[0].strip("[]") not in LOOPBACK:
            raise BadNetworkFile(f"network file {path}: hosts[{name!r}]: {target!r}; allowed is 127.0.0.1:port")
    return value


def _is_endpoint(value: object) -> bool:
    if not isinstance(value, str):
        return False
    host, colon, port = value.rpartition(":")
    return bool(host and colon) and port.isascii() and port.isdigit() and 0 < int(port) < 65536
