"""The page to which Google sends the owner back, served on this machine while `mailbox sign-in` waits."""

from __future__ import annotations

import html
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from gmailsync.errors import BadInput, GmailSyncError, NetworkError
from gmailsync.rules.loopback import address_of, port_of
from gmailsync.rules.wording import with_advice

IDLE = 2.0
"""Seconds that a connection may say nothing: browsers open some ahead and keep them."""

Finish = Callable[[str], str]
"""Takes the redirected URL and returns a sentence for the owner; raises `GmailSyncError`."""


class _ServerOnIPv6(ThreadingHTTPServer):
    """Listens on an address such as ::1."""

    address_family = socket.AF_INET6


@contextmanager
def served(redirect_uri: str, finish: Finish) -> Iterator[None]:
    """Answer at exactly the redirect URI, which leads to this machine, as long as the block runs.

    Raises `NetworkError` when the port is taken.
    """
    parts = urlsplit(redirect_uri)
    host, port = address_of(parts.hostname or ""), port_of(redirect_uri)
    server_of_family = _ServerOnIPv6 if ":" in host else ThreadingHTTPServer
    try:
        server = server_of_family((host, port), _handler(redirect_uri, parts.path, finish))
    except OSError as error:
        raise NetworkError(
            f"cannot wait for the browser at {host}:{port}: {error.strerror}",
            advice="Free the port, or finish the sign-in with --response URL.",
        ) from error
    server.daemon_threads = False  # closing waits until the page is written, so that the owner gets to read it
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _handler(redirect_uri: str, path: str, finish: Finish) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        """One page; everything else is not found."""

        timeout = IDLE

        def do_GET(self) -> None:
            """Finish the sign-in with the query of the request."""
            asked = urlsplit(self.path)
            if asked.path != path:
                self._answer(HTTPStatus.NOT_FOUND, "There is nothing here.")
                return
            try:
                self._answer(HTTPStatus.OK, finish(f"{redirect_uri}?{asked.query}"))
            except BadInput:
                self._answer(HTTPStatus.BAD_REQUEST, "This is not an answer of Google's consent page.")
            except GmailSyncError as error:
                self._answer(HTTPStatus.BAD_REQUEST, with_advice(error))

        def _answer(self, status: HTTPStatus, sentence: str) -> None:
            body = (
                f'<!doctype html><meta charset="utf-8"><title>gmailsync</title><p>{html.escape(sentence)}</p>'.encode()
            )
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: the request line carries the code."""

    return Page
