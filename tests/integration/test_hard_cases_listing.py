"""Hard cases of listings: answers that leave out, repeat, shift or mix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmailsync.flows.audit import audit
from gmailsync.flows.pull import Pulled


@pytest.mark.parametrize("command", ["FETCH", "SEARCH"])
def test_hard_case_06_the_server_omits_living_uids(life, command):
    """One question leaves some out: they are stored all the same, and none is taken for gone."""
    life.deliver(*range(1, 9))
    life.google.faults.add("imap", command, "omit=3,7", times=1)

    first = life.pull()
    life.google.faults.add("imap", command, "omit=2,5", times=1, name="again", optional=True)
    life.mail.expunge(life.mail.folder("INBOX"), 9)
    life.deliver(9)
    second = life.pull()

    assert (first.new, second.new) == (8, 1)
    assert life.places() == {2: "1", 3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "7", 10: "9"}


def test_hard_case_06_the_same_uid_is_always_omitted(life):
    """Listed and never handed over: it is in the failure ledger, the others are stored, and it is told."""
    life.deliver(*range(1, 7))
    life.google.faults.add("imap", "FETCH", "omit=3")

    first, second = life.pull(), life.pull()

    assert first.new == 5
    assert "UID 3" in second.errors[0].message
    assert life.places()[3] == "failed"
    assert life.cursor().backlog_uid == 0


def test_hard_case_06_a_uid_that_no_question_names_is_missed_and_told(life):
    """EXISTS counts it: the folder is looked at again until it is stored, and never counts as complete before."""
    life.deliver(*range(1, 7))
    for command in ("FETCH", "SEARCH"):
        life.google.faults.add("imap", command, "omit=4", name=command)

    first, second = life.pull(), life.pull()
    for command in ("FETCH", "SEARCH"):
        life.google.faults.remove(command)
    third = life.pull()

    assert (first.new, second.new, third) == (5, 0, Pulled(new=1))
    assert [error.code for error in (*first.errors, *second.errors)] == ["imap.refused"] * 2
    assert len(life.places()) == 6


def test_hard_case_06_a_real_trailing_gap_moves_the_cursor_once(life):
    """4,000 UIDs retired: nothing is told, and the next look asks for nothing."""
    numbers = life.deliver(*range(1, 4))
    life.pull()
    inbox = life.mail.folder("INBOX")
    with life.google.world.lock:
        for _ in range(4_000):
            inbox.discard_uid()
    passed = life.pull()
    searches = len(life.heard("UID SEARCH"))

    assert (passed, life.pull()) == (Pulled(), Pulled())
    assert life.cursor().last_uid >= 4_000 + len(numbers)
    assert len(life.heard("UID SEARCH")) == searches


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("is_moved", [False, True])
def test_hard_case_06_the_oldest_message_of_a_start_date_is_omitted_by_the_search(life, is_moved, times):
    """From it on the listing begins: it is there all the same, in a first look and when the date was moved back.

    Nor does it help to leave it out twice, because what is older is counted, too.
    """
    began = life.google.clock.now()
    life.deliver(*range(1, 5))
    life.google.clock.advance(timedelta(days=3))
    if is_moved:
        life.set(read_from=life.google.clock.now())
        life.pull()
    life.set(read_from=began)
    life.google.faults.add("imap", "SEARCH", "omit=2", times=times)

    pulled = life.pull()

    assert pulled == Pulled(new=4)
    assert life.pull() == Pulled()


def test_hard_case_06_a_withheld_message_comes_when_the_start_date_is_past_it(life):
    """It is not wanted any more: it leaves the failure ledger, and keeps no other message waiting."""
    life.deliver(*range(1, 4))
    life.google.faults.add("imap", "FETCH", "omit=3", name="withheld")
    life.pull()
    life.google.faults.remove("withheld")
    life.google.clock.advance(timedelta(hours=1))
    life.set(read_from=life.google.clock.now())
    life.deliver(4)

    pulled = life.pull()

    with life.app.ports.store.begin() as tx:
        assert tx.failures.select() == []
    assert pulled == Pulled(new=1)
    assert life.places() == {2: "1", 4: "3", 5: "4"}


def test_hard_case_07_unsolicited_and_repeated_fetch_data(life):
    """Each response comes twice and backwards; each message is stored once."""
    life.deliver(*range(1, 6))
    life.google.faults.add("imap", "FETCH", "repeat", times=1)
    life.google.faults.add("imap", "FETCH", "reorder", times=1, name="backwards")

    assert life.pull().new == 5
    assert life.pull() == Pulled()
    assert len(life.places()) == 5


def test_hard_case_09_range_edge_cases(life):
    """An empty mailbox, and `n:*` that names the last message although it is older: no error and nothing twice."""
    empty = life.pull()
    life.deliver(1)
    first = life.pull()
    life.mail.folder("INBOX").discard_uid()

    assert (empty, first, life.pull()) == (Pulled(), Pulled(new=1), Pulled())
    assert len(life.emails()) == 1


@pytest.mark.parametrize("since", [None, datetime(2026, 1, 1, tzinfo=UTC)])
def test_hard_case_09_a_folder_that_never_had_a_message(life, since):
    """Its UIDNEXT is 1, and the range up to there is none: Gmail does not parse `1:0`."""
    life.mail.create_label("New")
    life.set(folders=("New",), read_from=since)

    assert life.pull() == Pulled()
    assert audit(life.app.ports, "alice@contoso.com").ok


def test_an_unchanged_mailbox_costs_six_round_trips(life):
    """TCP, TLS, and four commands."""
    life.deliver(*range(1, 6))
    life.pull()
    before = len(life.google.journal.entries)

    life.pull()

    said = [e.text for e in life.google.journal.entries[before:] if e.channel == "imap" and e.sender == "client"]
    assert [line.split()[1] for line in said] == ["CAPABILITY", "AUTHENTICATE", "EXAMINE", "LOGOUT"]
