"""Codes and tokens live and die by the clock and by revocation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.clock import VirtualClock
from fakes.grants import EMAIL, OPENID, AuthRequest, Death, Grants
from fakes.ids import Ids

MAIL = "https://mail.google.com/"
ALICE = "alice@contoso.com"
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def grants(clock):
    return Grants(clock, Ids())


def request(client_id="1-a", *, prompt="", offline=True, scopes=(MAIL,)):
    return AuthRequest(client_id, "https://x.example/", scopes, offline, prompts=frozenset(prompt.split()))


def signed_in(grants, *, testing=False, address=ALICE, **changes):
    """Return the tokens after one consent."""
    asked = request(**changes)
    return grants.redeem(grants.code(grants.issue_code(asked, address, asked.scopes)), testing=testing)


def test_a_code_lives_ten_minutes(grants, clock):
    """At ten minutes it is dead, a second before it is not."""
    text = grants.issue_code(request(), ALICE, [MAIL])

    clock.advance(timedelta(minutes=10) - SECOND)
    before = grants.code(text).death
    clock.advance(SECOND)

    assert before is None
    assert grants.code(text).death is Death.EXPIRED


def test_a_code_is_used_up(grants):
    """Once redeemed, it says that it was used."""
    text = grants.issue_code(request(), ALICE, [MAIL])

    grants.redeem(grants.code(text), testing=False)

    assert grants.code(text).death is Death.USED


def test_an_access_token_lives_3599_seconds(grants, clock):
    """It is good for an hour less one second."""
    token = signed_in(grants).access

    clock.advance(timedelta(seconds=3598))
    before = grants.access(token.text)
    clock.advance(SECOND)

    assert before is token
    assert grants.access(token.text) is None
    assert token.death is Death.EXPIRED


def test_several_access_tokens_live_at_once(grants):
    """A refresh does not kill the token before."""
    first = signed_in(grants)

    second = grants.refresh(first.refresh)

    assert grants.access(first.access.text)
    assert grants.access(second.access.text)


@pytest.mark.parametrize(
    ("testing", "scopes", "death"),
    [
        (True, (MAIL,), Death.TESTING),
        (True, (OPENID, EMAIL), None),
        (False, (MAIL,), None),
    ],
)
def test_refresh_tokens_of_an_app_in_testing_live_seven_days(grants, clock, testing, scopes, death):
    """Unless they only tell who somebody is."""
    token = signed_in(grants, testing=testing, scopes=scopes).refresh

    clock.advance(timedelta(days=7) - timedelta(seconds=2))
    before = grants.refresh_token(token.text).death
    clock.advance(timedelta(seconds=2))

    assert before is None
    assert grants.refresh_token(token.text).death is death


def test_the_seven_days_count_from_consent(grants, clock):
    """A code redeemed late does not prolong them."""
    asked = request()
    text = grants.issue_code(asked, ALICE, asked.scopes)
    consented = clock.now()

    clock.advance(timedelta(minutes=5))
    token = grants.redeem(grants.code(text), testing=True).refresh

    assert token.expires_at == consented + timedelta(seconds=604799)


def test_a_refresh_token_comes_with_the_first_consent_or_a_forced_one(grants):
    """Later consents give none unless `prompt=consent` asks for it (google.md 2.8)."""
    given = [
        signed_in(grants, offline=False).refresh,
        signed_in(grants).refresh,
        signed_in(grants).refresh,
        signed_in(grants, prompt="consent").refresh,
        signed_in(grants, client_id="1-b").refresh,
    ]

    assert [token is not None for token in given] == [False, True, False, True, True]


def test_revoking_one_token_ends_the_grant_of_the_whole_project(grants):
    """Every client of the project loses it; other projects and accounts keep theirs."""
    mine = signed_in(grants)
    sibling = signed_in(grants, client_id="1-b")
    other_project = signed_in(grants, client_id="2-a")
    bob = signed_in(grants, address="bob@contoso.com")
    waiting = grants.issue_code(request(), ALICE, [MAIL])

    whose = grants.revoke(mine.access.text)

    assert whose == ALICE
    dead = [mine.access, mine.refresh, sibling.access, sibling.refresh, grants.code(waiting)]
    assert {token.death for token in dead} == {Death.REVOKED}
    assert {token.death for token in (other_project.access, other_project.refresh, bob.refresh)} == {None}
    assert grants.granted(ALICE, "1-a") == frozenset()


def test_revoking_what_is_dead_does_nothing(grants):
    """An unknown or dead token cannot be revoked."""
    token = signed_in(grants).refresh.text
    grants.revoke(token)

    assert grants.revoke(token) is None
    assert grants.revoke("1//0unknown") is None


def test_removing_the_app_lets_the_next_consent_give_a_refresh_token_again(grants):
    """The owner's way out at myaccount.google.com forgets the first consent."""
    first = signed_in(grants).refresh

    removed = grants.revoke_account("Alice@contoso.com", "1-a")

    assert removed
    assert first.death is Death.APP_REMOVED
    assert not grants.revoke_account(ALICE, "1-a")
    assert signed_in(grants).refresh is not None


def test_nothing_shows_a_token_by_its_repr(grants):
    """Reprs end up in logs and assertion messages."""
    text = grants.issue_code(request(), ALICE, [MAIL])
    code = grants.code(text)
    tokens = grants.redeem(code, testing=False)

    shown = repr((code, tokens))

    assert not [secret for secret in (text, tokens.access.text, tokens.refresh.text) if secret in shown]
