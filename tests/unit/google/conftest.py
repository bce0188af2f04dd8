"""A server under Google's names on loopback that plays a script, line by line."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest
import trustme

from gmailsync.google.network import Network, Timeouts
from gmailsync.model.profile import Endpoint, ProfileId, ServerProfile
from gmailsync.model.secret import Secret

NAMES = ("imap.gmail.com", "pop.gmail.com", "smtp.gmail.com", "oauth2.googleapis.com", "accounts.google.com")


class Authority:
    """A throw-away certificate authority and the servers' side of TLS."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(self.context)


class ScriptedServer:
    """Plays a script to whoever connects, one script per connection.

    `S: …` is sent; `C: …` must be what the client sends, where `{tag}` stands for its IMAP tag and `*` for any line;
    `{tag-1}` is the tag of the command before that, for answers to commands that are under way together;
    `C: ...` reads an SMTP body; `TLS` upgrades, `NO TLS` expects the client to
    refuse that; `HANG` waits until the client hangs up. The end of a script closes
    the connection. `heard` has the client's bytes, `errors` what it should not have said.
    """

    def __init__(self, authority: Authority, *scripts: str, tls: bool = True) -> None:
        self._authority = authority
        self._scripts = [dedent(script).strip("\n").splitlines() for script in scripts]
        self._tls = tls
        self.heard = b""
        self.body = b""
        self.errors: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> str:
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self.errors.append("nobody connected")
                return
            try:
                self._play(connection, script)
            except OSError as error:
                self.errors.append(f"connection: {error}")

    def _play(self, connection: socket.socket, script: list[str]) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            connection = self._authority.context.wrap_socket(connection, server_side=True)
        reader, tags = connection.makefile("rb"), ("", "")
        try:
            for step in script:
                if step == "TLS":
                    reader.close()
                    connection = self._authority.context.wrap_socket(connection, server_side=True)
                    reader = connection.makefile("rb")
                elif step == "NO TLS":
                    with suppress(ssl.SSLError):
                        connection = self._authority.context.wrap_socket(connection, server_side=True)
                        self.errors.append("the client trusted the certificate")
                elif step == "HANG":
                    reader.read()
                elif step.startswith("S:"):
                    line = step[3:].replace("{tag}", tags[1]).replace("{tag-1}", tags[0])
                    connection.sendall(line.encode() + b"\r\n")
                elif step == "C: ...":
                    self.body = b"".join(iter(reader.readline, b".\r\n"))
                elif step.startswith("C:") and (tag := self._expect(reader.readline(), step[3:])):
                    tags = tags[1], tag
        finally:
            reader.close()
            connection.close()

    def _expect(self, line: bytes, expected: str) -> str:
        """Compare a line with what is expected; return its tag, or "" where none is expected."""
        tag = ""
        self.heard += line
        said = line.decode().removesuffix("\r\n")
        if expected.startswith("{tag} "):
            tag, _, said = said.partition(" ")
            expected = expected.removeprefix("{tag} ")
        if not re.fullmatch(re.escape(expected).replace(r"\*", ".*"), said):
            self.errors.append(f"expected {expected!r}, heard {said!r}")
        return tag


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give the authority that issued the servers' certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))


class Scripted:
    """Starts servers that play scripts, and gives the network under which they are found."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.servers: list[ScriptedServer] = []

    @property
    def server(self) -> ScriptedServer:
        return self.servers[-1]

    def __call__(self, endpoint: Endpoint, *scripts: str, tls: bool = True) -> Network:
        self.servers.append(ScriptedServer(self._authority, *scripts, tls=tls))
        return Network(hosts={str(endpoint): self.server.address}, ca_file=str(self._authority.ca_file))


@pytest.fixture
def scripted(authority: Authority) -> Iterator[Scripted]:
    """Give a function from an endpoint and scripts to the network under which they are played there.

    At the end every script has been played to its end, and the client has said what it should.
    """
    stage = Scripted(authority)
    yield stage
    for server in stage.servers:
        server.close()
        assert server.errors == []


@pytest.fixture
def impatient() -> Timeouts:
    """Give time limits for tests in which a server falls silent."""
    return Timeouts(connect=5.0, read=0.2, final_dot=0.2)


@pytest.fixture
def profile() -> ServerProfile:
    """Give a server profile as an administrator enters it."""
    return ServerProfile(
        id=ProfileId(1),
        name="Gmail",
        client_id="1234-abc.apps.googleusercontent.com",
        client_secret=Secret("GOCSPX-secret&=ü"),
        environment="https://contoso.crm.dynamics.com",
    )
