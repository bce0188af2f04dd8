"""The network: which address is dialled for a host and port, and which authority is trusted there.

The rest of the product always believes that it talks to Google. `Network.internet()` dials what was asked; a map
(from a network file) dials a simulation instead, under Google's own names, and lets nothing leave this machine.

What HTTPS needs is loaded when it is needed: most syncs have a token that is still good, and speak IMAP alone.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from gmailsync.errors import BadInput, ConnectFailed, HostNotFound, TlsFailed
from gmailsync.google.lines import reason
from gmailsync.model.profile import Endpoint
from gmailsync.rules.loopback import address_of, is_loopback

if TYPE_CHECKING:
    import requests

_LOOPBACK = "a loopback address and port such as 127.0.0.1:40993, because nothing may leave this machine"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: Google answers within a few, and who waits longer holds up other mailboxes.

    `final_dot` is for the reply after a message, where giving up early leaves in doubt whether it was sent; RFC 5321
    section 4.5.3.2.6 asks for ten minutes.
    """

    connect: float = 10.0
    read: float = 30.0
    final_dot: float = 600.0


TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Network:
    """A map from Google's `host:port` to the `host:port` to dial; `hosts` None: the internet as it is.

    `ca_file` is the PEM file of the only authority trusted under a map. Making one raises `BadInput` when the map
    leads anywhere but to loopback.
    """

    hosts: Mapping[str, str] | None = None
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if self.hosts is None:
            return
        checked = {_listed(name): _loopback(name, target) for name, target in self.hosts.items()}
        object.__setattr__(self, "hosts", MappingProxyType(checked))

    @classmethod
    def internet(cls) -> Self:
        """Return the network that dials what it is asked to and trusts what the machine trusts."""
        return cls()

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a network file: JSON with `hosts` and `ca_file`, whose path counts from the file's folder.

        Other keys are left to other readers. Raises `BadInput`.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInput("network file", str(path), f"cannot be read: {reason(error)}") from error
        except ValueError as error:
            raise BadInput("network file", str(path), f"must be JSON in UTF-8: {error}") from error
        return cls._from_content(path, content)

    @classmethod
    def _from_content(cls, path: Path, content: object) -> Self:
        if not isinstance(content, dict):
            raise BadInput("network file", str(path), 'must be an object with "hosts" and "ca_file"')
        hosts, ca_file = content.get("hosts"), content.get("ca_file")
        if not isinstance(hosts, dict):
            raise BadInput("hosts in the network file", hosts, 'must be an object such as {"imap.gmail.com:993": …}')
        if not isinstance(ca_file, str):
            raise BadInput("ca_file in the network file", ca_file, "must be the path of a PEM file")
        network = cls(hosts=hosts, ca_file=str(path.parent / ca_file))
        try:
            network.ssl_context()
        except OSError as error:  # ssl.SSLError is one
            raise BadInput(
                "ca_file in the network file",
                network.ca_file,
                f"must be a readable PEM file: {reason(error)}; one of a simulation is gone when that has ended",
            ) from error
        return network

    def dialled(self, endpoint: Endpoint) -> Endpoint:
        """Return the address to dial for `endpoint`.

        What a map does not list fails as it fails outside: another port of a listed host with `ConnectFailed`,
        a host that is not listed with `HostNotFound`.
        """
        if self.hosts is None:
            return endpoint
        target = self.hosts.get(_key(endpoint.host, endpoint.port))
        if target is not None:
            return _split(target)
        if endpoint.host.lower() in {name.rpartition(":")[0] for name in self.hosts}:
            raise ConnectFailed(f"{endpoint} does not answer")
        raise HostNotFound(f"no host is called {endpoint.host}")

    def connect(self, endpoint: Endpoint, timeout: float = TIMEOUTS.connect) -> socket.socket:
        """Open a TCP connection; `timeout` in seconds stays on the socket. Raises `HostNotFound` or `ConnectFailed`."""
        dialled = self.dialled(endpoint)
        try:
            connection = socket.create_connection((dialled.host, dialled.port), timeout)
            # imaplib sends a line and its end in two pieces; unless told so, TCP keeps the second for a round trip.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except (OSError, UnicodeError, OverflowError) as error:
            from gmailsync.google.https import network_error

            raise network_error(endpoint, error) from error

    def connect_tls(
        self, endpoint: Endpoint, timeout: float = TIMEOUTS.connect, context: ssl.SSLContext | None = None
    ) -> ssl.SSLSocket:
        """Open a connection with TLS from the first byte. Raises `TlsFailed` besides what `connect` raises.

        Who opens many connections hands over a `context` of `ssl_context` for all of them.
        """
        connection = self.connect(endpoint, timeout)
        try:
            return (context or self.ssl_context()).wrap_socket(connection, server_hostname=endpoint.host)
        except (OSError, ValueError) as error:
            connection.close()
            raise TlsFailed(f"no secure connection to {endpoint}: {reason(error)}") from error

    def ssl_context(self) -> ssl.SSLContext:
        """Return a context that verifies certificates and names, against the map's authority alone when there is one.

        The standard library's defaults: TLS 1.2 or newer.
        """
        if self.ca_file is None:
            return _trusting_the_machine()
        file = Path(self.ca_file).stat()
        return _trusting(self.ca_file, (file.st_mtime_ns, file.st_ino, file.st_size))

    def requests_session(self) -> requests.Session:
        """Return a session over this network."""
        import requests

        session = requests.Session()
        self.carry(session)
        return session

    def carry(self, session: requests.Session) -> None:
        """Let a session's requests go over this network; they raise `NetworkError` when it fails."""
        from gmailsync.google.https import GoogleAdapter

        adapter = GoogleAdapter(self.dialled, (TIMEOUTS.connect, TIMEOUTS.read))
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        if self.hosts is not None:
            # Otherwise a proxy, a .netrc or a CA bundle of the environment would apply to the simulation.
            session.trust_env = False
            session.verify = self.ca_file or True


@cache
def _trusting_the_machine() -> ssl.SSLContext:
    """Read the machine's authorities once: more than a hundred, which take longer than a look at a mailbox."""
    return ssl.create_default_context()


@lru_cache(maxsize=4)
def _trusting(ca_file: str, _written: tuple[int, ...]) -> ssl.SSLContext:
    """Read an authority once for all connections, and again when another one took its place in the file."""
    return ssl.create_default_context(cafile=ca_file)


def _key(host: str, port: int) -> str:
    return f"{host.lower()}:{port}"


def _split(address: str) -> Endpoint:
    host, _, port = address.rpartition(":")
    return Endpoint(host.strip("[]"), int(port))


def _parsed(address: object) -> Endpoint | None:
    """Return `host:port` as an endpoint, or None when it is not one."""
    if not isinstance(address, str):
        return None
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) < 65536:
        return None
    return _split(address)


def _listed(name: object) -> str:
    endpoint = _parsed(name)
    if endpoint is None:
        raise BadInput("hosts in the network file", name, "must be a host and port such as imap.gmail.com:993")
    return _key(endpoint.host, endpoint.port)


def _loopback(name: object, target: object) -> str:
    endpoint = _parsed(target)
    if endpoint is None or not is_loopback(endpoint.host):
        raise BadInput(f"hosts[{name!r}] in the network file", target, f"must be {_LOOPBACK}")
    # The name could be made to mean another machine; the number cannot.
    return f"{address_of(endpoint.host)}:{endpoint.port}"
