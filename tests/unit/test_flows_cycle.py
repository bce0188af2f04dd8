from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import (
    ConnectFailed,
    ConnectionLost,
    GrantDead,
    ImapDisabled,
    NotFound,
    OAuthError,
    OAuthUnavailable,
    SendDeferred,
    SendInDoubt,
    SendRejected,
)
from gmailsync.flows import administration, alerts, cycle, outbox, sign_in
from gmailsync.flows.overview import overview
from gmailsync.flows.pull import Pulled
from gmailsync.flows.push import Pushed
from gmailsync.model.mailbox import NewMailbox

ADDRESS = "alice@contoso.com"
RAW = b"From: bob@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: one\r\n\r\nbody\r\n"


def queue(ports):
    return outbox.queue(ports, sender=ADDRESS, to=["bob@example.com"], subject="s", body="b\n")


def open_alerts(store):
    with store.begin() as tx:
        return {alert.code: alert.count for alert in tx.alerts.select()}


def stored(store):
    with store.begin() as tx:
        return tx.mailboxes.get(ADDRESS)


def test_a_cycle_sends_and_fetches(ports, store, clock, gmail, mailbox):
    """Mail moves both ways, and the success is dated."""
    gmail.deliver(RAW)
    queue(ports)
    clock.sleep(timedelta(minutes=1))

    done = cycle.run(ports, "ALICE@contoso.com")

    assert done == cycle.Cycle(ADDRESS, Pushed(sent=1), Pulled(new=1))
    assert stored(store).last_success == clock.now()


def test_a_direction_that_is_not_enabled_rests(ports, store, gmail, mailbox):
    """Nothing is fetched where only outgoing is on."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, incoming_enabled=False))
    gmail.deliver(RAW)

    done = cycle.run(ports, ADDRESS)

    assert (done.outgoing, done.incoming) == (Pushed(), None)


def test_trouble_of_one_direction_leaves_the_other(ports, gmail, mailbox):
    """SMTP behind a firewall does not stop incoming mail."""
    queue(ports)
    gmail.deliver(RAW)
    blocked = ConnectFailed("no")
    gmail.troubles["send"] = [blocked]

    done = cycle.run(ports, ADDRESS)

    assert done.incoming == Pulled(new=1)
    assert done.errors == (blocked,)


def test_what_meets_both_directions_is_told_once(ports, store, clock, oauth, mailbox):
    """One dead grant is one error and one sighting."""
    queue(ports)
    oauth.refreshed = GrantDead("dead", google_error="invalid_grant")
    clock.sleep(timedelta(hours=2))

    done = cycle.run(ports, ADDRESS)

    assert len(done.errors) == 1
    assert open_alerts(store) == {"oauth.grant-dead": 1}
    assert stored(store).last_success is None


@pytest.mark.parametrize("passing", [OAuthUnavailable("HTTP 503"), ConnectionLost("no answer")], ids=lambda e: e.code)
def test_hard_case_17_a_passing_fault_never_asks_the_owner_to_sign_in(ports, store, clock, oauth, mailbox, passing):
    """However long Google's token endpoint is down, the alert is a warning that names it."""
    oauth.refreshed = passing
    clock.sleep(timedelta(hours=2))

    for _ in range(5):
        cycle.run(ports, ADDRESS)

    with store.begin() as tx:
        [alert] = tx.alerts.select(open_only=False)
    assert (alert.code, alert.level, alert.count) == (passing.code, "warning", 5)
    assert "sign in" not in alert.advice.lower()


def test_hard_case_17_a_dead_grant_asks_the_owner_exactly_once(ports, store, clock, oauth, mailbox, token_answer):
    """One alert, open through all cycles and passing faults until the owner has signed in again."""
    dead, down = GrantDead("dead", google_error="invalid_grant"), OAuthUnavailable("HTTP 503")
    clock.sleep(timedelta(hours=2))

    for outcome in (dead, dead, down, dead, ConnectionLost("no answer"), dead):
        oauth.refreshed = outcome
        cycle.run(ports, ADDRESS)

    with store.begin() as tx:
        asked = [alert for alert in tx.alerts.select(open_only=False) if alert.code == "oauth.grant-dead"]
    attempt = sign_in.begin(ports, ADDRESS)
    oauth.exchanged = token_answer(5)
    sign_in.finish(ports, f"{attempt.redirect_uri}?state={attempt.state}&code=c")
    cycle.run(ports, ADDRESS)

    assert [(alert.count, alert.resolved_at) for alert in asked] == [(4, None)]
    assert open_alerts(store) == {}


