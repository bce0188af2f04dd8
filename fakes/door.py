"""The door of a simulated Google: the verbs that tests have in Python, for other processes and languages.

HTTP and JSON on loopback, with a token from the network file. Everything that changes the world is a deed
(`fakes.deeds`), everything that is shown a value (`fakes.state`); here is nothing but their names in URLs.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from fakes import deeds as doing
from fakes import state
from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused
from fakes.deeds import Deeds
from fakes.network import LOOPBACK
from fakes.oauth.http import Request, Response

RAW_MAIL = "message/rfc822"
"""The type of a body that is the message itself."""

DEEDS: Mapping[tuple[str, str], str] = {
    ("POST", "clock"): "advance",
    ("POST", "faults"): "add_fault",
    ("POST", "accounts"): "add_account",
    ("POST", "app-passwords"): "app_password",
    ("POST", "events"): "happen",
    ("POST", "tokens"): "token",
    ("POST", "consent"): "consent",
    ("POST", "setup"): "correct_setup",
}
"""What is done by a method and a path; faults are also removed, and mail is delivered, under paths of their own."""

PATHS = (
    *dict.fromkeys(path for _, path in DEEDS),
    *("mail", "grants", "console", "journal", "check", "state", "evidence"),
)


class _Refused(Exception):
    """The door does not do this."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class Door:
    """Answers requests; `evidence` returns what `GET /evidence` shows."""

    def __init__(self, deeds: Deeds, token: str, evidence: Callable[[], Mapping[str, Any]]) -> None:
        self._deeds = deeds
        self._world = deeds.google.world
        self._token = token
        self._evidence = evidence

    def answer(self, request: Request) -> Response:
        """Do what is asked, or say in one line why not; every body is JSON."""
        try:
            self._admit(request)
            return _response(HTTPStatus.OK, self._done(request))
        except _Refused as refusal:
            return _response(refusal.status, {"error": str(refusal)})
        except ConsentStopped as stopped:
            told = {"title": stopped.page_title, "code": stopped.code, "text": stopped.text}
            return _response(HTTPStatus.CONFLICT, {"error": f"Google: {stopped.line}", "stopped": told})
        except ConsoleRefused as refusal:
            return _response(HTTPStatus.CONFLICT, {"error": f"the Google console: {_one_line(refusal)}"})
        except ValueError as error:
            return _response(HTTPStatus.BAD_REQUEST, {"error": _one_line(error)})

    def _admit(self, request: Request) -> None:
        """Let in who has the token. A name that somebody made to mean this machine (DNS rebinding) is none of ours."""
        if request.host.strip("[]") not in LOOPBACK:
            raise _Refused(HTTPStatus.FORBIDDEN, "Host: the door is called by its loopback address only")
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise _Refused(
                HTTPStatus.UNAUTHORIZED, "Authorization: Bearer and the token of the network file are needed"
            )

    def _done(self, request: Request) -> object:
        path, _, rest = request.path.strip("/").partition("/")
        name = unquote(rest)
        match request.method, path:
            case method, _ if not name and (method, path) in DEEDS:
                return self._deeds.do(DEEDS[method, path], _arguments(request))
            case "DELETE", "faults" if name:
                return self._deeds.do("remove_fault", {"name": name})
            case "POST", "mail" if name:
                return self._deeds.do("deliver", _delivery(name, request))
            case "GET", "mail" if name:
                return self._mail(name)
            case "GET", _ if not name and path in PATHS:
                return self._shown(path, dict(parse_qsl(request.query)))
        if path not in PATHS:
            raise _Refused(HTTPStatus.NOT_FOUND, f"/{path}: the door has {', '.join(PATHS)}")
        raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} {request.path}: not done here")

    def _mail(self, address: str) -> object:
        with self._world.lock:
            account = self._world.account(address)
            if account is None:
                raise _Refused(HTTPStatus.NOT_FOUND, f"there is no account {address} in this world")
            return state.mail(account)

    def _shown(self, path: str, asked: Mapping[str, str]) -> object:
        with self._world.lock:
            match path:
                case "clock":
                    return doing.clock(self._deeds.google)
                case "faults":
                    return state.faults(self._world)
                case "accounts":
                    return [state.account(each) for each in self._world.accounts.values()]
                case "grants":
                    return state.grants(self._world)
                case "console":
                    return {"projects": state.projects(self._world)}
                case "journal":
                    return self._world.journal.to_json(_number("after", asked.get("after", "0")))
                case "check":
                    complaints = self._deeds.google.complaints()
                    return {"ok": not complaints, "complaints": complaints}
                case "state":
                    return state.snapshot(self._world)
                case "evidence":
                    return self._evidence()
        raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"/{path}: nothing is shown here")


def _arguments(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(request.body or b"{}")
    except ValueError:
        raise ValueError("body: JSON is needed") from None
    if not isinstance(given, dict):
        raise ValueError("body: a JSON object is needed")
    return given


def _delivery(address: str, request: Request) -> Mapping[str, Any]:
    """Return a delivery of the body: the message itself, and whatever a query says of its flags and date."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != RAW_MAIL:
        raise ValueError(f"Content-Type: {kind!r}: {RAW_MAIL} and the message itself are needed")
    asked = request.params()
    flags = {"flags": asked.pop("flags").split()} if "flags" in asked else {}
    return {**doing.delivery(address, request.body), **flags, **asked}


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name}: {text!r}: a whole number is needed")
    return int(text)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _response(status: HTTPStatus, told: object) -> Response:
    headers = (("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store"))
    return Response(status, headers, json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n")
