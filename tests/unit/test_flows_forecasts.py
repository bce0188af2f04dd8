from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import GrantDead
from gmailsync.flows import administration, cycle, forecasts, sign_in, test_and_enable

ADDRESS = "alice@contoso.com"
ENDING = "oauth.grant-ending"


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
        assert forecasts.forecast_of(tx, mailbox.id, clock.now()) is None
    assert open_alerts(store) == {}


def test_who_signs_out_is_not_warned_about(ports, store, clock, in_testing):
    """There is no grant that could end."""
    clock.sleep(timedelta(days=5))
    cycle.run(ports, ADDRESS)

    sign_in.sign_out(ports, ADDRESS)
    forecasts.watch_others(ports, [])

    assert open_alerts(store) == {}