def test_an_alert_counts_its_sightings_and_resolves_with_success(ports, store, gmail, mailbox):
    """One open alert as long as it lasts, none afterwards."""
    gmail.troubles["imap"] = [ImapDisabled("off"), ImapDisabled("off")]

    cycle.run(ports, ADDRESS)
    cycle.run(ports, ADDRESS)

    assert open_alerts(store) == {"imap.disabled": 2}
    cycle.run(ports, ADDRESS)
    assert open_alerts(store) == {}


def test_a_rejected_email_keeps_its_alert_until_it_is_dealt_with(ports, store, gmail, mailbox):
    """A mailbox that works does not make a failed email well."""
    email_id = queue(ports)
    gmail.troubles["send"] = [SendRejected("no", reply_code=550)]
    cycle.run(ports, ADDRESS)
    cycle.run(ports, ADDRESS)

    assert open_alerts(store) == {"smtp.rejected": 1}
    outbox.retry(ports, email_id)
    cycle.run(ports, ADDRESS)
    assert open_alerts(store) == {}


@pytest.mark.parametrize(
    "trouble", [SendDeferred("not now", reply_code=450), SendInDoubt("the answer got lost")], ids=["deferred", "doubt"]
)
def test_an_alert_about_an_email_goes_with_its_delivery(ports, store, gmail, mailbox, trouble):
    """The next cycle settles it."""
    queue(ports)
    gmail.troubles["send"] = [trouble]
    cycle.run(ports, ADDRESS)

    assert open_alerts(store) == {trouble.code: 1}
    cycle.run(ports, ADDRESS)
    assert open_alerts(store) == {}


def test_a_mailbox_that_is_not_enabled_says_so_without_alert(ports, store, new_mailbox):
    """Nobody expects mail of it."""
    done = cycle.run(ports, ADDRESS)

    assert [error.code for error in done.errors] == ["mailbox.not-ready"]
    assert "mailbox test alice@contoso.com --enable" in done.errors[0].advice
    assert open_alerts(store) == {}


def test_an_enabled_mailbox_that_lost_its_profile_has_an_alert(ports, store, mailbox):
    """Somebody expects mail of it."""
    administration.remove_profile(ports, "Gmail")

    cycle.run(ports, ADDRESS)

    assert open_alerts(store) == {"mailbox.not-ready": 1}


def test_an_unknown_address_is_not_found(ports):
    """There is nothing to run."""
    with pytest.raises(NotFound):
        cycle.run(ports, ADDRESS)


def test_due_are_the_enabled_mailboxes_of_active_profiles(ports, store, mailbox, profile):
    """A sync of all leaves those alone that rest on purpose."""
    with store.begin() as tx:
        tx.mailboxes.add(NewMailbox("bob@contoso.com", profile.id))

    assert cycle.due(ports) == [ADDRESS]
    administration.set_profile(ports, "Gmail", administration.ProfileChange(active=False))
    assert cycle.due(ports) == []


def standing(ports):
    with ports.store.begin() as tx:
        [only] = overview(tx, ports.clock.now())
    return only


def test_the_overview_names_the_first_thing_that_is_missing(ports, store, clock, gmail, mailbox, profile):
    """From a healthy mailbox backwards along the steps of the guide."""
    queue(ports)
    assert (standing(ports).state, standing(ports).pending) == ("healthy", 1)

    gmail.troubles["imap"] = [ImapDisabled("off")]
    cycle.run(ports, ADDRESS)
    assert (standing(ports).state, len(standing(ports).alerts), standing(ports).pending) == ("alert", 1, 0)

    administration.disable(ports, ADDRESS)
    assert (standing(ports).state, standing(ports).incoming) == ("not_enabled", "test_passed")

    administration.reject(ports, ADDRESS)
    assert standing(ports).state == "not_approved"

    with store.begin() as tx:
        tx.grants.remove(mailbox.id)
    assert standing(ports).state == "not_signed_in"

    administration.set_profile(ports, "Gmail", administration.ProfileChange(active=False))
    assert standing(ports).state == "profile_inactive"

    administration.remove_profile(ports, "Gmail")
    assert standing(ports).state == "no_profile"


def test_a_dead_grants_alert_outlives_a_general_one_of_its_family(store, clock, mailbox):
    """What is decided for one code is done to that code alone: the owner is not asked a second time."""
    with store.begin() as tx:
        alerts.settle(tx, mailbox.id, [OAuthError("no"), GrantDead("dead")], clock.now())
        [dead] = [alert for alert in tx.alerts.select() if alert.code == GrantDead.code]

        alerts.settle(tx, mailbox.id, [OAuthUnavailable("later")], clock.now())
        left = {alert.code: alert.id for alert in tx.alerts.select()}

    assert left.keys() == {GrantDead.code, OAuthUnavailable.code}
    assert left[GrantDead.code] == dead.id
