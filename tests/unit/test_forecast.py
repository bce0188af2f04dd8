from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.cli import forecast as shown
from gmailsync.model.grant import Grant
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.secret import Secret
from gmailsync.rules.forecast import Forecast, Outlook, forecast
from gmailsync.rules.grant_death import Cause, likely_cause

GRANTED = datetime(2026, 1, 1, tzinfo=UTC)
GRANT = Grant(
    mailbox_id=MailboxId(1),
    client_id="1-a",
    scopes=frozenset(),
    refresh_token=Secret("refresh-1"),
    access_token=Secret("access-1"),
    access_expires_at=GRANTED + timedelta(hours=1),
    granted_at=GRANTED,
)


def days(number: float) -> datetime:
    return GRANTED + timedelta(days=number)


def grant(announced: float | None, used: float | None) -> Grant:
    return replace(
        GRANT,
        refresh_expires_at=None if announced is None else days(announced),
        refreshed_at=None if used is None else days(used),
    )


@pytest.mark.parametrize(
    ("announced", "used", "now", "end"),
    [
        (7, 2, 2, (7, Cause.TESTING)),
        (7, None, 0, (7, Cause.TESTING)),
        (7, 2, 40, (7, Cause.TESTING)),
        (30, 2, 2, (30, Cause.TIME_LIMITED)),
        (None, 100, 100, None),
        (None, 100, 106.9, None),
        (None, 100, 107, (281, Cause.UNUSED)),
        (None, None, 7, (181, Cause.UNUSED)),
        (400, 100, 110, (281, Cause.UNUSED)),
        (180, 100, 110, (180, Cause.TIME_LIMITED)),
    ],
)
def test_the_first_end_in_sight_is_forecast(announced, used, now, end):
    """What Google announced, or six months of rest, whichever comes first; all in days after the consent."""
    expected = None if end is None else Forecast(days(end[0]), end[1])

    assert forecast(grant(announced, used), days(now)) == expected


@pytest.mark.parametrize(
    ("now", "left", "near"), [(0, 7, False), (3.9, 3, False), (4, 3, True), (6.5, 0, True), (9, 0, True)]
)
def test_the_last_three_days_are_near(now, left, near):
    """Whole days are counted down to none; the warning stays after the end."""
    end = Forecast(days(7), Cause.TESTING)

    assert (end.days(days(now)), end.is_near(days(now))) == (left, near)


@pytest.mark.parametrize("reason", [Cause.TESTING, Cause.TIME_LIMITED, Cause.UNUSED])
def test_a_warning_names_the_day_and_the_reason_and_what_to_do(reason):
    """The words do not depend on when it is told, so that all sightings are of one alert."""
    warning = Forecast(days(7), reason).warning()

    assert warning.code == "oauth.grant-ending"
    assert warning.message.startswith("the owner's sign-in ends on 2026-01-08 00:00 UTC: ")
    assert warning.advice


@given(announced=st.none() | st.integers(1, 400), used=st.none() | st.integers(0, 400), rest=st.integers(0, 400))
def test_a_forecast_comes_true(announced, used, rest):
    """A grant that dies when the forecast said died of what the forecast said."""
    last = max(used or 0, 0) if announced is None else min(used or 0, announced)
    forecast_grant = grant(announced, None if used is None else last)
    end = forecast(forecast_grant, days(last + rest))

    if end is not None:
        assert likely_cause(forecast_grant, "Token has been expired or revoked.", end.at) is end.reason


@pytest.mark.parametrize(
    ("now", "words"),
    [(0, "in 7 days (testing)"), (5.5, "in 1 day (testing)"), (6.5, "in 0 days (testing)"), (7, "over (testing)")],
)
def test_people_read_how_many_days_are_left(now, words):
    """In a table's cell."""
    end = Forecast(days(7), Cause.TESTING)
    ahead = Outlook(end, tokens=2)

    assert shown.words(ahead, days(now)) == words
    assert shown.document(ahead, days(now)) == {
        "at": "2026-01-08T00:00:00Z",
        "reason": "testing",
        "days": end.days(days(now)),
    }


def test_without_an_end_in_sight_nothing_is_shown():
    """None in JSON, a dash in tables."""
    assert shown.words(None, GRANTED) is shown.words(Outlook(None, 1), GRANTED) is None
    assert shown.document(None, GRANTED) is shown.document(Outlook(None, 1), GRANTED) is None


@pytest.mark.parametrize(("tokens", "words"), [(89, None), (90, "at 100 tokens (has 90)")])
def test_the_limit_of_tokens_is_shown_when_it_is_near(tokens, words):
    """JSON has the number at any time."""
    ahead = Outlook(None, tokens)

    assert shown.words(ahead, GRANTED) == words
    assert shown.tokens(ahead) == {"known": tokens, "limit": 100}
    assert [*ahead.warnings(GRANTED)] == ([] if words is None else ["oauth.token-limit"])


def test_both_kinds_of_end_are_shown_side_by_side():
    """An app in Testing can be crowded too."""
    ahead = Outlook(Forecast(days(7), Cause.TESTING), 93)

    assert shown.words(ahead, days(5)) == "in 2 days (testing), at 100 tokens (has 93)"
    assert [*ahead.warnings(days(5))] == ["oauth.grant-ending", "oauth.token-limit"]
