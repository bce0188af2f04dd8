"""The simulated OAuth hosts behind `responses`: for tests that use `requests` and need no sockets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import requests
import responses
from requests import PreparedRequest

from fakes.actions import Close, Reset, Send, Stall
from fakes.oauth.failing import carried
from fakes.oauth.handler import HOSTS, handle
from fakes.oauth.http import Request, Response
from fakes.world import World

METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE")


def intercept(world: World) -> responses.RequestsMock:
    """Return a context manager in which `requests` finds this world's Google instead of the real one.

    Requests to any other host raise `requests.ConnectionError`: nothing leaves the machine.
    """
    mock = responses.RequestsMock(assert_all_requests_are_fired=False)
    hosts = re.compile(rf"https://(?:{'|'.join(re.escape(host) for host in HOSTS)})/")

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        response = handle(world, _translate(request))
        return response.status, dict(response.headers), _arrived(response)

    for method in METHODS:
        mock.add_callback(method, hosts, callback=answer, content_type=None)
    return mock


def _arrived(response: Response) -> bytes:
    """Return the body if it arrives as a whole; raise what `requests` raises when a fault keeps it back.

    Nobody can move the clock while this thread waits here, so whatever comes late has timed out.
    """
    actions = carried(response, response.body)
    whole = Send(response.body) in actions
    if Reset() in actions or (Close() in actions and not whole):
        raise requests.ConnectionError("the simulated Google ended the connection")
    if not whole or isinstance(actions[0], Stall):
        raise requests.ReadTimeout("the simulated Google does not answer in time")
    return response.body


def _translate(request: PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    if not isinstance(body, str | bytes):
        raise TypeError("the simulated Google takes no streamed bodies")
    return Request(
        request.method or "GET",
        parts.hostname or "",
        parts.path or "/",
        parts.query,
        {name.lower(): value for name, value in request.headers.items()},
        body.encode() if isinstance(body, str) else body,
    )
