from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmailsync.errors import ConnectionLost, PopTooSoon, StoreError, Throttled
from gmailsync.flows import administration, cycle
from gmailsync.flows.administration import MailboxChange, ProfileChange, Start
from gmailsync.flows.pull import Pulled
from gmailsync.flows.pull_pop import pull_pop
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import Acceptance, MailboxKind


def message(number, *, fields=""):
    return f"Message-ID: <{number}@example.com>\r\nFrom: bob@example.com\r\n{fields}\r\nbody {number}\r\n".encode()


def bodies(store, mailbox):
    with store.begin() as tx:
        return [tx.emails.raw(email.id).rpartition(b"body ")[2].strip() for email in tx.emails.select(mailbox.id)]


def look(ports, mailbox, profile, clock, **options):
    """Look five minutes later."""
    clock.sleep(timedelta(minutes=5))
    return pull_pop(ports, mailbox, profile, **options)


def test_batch_after_batch_until_nothing_new_comes(ports, store, clock, drop, mailbox, by_pop):
    """One look takes as many sessions as it needs, and one that shows nothing."""
    for number in range(7):
        drop.deliver(message(number))

    assert look(ports, mailbox, by_pop, clock) == Pulled(new=7)
    assert drop.ended_well == [True] * 4
    assert look(ports, mailbox, by_pop, clock) == Pulled()


def test_a_look_within_five_minutes_is_put_off(ports, store, clock, drop, mailbox, by_pop):
    """Nothing is asked, and nothing is claimed to be in step."""
    start = clock.now()
    cycle.run(ports, mailbox.address)
    clock.sleep(timedelta(minutes=4))
    drop.deliver(message(1))

    again = cycle.run(ports, mailbox.address)

    with store.begin() as tx:
        assert tx.mailboxes.get(mailbox.address).last_success == start
    assert again.incoming == Pulled(skipped_until=start + timedelta(minutes=5))
    assert (again.ok, again.is_proof, len(drop.ended_well)) == (True, False, 1)


