"""Hard cases of UIDVALIDITY: it changes in the middle of a repair, makes no sense, or our own memory is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from gmailsync.flows.pull import Pulled

NUMBERS = range(1, 41)
MANY, SOME = range(1, 5_001), 2_000


class Died(BaseException):
    """Stands for the end of the process: nothing catches it, and only what is committed stays."""


class DyingAfter:
    """Shows no progress, and dies once so many messages are stored."""

    def __init__(self, messages):
        self._left = messages

    def start(self, label, total):
        """Begin to count."""

    def advance(self, done=1):
        self._left -= done
        if self._left <= 0:
            raise Died


@pytest.fixture
def read(life):
    """Have forty messages read."""
    life.deliver(*NUMBERS)
    assert life.pull().new == len(NUMBERS)
    return life


def bodies(life):
    return len(life.heard("BODY.PEEK[]"))


def test_hard_case_01_uidvalidity_changes_in_the_middle_of_a_repair(read):
    """It changes, the line breaks in the middle, it changes again: nothing is lost, doubled or fetched again."""
    before = bodies(read)
    stored = {subject: email.id for subject, email in read.emails().items()}
    for told in (7, 9):
        read.google.faults.add("imap", "EXAMINE", f"uidvalidity={told}", times=1, name=f"told {told}")
    read.google.faults.add("imap", "FETCH", "close", times=1)

    broken = read.pull(max_messages=10)
    repaired = read.pull(max_messages=10)

    assert broken.errors
    assert repaired == Pulled(known=len(NUMBERS))
    assert {subject: email.id for subject, email in read.emails().items()} == stored
    assert read.cursor().uidvalidity == 9
    assert len(read.places()) == len(NUMBERS)
    assert bodies(read) == before


def test_hard_case_01_what_changes_before_a_uidvalidity_comes_back_is_seen(read):
    """We die in the middle of another one; where messages lay before that says nothing of what they are now."""
    read.google.faults.add("imap", "EXAMINE", "uidvalidity=7", times=1)
    with pytest.raises(Died):
        read.pull(max_messages=10, progress=DyingAfter(10))
    for message in read.mail.messages():
        read.mail.add_labels(message.gm_msgid, ["Work"])

    repaired = read.pull(max_messages=10)

    assert repaired == Pulled(known=len(NUMBERS))
    assert {frozenset(email.labels) for email in read.emails().values()} == {frozenset({"\\Inbox", "Work"})}


@pytest.mark.slow
def test_hard_case_01_with_five_thousand_messages(life):
    """It changes, we die after two thousand are in their new places, it changes again: the same holds of them all."""
    life.deliver(*MANY)
    first = life.pull()
    before, stored = bodies(life), life.emails()
    inbox = life.mail.folder("INBOX")

    inbox.uidvalidity += 7
    with pytest.raises(Died):
        life.pull(progress=DyingAfter(SOME))
    died_at = life.cursor(), len(life.places())
    inbox.uidvalidity += 2
    repaired, again = life.pull(), life.pull()

    assert (first, repaired, again) == (Pulled(new=len(MANY)), Pulled(known=len(MANY)), Pulled())
    assert died_at[0].uidvalidity == inbox.uidvalidity - 2
    assert died_at[1] == SOME
    assert {subject: email.id for subject, email in life.emails().items()} == {
        subject: email.id for subject, email in stored.items()
    }
    assert (life.cursor().uidvalidity, len(life.places())) == (inbox.uidvalidity, len(MANY))
    assert bodies(life) == before


def test_hard_case_01_a_message_of_the_ledger_that_was_read_under_another_uidvalidity_gets_its_labels(life):
    """It was withheld, came while the folder had another UIDVALIDITY for once, and lost a label until it came again."""
    message = life.deliver(1)[1]
    life.google.faults.add("imap", "FETCH", "omit=2", times=3)
    withheld = life.pull()
    life.mail.set_flags(message.gm_msgid, {"\\Flagged"})
    life.google.faults.add("imap", "EXAMINE", "uidvalidity=+1", times=1)
    life.google.faults.add("imap", "SEARCH", "answer=NO [UNAVAILABLE] Temporary System Error", times=1, skip=1)
    broken_off = life.pull()
    starred = life.emails()["1"].labels
    life.mail.set_flags(message.gm_msgid, set())
    life.google.clock.advance(timedelta(days=1))

    again = life.pull()

    assert (withheld.errors == (), broken_off.new, again.errors) == (False, 1, ())
    assert ("\\Starred" in starred, life.emails()["1"].labels) == (True, ("\\Inbox",))


@pytest.mark.parametrize("told", ["-1", "0", "none"])
def test_hard_case_02_nonsense_uidvalidity(read, told):
    """Lower, nothing or missing: never taken as unchanged, never a reason to wipe; the true one finds all in place."""
    before, places = bodies(read), read.places()
    number = read.cursor().uidvalidity
    if told == "-1":
        told = str(number + 5)
    read.google.faults.add("imap", "EXAMINE", f"uidvalidity={told}", times=1)

    odd = read.pull()
    again = read.pull()

    assert odd.new == 0
    assert again.errors == ()
    assert again.new == 0
    assert len(read.emails()) == len(NUMBERS)
    assert read.places() == places
    assert read.cursor().uidvalidity == number
    assert bodies(read) == before


def test_hard_case_02_missing_in_examine_and_present_in_status(read):
    """STATUS is asked, and nothing has changed."""
    read.google.faults.add("imap", "EXAMINE", "uidvalidity=none", times=1)

    assert read.pull() == Pulled()
    assert read.heard("STATUS")


@pytest.mark.parametrize("number", [3, 8, 12])
def test_hard_case_02_an_account_that_was_made_anew_has_the_same_uidvalidity(life, number):
    """Its UIDs are other messages, as Gmail's ids tell: all are stored, later ones, too, and the old ones stay."""
    life.deliver(*range(1, 9))
    life.pull()
    inbox = life.mail.folder("INBOX")
    with life.google.world.lock:
        for message in list(life.mail.messages()):
            life.mail.delete(message.gm_msgid)
        inbox.departures.clear()
        inbox.uidnext = inbox.unclaimed = 2
    life.deliver(*range(21, 21 + number))
    first = life.pull()
    life.deliver(50)
    second = life.pull()

    assert (first, second) == (Pulled(new=number), Pulled(new=1))
    assert len(life.emails()) == 8 + number + 1
    assert {uid: life.places()[uid] for uid in inbox.uids} == {
        uid: str(name) for uid, name in zip(inbox.uids, [*range(21, 21 + number), 50], strict=True)
    }


def test_hard_case_03_local_state_is_lost(read):
    """Cursor and places are gone, emails are there: none is new, none doubled, no body is fetched."""
    before = bodies(read)
    with read.app.ports.store.begin() as tx:
        tx.folders._connection.execute(text("DELETE FROM folders"))

    assert read.pull() == Pulled(known=len(NUMBERS))
    assert len(read.emails()) == len(NUMBERS)
    assert bodies(read) == before
