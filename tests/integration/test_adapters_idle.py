"""Connections in IDLE against the simulated Gmail, over real sockets and on its clock."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from gmailsync.errors import ConnectionLost, HostNotFound, ImapError, TokenRefused
from gmailsync.google.idle import KEEP_ALIVE, IdleWatch
from gmailsync.google.network import TIMEOUTS, Network
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret
from gmailsync.ports import WakeUp, Why

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
IMAP = Endpoint("imap.gmail.com", 993)
READ = timedelta(seconds=TIMEOUTS.read)
PATIENCE = timedelta(seconds=60)
"""How long a wake-up is waited for where the clock stands still; one that comes is there in milliseconds."""


@pytest.fixture
def network(google):
    """Give the way to the simulated Gmail."""
    return Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file)


@pytest.fixture
def watch(google, network, gmail_account):
    """Give the adapter under test."""
    with IdleWatch(network, google.clock) as watch:
        yield watch


def begin(google, watch, address=ALICE):
    """Open a connection without waiting for it."""
    watch.open(IMAP, address, Secret(google.access_token(address)), "INBOX")


def heard(google, watch, count=1):
    """Return the next wake-ups, as many as these."""
    told = []
    while len(told) < count:
        more = watch.wait(google.clock.now() + PATIENCE)
        assert more, f"nothing came after {told}"
        told += more
    return told


def heard_at_once(google, watch):
    """Return what the connections tell without waiting for anything, time included."""
    return watch.wait(google.clock.now())


def opened(google, watch, address=ALICE):
    """Open a connection and wait until it stands."""
    begin(google, watch, address)
    assert heard(google, watch) == [WakeUp(address, Why.OPENED)]


def said(google, sender="client"):
    """Return the lines of the last session, without their tags."""
    session = [entry for entry in google.journal.entries if entry.channel == "imap"][-1].session
    entries = [entry for entry in google.journal.entries if entry.session == session]
    return [entry.text.strip() for entry in entries if entry.sender == sender]


def test_new_mail_wakes(google, watch):
    """One word from the server is enough, and it is in the next turn."""
    opened(google, watch)
    google.deliver(ALICE, b"Subject: hello\r\n\r\n")

    told = heard(google, watch)

    assert told == [WakeUp(ALICE, Why.CHANGED)]


def test_what_goes_wakes_too(google, watch):
    """A message that the owner deletes is news."""
    message = google.deliver(ALICE, b"Subject: hello\r\n\r\n")
    opened(google, watch)
    with google.world.lock:
        google.account(ALICE).mail.delete(message.gm_msgid)

    told = heard(google, watch)

    assert told == [WakeUp(ALICE, Why.CHANGED)]


def test_nothing_is_told_of_mail_that_was_there(google, watch):
    """Opening a full folder is no news, and neither is anything else before its time."""
    google.deliver(ALICE, b"Subject: hello\r\n\r\n")
    opened(google, watch)

    assert heard_at_once(google, watch) == []


def test_many_mailboxes_are_watched_by_one_thread(google, watch):
    """Fifty connections, no thread of their own, and each tells of itself."""
    addresses = [f"user{number}@contoso.com" for number in range(50)]
    for address in addresses:
        google.add_account(address)
    threads = threading.active_count()

    for address in addresses:
        begin(google, watch, address)
    whole = heard(google, watch, 50)
    google.deliver(addresses[31], b"Subject: hello\r\n\r\n")

    assert {wake_up.address for wake_up in whole} == set(addresses) == watch.watched
    assert {wake_up.why for wake_up in whole} == {Why.OPENED}
    assert heard(google, watch) == [WakeUp(addresses[31], Why.CHANGED)]
    assert threading.active_count() == threads


# --- Whether somebody still listens -----------------------------------------------------------


def test_an_idle_is_renewed_before_anybody_forgets_it(google, watch):
    """DONE is answered, and the next IDLE begins; twenty times, which is an hour."""
    opened(google, watch)

    for _ in range(19):
        google.clock.advance(KEEP_ALIVE)
        assert heard(google, watch) == [WakeUp(ALICE, Why.RENEWED)]

    google.deliver(ALICE, b"Subject: hello\r\n\r\n")
    assert heard(google, watch) == [WakeUp(ALICE, Why.CHANGED)]


def test_mail_that_comes_between_two_idles_is_told(google, watch):
    """No news is lost between DONE and the next IDLE."""
    opened(google, watch)
    google.clock.advance(KEEP_ALIVE)
    assert heard_at_once(google, watch) == []  # DONE is said

    google.deliver(ALICE, b"Subject: hello\r\n\r\n")

    assert {wake_up.why for wake_up in heard(google, watch, 2)} == {Why.RENEWED, Why.CHANGED}


def test_hard_case_15_a_connection_that_died_in_silence_is_noticed(google, watch):
    """At the latest after a keep-alive and the read time-out."""
    google.faults.add("imap", "IDLE", "lose-reply=silent")
    opened(google, watch)
    google.clock.advance(KEEP_ALIVE)
    before = heard_at_once(google, watch)
    google.clock.advance(READ - timedelta(seconds=1))
    still = heard_at_once(google, watch)
    google.clock.advance(timedelta(seconds=1))

    [told] = heard_at_once(google, watch)

    assert (before, still) == ([], [])
    assert (told.address, told.why, type(told.error)) == (ALICE, Why.LOST, ConnectionLost)
    assert "fell silent" in told.error.message
    assert watch.watched == set()


def test_hard_case_15_a_jump_of_the_clock_makes_sure_at_once(google, watch):
    """After two hours of suspension nobody waits for the next keep-alive: the read time-out tells what is dead."""
    google.set_limits(ALICE, token_ends_session=False, idle=timedelta(days=1))
    google.faults.add("imap", "IDLE", "lose-reply=silent")
    opened(google, watch)

    google.clock.advance(timedelta(hours=2))
    before = heard_at_once(google, watch)
    google.clock.advance(READ)

    assert before == []
    assert [wake_up.why for wake_up in heard_at_once(google, watch)] == [Why.LOST]


def test_a_server_that_hung_up_meanwhile_is_noticed(google, watch):
    """Gmail drops an IDLE of ten minutes without a word, as after a suspension."""
    opened(google, watch)

    google.clock.advance(timedelta(minutes=11))

    assert [wake_up.why for wake_up in heard(google, watch)] == [Why.LOST]


def test_an_answer_that_came_while_we_were_busy_counts(google, watch):
    """Silence is judged after reading, however late that is."""
    opened(google, watch)
    google.clock.advance(KEEP_ALIVE)
    assert heard_at_once(google, watch) == []  # DONE is said

    [renewed] = heard(google, watch)
    google.clock.advance(READ * 2)

    assert renewed.why is Why.RENEWED
    assert heard_at_once(google, watch) == []


# --- How a session ends -----------------------------------------------------------------------


def test_hard_case_15_the_end_of_the_token_is_the_end_of_the_session(google, watch):
    """The server's own line says so; nothing else is to blame."""
    token = google.access_token(ALICE)
    watch.open(IMAP, ALICE, Secret(token), "INBOX")
    assert heard(google, watch) == [WakeUp(ALICE, Why.OPENED)]

    with google.world.lock:
        google.world.grants.revoke(token)
    [told] = heard(google, watch)

    assert (told.why, type(told.error)) == (Why.LOST, ConnectionLost)
    assert told.error.server_line == "BYE Session expired, please login again."


