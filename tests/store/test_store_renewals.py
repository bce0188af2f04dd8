"""One renewal of a mailbox's grant at a time, across threads and processes, on both databases."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest

from gmailsync.errors import OAuthUnavailable
from gmailsync.flows import tokens
from gmailsync.model.grant import MAIL_SCOPE, Grant, TokenResponse
from gmailsync.model.mailbox import NewMailbox
from gmailsync.model.secret import Secret
from gmailsync.store.opening import open_database

LEASE = timedelta(seconds=90)
PATIENCE = 60
"""Seconds until a test that waits for another thread or process gives up."""

ANSWER = TokenResponse(Secret("access-2"), 3599, frozenset({MAIL_SCOPE}), refresh_token=Secret("refresh-2"))

RENEWS = """
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace
from gmailsync.flows import tokens
from gmailsync.model.grant import MAIL_SCOPE, TokenResponse
from gmailsync.model.secret import Secret
from gmailsync.store.opening import open_database

url, key, now, address = sys.argv[1:]
told = []

def tell(word):
    if not told:
        told.append(word)
        print(word, flush=True)
        sys.stdin.read()  # until the test has heard of all

class HandClock:
    def now(self):
        return datetime.fromisoformat(now)
    def sleep(self, delay):
        tell("waits")

class HandOAuth:
    def refresh(self, profile, refresh_token):
        tell("redeems")
        return TokenResponse(Secret("access-2"), 3599, frozenset({MAIL_SCOPE}))

database = open_database(url, lambda new: key.encode())
with database.begin() as tx:
    mailbox = tx.mailboxes.get(address)
