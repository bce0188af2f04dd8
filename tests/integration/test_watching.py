"""The product watches a mailbox of the simulated Gmail: dead connections, ends of tokens, and the mail of the gap."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from gmailsync.flows.watching import APART, EVERY, Watching
from gmailsync.google.idle import KEEP_ALIVE
from gmailsync.google.network import TIMEOUTS

ALICE = "alice@contoso.com"
A_DAY = timedelta(days=1)
"""Between two looks, where only a hint is to bring one."""
DEATH = KEEP_ALIVE + timedelta(seconds=TIMEOUTS.read)
"""After which a connection that died in silence is lost at the latest."""


@pytest.fixture
def watch(app):
    """Give connections that are closed at the end, before the product is."""
    with app.watch() as watch:
        yield watch


def watching_of(app, watch, every):
    return Watching(app.ports, watch, lambda: 0.5, every=every)


def settled(google, watching):
    """Let the first cycle run, the connection be opened, and the look follow that this brings."""
    cycles = list(watching.step())
    assert list(watching.step()) == []  # the connection stands
    google.clock.advance(APART)
    cycles += watching.step()
    google.clock.advance(APART)
    assert [cycle.ok for cycle in cycles] == [True, True]


def brought(google, watching, steps=12):
    """Return how many new emails the next steps bring, as time goes on; it ends with the first."""
    for _ in range(steps):
        google.clock.advance(APART)
        if new := sum(cycle.incoming.new for cycle in watching.step()):
            return new
    return 0


def alerts(app):
    with app.ports.store.begin() as tx:
        return tx.alerts.select(open_only=False)


def deliver(google, subject="hello"):
    google.deliver(ALICE, f"Subject: {subject}\r\n\r\n".encode())


def until_heard(google, word):
    """Wait until the servers' thread has dealt with a line of an IMAP client."""
    while not any(entry.channel == "imap" and entry.text.strip() == word for entry in google.journal.entries):
        threading.Event().wait(0.001)


def imap_sessions(google):
    """Return what clients said in each IMAP session, the words alone."""
    sessions: dict[str, list[str]] = {}
    for entry in google.journal.entries:
        if entry.channel == "imap" and entry.sender == "client":
            words = entry.text.split()
            said = sessions.setdefault(entry.session, [])
            said.append(words[1] if len(words) > 1 else words[0])
    return list(sessions.values())


def test_new_mail_is_stored_within_one_step(google, app, watch):
    """The hint comes, and the cycle follows it."""
    watching = watching_of(app, watch, A_DAY)
    settled(google, watching)
    deliver(google)

    [looked] = watching.step()

    assert (looked.ok, looked.incoming.new) == (True, 1)


def test_hard_case_15_a_connection_in_idle_is_used_for_nothing_else(google, app, watch):
    """Every cycle has a session of its own, so that none is ever handed a connection that is in IDLE."""
    google.set_limits(ALICE, imap_connections=2)
    before = len(imap_sessions(google))
    watching = watching_of(app, watch, A_DAY)
    settled(google, watching)
    for number in range(3):
        google.clock.advance(APART)
        deliver(google, f"mail {number}")
        [looked] = watching.step()
        assert looked.incoming.new == 1

    idle = [said for said in imap_sessions(google)[before:] if "IDLE" in said]

    assert idle == [["AUTHENTICATE", "user=alice@contoso.com", "CAPABILITY", "EXAMINE", "IDLE"]]
    assert len(imap_sessions(google)) - before == 1 + 5


@pytest.mark.parametrize(
    "gap", [timedelta(hours=1, seconds=1), timedelta(hours=2)], ids=["end of the token", "two hours asleep"]
)
def test_hard_case_15_after_the_end_of_a_session_the_mail_of_the_gap_arrives(google, app, watch, gap):
    """Gmail hangs up with the token, or did while the machine slept; a fresh token opens the next, without an alert."""
    watching = watching_of(app, watch, A_DAY)
    settled(google, watching)
    google.clock.advance(gap)
    deliver(google)  # nobody is told: the connection is gone
    assert list(watching.step()) == []
    assert watch.watched == set()

    new = brought(google, watching)

    assert (new, watch.watched, alerts(app)) == (1, {ALICE}, [])


def test_hard_case_15_a_connection_that_died_in_silence_loses_no_mail(google, app, watch):
    """It is noticed within the stated time, and the mail of the gap arrives."""
    google.faults.add("imap", "IDLE", "lose-reply=silent", times=1)
    watching = watching_of(app, watch, A_DAY)
    settled(google, watching)
    google.clock.advance(KEEP_ALIVE - 2 * APART)
    assert watch.wait(google.clock.now()) == []  # DONE is said, and nobody will answer
    until_heard(google, "DONE")  # else the server, in IDLE still, tells of the mail
    deliver(google)

    google.clock.advance(DEATH - KEEP_ALIVE)
    assert list(watching.step()) == []
    new = brought(google, watching)

    assert (new, watch.watched, alerts(app)) == (1, {ALICE}, [])


def test_hard_case_15_a_server_that_keeps_hanging_up_harms_no_look(google, app, watch):
    """The mailbox stays healthy, its mail comes by looking, and sign-ins for IDLE become rare."""
    google.faults.add("imap", "IDLE", "reset", name="reset")
    watching = watching_of(app, watch, EVERY)
    before = len(imap_sessions(google))
    deliver(google)

    stored = 0
    for _ in range(12):
        stored += sum(cycle.incoming.new for cycle in watching.step())
        while watch.watched:
            assert list(watching.step()) == []  # it is lost
        google.clock.advance(EVERY)

    resets = google.faults.fired("reset")
    assert (stored, alerts(app)) == (1, [])
    assert 5 <= resets < 12
    assert len(imap_sessions(google)) - before == 12 + resets


def test_what_idle_tells_late_is_found_by_looking(google, app, watch):
    """A change on the web reaches an open session late; the next look does not wait for that."""
    with google.world.lock:
        google.account(ALICE).mail.web_delay = EVERY * 2
        message = google.account(ALICE).mail.add(b"Subject: archived\r\n\r\n", labels=[])
    watching = watching_of(app, watch, EVERY)
    settled(google, watching)
    with google.on_the_web(ALICE) as mail:
        mail.add_labels(message.gm_msgid, ["\\Inbox"])
    assert watch.wait(google.clock.now()) == []

    google.clock.advance(EVERY)
    [looked] = watching.step()

    assert looked.incoming.new == 1
