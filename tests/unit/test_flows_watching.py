"""Watching: when a mailbox is looked at, and when its connection is opened again."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import ConnectFailed, ConnectionLost, ImapDisabled, StoreError
from gmailsync.flows import administration
from gmailsync.flows.watching import APART, ASK_AGAIN, EVERY, Watching
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret
from gmailsync.ports import WakeUp, Why
from gmailsync.rules import reconnecting

ADDRESS = "alice@contoso.com"
A_MOMENT = timedelta(seconds=1)


class HandWatch:
    """Connections that tell what the test put there; with nothing to tell, time passes at once.

    A wake-up with a delay comes so long after the wait for it began, if that lasts so long.
    """

    def __init__(self, clock):
        self.clock = clock
        self.watched: Set[str] = set()
        self.to_tell: list[tuple[timedelta, WakeUp]] = []
        self.opened: list[tuple[object, str, str, str]] = []
        self.dropped: list[str] = []
        self.trouble: Exception | None = None

    def tell(self, why, after=timedelta(0), error=None):
        self.to_tell.append((after, WakeUp(ADDRESS, why, error)))

    # --- gmailsync.ports.MailWatch ------------------------------------------------------------

    def open(self, endpoint: Endpoint, address: str, token: Secret, folder: str) -> None:
        self.opened.append((self.clock.now(), address, token.reveal(), folder))
        if self.trouble:
            raise self.trouble
        self.watched = self.watched | {address}

    def wait(self, until):
        if self.to_tell and self.clock.now() + self.to_tell[0][0] <= max(until, self.clock.now()):
            delay, wake_up = self.to_tell.pop(0)
            self.clock.time += delay
            if wake_up.why in (Why.LOST, Why.UNSUPPORTED):
                self.watched = self.watched - {wake_up.address}
            return [wake_up]
        self.clock.time = max(until, self.clock.now())
        return []

    def drop(self, address):
        self.dropped.append(address)
        self.watched = self.watched - {address}


@pytest.fixture
def watch(clock):
    return HandWatch(clock)


@pytest.fixture
def watching(ports, watch, mailbox):
    """Watch Alice's mailbox with dice that always fall on the middle."""
    return Watching(ports, watch, lambda: 0.5)


def stepped(watching, steps=1):
    """Return the cycles of so many steps."""
    return [looked for _ in range(steps) for looked in watching.step()]


def looks(watching, clock, steps):
    """Return how long after the last each look of these steps came."""
    since = clock.now()
    gaps = []
    for _ in range(steps):
        for _ in watching.step():
            gaps.append(clock.now() - since)
            since = clock.now()
    return gaps


def begun(watching):
    """Let the first cycle run and the connection be opened, without a word from it yet."""
    [first] = stepped(watching)
    return first


# --- When to look -----------------------------------------------------------------------------


def test_it_begins_with_a_cycle_and_then_watches(watching, watch, clock, gmail):
    """The first step looks, and opens one connection with the mailbox's own token."""
    gmail.deliver(b"Subject: hello\r\n\r\n")

    first = begun(watching)

    assert (first.ok, first.incoming.new) == (True, 1)
    assert watch.opened == [(clock.now(), ADDRESS, "access-1", "INBOX")]


def test_a_hint_brings_a_cycle(watching, watch, gmail):
    """As soon as a moment has passed since the last look."""
    begun(watching)
    gmail.deliver(b"Subject: hello\r\n\r\n")
    watch.tell(Why.CHANGED, after=timedelta(seconds=40))

    looked = stepped(watching, 2)

    assert [cycle.incoming.new for cycle in looked] == [1]


def test_many_hints_bring_few_cycles(watching, watch, clock):
    """Somebody who tidies up does not have us sign in at each message."""
    begun(watching)
    for _ in range(20):
        watch.tell(Why.CHANGED, after=timedelta(seconds=1))

    gaps = looks(watching, clock, 24)

    assert gaps == [APART] * 4 + [EVERY] * 2


def test_nothing_is_believed_of_silence(watching, clock):
    """Without a word from IDLE a mailbox is looked at all the same."""
    begun(watching)

    assert looks(watching, clock, 3) == [EVERY] * 3


