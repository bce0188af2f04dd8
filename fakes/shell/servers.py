"""The servers of one world: listening sockets on loopback ports, and one event loop in one thread behind them.

They listen before `start` returns and are gone when `stop` returns. A client that resets a connection is nobody's
mistake; an exception of our own is logged and kept in `failures`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import threading
import traceback
from asyncio import AbstractEventLoop, StreamReader, StreamReaderProtocol, StreamWriter, Task
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fakes import tls
from fakes.carrying import reset_on_close, until
from fakes.faults import Where
from fakes.faults.effects import Delay, Drop, Refuse
from fakes.faults.fault import CONNECT
from fakes.shell import carrier
from fakes.world import World

if TYPE_CHECKING:
    from fakes.smtp import GmailSmtp

LOOPBACK = "127.0.0.1"

BACKLOG = 512
"""Connections waiting to be accepted; a fleet of clients may come at once."""

PAUSE = 0.1
"""Seconds before accepting again when the machine has no file descriptor left."""

HTTPS_HOSTS = ("accounts.google.com", "oauth2.googleapis.com", "openidconnect.googleapis.com", "www.googleapis.com")

PROTOCOL_VERSION_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"
"""RFC 5246 section 7.2: a record of an alert, fatal, protocol_version."""

Serve = Callable[[socket.socket], Coroutine[Any, Any, None]]
Converse = Callable[[World, StreamReader, StreamWriter], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class Shell:
    """HTTPS, IMAP, POP and SMTP servers for a world. It runs once: after `stop` make another."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.failures: list[str] = []
        self._hosts: dict[str, str] = {}
        self._connections: set[Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="simulated Google", daemon=True)
        self._loop: AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._running = threading.Event()
        self._listeners: list[tuple[socket.socket, Serve]] = []

    @property
    def hosts(self) -> Mapping[str, str]:
        """Google's `host:port` -> the loopback `host:port` that answers for it; empty when not running."""
        return MappingProxyType(self._hosts)

    def start(self) -> None:
        """Listen on free ports. RuntimeError when started before; OSError when the machine has no port left."""
        if self._thread.ident is not None:
            raise RuntimeError("the simulated Google was started before; make another")
        try:
            self._listen()
        except OSError:
            self.stop()
            raise
        self._thread.start()
        self._running.wait()

    def open(self, converse: Converse) -> str:
        """Listen on one more port, without TLS, and return its address. RuntimeError when not running."""
        if self._loop is None:
            raise RuntimeError("the simulated Google is not running")
        listener = self._listener(partial(self._carry, converse, None))
        self._loop.call_soon_threadsafe(self._loop.add_reader, listener, self._accept, *self._listeners[-1])
        return "{}:{}".format(*listener.getsockname())

    def settle(self, patience: float) -> None:
        """Wait until no client is connected and what they said is done. TimeoutError after `patience` seconds."""
        if self._loop is not None:
            leaving = asyncio.wait_for(self._all_left(), patience)
            asyncio.run_coroutine_threadsafe(leaving, self._loop).result()

    def stop(self) -> None:
        """Drop every connection and free the ports. Harmless when not running."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._loop = None
        for listener, _ in self._listeners:
            listener.close()
        self._listeners.clear()
        self._hosts.clear()

    def _listen(self) -> None:
        services: list[tuple[Serve, tuple[str, ...]]] = [
            (partial(self._serve_stream, Where.OAUTH, _converse_https), tuple(f"{host}:443" for host in HTTPS_HOSTS)),
            (partial(self._serve_stream, Where.IMAP, _converse_imap), ("imap.gmail.com:993",)),
            (partial(self._serve_stream, Where.POP, _converse_pop), ("pop.gmail.com:995",)),
            (partial(self._serve_smtp, True), ("smtp.gmail.com:465",)),
            (partial(self._serve_smtp, False), ("smtp.gmail.com:587",)),
        ]
        for serve, names in services:
            self._hosts |= dict.fromkeys(names, "{}:{}".format(*self._listener(serve).getsockname()))

    def _listener(self, serve: Serve) -> socket.socket:
        listener = socket.create_server((LOOPBACK, 0), backlog=BACKLOG)
        listener.setblocking(False)
        # Inherited by what is accepted. Without it TLS tickets and greeting wait 40 ms for a delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._listeners.append((listener, serve))
        return listener

    # --- in the thread ---

    def _run(self) -> None:
        # The selector loop is the one that can watch listening sockets on every system.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve_until_stopped())

    async def _serve_until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._on_loop_error)
        for listener, serve in self._listeners:
            self._loop.add_reader(listener, self._accept, listener, serve)
        self._running.set()
        await self._stopping.wait()
        for listener, _ in self._listeners:
            self._loop.remove_reader(listener)
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        # An aborted transport takes leave of TLS and of its protocol in the next two rounds of the loop.
        for _ in range(3):
            await asyncio.sleep(0)

    def _accept(self, listener: socket.socket, serve: Serve) -> None:
        """Give every waiting connection a task of its own."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no file descriptor left; the connections wait until there are some again
                loop.remove_reader(listener)
                loop.call_later(PAUSE, loop.add_reader, listener, self._accept, listener, serve)
                return
            connection.setblocking(False)
            task = loop.create_task(serve(connection))
            self._connections.add(task)
            task.add_done_callback(self._on_connection_end)
            # A task that is cancelled before its first step has not given the socket to any transport.
            task.add_done_callback(partial(_close, connection))

    async def _all_left(self) -> None:
        while self._connections:
            await asyncio.wait(self._connections)

    async def _serve_stream(self, where: Where, converse: Converse, connection: socket.socket) -> None:
        """Carry a conversation that is under TLS from the first byte."""
        if await self._let_in(where, connection):
            await self._carry(converse, tls.context_for(where, self.world.faults, self.world.clock), connection)

    async def _carry(self, converse: Converse, context: ssl.SSLContext | None, connection: socket.socket) -> None:
        """Carry a conversation; without a context it has no TLS, as nobody has it with Google."""
        loop = asyncio.get_running_loop()
        reader = StreamReader(loop=loop)
        protocol = _Streams(reader, loop=loop)
        with _told_of_old_tls(connection, context):
            transport = await _met(protocol, connection, context)
        writer = StreamWriter(transport, protocol, reader, loop)
        try:
            await converse(self.world, reader, writer)
            writer.close()
            await writer.wait_closed()
        finally:
            _abort(transport)

    async def _serve_smtp(self, implicit_tls: bool, connection: socket.socket) -> None:
        """Carry an SMTP conversation; aiosmtpd runs it, from its protocol."""
        if not await self._let_in(Where.SMTP, connection):
            return
        # With the first connection, too; aiosmtpd is a good part of all that there is to import.
        from fakes.smtp import GmailSmtp

        loop = asyncio.get_running_loop()
        now = tls.context_for(Where.SMTP, self.world.faults, self.world.clock) if implicit_tls else None
        later = None if implicit_tls else tls.server_context()
        protocol = GmailSmtp(self.world, tls=later, loop=loop, on_failure=self._judge)
        with _told_of_old_tls(connection, now):
            transport = await _met(protocol, connection, now)
        try:
            await protocol.ended.wait()
        finally:
            _abort(transport)

    # --- what goes wrong ---

    async def _let_in(self, where: Where, connection: socket.socket) -> bool:
        """Let a fault have its way with a connection of which nothing is known yet; False when it is over."""
        faults = self.world.faults
        hit = faults.meets(where, CONNECT, f"{where} connections") if faults.armed else None
        match hit and hit.effect:
            case Delay(duration):
                await until(self.world.clock.now() + duration, self.world.clock)
            case Refuse() | Drop() as effect:
                # Nobody can refuse what the system has accepted already; a reset is how it looks to the client.
                if isinstance(effect, Refuse) or effect.reset:
                    reset_on_close(connection)
                connection.close()
                return False
        return True

    def _on_connection_end(self, task: Task[None]) -> None:
        self._connections.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._judge(error)

    def _on_loop_error(self, _loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        self._judge(context.get("exception") or RuntimeError(context["message"]))

    def _judge(self, error: BaseException) -> None:
        """Let clients leave as they like; keep and log what is our own mistake."""
        if not _client_left(error):
            self.failures.append("".join(traceback.format_exception(error)))
            log.error("the simulated Google failed", exc_info=error)


async def _converse_https(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    # Each protocol is imported with its first connection, because few worlds are asked for all of them.
    from fakes.shell.https import serve_https

    await serve_https(world, reader, writer)


async def _converse_imap(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    from fakes.imap.session import ImapSession

    await carrier.serve(ImapSession(world, peer=carrier.peer_of(writer)), world.clock, reader, writer)


async def _converse_pop(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    from fakes.pop.session import PopSession

    await carrier.serve(PopSession(world, peer=carrier.peer_of(writer)), world.clock, reader, writer)


class _Streams(StreamReaderProtocol):
    """Streams that know their transport as soon as there is one."""

    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - which a stream has
        self.transport = transport
        super().connection_made(transport)


async def _met(
    protocol: _Streams | GmailSmtp, connection: socket.socket, context: ssl.SSLContext | None
) -> asyncio.Transport:
    """Bring the protocol and the accepted connection together.

    When the world stops just after the handshake, asyncio would take leave politely and wait for the client's answer.
    """
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
    except asyncio.CancelledError:
        if isinstance(protocol.transport, asyncio.Transport):
            _abort(protocol.transport)
        raise
    return transport


def _abort(transport: asyncio.Transport) -> None:
    """Drop a connection, whatever is left of it.

    In the first releases of Python 3.11 a transport that TLS has taken leave of has nothing to abort, and says so by
    an AttributeError (cpython, `sslproto._SSLProtocolTransport.abort`).
    """
    with suppress(AttributeError):
        transport.abort()


@contextmanager
def _told_of_old_tls(connection: socket.socket, context: ssl.SSLContext | None) -> Iterator[None]:
    """Let a client know that a server's TLS is too old for it.

    asyncio closes the connection when a handshake fails and drops the alert that OpenSSL wrote.
    """
    if context is None or context.maximum_version is not ssl.TLSVersion.TLSv1_1:
        yield
        return
    with connection.dup() as spare:
        try:
            yield
        except ssl.SSLError:
            spare.send(PROTOCOL_VERSION_ALERT)
            raise


def _close(connection: socket.socket, _: Task[None]) -> None:
    connection.close()


def _client_left(error: BaseException) -> bool:
    """Return whether this is what a client causes that resets, closes early or does not trust our certificate."""
    if isinstance(error, ConnectionError | ssl.SSLError | TimeoutError | EOFError):
        return True
    return isinstance(error, OSError) and error.errno in (errno.ENOTCONN, errno.EINVAL)
