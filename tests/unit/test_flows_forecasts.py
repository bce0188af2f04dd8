from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import GrantDead, WrongAccount
from gmailsync.flows import administration, cycle, forecasts, sign_in, test_and_enable

ADDRESS = "alice@contoso.com"
ENDING = "oauth.grant-ending"
TOKEN_LIMIT = "oauth.token-limit"


@pytest.fixture
def in_testing(store, clock, mailbox):
    """Give the mailbox's grant the end that Google sets to apps in Testing."""
    with store.begin() as tx:
        grant = tx.grants.get(mailbox.id)
        tx.grants.save(replace(grant, refresh_expires_at=clock.now() + timedelta(days=7)))
    return mailbox


def open_alerts(store):
    with store.begin() as tx:
        return {alert.code: (alert.level, alert.count) for alert in tx.alerts.select()}


def sign_in_again(ports, oauth, answer):
    attempt = sign_in.begin(ports, ADDRESS)
    oauth.exchanged = answer
    sign_in.finish(ports, f"{attempt.redirect_uri}?state={attempt.state}&code=c")


def test_a_warning_is_open_for_the_last_three_days(ports, store, clock, oauth, in_testing, token_answer):
    """Syncing goes on as before, and a new sign-in answers the warning."""
    clock.sleep(timedelta(days=3, hours=23))
    assert cycle.run(ports, ADDRESS).ok
    assert open_alerts(store) == {}

    clock.sleep(timedelta(hours=1))
    assert cycle.run(ports, ADDRESS).ok
    assert cycle.run(ports, ADDRESS).ok
    assert open_alerts(store) == {ENDING: ("warning", 2)}

    sign_in_again(ports, oauth, token_answer(5))
    cycle.run(ports, ADDRESS)
    assert open_alerts(store) == {}


def test_a_death_takes_the_place_of_its_warning(ports, store, clock, oauth, in_testing):
    """When it has come, there is one alert, and it is no longer a warning."""
    clock.sleep(timedelta(days=6))
    cycle.run(ports, ADDRESS)
    clock.sleep(timedelta(days=1))
    oauth.refreshed = GrantDead("Token has been expired or revoked.", google_error="invalid_grant")

    cycle.run(ports, ADDRESS)
    cycle.run(ports, ADDRESS)

    assert open_alerts(store) == {"oauth.grant-dead": ("error", 2)}


def test_a_test_of_the_mailbox_leaves_the_warning_open(ports, store, clock, in_testing):
    """That everything works today does not change the end."""
    clock.sleep(timedelta(days=5))
    cycle.run(ports, ADDRESS)

    test_and_enable.test_and_enable(ports, ADDRESS, enable=False)

    assert open_alerts(store) == {ENDING: ("warning", 1)}


def test_a_mailbox_at_rest_is_warned_about_before_half_a_year(ports, store, clock, mailbox):
    """Nobody syncs it, so the sync of the others looks after it; using the grant answers the warning."""
    administration.disable(ports, ADDRESS)
    clock.sleep(timedelta(days=177))
    forecasts.watch_others(ports, [])
    assert open_alerts(store) == {}

    clock.sleep(timedelta(days=1))
    forecasts.watch_others(ports, [ADDRESS])
    assert open_alerts(store) == {}
    forecasts.watch_others(ports, [])
    assert open_alerts(store) == {ENDING: ("warning", 1)}

    test_and_enable.test_and_enable(ports, ADDRESS, enable=False)
    forecasts.watch_others(ports, [])
    assert open_alerts(store) == {}


def test_a_mailbox_that_syncs_has_no_end_in_sight(ports, store, clock, mailbox):
    """Its token is renewed every hour, and Google announced no end."""
    for _ in range(3):
        clock.sleep(timedelta(days=100))
        cycle.run(ports, ADDRESS)

    with store.begin() as tx:
        assert forecasts.outlook_of(tx, mailbox, clock.now()).end is None
    assert open_alerts(store) == {}


def test_the_90th_refresh_token_is_warned_about_until_all_are_taken_back(ports, store, oauth, mailbox, token_answer):
    """A new sign-in makes it worse; signing out revokes them all, and the count begins anew."""
    for number in range(89):
        sign_in_again(ports, oauth, token_answer(number))
    assert open_alerts(store) == {}

    sign_in_again(ports, oauth, token_answer(89))
    assert open_alerts(store) == {TOKEN_LIMIT: ("warning", 1)}
    cycle.run(ports, ADDRESS)
    assert open_alerts(store) == {TOKEN_LIMIT: ("warning", 2)}

    sign_in.sign_out(ports, ADDRESS)
    sign_in_again(ports, oauth, token_answer(90))
    assert open_alerts(store) == {}


def test_tokens_that_are_dead_by_themselves_are_not_counted(ports, store, clock, oauth, mailbox, token_answer):
    """Those of an app in Testing after a week, those that nobody uses after six months."""
    for number in range(60):
        sign_in_again(ports, oauth, token_answer(number, refresh_token_expires_in=604799))
    clock.sleep(timedelta(days=7))
    for number in range(60):
        sign_in_again(ports, oauth, token_answer(number))

    with store.begin() as tx:
        assert forecasts.outlook_of(tx, mailbox, clock.now()).tokens == 60
        assert forecasts.outlook_of(tx, mailbox, clock.now() + timedelta(days=181)).tokens == 1


def test_tokens_of_a_wrong_account_count_for_that_account(ports, store, clock, oauth, mailbox, profile, token_answer):
    """Google counts them, though nobody keeps them; they are not revoked, because Alice's own grant would go too."""
    administration.add_mailbox(ports, "bob@contoso.com")
    oauth.exchanged = token_answer(email="Alice@contoso.com")
    for _ in range(3):
        attempt = sign_in.begin(ports, "bob@contoso.com")
        with pytest.raises(WrongAccount):
            sign_in.finish(ports, f"{attempt.redirect_uri}?state={attempt.state}&code=c")

    with store.begin() as tx:
        assert forecasts.outlook_of(tx, mailbox, clock.now()).tokens == 3


def test_the_outlook_of_all_is_that_of_each(ports, store, clock, oauth, in_testing, token_answer):
    """One look at the store for all mailboxes says what a look for one of them says."""
    administration.add_mailbox(ports, "bob@contoso.com")
    sign_in_again(ports, oauth, token_answer(2))

    with store.begin() as tx:
        assert forecasts.outlooks(tx, clock.now()) == {in_testing.id: forecasts.outlook_of(tx, in_testing, clock.now())}


def test_who_signs_out_is_not_warned_about(ports, store, clock, in_testing):
    """There is no grant that could end."""
    clock.sleep(timedelta(days=5))
    cycle.run(ports, ADDRESS)

    sign_in.sign_out(ports, ADDRESS)
    forecasts.watch_others(ports, [])

    assert open_alerts(store) == {}