ports = SimpleNamespace(store=database, clock=HandClock(), oauth=HandOAuth())
print(tokens.access_token(ports, mailbox).reveal())
database.close()
"""


class HandClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self, now):
        self.time = now

    def now(self):
        return self.time

    def sleep(self, delay):
        self.time += delay


def ready(database, profile, now):
    """Store a mailbox of the profile with a grant whose access token is over."""
    with database.begin() as tx:
        mailbox = tx.mailboxes.add(NewMailbox("alice@contoso.com", tx.profiles.add(profile).id))
        tx.grants.save(
            Grant(
                mailbox_id=mailbox.id,
                client_id=profile.client_id,
                scopes=frozenset({MAIL_SCOPE}),
                refresh_token=Secret("refresh-1"),
                access_token=Secret("access-1"),
                access_expires_at=now,
                granted_at=now - timedelta(hours=1),
            )
        )
    return mailbox


def stored(database, mailbox):
    with database.begin() as tx:
        return tx.grants.get(mailbox.id)


def begin(database, mailbox, now):
    with database.begin() as tx:
        return tx.grants.begin_renewal(mailbox.id, now, now + LEASE)


def end(database, mailbox, renewal):
    with database.begin() as tx:
        return tx.grants.end_renewal(mailbox.id, renewal)


def test_a_lease_is_taken_once_and_given_back(database, profile, now):
    """While one holds it another gets none; afterwards there is a new one."""
    mailbox = ready(database, profile, now)

    first = begin(database, mailbox, now)
    refused = begin(database, mailbox, now)
    given_back = end(database, mailbox, first)
    second = begin(database, mailbox, now)

    assert (refused, given_back) == (None, True)
    assert second not in (None, first)


@pytest.mark.parametrize(("late", "free"), [(timedelta(microseconds=-1), False), (timedelta(0), True)])
def test_a_lease_runs_out(database, profile, now, late, free):
    """Up to its end it stands, whoever took it; then the next one gets it, and the first has lost it."""
    mailbox = ready(database, profile, now)
    first = begin(database, mailbox, now)

    second = begin(database, mailbox, now + LEASE + late)

    assert (second is not None) is free
    assert end(database, mailbox, first) is not free


def test_a_new_grant_ends_the_renewal_of_the_old_one(database, profile, now):
    """Who renews while the owner signs in has nothing to store."""
    mailbox = ready(database, profile, now)
    renewal = begin(database, mailbox, now)
    with database.begin() as tx:
        tx.grants.save(tx.grants.get(mailbox.id))

    assert not end(database, mailbox, renewal)
    assert begin(database, mailbox, now) is not None


def test_without_a_grant_there_is_no_lease(database, mailbox, now):
    """There is nothing to renew."""
    assert begin(database, mailbox, now) is None


def test_hard_case_17_threads_that_ask_at_once_redeem_once(database, profile, now):
    """One goes to Google, the others wait until it is back, and all have the same token."""
    mailbox, workers = ready(database, profile, now), 6
    redeemed, waiting, answered = [], threading.Semaphore(0), threading.Event()

    def refresh(_profile, refresh_token):
        redeemed.append(refresh_token.reveal())
        for _ in range(workers - 1):
            assert waiting.acquire(timeout=PATIENCE)
        answered.set()
        return ANSWER

    def sleep(_delay):
        waiting.release()
        assert answered.wait(PATIENCE)

    clock = SimpleNamespace(now=lambda: now, sleep=sleep)
    ports = SimpleNamespace(store=database, clock=clock, oauth=SimpleNamespace(refresh=refresh))

    with ThreadPoolExecutor(workers) as pool:
        got = list(pool.map(lambda _: tokens.access_token(ports, mailbox), range(workers)))

    assert redeemed == ["refresh-1"]
    assert set(got) == {Secret("access-2")}
    assert stored(database, mailbox).refresh_token == Secret("refresh-2")


def test_a_passing_fault_gives_the_lease_back(database, profile, now):
    """Who waited tries for itself at once, and the grant is as it was."""
    mailbox, clock = ready(database, profile, now), HandClock(now)
    answers = [OAuthUnavailable("HTTP 503"), ANSWER]

    def refresh(_profile, _token):
        answer = answers.pop(0)
        if isinstance(answer, OAuthUnavailable):
            raise answer
        return answer

    ports = SimpleNamespace(store=database, clock=clock, oauth=SimpleNamespace(refresh=refresh))
    before = stored(database, mailbox)

    with pytest.raises(OAuthUnavailable):
        tokens.access_token(ports, mailbox)
    after = stored(database, mailbox)

    assert after == before
    assert tokens.access_token(ports, mailbox) == Secret("access-2")
    assert clock.now() == now


def test_hard_case_17_one_who_wakes_up_late_changes_nothing(database, profile, now):
    """A renewal that outlived its lease is not stored over the one that took its place."""
    mailbox, clock = ready(database, profile, now), HandClock(now)
    newer = TokenResponse(Secret("access-3"), 3599, frozenset({MAIL_SCOPE}))
    quick = SimpleNamespace(store=database, clock=clock, oauth=SimpleNamespace(refresh=lambda *_: newer))

    def fall_asleep(_profile, _token):
        clock.sleep(2 * LEASE)
        tokens.access_token(quick, mailbox)
        return ANSWER

    slow = SimpleNamespace(store=database, clock=clock, oauth=SimpleNamespace(refresh=fall_asleep))
    tokens.access_token(slow, mailbox)

    assert stored(database, mailbox).access_token == Secret("access-3")


def start(url, key, now):
    command = [sys.executable, "-c", RENEWS, url, key.decode(), now.isoformat(), "alice@contoso.com"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def shared(made_url, key):
    """Open a database that other processes open as well."""
    database = open_database(made_url, lambda new: key)
    yield made_url, database
    database.close()


def test_hard_case_17_processes_that_ask_at_once_redeem_once(shared, profile, key, now):
    """One process goes to Google, the others wait for it, and all end with its token."""
    url, database = shared
    ready(database, profile, now)
    processes = [start(url, key, now) for _ in range(3)]

    first_words = [process.stdout.readline().strip() for process in processes]
    for process in processes:
        process.stdin.close()
    ends = [(process.wait(PATIENCE), process.stdout.read(), process.stderr.read()) for process in processes]
    for process in processes:
        process.stdout.close()
        process.stderr.close()

    assert sorted(first_words) == ["redeems", "waits", "waits"]
    assert ends == [(0, "access-2\n", "")] * 3


def test_hard_case_17_a_killed_process_holds_up_nobody_for_longer_than_the_lease(shared, profile, key, now):
    """Killed while Google answers: the next one waits for the rest of the lease, then redeems."""
    url, database = shared
    mailbox = ready(database, profile, now)
    process = start(url, key, now)
    assert process.stdout.readline() == "redeems\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    clock = HandClock(now)
    ports = SimpleNamespace(store=database, clock=clock, oauth=SimpleNamespace(refresh=lambda *_: ANSWER))

    token = tokens.access_token(ports, mailbox)

    assert token == Secret("access-2")
    assert clock.now() - now == tokens.RENEWAL_LEASE