@pytest.mark.parametrize("end", ["reset", "close", "reset@after", "close@after", "truncate=4", "lose-reply"])
def test_a_connection_that_breaks_is_lost(google, watch, end):
    """By a reset or a close, when an IDLE begins or when it ends."""
    google.faults.add("imap", "IDLE", end)
    begin(google, watch)

    told = heard(google, watch)
    if told == [WakeUp(ALICE, Why.OPENED)]:
        google.clock.advance(KEEP_ALIVE)
        told = heard(google, watch)

    assert told[-1].why is Why.LOST
    assert isinstance(told[-1].error, ConnectionLost)
    assert watch.watched == set()


def test_a_refused_token_is_told_apart(google, watch):
    """The challenge is answered, and the refusal after it is understood."""
    watch.open(IMAP, ALICE, Secret("ya29.garbage"), "INBOX")

    [told] = heard(google, watch)

    assert (told.why, type(told.error)) == (Why.LOST, TokenRefused)
    assert "ya29" not in told.error.server_line


@pytest.mark.parametrize(
    ("when", "what", "error"),
    [
        ("greeting", "refuse", ConnectionLost),
        ("greeting", "answer=* NO idea", ImapError),
        ("EXAMINE", "refuse", ImapError),
        ("IDLE", "answer=NO not now", ImapError),
        ("IDLE", "answer=OK that was it", ImapError),
    ],
)
def test_a_refusal_anywhere_is_lost_with_its_cause(google, watch, when, what, error):
    """The connection is given up; what the server said is kept."""
    google.faults.add("imap", when, what)
    begin(google, watch)

    [told] = heard(google, watch)

    assert (told.why, type(told.error)) == (Why.LOST, error)
    assert told.error.server_line


