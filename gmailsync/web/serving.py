"""Serves the pages on this machine alone."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from waitress import create_server

from gmailsync.errors import BadInput, NetworkError
from gmailsync.rules.loopback import is_loopback

if TYPE_CHECKING:
    from flask import Flask

# It warns of every request that waits for a thread, which is nothing to worry about.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def check_host(host: str) -> str:
    """Return the address to listen on, or raise `BadInput` where others than this machine could reach it."""
    if not is_loopback(host):
        raise BadInput(
            "host", host, "127.0.0.1, ::1 or localhost: whoever reaches this page may use it, without a password"
        )
    return host


@contextmanager
def listening(pages: Flask, host: str, port: int) -> Iterator[Callable[[], None]]:
    """Listen, and yield what serves until Ctrl-C; browsers that come before it wait. No request is ever logged.

    Raises `BadInput` for a host that is not this machine and `NetworkError` when the port is taken.
    """
    family = socket.AF_INET6 if ":" in check_host(host) else socket.AF_INET
    try:
        # Bound here and not by Waitress, which leaves a pipe open when it cannot.
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise NetworkError(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}",
            advice="Free the port, or choose another with --port; the profile's redirect URI must have the same.",
        ) from error
    with listener:
        server = create_server(pages, sockets=[listener], ident=None)
        try:
            yield server.run
        finally:
            server.close()