def test_the_interval_can_be_chosen(ports, watch, mailbox, clock):
    """`every` is the longest time between two looks."""
    watching = Watching(ports, watch, lambda: 0.5, every=timedelta(minutes=1))
    begun(watching)

    assert looks(watching, clock, 3) == [timedelta(minutes=1)] * 3


def test_a_connection_that_stands_brings_a_look(watching, watch, clock):
    """What came before it stood was told to nobody."""
    begun(watching)
    watch.tell(Why.OPENED, after=A_MOMENT)

    assert looks(watching, clock, 2) == [APART]


def test_a_clock_that_is_put_back_does_not_put_off(watching, clock):
    """A look that was due in five minutes is not due in a day."""
    begun(watching)
    clock.time -= timedelta(days=1)

    assert looks(watching, clock, 1) == [timedelta(0)]


def test_hard_case_15_a_suspension_brings_a_look_at_once(watching, clock):
    """The clock has gone on meanwhile."""
    begun(watching)
    clock.time += timedelta(hours=2)

    assert looks(watching, clock, 1) == [timedelta(0)]


# --- When to watch again ----------------------------------------------------------------------


def test_a_lost_connection_is_opened_again_after_a_moment(watching, watch, clock, store):
    """Nobody is alerted: sessions end by the hour."""
    begun(watching)
    watch.tell(Why.LOST, after=timedelta(minutes=1), error=ConnectionLost("Session expired"))
    lost_at = clock.now() + timedelta(minutes=1)

    stepped(watching, 2)

    assert [at for at, *_ in watch.opened[1:]] == [lost_at + reconnecting.pause(1, 0.5)]
    with store.begin() as tx:
        assert tx.alerts.select() == []


def test_a_connection_that_does_not_last_is_opened_ever_more_rarely(watching, watch, clock):
    """A server that accepts and hangs up is not asked in a tight loop."""
    begun(watching)
    since, opens = clock.now(), len(watch.opened)
    while clock.now() - since < timedelta(hours=2):
        if ADDRESS in watch.watched:
            watch.tell(Why.LOST, error=ConnectionLost("gone"))
        stepped(watching)

    assert len(watch.opened) - opens < 20


def test_one_that_lasted_starts_anew(watching, watch, clock):
    """After a renewal a loss is the first again."""
    begun(watching)
    for why in (Why.LOST, Why.LOST, Why.LOST, Why.RENEWED, Why.LOST):
        while ADDRESS not in watch.watched:
            stepped(watching)
        watch.tell(why)
        stepped(watching)
    lost_at = clock.now()
    while ADDRESS not in watch.watched:
        stepped(watching)

    assert clock.now() - lost_at == reconnecting.pause(1, 0.5)


def test_a_connection_that_cannot_be_made_waits_too(watching, watch, clock):
    """Each attempt counts as a loss, and the looks go on."""
    watch.trouble = ConnectFailed("nobody there")
    begun(watching)

    gaps = looks(watching, clock, 12)

    assert gaps == [EVERY] * len(gaps)
    assert len(gaps) >= 2
    assert [at for at, *_ in watch.opened] == sorted({at for at, *_ in watch.opened})


def test_a_mailbox_that_cannot_be_read_is_not_watched(watching, watch, gmail):
    """To sign in once more would be in vain; a look that goes well brings the watch."""
    gmail.troubles["imap"] = [ImapDisabled("off")]

    [failed] = stepped(watching)
    assert (failed.ok, watch.opened) == (False, [])

    [passed] = stepped(watching)
    assert (passed.ok, len(watch.opened)) == (True, 1)


def test_a_server_without_idle_is_polled(watching, watch, clock):
    """It is asked again in an hour, and looked at in between."""
    begun(watching)
    watch.tell(Why.UNSUPPORTED)

    gaps = looks(watching, clock, 12)

    assert gaps == [EVERY] * 11
    assert len(watch.opened) == 1
    assert looks(watching, clock, 1) == [EVERY]
    assert watch.opened[1][0] - watch.opened[0][0] >= ASK_AGAIN