def test_a_clock_that_was_wrong_holds_nobody_back(ports, store, clock, drop, mailbox, by_pop):
    """A look in the future was none."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(mailbox, pop_looked_at=clock.now() + timedelta(days=400)))

    assert pull_pop(ports, mailbox, by_pop).skipped_until is None


def test_after_trouble_the_next_look_need_not_wait(ports, clock, drop, mailbox, by_pop):
    """It sees at once whether the trouble is over."""
    drop.refusals = [Throttled("shut out")]
    drop.deliver(message(1))

    first = pull_pop(ports, mailbox, by_pop)
    second = pull_pop(ports, mailbox, by_pop)

    assert [error.code for error in first.errors] == ["mail.throttled"]
    assert second == Pulled(new=1)


def test_gmails_refusal_of_one_more_sign_in_ends_the_look(ports, clock, drop, mailbox, by_pop):
    """What came is stored, the rest comes with the next look; refused at once, it is told."""
    for number in range(5):
        drop.deliver(message(number))
    drop.refusals = [None, PopTooSoon("soon")]

    assert look(ports, mailbox, by_pop, clock) == Pulled(new=3)
    assert look(ports, mailbox, by_pop, clock) == Pulled(new=2)
    drop.refusals = [PopTooSoon("soon")]
    assert [error.code for error in look(ports, mailbox, by_pop, clock).errors] == ["pop.too-soon"]


def test_what_was_read_and_not_stored_is_not_let_go_of(ports, store, clock, drop, mailbox, by_pop):
    """The session breaks off in the middle of the second commit: the first stays, the rest is shown again."""
    for number in range(3):
        drop.deliver(message(number))
    drop.troubles = [None, None, ConnectionLost("gone")]

    first = look(ports, mailbox, by_pop, clock, max_messages=1)

    assert first.new <= 2
    assert drop.gone == set()
    assert drop.ended_well == [False]
    second = look(ports, mailbox, by_pop, clock)
    assert (first.new + second.new, second.known, second.errors) == (3, first.new, ())
    assert sorted(bodies(store, mailbox)) == [b"0", b"1", b"2"]


def test_a_full_disk_lets_go_of_nothing(ports, store, clock, drop, mailbox, by_pop):
    """The commit fails after the messages were read."""
    drop.deliver(message(1))
    full = Full(ports.store)

    clock.sleep(timedelta(minutes=5))
    pulled = pull_pop(replace(ports, store=full), mailbox, by_pop)

    assert [error.code for error in pulled.errors] == ["store"]
    assert (drop.gone, drop.ended_well) == (set(), [False])
    assert look(ports, mailbox, by_pop, clock) == Pulled(new=1)


@dataclass
class Full:
    """A store that fails when a message is to be stored."""

    store: object

    @contextmanager
    def begin(self):
        with self.store.begin() as tx:
            tx.fates.save = self._fail
            yield tx

    @staticmethod
    def _fail(*_):
        raise StoreError("disk full")


def test_a_message_that_is_never_handed_over_holds_up_nothing(ports, store, clock, drop, mailbox, by_pop):
    """It is told and asked for again; once it comes it is stored."""
    poisoned = drop.deliver(message(0))
    drop.poison = {poisoned}
    drop.deliver(message(1))

    first, second = look(ports, mailbox, by_pop, clock), look(ports, mailbox, by_pop, clock)
    drop.poison = set()
    third = look(ports, mailbox, by_pop, clock)

    assert (first.new, second.new, third) == (1, 0, Pulled(new=1))
    assert [error.code for error in (*first.errors, *second.errors)] == ["message.failed"] * 2
    assert first.errors[0].server_line == "-ERR [SYS/TEMP] no"


def test_a_server_that_shows_everything_for_ever_is_read_once(ports, clock, drop, mailbox, by_pop):
    """What is known is not read again, and one session tells it."""
    drop.lets_go_of_what_was_read = False
    for number in range(3):
        drop.deliver(message(number))

    assert look(ports, mailbox, by_pop, clock) == Pulled(new=3)
    drop.ended_well.clear()
    assert look(ports, mailbox, by_pop, clock) == Pulled()
    assert drop.ended_well == [True]


def test_a_message_that_gmail_does_not_let_go_of_ends_the_look(ports, clock, drop, mailbox, by_pop):
    """However often it is read: the look ends."""
    drop.loses_quit = 1000
    drop.deliver(message(1))

    assert look(ports, mailbox, by_pop, clock).new == 1
    assert len(drop.ended_well) == 3


def test_only_what_is_committed_is_deleted_and_only_for_queues(ports, store, clock, drop, mailbox, by_pop):
    """A user's mail is left alone, whatever the switch says."""
    user = replace(mailbox, pop_delete=True, pop_recent=True)
    queue = replace(user, kind=MailboxKind.QUEUE)
    stays, goes = drop.deliver(message(0)), drop.deliver(message(1))
    drop.poison = {stays}

    look(ports, user, by_pop, clock)
    untouched = set(drop.gone)
    with store.begin() as tx:
        tx.mailboxes.save(queue)
    look(ports, queue, by_pop, clock)

    assert untouched == set()
    assert drop.gone == {goes}


def test_test_messages_and_sent_copies_are_no_emails(ports, store, clock, drop, mailbox, by_pop):
    """A message that the owner sent to itself is one; so is one with its address that somebody delivered."""
    with store.begin() as tx:
        tx.emails.note_test_message(mailbox.id, "<test@contoso.com>")
    own = f"Subject: x\r\nFrom: {mailbox.address}\r\n"
    test = drop.deliver(b"Message-ID: <test@contoso.com>\r\n\r\nbody test\r\n")
    sent = drop.deliver(f"{own}To: bob@example.com\r\n\r\nbody sent\r\n".encode())
    drop.deliver(f"{own}To: {mailbox.address.upper()}\r\n\r\nbody to self\r\n".encode())
    drop.deliver(f"Delivered-To: {mailbox.address}\r\n{own}To: sales@contoso.com\r\n\r\nbody form\r\n".encode())

    pulled = look(ports, mailbox, by_pop, clock)

    assert pulled == Pulled(new=2, test_messages=1, left_out=1)
    assert bodies(store, mailbox) == [b"to self", b"form"]
    with store.begin() as tx:
        assert tx.fates.known(mailbox.id, [test, sent]) == {test: Outcome.TEST, sent: Outcome.REFUSED}


