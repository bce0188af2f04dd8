"""Leases on mailboxes, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gmailsync.errors import NotFound
from gmailsync.model.lease import Holder, Lease, Worker

TIME = timedelta(minutes=10)
ALICE, BOB = Worker("böx", 7, "böx boot 1", "123"), Worker("box", 8, "", "")


def claim(database, mailbox, now, worker=ALICE, **options):
    with database.begin() as tx:
        return tx.leases.claim(mailbox.id, worker, now, now + TIME, **options)


def holder(database, mailbox):
    with database.begin() as tx:
        return tx.leases.holder(mailbox.id)


def keep(database, lease, until):
    with database.begin() as tx:
        return tx.leases.keep(lease, until)


def release(database, lease):
    with database.begin() as tx:
        tx.leases.release(lease)


def test_nobody_holds_a_new_mailbox(database, mailbox):
    """It is there to be claimed."""
    assert holder(database, mailbox) is None


def test_a_lease_is_taken_once_and_given_back(database, mailbox, now):
    """While it stands it tells who holds it; each claim has a greater fence than the last one."""
    first = claim(database, mailbox, now)

    refused = claim(database, mailbox, now, BOB)
    held_by = holder(database, mailbox)
    release(database, first)

    assert refused is None
    assert held_by == Holder(ALICE, now, now + TIME, first.fence)
    assert holder(database, mailbox) is None
    assert claim(database, mailbox, now, BOB).fence > first.fence


def test_a_lease_that_is_revoked_is_nobodys(database, mailbox, now):
    """Who had it can keep it no more, and the next one need not wait."""
    first = claim(database, mailbox, now)

    with database.begin() as tx:
        tx.leases.revoke(mailbox.id)

    assert not keep(database, first, now + TIME)
    assert holder(database, mailbox) is None
    assert claim(database, mailbox, now, BOB).fence > first.fence


@pytest.mark.parametrize(("late", "free"), [(timedelta(microseconds=-1), False), (timedelta(0), True)])
def test_a_lease_runs_out(database, mailbox, now, late, free):
    """Up to its end it stands; then the next one gets it, and the first can neither keep it nor give it back."""
    first = claim(database, mailbox, now)

    second = claim(database, mailbox, now + TIME + late, BOB)
    release(database, second or Lease(mailbox.id, fence=0))

    assert (second is not None) is free
    assert keep(database, first, now + TIME) is not free


def test_a_lease_is_kept_for_longer(database, mailbox, now):
    """Who is heard of in time holds it beyond its first end; also later, as long as nobody else has claimed it."""
    lease = claim(database, mailbox, now)

    kept = keep(database, lease, now + 2 * TIME)
    refused = claim(database, mailbox, now + TIME, BOB)
    kept_late = keep(database, lease, now + 5 * TIME)

    assert (kept, refused, kept_late) == (True, None, True)
    assert holder(database, mailbox).until == now + 5 * TIME


def test_a_lease_can_be_taken_over_from_the_one_seen(database, mailbox, now):
    """Of two who saw the same dead holder, one takes over; the other one's look is out of date."""
    dead = claim(database, mailbox, now)

    first = claim(database, mailbox, now, BOB, over=dead.fence)
    second = claim(database, mailbox, now, BOB, over=dead.fence)

    assert first is not None
    assert second is None
    assert not keep(database, dead, now + TIME)


@pytest.mark.parametrize(("beyond", "free"), [(timedelta(0), False), (timedelta(microseconds=1), True)])
def test_a_clock_far_ahead_blocks_nobody_for_long(database, mailbox, now, beyond, free):
    """A lease may end a little later than one's own; one that ends in a year was written by a wrong clock."""
    claim(database, mailbox, now + TIME + beyond)

    assert (claim(database, mailbox, now, BOB) is not None) is free


def test_a_late_worker_gives_nothing_back(database, mailbox, now):
    """The lease of its successor stands."""
    late = claim(database, mailbox, now)
    claim(database, mailbox, now + TIME, BOB)

    release(database, late)

    assert holder(database, mailbox).worker == BOB


def test_saving_the_mailbox_leaves_its_lease(database, mailbox, now):
    """An administrator changes settings while a sync is under way."""
    lease = claim(database, mailbox, now)

    with database.begin() as tx:
        tx.mailboxes.save(tx.mailboxes.by_id(mailbox.id))

    assert keep(database, lease, now + TIME)


def test_a_removed_mailbox_has_no_lease(database, mailbox, now):
    """It is neither claimed nor kept."""
    lease = claim(database, mailbox, now)
    with database.begin() as tx:
        tx.mailboxes.remove(mailbox.id)

    assert claim(database, mailbox, now + TIME) is None
    assert not keep(database, lease, now + TIME)
    with pytest.raises(NotFound):
        holder(database, mailbox)


def test_of_several_at_once_one_gets_the_lease(database, mailbox, now):
    """Threads that claim together, again and again, never hold it together."""
    rounds, workers = 5, 4
    with ThreadPoolExecutor(workers) as pool:
        for number in range(rounds):
            moment = now + number * TIME
            got = list(pool.map(lambda _, at=moment: claim(database, mailbox, at), range(workers)))

            assert sum(lease is not None for lease in got) == 1
