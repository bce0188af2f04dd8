from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import GrantDead
from gmailsync.model.grant import Grant
from gmailsync.model.mailbox import MailboxId
from gmailsync.model.secret import Secret
from gmailsync.rules import grant_death
from gmailsync.rules.grant_death import Cause, likely_cause

GRANTED = datetime(2026, 1, 1, tzinfo=UTC)
REVOKED = "Google no longer accepts the owner's consent: Token has been expired or revoked."
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


@pytest.mark.parametrize(
    ("announced", "used", "now", "cause"),
    [
        (7, 6.96, 7, Cause.TESTING),
        (7, None, 30, Cause.TESTING),
        (7, 3, 3.1, Cause.TAKEN_BACK),
        (180, 179.9, 180, Cause.TIME_LIMITED),
        (180, 20, 20.1, Cause.TAKEN_BACK),
        (None, 6.96, 7, Cause.TESTING),
        (None, 8, 8.1, Cause.TAKEN_BACK),
        (None, 6, 6.1, Cause.TAKEN_BACK),
        (None, 10, 191, Cause.UNUSED),
        (None, 10, 190.9, Cause.TAKEN_BACK),
        (None, None, 181, Cause.UNUSED),
        (7, 3, 300, Cause.TESTING),
    ],
)
def test_the_circumstances_tell_the_cause(announced, used, now, cause):
    """The days since the consent, the last use, and the end that Google announced, each in days after the consent."""
    grant = replace(
        GRANT,
        refresh_expires_at=None if announced is None else days(announced),
        refreshed_at=None if used is None else days(used),
    )

    assert likely_cause(grant, REVOKED, days(now)) is cause


@pytest.mark.parametrize(
    ("said", "cause"), [("Account has been deleted", Cause.ACCOUNT_DELETED), ("Bad Request", Cause.DAMAGED)]
)
def test_where_google_says_more_it_is_believed(said, cause):
    """Two causes have words of their own, whatever day it is."""
    assert likely_cause(GRANT, f"Google no longer accepts the owner's consent: {said}", days(7)) is cause


@given(announced=st.none() | st.integers(1, 400), used=st.none() | st.integers(0, 400), now=st.integers(0, 800))
def test_every_death_has_a_cause_and_a_way_out(announced, used, now):
    """Whatever the circumstances, the owner is asked to sign in again, once in the text."""
    grant = replace(
        GRANT,
        refresh_expires_at=None if announced is None else days(announced),
        refreshed_at=None if used is None else days(used),
    )

    advice = grant_death.advice(GrantDead(REVOKED), grant, days(now))

    assert advice.startswith("Most likely ")
    assert advice.count("Ask the owner to sign in to Gmail again") == 1