def test_a_mailbox_that_only_sends_is_not_watched(ports, store, watch, mailbox, clock):
    """Its outbox is looked at every few minutes."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, incoming_enabled=False))
    watching = Watching(ports, watch, lambda: 0.5)

    gaps = looks(watching, clock, 4)

    assert gaps == [timedelta(0), EVERY, EVERY, EVERY]
    assert watch.opened == []


# --- Which mailboxes --------------------------------------------------------------------------


def test_a_mailbox_that_was_disabled_drops_out(watching, watch, ports):
    """No cycle, no connection, and no complaint."""
    begun(watching)
    administration.disable(ports, ADDRESS)

    assert stepped(watching, 3) == []
    assert (watch.dropped, watch.watched) == ([ADDRESS], set())


def test_a_mailbox_that_was_removed_drops_out(watching, watch, ports):
    """As if it had never been."""
    begun(watching)
    administration.remove_mailbox(ports, ADDRESS)

    assert stepped(watching, 3) == []
    assert watch.dropped == [ADDRESS]


def test_a_mailbox_that_was_enabled_comes_in(ports, store, watch, mailbox):
    """After the interval at the latest."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, incoming_enabled=False, outgoing_enabled=False))
    watching = Watching(ports, watch, lambda: 0.5)
    assert stepped(watching, 2) == []
    with store.begin() as tx:
        tx.mailboxes.save(mailbox)

    assert [looked.address for looked in stepped(watching)] == [ADDRESS]


def test_of_named_mailboxes_the_first_look_takes_all(ports, store, watch, mailbox):
    """So that one which is not enabled says why nothing will come of it; others are left alone."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, incoming_enabled=False, outgoing_enabled=False))
    administration.add_mailbox(ports, "bob@contoso.com")
    watching = Watching(ports, watch, lambda: 0.5, only=[ADDRESS])

    looked = stepped(watching, 3)

    assert [(cycle.address, [error.code for error in cycle.errors]) for cycle in looked] == [
        (ADDRESS, ["mailbox.not-ready"])
    ]


def test_a_mailbox_that_another_sync_works_on_is_left_to_it(watching, watch, ports, store, mailbox, clock):
    """It is looked at again at the next turn, and nothing is thought of it."""
    begun(watching)
    with store.begin() as tx:
        lease = tx.leases.claim(
            mailbox.id, replace(ports.workers.me(), pid=2), clock.now(), clock.now() + timedelta(minutes=9)
        )
    [looked] = stepped(watching)

    assert lease is not None
    assert looked.under_way is not None
    assert watch.watched == {ADDRESS}


@pytest.mark.parametrize("dice", [0.0, 0.25, 1.0])
def test_pauses_are_thrown_with_the_dice_that_were_given(ports, watch, mailbox, clock, dice):
    """The same dice, the same moments."""
    begun(watching := Watching(ports, watch, lambda: dice))
    watch.tell(Why.LOST, error=ConnectionLost("gone"))
    stepped(watching, 2)

    assert clock.now() - watch.opened[0][0] == reconnecting.pause(1, dice)


# --- The database -----------------------------------------------------------------------------


class Unsteady:
    """A store that cannot be used as often as the test says, beginning with the next transaction."""

    def __init__(self, store):
        self._store = store
        self.failures = 0

    def begin(self):
        if self.failures:
            self.failures -= 1
            raise StoreError("The database cannot be used.")
        return self._store.begin()


def test_it_outlasts_a_database_that_cannot_be_used_for_a_while(ports, watch, mailbox, clock, gmail):
    """Each failure is told, and the pauses grow; what arrived meanwhile comes when the database is back."""
    store = Unsteady(ports.store)
    watching = Watching(replace(ports, store=store), watch, lambda: 1.0)
    told = []
    found = watching.looks(lambda error: told.append((clock.now(), str(error))))
    next(found)
    began = clock.now()
    gmail.deliver(b"Subject: hello\r\n\r\n")
    store.failures = 4  # the first befalls the connection, which is opened later than usual for it

    looked = next(found)

    assert [message for _, message in told] == ["The database cannot be used."] * 3
    first, *later = [at for at, _ in told]
    assert [at - first for at in later] == [timedelta(seconds=5), timedelta(seconds=15)]
    assert first >= began
    assert (looked.ok, looked.incoming.new) == (True, 1)
