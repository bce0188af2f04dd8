"""One worker at a time runs a mailbox's cycle; one that comes late writes nothing, whenever it wakes up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sleepy import SleepyStore

from gmailsync.app import Unseen
from gmailsync.errors import ConnectionLost, MailboxTaken, NotFound, StoreError
from gmailsync.flows import administration, cycle, outbox
from gmailsync.flows.audit import audit
from gmailsync.flows.leases import LEASE
from gmailsync.model.email import EmailStatus
from gmailsync.model.secret import Secret

ADDRESS = "alice@contoso.com"
SKEW = timedelta(minutes=5)


def message(number):
    return f"From: bob@example.com\r\nMessage-ID: <{number}@example.com>\r\nSubject: {number}\r\n\r\nbody\r\n".encode()


def queue(ports):
    return outbox.queue(ports, sender=ADDRESS, to=["bob@example.com"], subject="s", body="b\n")


def holder(store, mailbox):
    with store.begin() as tx:
        return tx.leases.holder(mailbox.id)


def alerts(store):
    with store.begin() as tx:
        return [alert.code for alert in tx.alerts.select(open_only=False)]


class ShiftedClock:
    """A clock that is wrong by so much."""

    def __init__(self, clock, shift):
        self._clock, self._shift = clock, shift

    def now(self):
        return self._clock.now() + self._shift

    def sleep(self, delay):
        self._clock.sleep(delay)


class Away:
    """A database that cannot be used any more once it has left."""

    def __init__(self, store):
        self._store, self._has_left = store, False

    def leave(self):
        self._has_left = True

    def begin(self):
        if self._has_left:
            raise StoreError("the server closed the connection")
        return self._store.begin()


@pytest.fixture
def another(ports):
    """Return a function that gives the ports of a worker on another machine, whose clock is wrong by so much."""

    def make(shift=timedelta(0)):
        workers = type(ports.workers)(pid=2)
        return replace(ports, clock=ShiftedClock(ports.clock, shift), workers=workers, progress=Unseen())

    return make


@pytest.mark.parametrize("shift", [timedelta(0), SKEW, -SKEW])
def test_hard_case_20_a_second_cycle_leaves_the_mailbox_to_the_first(
    ports, store, clock, gmail, mailbox, another, shift
):
    """It does nothing and says who is at work; clocks that differ by minutes change nothing about it."""
    gmail.deliver(message(1))
    began, seconds = clock.now(), []
    gmail.after_fetch = lambda: seconds.append(cycle.run(another(shift), ADDRESS))

    first = cycle.run(ports, ADDRESS)

    [second] = seconds
    assert first.incoming.new == 1
    assert (second.ok, second.incoming, second.outgoing) == (True, None, None)
    assert (second.under_way.worker, second.under_way.since) == (ports.workers.me(), began)
    assert alerts(store) == []


def test_a_worker_that_was_killed_is_not_waited_for(ports, store, clock, gmail, mailbox, another):
    """Its process is gone, so that its lease is taken at once."""
    gmail.deliver(message(1))
    with store.begin() as tx:
        tx.leases.claim(mailbox.id, ports.workers.me(), clock.now(), clock.now() + LEASE)
    successor = another()
    successor.workers.gone.add(ports.workers.pid)

    assert cycle.run(successor, ADDRESS).incoming.new == 1


def test_a_worker_of_which_nothing_is_known_is_waited_for(ports, store, clock, gmail, mailbox, another):
    """It may be at work on another machine; the lease ends by itself."""
    gmail.deliver(message(1))
    with store.begin() as tx:
        tx.leases.claim(mailbox.id, ports.workers.me(), clock.now(), clock.now() + LEASE)

    before = cycle.run(another(LEASE - timedelta(seconds=1)), ADDRESS)
    after = cycle.run(another(LEASE), ADDRESS)

    assert before.under_way is not None
    assert after.incoming.new == 1


@pytest.mark.parametrize("trouble", [None, ConnectionLost("gone"), KeyboardInterrupt()], ids=repr)
def test_the_mailbox_is_free_after_the_cycle(ports, store, gmail, mailbox, trouble):
    """However it ended."""
    gmail.deliver(message(1))
    gmail.troubles["fetch"] = [trouble]

    try:
        cycle.run(ports, ADDRESS)
    except KeyboardInterrupt:
        assert isinstance(trouble, KeyboardInterrupt)

    assert holder(store, mailbox) is None


@pytest.mark.parametrize("work", [cycle.run, audit])
def test_a_lease_that_could_not_be_given_back_keeps_no_next_cycle_waiting(ports, store, gmail, mailbox, another, work):
    """The database was away for a while; the worker knows that it is not at work any more, others do not."""
    gmail.deliver(message(1))
    away = Away(store)
    gmail.after_fetch = away.leave

    with pytest.raises(StoreError):
        work(replace(ports, store=away), ADDRESS)
    elsewhere = cycle.run(another(), ADDRESS)
    here = cycle.run(ports, ADDRESS)

    assert elsewhere.under_way is not None
    assert here.incoming.new == 1


def test_hard_case_20_a_late_worker_writes_nothing_wherever_it_wakes_up(ports, store, clock, gmail, mailbox, another):
    """Asleep before any of its transactions while another one takes over: counts, cursor and outbox are right."""
    late, queued = [], []
    for moment in count(1):
        arrived = [gmail.deliver(message(2 * moment + n)).gmail_message_id for n in range(2)]
        queued.append(queue(ports))
        sleepy = SleepyStore(store, moment, lambda: cycle.run(another(LEASE + SKEW), ADDRESS))

        done = cycle.run(replace(ports, store=sleepy), ADDRESS)

        with store.begin() as tx:
            emails = tx.emails.select(mailbox.id)
            cursor = tx.folders.cursor(mailbox.id, "INBOX")
        incoming = [email.gmail_message_id for email in emails if email.gmail_message_id]
        assert set(arrived) <= set(incoming)
        assert len(incoming) == len(set(incoming)) == len(gmail.inbox)
        assert (cursor.last_uid, cursor.backlog_uid, cursor.messages) == (max(gmail.inbox), 0, len(gmail.inbox))
        assert {email.status for email in emails if email.id in queued} == {EmailStatus.SENT}
        assert len(gmail.sent) == len(queued)
        assert done.under_way is None
        assert holder(store, mailbox) is None
        if sleepy.begun < moment:
            break
        late.append([error.code for error in done.errors])

    # Before the claim there is nothing to refuse yet.
    assert len(late) > 10
    assert late == [[], *[[MailboxTaken.code]] * (len(late) - 1)]
    assert alerts(store) == []


def test_hard_case_20_an_email_is_not_sent_by_a_worker_that_lost_its_lease(
    ports, store, clock, gmail, mailbox, another
):
    """Asleep while it signed in to SMTP: its successor settles the email and sends it, once."""
    email_id = queue(ports)
    asleep = []

    class Drowsy:
        """A Gmail at whose sign-in to SMTP the first worker falls asleep."""

        imap = gmail.imap

        def send(self, *arguments):
            asleep.append(cycle.run(another(LEASE + SKEW), ADDRESS))
            return gmail.send(*arguments)

    done = cycle.run(replace(ports, mail=Drowsy()), ADDRESS)

    assert [error.code for error in done.errors] == [MailboxTaken.code]
    assert (done.outgoing.sent, done.incoming) == (0, None)
    assert asleep[0].outgoing.sent == 1
    assert len(gmail.sent) == 1
    with store.begin() as tx:
        assert tx.emails.get(email_id).status is EmailStatus.SENT


def test_a_token_is_kept_whoever_renewed_it(ports, store, clock, oauth, mailbox, another):
    """Google may have replaced the refresh token, so what a late worker was given is stored all the same."""
    clock.sleep(timedelta(hours=2))
    renewed = oauth.refreshed

    class Overtaken:
        """An authorization server during whose answer the mailbox is claimed by another one."""

        def refresh(self, _profile, _token):
            with store.begin() as tx:
                now = clock.now() + LEASE
                assert tx.leases.claim(mailbox.id, another().workers.me(), now, now + LEASE)
            return replace(renewed, refresh_token=Secret("refresh-9"))

    done = cycle.run(replace(ports, oauth=Overtaken()), ADDRESS)

    assert [error.code for error in done.errors] == [MailboxTaken.code]
    with store.begin() as tx:
        assert tx.grants.get(mailbox.id).refresh_token == Secret("refresh-9")


def test_a_mailbox_removed_under_way_is_not_found(ports, gmail, mailbox):
    """Nobody has taken it over; it is gone."""
    gmail.deliver(message(1))
    gmail.after_fetch = lambda: administration.remove_mailbox(ports, ADDRESS)

    with pytest.raises(NotFound):
        cycle.run(ports, ADDRESS)
