"""HTTP requests and responses as values, without sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fakes.faults.effects import Effect

FORM = "application/x-www-form-urlencoded"

NO_RESPONSE = 0
"""The status of a response that never comes, because a fault ends the connection before."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTPS request. `host` comes without port, `path` and `query` as sent, header names in lower case."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def get(cls, url: str, headers: Mapping[str, str] | None = None) -> Request:
        """Return a GET of the URL."""
        parts = urlsplit(url)
        return cls("GET", parts.hostname or "", parts.path or "/", parts.query, headers or {})

    @classmethod
    def post(
        cls, url: str, form: Mapping[str, str] | Sequence[tuple[str, str]], headers: Mapping[str, str] | None = None
    ) -> Request:
        """Return a POST of the form to the URL."""
        parts = urlsplit(url)
        headers = {"content-type": FORM, **(headers or {})}
        return cls("POST", parts.hostname or "", parts.path or "/", parts.query, headers, urlencode(form).encode())

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"https://{self.host}{self.target}"

    @property
    def target(self) -> str:
        """Path and query, as on the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def params(self) -> dict[str, str]:
        """Return the decoded parameters of the query; of a repeated one the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """Return the decoded fields of a form body; of a repeated one the last."""
        return dict(self.fields())

    def fields(self) -> list[tuple[str, str]]:
        """Return the decoded fields of a form body in order; none when the body is not declared as a form."""
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return []
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTPS response; Date, Content-Length and what faults do to it are for whoever writes it to a wire."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    effects: tuple[Effect, ...] = ()

    def header(self, name: str) -> str:
        """Return the first header of this name, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


# Seen on token responses (google.md 2.7); the others get the same.
_NEVER_CACHED = (
    ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("pragma", "no-cache"),
    ("expires", "Mon, 01 Jan 1990 00:00:00 GMT"),
)


def json_response(status: int, body: Mapping[str, Any]) -> Response:
    """Return JSON as Google prints it: two spaces, keys in the order given."""
    headers = (
        ("content-type", "application/json; charset=utf-8"),
        *_NEVER_CACHED,
        ("server", "scaffolding on HTTPServer2"),
        ("vary", "Origin, X-Origin, Referer"),
    )
    return Response(status, headers, json.dumps(body, indent=2, ensure_ascii=False).encode())


def json_error(status: int, error: str, description: str, **more: str) -> Response:
    """Return an OAuth error body (RFC 6749 section 5.2), with whatever Google adds to it."""
    return json_response(status, {"error": error, "error_description": description, **more})


def html_response(status: int, page: str) -> Response:
    """Return an HTML page."""
    return Response(status, (("content-type", "text/html; charset=utf-8"), *_NEVER_CACHED), page.encode())


def redirect(location: str) -> Response:
    """Return a 302 to the location."""
    return Response(302, (("location", location), *_NEVER_CACHED))