def test_a_server_without_idle_is_left(google, watch):
    """Nothing is watched, and nobody calls it a loss."""
    google.faults.add("imap", "CAPABILITY", r"answer=* CAPABILITY IMAP4rev1 CONDSTORE\nOK done")
    begin(google, watch)

    assert heard(google, watch) == [WakeUp(ALICE, Why.UNSUPPORTED)]
    assert watch.watched == set()


def test_a_server_that_falls_silent_at_the_sign_in_is_given_up(google, watch):
    """Each step has the read time-out."""
    google.faults.add("imap", "AUTHENTICATE", "lose-reply=silent", name="silent")
    begin(google, watch)
    while not google.faults.fired("silent"):
        assert heard_at_once(google, watch) == []

    google.clock.advance(READ)

    assert [wake_up.why for wake_up in heard(google, watch)] == [Why.LOST]


def test_nobody_there_raises(google, watch):
    """A connection that cannot be made is told at once."""
    with pytest.raises(HostNotFound):
        watch.open(Endpoint("imap.example.com", 993), ALICE, Secret("token"), "INBOX")

    assert watch.watched == set()


# --- Taking leave -----------------------------------------------------------------------------


def test_leaving_is_polite(google, network, gmail_account):
    """DONE and LOGOUT, and the server's answer is waited for."""
    with IdleWatch(network, google.clock) as watch:
        opened(google, watch)

    assert said(google) == [
        "I1 AUTHENTICATE XOAUTH2",
        "[XOAUTH2 user=alice@contoso.com token cut]",
        "I2 CAPABILITY",
        'I3 EXAMINE "INBOX"',
        "I4 IDLE",
        "DONE",
        "I5 LOGOUT",
    ]
    assert said(google, "imap")[-1] == "I5 OK 73 good day (Success)"


def test_hard_case_15_a_logout_without_an_answer_keeps_nobody(google, network, gmail_account):
    """The end comes all the same, after a moment."""
    google.faults.add("imap", "LOGOUT", "lose-reply=silent")
    with IdleWatch(network, google.clock, farewell=timedelta(seconds=0.05)) as watch:
        opened(google, watch)

    assert said(google)[-1].endswith("LOGOUT")


def test_one_address_has_one_connection(google, watch):
    """Opening again gives the earlier one up, of which nothing more is heard."""
    opened(google, watch)
    opened(google, watch)

    google.deliver(ALICE, b"Subject: hello\r\n\r\n")

    assert heard(google, watch) == [WakeUp(ALICE, Why.CHANGED)]
    assert heard_at_once(google, watch) == []


def test_a_mailbox_that_is_dropped_is_not_heard_of_again(google, watch):
    """Not even when mail arrives in the same moment; others go on."""
    google.add_account(BOB)
    opened(google, watch)
    opened(google, watch, BOB)

    watch.drop(ALICE)
    for address in (ALICE, BOB):
        google.deliver(address, b"Subject: hello\r\n\r\n")

    assert watch.watched == {BOB}
    assert heard(google, watch) == [WakeUp(BOB, Why.CHANGED)]
