"""HTTP by h11: requests off the wire, to a handler, responses back; keep-alive and limits included."""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

from fakes.carrying import carry_out
from fakes.journal import Party
from fakes.oauth.failing import carried
from fakes.oauth.handler import handle
from fakes.oauth.http import NO_RESPONSE, Request, Response
from fakes.shell.variations import Variations
from fakes.world import World

HEAD_LIMIT = 1 << 16
"""Octets of request line and headers; a sign-in URL with everything in it stays below 8 KiB."""

BODY_LIMIT = 1 << 20
"""Octets; Google's OAuth endpoints take forms of a few kilobytes."""

DOOR_LIMIT = 1 << 26
"""Octets; a message that is delivered through the door may be larger than any that Gmail takes."""

READ_SIZE = 1 << 16

Handler = Callable[[Request], Response]

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


async def serve_https(world: World, reader: StreamReader, writer: StreamWriter) -> None:
    """Answer requests to Google's web servers until the client leaves, asks to close, or breaks the protocol."""

    def answer(request: Request) -> Response:
        with world.lock:
            return handle(world, request)

    with world.lock:
        variations = Variations(world.unusual.session("https")) if world.unusual else None
    await serve_http(world, answer, reader, writer, variations=variations)


async def serve_http(
    world: World,
    answer: Handler,
    reader: StreamReader,
    writer: StreamWriter,
    *,
    limit: int = BODY_LIMIT,
    variations: Variations | None = None,
) -> None:
    """Carry requests to `answer` and its responses back. `limit` is how many octets a body may have."""
    conversation = _Conversation(world, reader, writer, limit, variations)
    while (request := await conversation.read()) is not None:
        await conversation.write(answer(request), with_body=request.method != "HEAD")


class _Conversation:
    """One connection: requests and responses in turn."""

    def __init__(
        self, world: World, reader: StreamReader, writer: StreamWriter, limit: int, variations: Variations | None
    ) -> None:
        self._world = world
        self._variations = variations
        self._path = ""
        self._limit = limit
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)

    async def read(self) -> Request | None:
        """Return the next request; None when there is no more, or when what came was no HTTP and has been refused."""
        if self._http.our_state is h11.MUST_CLOSE or self._writer.is_closing():
            return None
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        try:
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            request = _request(head, await self._body())
            self._path = request.path
            return request
        except h11.RemoteProtocolError as error:
            self._world.journal.note("https", "https", Party.CLIENT, Party.OAUTH, f"<no HTTP request: {error}>")
            await self._refuse(HTTPStatus(error.error_status_hint))
            return None

    async def write(self, response: Response, *, with_body: bool) -> None:
        """Send the response to the request just read."""
        if response.status == NO_RESPONSE:
            await self._carry_out(response, b"")
            return
        headers = [*response.headers, ("date", format_datetime(self._world.clock.now(), usegmt=True))]
        parts, chunked = [response.body], False
        if self._variations:
            self._variations.turn(self._path)
            chunked, parts = self._variations.chunks(), self._variations.parts(response.body)
        if response.status not in BODILESS and not chunked:  # h11 sends in chunks what has no length
            headers.append(("content-length", str(len(response.body))))
        if self._variations:
            headers = self._variations.named(headers)
        reason = HTTPStatus(response.status).phrase.encode()
        events: list[h11.Event] = [h11.Response(status_code=response.status, reason=reason, headers=headers)]
        if with_body and response.status not in BODILESS:
            events += (h11.Data(data=part) for part in parts)
        events.append(h11.EndOfMessage())
        await self._carry_out(response, b"".join(self._http.send(event) or b"" for event in events))

    async def _carry_out(self, response: Response, data: bytes) -> None:
        actions = carried(response, data)
        if self._variations:
            actions = self._variations.dice.chopped(actions)
        await carry_out(actions, self._writer, self._world.clock)

    async def _body(self) -> bytes:
        body = bytearray()
        while isinstance(part := await self._event(), h11.Data):
            body += part.data
            if len(body) > self._limit:
                raise h11.RemoteProtocolError("too much body", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(body)

    async def _event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return h11's next event but NEED_DATA, which is answered by reading."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=HTTPStatus.CONTINUE, reason=b"Continue", headers=[]))
            self._http.receive_data(await self._reader.read(READ_SIZE))
        return event

    def _send(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")

    async def _refuse(self, status: HTTPStatus) -> None:
        """Tell that this was no request; the connection closes after it."""
        page = f"<!DOCTYPE html>\n<title>Error {status.value} ({status.phrase})!!1</title>\n".encode()
        headers = (("content-type", "text/html; charset=UTF-8"), ("connection", "close"))
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self.write(Response(status, headers, page), with_body=True)


def _request(head: h11.Request, body: bytes) -> Request:
    """Return the request as the handler takes it. The Host header names the host, a whole URL as target goes before."""
    headers: dict[str, str] = {}
    for key, value in head.headers:
        name, text = key.decode("ascii"), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text  # RFC 9110 section 5.3
    target = head.target.decode("latin-1")
    parts = urlsplit(target)
    whole = bool(parts.scheme and parts.netloc)
    host = parts.netloc if whole else headers.get("host", "")
    path, _, query = (target.partition(parts.netloc)[2] or "/" if whole else target).partition("?")
    return Request(head.method.decode("ascii"), _without_port(host), path, query, headers, body)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