def test_the_later_start_date_holds(ports, clock, drop, mailbox, by_pop):
    """The mailbox's or the profile's; an earlier one lets in, once it is shown again, what was left out."""
    since = datetime(2025, 6, 1, tzinfo=UTC)
    old = "Received: by mx; Sun, 1 Jun 2025 08:59:59 +0900\r\nDate: Tue, 1 Jul 2025 00:00:00 +0000\r\n"
    new = "Received: by mx; Sun, 1 Jun 2025 12:00:00 -0000\r\nReceived: by a; Wed, 1 Jan 2025 00:00:00 +0000\r\n"
    drop.deliver(message(1, fields=old))
    drop.deliver(message(2, fields=new))
    later = replace(mailbox, read_from=since), replace(by_pop, read_from=since - timedelta(days=90))

    first = look(ports, *later, clock)
    drop.gone.clear()
    second = look(ports, mailbox, by_pop, clock)

    assert first == Pulled(new=1, left_out=1)
    assert second == Pulled(new=1, known=1)


@pytest.mark.parametrize("is_of_profile", [False, True])
def test_a_start_date_that_is_moved_back_lets_in_what_is_shown_all_the_time(
    ports, store, clock, drop, mailbox, by_pop, is_of_profile
):
    """What was left out is not read in each session, and once more after that; what was refused since stays so."""
    drop.lets_go_of_what_was_read = False
    drop.deliver(message(1, fields="Received: by mx; Sun, 1 Jun 2025 12:00:00 +0000\r\n"))
    start = Start(datetime(2025, 7, 1, tzinfo=UTC))
    administration.set_profile(ports, by_pop.name, ProfileChange(read_from=start if is_of_profile else None))
    administration.set_mailbox(ports, mailbox.address, MailboxChange(read_from=None if is_of_profile else start))

    def sync():
        with store.begin() as tx:
            now = tx.mailboxes.get(mailbox.address), tx.profiles.get(by_pop.name)
        return look(ports, *now, clock)

    first, second = sync(), sync()
    if is_of_profile:
        administration.set_profile(ports, by_pop.name, ProfileChange(read_from=Start(None)))
    else:
        administration.set_mailbox(ports, mailbox.address, MailboxChange(read_from=Start(None)))

    assert (first, second, sync(), sync()) == (Pulled(left_out=1), Pulled(), Pulled(new=1), Pulled())


def test_what_was_not_kept_is_decided_about_again_where_it_is_still_shown(ports, store, drop, mailbox, by_pop, clock):
    """When it is asked for; else it is not read in each session."""
    drop.lets_go_of_what_was_read = False
    drop.deliver(message(1))
    administration.set_mailbox(ports, mailbox.address, MailboxChange(acceptance=Acceptance.NONE))

    def sync():
        with store.begin() as tx:
            now = tx.mailboxes.get(mailbox.address)
        return look(ports, now, by_pop, clock)

    first = sync()
    administration.set_mailbox(ports, mailbox.address, MailboxChange(acceptance=Acceptance.ALL))
    second = sync()
    count = administration.decide_again(ports, mailbox.address)

    assert (first, second, count) == (Pulled(refused=1), Pulled(), 1)
    assert (sync(), sync()) == (Pulled(new=1), Pulled())


STEPS = st.lists(
    st.one_of(
        st.just(("deliver", 0)),
        st.just(("look", 0)),
        st.tuples(st.just("break"), st.integers(0, 4)),
        st.tuples(st.just("refuse"), st.integers(0, 2)),
        st.just(("lose quit", 0)),
        st.just(("offer all", 0)),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_message_is_stored_once(ports, store, clock, drop, mailbox, by_pop, steps):
    """Whatever is delivered, broken off, refused or offered again in between."""
    for verb, number in [*steps, ("settle", 0), ("look", 0), ("look", 0)]:
        if verb == "deliver":
            drop.deliver(message(len(drop.mail)))
        elif verb == "break":
            drop.troubles = [*[None] * number, ConnectionLost("gone")]
        elif verb == "refuse":
            drop.refusals = [*[None] * number, PopTooSoon("soon")]
        elif verb == "lose quit":
            drop.loses_quit = 1
        elif verb == "offer all":
            drop.gone.clear()
        elif verb == "settle":
            drop.troubles, drop.refusals = [], []
        else:
            look(ports, mailbox, by_pop, clock, max_messages=2)

    assert sorted(bodies(store, mailbox)) == sorted(str(number).encode() for number in range(len(drop.mail)))
