"""What faults have to know of OAuth: which endpoint this is, whose, and how Google says that it cannot now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fakes.actions import Action, Send
from fakes.faults import Where
from fakes.faults.effects import Answer, At, Drop, Refuse
from fakes.faults.spoiling import dropped, spoiled
from fakes.oauth.http import NO_RESPONSE, Request, Response, html_response, json_error, json_response
from fakes.world import World

BACKEND_ERROR = json_error(500, "internal_failure", "Backend Error")
"""google.md 2.7."""

TOO_MANY_REQUESTS = "rate_limit_exceeded"
"""google.md 2.7 [recall]; a description is not known."""


def with_faults(world: World, request: Request, endpoint: Callable[[World, Request], Response]) -> Response:
    """Answer a request as far as the world's faults let it."""
    when, account = endpoint_of(request.path), _account_of(world, request)
    # Every exchange may be a connection of its own, so the dice know an endpoint and an account.
    hit = world.faults.meets(Where.OAUTH, when, f"oauth {when} {account}", account)
    match hit and hit.effect:
        case Refuse():
            return BACKEND_ERROR
        case Answer(text):
            return _answer(text)
        case Drop(at=At.BEFORE) as effect:
            return Response(NO_RESPONSE, effects=(effect,))
    response = endpoint(world, request)
    late = world.faults.done(Where.OAUTH, when)
    return replace(response, effects=tuple(each.effect for each in (hit, late) if each))


def carried(response: Response, data: bytes) -> list[Action]:
    """Return what is to be done with a response that looks so on the wire."""
    actions: list[Action] = [Send(data)]
    for effect in response.effects:
        if isinstance(effect, Drop) and effect.at is At.BEFORE:
            return [dropped(effect)]
        actions = spoiled(effect, actions)
    return actions


def endpoint_of(path: str) -> str:
    """Return an endpoint's name: the last part of its path, but `error` for the page `…/error/v2`."""
    return path.removesuffix("/v2").rpartition("/")[2]


def _account_of(world: World, request: Request) -> str:
    """Return whose request it is by the token or code in it; an empty text when that does not say."""
    form = {**request.params(), **request.form()}
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    token = form.get("token", "")
    found = (
        world.grants.refresh_token(form.get("refresh_token", token)),
        world.grants.access_token(form.get("access_token", token) or bearer),
        world.grants.code(form.get("code", "")),
    )
    return next((each.address for each in found if each), form.get("login_hint", ""))


def _answer(text: str) -> Response:
    """Return an answer of somebody's own: a status and a body, or a status alone whose body is Google's."""
    status, _, body = text.partition(" ")
    if body.startswith("{"):
        return replace(json_response(int(status), {}), body=body.encode())
    if body:
        return html_response(int(status), body)
    if status == "500":
        return BACKEND_ERROR
    return json_response(int(status), {"error": TOO_MANY_REQUESTS} if status in ("403", "429") else {})
