"""Grants and sign-ins, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from gmailsync.model.grant import MAIL_SCOPE, Grant, IssuedToken, SignInAttempt, TokenOwner
from gmailsync.model.secret import Secret


@pytest.fixture
def grant(mailbox, now) -> Grant:
    """Make a grant that is not stored yet."""
    return Grant(
        mailbox_id=mailbox.id,
        client_id="123-abc.apps.googleusercontent.com",
        scopes=frozenset({"openid", MAIL_SCOPE}),
        refresh_token=Secret("1//0refresh"),
        access_token=Secret("ya29.access"),
        access_expires_at=now + timedelta(seconds=3599),
        granted_at=now,
        refresh_expires_at=now + timedelta(days=7),
    )


@pytest.fixture
def attempt(mailbox, now) -> SignInAttempt:
    """Make a sign-in that is not stored yet."""
    return SignInAttempt(
        state="state-1",
        mailbox_id=mailbox.id,
        code_verifier=Secret("verifier"),
        redirect_uri="https://contoso.crm.dynamics.com/callback",
        url="https://accounts.google.com/o/oauth2/auth?state=state-1",
        expires_at=now + timedelta(minutes=10),
    )


def test_a_grant_comes_back(database, grant):
    """Tokens, scopes and times are read as they were saved."""
    with database.begin() as tx:
        tx.grants.save(grant)
    with database.begin() as tx:
        read = tx.grants.get(grant.mailbox_id)

    assert read == grant


def test_a_new_grant_takes_the_place_of_the_old_one(database, grant):
    """A mailbox has one grant; saving replaces every field."""
    renewed = replace(
        grant, scopes=frozenset(), refresh_token=Secret("r2"), access_token=Secret("a2"), refresh_expires_at=None
    )

    with database.begin() as tx:
        tx.grants.save(grant)
        tx.grants.save(renewed)
        read = tx.grants.get(grant.mailbox_id)

    assert read == renewed


def test_a_forgotten_grant_is_gone(database, grant):
    """After removing there is no grant, and removing it again changes nothing."""
    with database.begin() as tx:
        tx.grants.save(grant)
        tx.grants.remove(grant.mailbox_id)
        tx.grants.remove(grant.mailbox_id)
        read = tx.grants.get(grant.mailbox_id)

    assert read is None


def test_a_grant_goes_with_its_mailbox(database, grant, attempt, now):
    """Tokens and waiting sign-ins do not outlive the mailbox."""
    with database.begin() as tx:
        tx.grants.save(grant)
        tx.grants.begin_sign_in(attempt)
        tx.mailboxes.remove(grant.mailbox_id)

        assert tx.grants.get(grant.mailbox_id) is None
        assert tx.grants.take_sign_in(attempt.state, now) is None


def test_a_sign_in_is_good_once(database, attempt, now):
    """The first one who brings the state gets the attempt, the second one nothing."""
    with database.begin() as tx:
        tx.grants.begin_sign_in(attempt)
    with database.begin() as tx:
        first = tx.grants.take_sign_in("state-1", now)
    with database.begin() as tx:
        second = tx.grants.take_sign_in("state-1", now)

    assert first == attempt
    assert second is None


def test_of_two_callbacks_at_once_one_gets_the_attempt(database, attempt, now):
    """A browser that sends its request twice, or a link scanner that follows it: the code is redeemed once."""
    with database.begin() as tx:
        tx.grants.begin_sign_in(attempt)
    together = Barrier(4, timeout=30)

    def come_back(_):
        together.wait()
        with database.begin() as tx:
            return tx.grants.take_sign_in("state-1", now)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(come_back, range(4)))

    assert sorted(taken, key=str) == [None, None, None, attempt]


def test_issued_tokens_are_counted_for_each_account_and_client(database, now):
    """Until they die by themselves or are revoked; of other owners nothing is forgotten."""
    alice, other_client, bob = (
        TokenOwner.of("Alice@contoso.com", "1-a"), TokenOwner.of("alice@contoso.com", "1-b"),
        TokenOwner.of("bob@contoso.com", "1-a"),
    )  # fmt: skip
    day = timedelta(days=1)

    with database.begin() as tx:
        for owner, life in ((alice, 7), (alice, 181), (other_client, 181), (bob, 181)):
            tx.grants.note_issued(IssuedToken(owner, now, now + life * day))
    with database.begin() as tx:
        at_first, for_alice = tx.grants.count_issued(now), tx.grants.count_issued(now, "ALICE@contoso.com")
        after_a_week = tx.grants.count_issued(now + 7 * day)
        tx.grants.note_issued(IssuedToken(alice, now + 8 * day, now + 189 * day))
        with_another = tx.grants.count_issued(now)  # the dead one was cleared away
        tx.grants.forget_issued(alice)
        forgotten = tx.grants.count_issued(now)

    assert at_first == {alice: 2, other_client: 1, bob: 1}
    assert for_alice == {alice: 2, other_client: 1}
    assert after_a_week == {alice: 1, other_client: 1, bob: 1}
    assert with_another == {alice: 2, other_client: 1, bob: 1}
    assert forgotten == {other_client: 1, bob: 1}


def test_an_unknown_state_leaves_the_others_alone(database, attempt, now):
    """A forged state finds nothing and burns nothing."""
    with database.begin() as tx:
        tx.grants.begin_sign_in(attempt)
        forged = tx.grants.take_sign_in("state-2", now)
        real = tx.grants.take_sign_in("state-1", now)

    assert forged is None
    assert real == attempt


@pytest.mark.parametrize(("late", "good"), [(timedelta(microseconds=-1), True), (timedelta(0), False)])
def test_a_sign_in_ends_at_its_time(database, attempt, late, good):
    """Up to the moment of expiry the attempt is good, from then on it is not."""
    with database.begin() as tx:
        tx.grants.begin_sign_in(attempt)
        taken = tx.grants.take_sign_in(attempt.state, attempt.expires_at + late)

    assert (taken == attempt) is good


def test_two_sign_ins_of_a_mailbox_wait_side_by_side(database, attempt, now):
    """An owner with two tabs open may finish either."""
    second = replace(attempt, state="state-2")

    with database.begin() as tx:
        tx.grants.begin_sign_in(attempt)
        tx.grants.begin_sign_in(second)
        taken = {tx.grants.take_sign_in(state, now) for state in ("state-1", "state-2")}

    assert taken == {attempt, second}
