"""The only place of the fakes with sockets, TLS, asyncio and threads. It carries bytes and has no opinions."""

from fakes.shell.servers import Converse, Shell

__all__ = ["Converse", "Shell"]
