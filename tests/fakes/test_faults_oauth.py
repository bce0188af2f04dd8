"""OAuth exchanges in which something goes wrong on purpose: by the handler, and behind `responses`."""

from __future__ import annotations

import pytest
import requests

from fakes.actions import Close, Reset, Send, Stall
from fakes.intercept import intercept
from fakes.oauth.failing import carried
from fakes.oauth.http import json_response

ANSWERS = {
    "refuse": (500, {"error": "internal_failure", "error_description": "Backend Error"}),
    "answer=500": (500, {"error": "internal_failure", "error_description": "Backend Error"}),
    "answer=429": (429, {"error": "rate_limit_exceeded"}),
    "answer=403": (403, {"error": "rate_limit_exceeded"}),
    "answer=503": (503, {}),
    'answer=400 {"error": "invalid_grant"}': (400, {"error": "invalid_grant"}),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_refresh_is_answered_otherwise_and_then_as_ever(app, what) -> None:
    """A passing fault of Google's: nothing is done, the token stays good."""
    refresh_token = app.tokens()["refresh_token"]
    app.world.faults.add("oauth", "token", what, times=1)

    first, second = app.refresh(refresh_token), app.refresh(refresh_token)

    assert (first.status, app.body(first)) == ANSWERS[what]
    assert first.header("content-type").startswith("application/json")
    assert second.status == 200


def test_a_page_may_stand_in_for_an_answer(app) -> None:
    """What a proxy or a front end of Google's says is HTML."""
    app.world.faults.add("oauth", "token", "answer=502 <title>Error 502</title>")

    response = app.refresh("1//0any")

    assert (response.status, response.body) == (502, b"<title>Error 502</title>")
    assert response.header("content-type").startswith("text/html")


def test_the_code_of_a_lost_reply_is_used_up(app) -> None:
    """Done, but the answer was lost: whoever tries again is told invalid_grant."""
    code = app.code()
    app.world.faults.add("oauth", "token", "lose-reply", times=1)

    lost, again = app.exchange(code), app.exchange(code)

    assert carried(lost, b"HTTP/1.1 200 OK") == [Close()]
    assert app.body(again)["error"] == "invalid_grant"


def test_the_code_of_a_refused_exchange_is_not(app) -> None:
    """Nothing was done, so the second try succeeds."""
    code = app.code()
    app.world.faults.add("oauth", "token", "close", times=1)

    dropped, again = app.exchange(code), app.exchange(code)

    assert carried(dropped, b"") == [Close()]
    assert again.status == 200


WIRE = {
    "reset": [Reset()],
    "close@after": [Send(b"0123456789"), Close()],
    "truncate=4": [Send(b"0123"), Close()],
    "lose-reply=silent": [],
}


@pytest.mark.parametrize("what", WIRE)
def test_the_bytes_of_a_response_suffer_as_those_of_any_reply(app, what) -> None:
    """One grammar of faults for all protocols."""
    app.world.faults.add("oauth", "certs", what)

    response = app.bearer("https://www.googleapis.com/oauth2/v3/certs", "")

    assert carried(response, b"0123456789") == WIRE[what]


def test_a_stall_comes_before_the_response(app) -> None:
    """The shell waits for the clock and then sends all of it."""
    app.world.faults.add("oauth", "any", "stall=2m")

    first, second = carried(app.bearer("https://www.googleapis.com/oauth2/v3/certs", ""), b"x")

    assert (isinstance(first, Stall) and first.duration.total_seconds(), second) == (120, Send(b"x"))


def test_a_fault_of_one_account_spares_the_others(app) -> None:
    """Whose request it is, is told by the token or the code in it."""
    app.world.add_account("bob@contoso.com", organisation="contoso.com")
    app.screen(test_users=("alice@contoso.com", "bob@contoso.com"))
    tokens = {address: app.tokens(address)["refresh_token"] for address in ("alice@contoso.com", "bob@contoso.com")}
    app.world.faults.add("oauth", "token", "answer=429", account="bob@contoso.com")

    statuses = {address: app.refresh(token).status for address, token in tokens.items()}

    assert statuses == {"alice@contoso.com": 200, "bob@contoso.com": 429}


TOLD = {
    "close": requests.ConnectionError,
    "reset@after": requests.ConnectionError,
    "lose-reply": requests.ConnectionError,
    "truncate=3": requests.ConnectionError,
    "stall=30s": requests.ReadTimeout,
    "lose-reply=silent": requests.ReadTimeout,
}


@pytest.mark.parametrize("what", TOLD)
def test_without_sockets_a_broken_connection_is_an_exception(app, what) -> None:
    """`requests` behind `intercept` raises what it raises at a real socket."""
    app.world.faults.add("oauth", "certs", what)

    with intercept(app.world), pytest.raises(TOLD[what]) as raised:
        requests.get("https://www.googleapis.com/oauth2/v3/certs", timeout=5)

    assert type(raised.value) is TOLD[what]


def test_the_journal_tells_the_fault_and_shows_the_exchange(app) -> None:
    """Support sees why the client got nothing."""
    app.world.faults.add("oauth", "certs", "close", name="no keys")

    app.bearer("https://www.googleapis.com/oauth2/v3/certs", "")

    texts = [entry.text for entry in app.world.journal.entries[-3:]]
    assert texts[0].startswith("GET /oauth2/v3/certs")
    assert texts[1:] == ["fault 'no keys' fired at oauth certs", "<close>"]


def test_wire_events_of_requests_count_too(app) -> None:
    """Each request twice: before it is carried out and before its answer."""
    event = app.world.faults.nth_wire_event(4)

    url = "https://www.googleapis.com/oauth2/v3/certs"
    responses = [carried(app.bearer(url, ""), b"x") for _ in range(3)]

    assert responses == [[Send(b"x")], [Close()], [Send(b"x")]]
    assert event.happened == "after oauth certs"


def test_nothing_is_noted_where_nothing_can_go_wrong(app) -> None:
    """Without faults a response is what the endpoint made of it."""
    assert app.bearer("https://www.googleapis.com/oauth2/v3/certs", "").effects == json_response(200, {}).effects == ()
