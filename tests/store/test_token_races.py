"""Hard case 17, races for a token: the whole product at the token endpoint. The flows' own are in their tests."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import timedelta

import pytest
from enabling import enable

from fakes.grants import AccessToken
from gmailsync.errors import ConnectionLost, GrantDead, OAuthUnavailable
from gmailsync.flows import administration, cycle, sign_in
from gmailsync.model.profile import Endpoint

ALICE = "alice@contoso.com"
SYNC = ("sync", ALICE, "--json")
INVALID_GRANT = 'answer=400 {"error": "invalid_grant", "error_description": "Bad Request"}'

PASSING = {
    "answer=429": [OAuthUnavailable.code],
    "answer=500": [OAuthUnavailable.code],
    "lose-reply": [ConnectionLost.code],
    INVALID_GRANT: [],
}
"""What the token endpoint does once -> the alerts there are then."""


@pytest.fixture
def ready(place):
    """Enable Alice's mailbox in a world of its own, and let her access token come to its end."""
    place.google.add_account(ALICE)
    with place.opened() as ports:
        enable(ports, place.google, ALICE)
    place.google.clock.advance(timedelta(hours=2))
    return place


def redemptions(place):
    """Return how often the refresh token was redeemed since the mailbox was tested."""
    return sum("grant_type=refresh_token" in text for text in place.said()) - 1


def stored_token(place):
    with place.opened() as ports, ports.store.begin() as tx:
        (grant,) = tx.grants.all().values()
    return grant.access_token.reveal()


def newest_token(place):
    return [one.text for one in place.google.world.grants.issued if isinstance(one, AccessToken)][-1]


def alerts(place, *, open_only):
    with place.opened() as ports, ports.store.begin() as tx:
        return [alert.code for alert in tx.alerts.select(open_only=open_only)]


def step_of_the_reply(place):
    """Return the number of the step in which a sync that renews its token reads the reply."""
    steps = place.run(*SYNC).steps
    place.google.clock.advance(timedelta(hours=2))
    return steps.index("receive https") + 1


def test_hard_case_17_killed_between_the_reply_and_its_commit(ready):
    """The token that nobody stored is lost; the next run redeems once, keeps what it gets, and asks nobody."""
    step, before = step_of_the_reply(ready), redemptions(ready)

    killed = ready.run(*SYNC, before=step + 1)
    again, idle = ready.run(*SYNC), ready.run(*SYNC)

    assert (killed.status, killed.steps[-2:]) == (-signal.SIGKILL, ("receive https", "commit"))
    assert (again.status, idle.status) == (0, 0)
    assert redemptions(ready) - before == 2
    assert stored_token(ready) == newest_token(ready)
    assert alerts(ready, open_only=False) == []


def test_hard_case_17_one_who_was_paused_in_a_renewal_stores_nothing(ready):
    """Another program waits for the lease to end and redeems; what the first then brings is older, and not stored."""
    step, before = step_of_the_reply(ready), redemptions(ready)

    paused = ready.run(*SYNC, before=step, how=signal.SIGSTOP)
    tested = ready.run("mailbox", "test", ALICE, "--json")
    late = ready.resume(paused)

    assert (paused.status, tested.status, late.status) == (None, 0, 0)
    assert redemptions(ready) - before == 2
    assert stored_token(ready) == newest_token(ready)
    assert alerts(ready, open_only=False) == []


@pytest.mark.parametrize("what", PASSING, ids=["429", "500", "lost reply", "invalid_grant"])
def test_hard_case_17_the_endpoint_fails_once_and_then_succeeds(ready, what):
    """The alert, if there is one, goes by itself; the owner is not asked to sign in."""
    ready.google.faults.add("oauth", "token", what, times=1)

    with ready.opened() as ports:
        first = cycle.run(ports, ALICE)
        after_first = alerts(ready, open_only=True)
        second = cycle.run(ports, ALICE)

    assert (first.ok, second.ok) == (not PASSING[what], True)
    assert after_first == PASSING[what]
    assert alerts(ready, open_only=True) == []
    assert GrantDead.code not in alerts(ready, open_only=False)
    assert stored_token(ready) == newest_token(ready)


def test_hard_case_17_a_real_death_asks_exactly_once(ready):
    """One alert, however often the sync runs, until the owner has signed in again."""
    with ready.opened() as ports:
        with ports.store.begin() as tx:
            client_id = tx.profiles.all()[0].client_id
        ready.google.world.remove_app(ALICE, client_id)

        asked = [(cycle.run(ports, ALICE).ok, alerts(ready, open_only=False)) for _ in range(3)]
        sign_in.finish(ports, ready.google.give_consent(sign_in.begin(ports, ALICE).url, ALICE))
        signed_in = cycle.run(ports, ALICE)

    assert asked == [(False, [GrantDead.code])] * 3
    assert signed_in.ok
    assert alerts(ready, open_only=True) == []
    assert stored_token(ready) == newest_token(ready)


def test_hard_case_17_settings_saved_while_the_token_is_renewed(ready):
    """Both are kept: what the administrator saved, and the newest token."""
    outgoing = Endpoint("smtp.gmail.com", 465)

    class SavingMeanwhile:
        """Google's token endpoint, while whose answer is under way an administrator saves the settings."""

        def __init__(self, oauth):
            self.oauth = oauth

        def refresh(self, profile, refresh_token):
            brought = self.oauth.refresh(profile, refresh_token)
            with ready.opened() as administrators:
                administration.set_profile(administrators, "Gmail", administration.ProfileChange(outgoing=outgoing))
                administration.disable(administrators, ALICE)
            return brought

    with ready.opened() as ports:
        ran = cycle.run(replace(ports, oauth=SavingMeanwhile(ports.oauth)), ALICE)
        with ports.store.begin() as tx:
            profile, mailbox = tx.profiles.all()[0], tx.mailboxes.get(ALICE)

    assert ran.ok
    assert redemptions(ready) == 1
    assert stored_token(ready) == newest_token(ready)
    assert profile.outgoing == outgoing
    assert (mailbox.incoming_enabled, mailbox.outgoing_enabled) == (False, False)
