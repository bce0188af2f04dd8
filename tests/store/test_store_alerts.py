"""Alerts, on both databases."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmailsync.errors import NotFound
from gmailsync.model.alert import AlertId, Level, NewAlert
from gmailsync.model.mailbox import NewMailbox

CODES = ("network", "network.tls-failed", "oauth.grant-dead")
STEPS = st.lists(
    st.tuples(st.sampled_from(["open", "resolve", "dismiss"]), st.sampled_from(CODES)), min_size=1, max_size=12
)


@pytest.fixture
def alert(mailbox) -> NewAlert:
    """Make an alert that is not stored yet."""
    return NewAlert(mailbox.id, Level.ERROR, "oauth.grant-dead", "Google ended it.", "Sign in.", "invalid_grant")


def test_an_alert_opens(database, alert, now):
    """What was seen is what is shown."""
    with database.begin() as tx:
        alert_id = tx.alerts.open(alert, now)
    with database.begin() as tx:
        (shown,) = tx.alerts.select()

    assert shown.id == alert_id
    assert (shown.mailbox_id, shown.level, shown.code) == (alert.mailbox_id, Level.ERROR, "oauth.grant-dead")
    assert (shown.message, shown.advice, shown.server_line) == ("Google ended it.", "Sign in.", "invalid_grant")
    assert (shown.opened_at, shown.last_seen_at, shown.count) == (now, now, 1)
    assert (shown.resolved_at, shown.dismissed_at) == (None, None)


def test_the_same_fault_again_is_counted(database, alert, now):
    """The open alert gets the newest words; when it opened stays."""
    later = now + timedelta(hours=1)

    with database.begin() as tx:
        first = tx.alerts.open(alert, now)
        second = tx.alerts.open(replace(alert, level=Level.WARNING, server_line="expired"), later)
        (shown,) = tx.alerts.select()

    assert first == second == shown.id
    assert (shown.level, shown.server_line) == (Level.WARNING, "expired")
    assert (shown.opened_at, shown.last_seen_at, shown.count) == (now, later, 2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_there_is_never_more_than_one_open_alert_of_a_code(database, another_mailbox, now, steps):
    """Any sequence of sightings, resolutions and dismissals leaves at most one open, with the right count."""
    mailbox = another_mailbox()
    expected: Counter[str] = Counter()

    with database.begin() as tx:
        for verb, code in steps:
            if verb == "open":
                tx.alerts.open(NewAlert(mailbox.id, Level.ERROR, code, "", ""), now)
                expected[code] += 1
            elif verb == "resolve":
                resolved = tx.alerts.resolve(mailbox.id, now, prefix=code)
                gone = [known for known in expected if known.startswith(code)]
                assert resolved == len(gone)
                expected = Counter({known: seen for known, seen in expected.items() if known not in gone})
            elif code in expected:
                (shown,) = [shown for shown in tx.alerts.select(mailbox_id=mailbox.id) if shown.code == code]
                tx.alerts.dismiss(shown.id, now)
                del expected[code]

            opened = tx.alerts.select(mailbox_id=mailbox.id)
            assert sorted((shown.code, shown.count) for shown in opened) == sorted(expected.items())


def test_what_is_resolved_comes_back_as_a_new_alert(database, alert, now):
    """A fault that returns after it was resolved is another alert; the old one stays in the history."""
    with database.begin() as tx:
        first = tx.alerts.open(alert, now)
        resolved = tx.alerts.resolve(alert.mailbox_id, now)
        second = tx.alerts.open(alert, now)
        history = tx.alerts.select(open_only=False)
        opened = tx.alerts.select()

    assert resolved == 1
    assert [shown.id for shown in history] == [second, first]
    assert [shown.id for shown in opened] == [second]
    assert history[1].resolved_at == now


def test_success_resolves_its_own_subject_only(database, alert, now):
    """A prefix resolves the codes that start with it, to the letter, in one mailbox."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        for code in ("oauth", "oauth.grant-dead", "OAuth.grant-dead", "network", "o%"):
            tx.alerts.open(replace(alert, code=code), now)
        tx.alerts.open(replace(alert, mailbox_id=bob.id), now)

        resolved = tx.alerts.resolve(alert.mailbox_id, now, prefix="oauth")
        resolved_by_percent = tx.alerts.resolve(alert.mailbox_id, now, prefix="o%")
        left = {(shown.mailbox_id, shown.code) for shown in tx.alerts.select()}

    assert (resolved, resolved_by_percent) == (2, 1)
    assert left == {
        (alert.mailbox_id, "OAuth.grant-dead"),
        (alert.mailbox_id, "network"),
        (bob.id, "oauth.grant-dead"),
    }


def test_a_dismissed_alert_is_hidden(database, alert, now):
    """It is no longer open; when it was first dismissed is kept."""
    later = now + timedelta(hours=1)

    with database.begin() as tx:
        alert_id = tx.alerts.open(alert, now)
        tx.alerts.dismiss(alert_id, now)
        tx.alerts.dismiss(alert_id, later)
        opened, (kept,) = tx.alerts.select(), tx.alerts.select(open_only=False)

    assert opened == []
    assert kept.dismissed_at == now


def test_an_unknown_alert_is_not_found(database, now):
    """Dismissing what is not there says so."""
    with database.begin() as tx, pytest.raises(NotFound, match="alert: 0"):
        tx.alerts.dismiss(AlertId(0), now)


def test_alerts_are_listed_newest_first(database, alert, now):
    """The alert that opened last is on top, of one mailbox or of all."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
        first = tx.alerts.open(alert, now)
        of_bob = tx.alerts.open(replace(alert, mailbox_id=bob.id), now)
        last = tx.alerts.open(replace(alert, code="network"), now)

        assert [shown.id for shown in tx.alerts.select()] == [last, of_bob, first]
        assert [shown.id for shown in tx.alerts.select(mailbox_id=bob.id)] == [of_bob]


def test_an_alert_is_resolved_by_its_whole_code(database, alert, now):
    """A code that begins another's leaves that one open."""
    with database.begin() as tx:
        tx.alerts.open(replace(alert, code="oauth"), now)
        tx.alerts.open(replace(alert, code="oauth.grant-dead"), now)

        resolved = tx.alerts.resolve_code(alert.mailbox_id, now, "oauth")
        again = tx.alerts.resolve_code(alert.mailbox_id, now, "oauth")
        still_open = [one.code for one in tx.alerts.select()]

    assert (resolved, again) == (True, False)
    assert still_open == ["oauth.grant-dead"]
