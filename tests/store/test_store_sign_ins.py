"""A sign-in that comes back more than once at once, and the look at all mailboxes, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, event

from gmailsync.errors import UnknownState
from gmailsync.flows import sign_in
from gmailsync.flows.overview import overview, standing
from gmailsync.model.grant import SIGN_IN_SCOPES, Grant, TokenOwner, TokenResponse
from gmailsync.model.mailbox import NewMailbox
from gmailsync.model.secret import Secret
from gmailsync.ports import Consent

ADDRESS = "carol@contoso.com"


@pytest.fixture
def questions():
    """Count the statements that reach a database while a test looks."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(Engine, "after_cursor_execute", note)
    yield asked
    event.remove(Engine, "after_cursor_execute", note)


def test_callbacks_at_once_redeem_the_code_once(database, profile, now):
    """One of them signs the owner in; the others are told so, and change nothing."""
    with database.begin() as tx:
        mailbox = tx.mailboxes.add(NewMailbox(ADDRESS, tx.profiles.add(profile).id))
    redeemed, together = [], Barrier(4, timeout=30)

    def exchange(_profile, code, _attempt):
        redeemed.append(code.reveal())
        return TokenResponse(
            Secret("access-1"), 3599, frozenset(SIGN_IN_SCOPES), refresh_token=Secret("refresh-1"), email=ADDRESS
        )

    oauth = SimpleNamespace(
        begin=lambda *_: Consent("https://accounts.google.com/", "state-9", Secret("v")), exchange=exchange
    )
    ports = SimpleNamespace(store=database, clock=SimpleNamespace(now=lambda: now), oauth=oauth)
    attempt = sign_in.begin(ports, ADDRESS)

    def come_back(_):
        together.wait()
        try:
            return sign_in.finish(ports, f"{attempt.redirect_uri}?state=state-9&code=c")
        except UnknownState as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(come_back, range(4)))

    with database.begin() as tx:
        stored, alerts = tx.grants.get(mailbox.id), tx.alerts.select()
        issued = tx.grants.count_issued(now, ADDRESS)
    assert redeemed == ["c"]
    assert sorted(ends, key=str, reverse=True) == ["sign-in.unknown-state"] * 3 + [stored]
    assert alerts == []
    assert issued == {TokenOwner.of(ADDRESS, profile.client_id): 1}


def test_the_overview_asks_as_often_for_many_mailboxes_as_for_one(database, profile, now, questions):
    """And says of each what a look at that one says."""
    counts = []
    with database.begin() as tx:
        stored = tx.profiles.add(profile)
    for number in range(1, 4):
        with database.begin() as tx:
            mailbox = tx.mailboxes.add(NewMailbox(f"owner{number}@contoso.com", stored.id))
            grant = Grant(mailbox.id, "1-a", frozenset(), Secret("r"), Secret("a"), now, now)
            tx.grants.save(replace(grant, refresh_expires_at=now))
            questions.clear()
            found = overview(tx, now)
            counts.append(len(questions))
            assert found == [standing(tx, each, now) for each in tx.mailboxes.all()]

    assert len(set(counts)) == 1
