"""An authorization code is good once and not for long.

The rows are those of google.md section 7.2.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

ALICE = "alice@contoso.com"
BAD_REQUEST = {"error": "invalid_grant", "error_description": "Bad Request"}
SECOND = timedelta(seconds=1)


def wait(app, delay):
    app.world.clock.advance(delay)


DEAD_CODES = [
    pytest.param(lambda app, code: app.exchange(code), "it was used before", id="row-43-callback-twice"),
    pytest.param(lambda app, _: wait(app, timedelta(minutes=10)), "its time is over", id="row-44-too-old"),
    pytest.param(
        lambda app, code: (app.exchange(code), wait(app, timedelta(hours=1))),
        "it was used before",
        id="row-43-a-reload-an-hour-later",
    ),
    pytest.param(
        lambda app, _: app.world.remove_app(ALICE, app.client.client_id),
        "the owner removed the app",
        id="app-removed-before-the-exchange",
    ),
]


@pytest.mark.parametrize(("befalls", "reason"), DEAD_CODES)
def test_a_dead_code_is_refused_and_only_the_journal_tells_why(app, befalls, reason):
    """Used and too old read the same."""
    code = app.code()

    befalls(app, code)
    response = app.exchange(code)

    assert (response.status, app.body(response)) == (400, BAD_REQUEST)
    assert app.world.journal.entries[-2].text == f"the authorization code of {ALICE} is dead: {reason}"


def test_a_replay_harms_nothing_that_was_given(app):
    """Row 43: the tokens of the first exchange work on, and there are no others."""
    code = app.code()
    tokens = app.body(app.exchange(code))

    for _ in range(3):
        app.exchange(code)

    assert app.world.grants.access(tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status == 200
    assert len(app.world.grants.refresh_tokens(ALICE, app.client.client_id)) == 1


@pytest.mark.parametrize("life", [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)])
def test_how_long_a_code_lives_is_a_setting(app, life):
    """Row 44 at whatever age: a second before, the code is good."""
    app.world.grants.code_life = life
    early, late = app.code(), app.code()

    wait(app, life - SECOND)
    before = app.exchange(early)
    wait(app, SECOND)

    assert before.status == 200
    assert app.body(app.exchange(late)) == BAD_REQUEST
