"""Later looks at a folder: what changed, what has gone, and what an earlier answer left out."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gmailsync.errors import ConnectionLost, ImapError
from gmailsync.flows.pull import Pulled, pull
from gmailsync.model.folder import Outcome
from gmailsync.model.mailbox import ALL_MAIL

DAY = datetime(2026, 1, 15, tzinfo=UTC)


def message(number):
    return f"Message-ID: <{number}@example.com>\r\nSubject: {number}\r\n\r\nbody {number}\r\n".encode()


@pytest.fixture
def read(ports, gmail, mailbox, profile):
    """Deliver five messages, and have them read."""
    for number in range(1, 6):
        gmail.deliver(message(number))
    assert pull(ports, mailbox, profile) == Pulled(new=5)
    gmail.fetched.clear()
    return gmail


def placements(store, mailbox):
    with store.begin() as tx:
        cursor = tx.folders.cursor(mailbox.id, "INBOX")
        return tx.folders.placements(mailbox.id, cursor, range(1, 100))


def emails(store, mailbox):
    with store.begin() as tx:
        return {email.headers.subject: email for email in tx.emails.select(mailbox.id)}


def test_nothing_is_asked_of_a_folder_that_is_as_it_was(ports, read, mailbox, profile):
    """Opening it is all."""
    read.troubles = {step: [ConnectionLost("asked")] for step in ("listing", "uids", "changes", "fetch")}

    assert pull(ports, mailbox, profile) == Pulled()


def test_flags_and_labels_follow(ports, store, read, mailbox, profile):
    """By the changes since the mark; no message is fetched again."""
    read.change(2, flags=("\\Seen",), labels=("Work",))

    assert pull(ports, mailbox, profile) == Pulled()
    assert placements(store, mailbox)[2].flags == ("\\Seen",)
    assert emails(store, mailbox)["2"].labels == ("Work",)
    assert read.fetched == []


@pytest.mark.parametrize("modseq", [None, 1])
def test_flags_follow_where_changes_are_not_counted_any_more(ports, store, clock, read, mailbox, profile, modseq):
    """A count that fell or vanished: all are asked for, in the first sync of an hour at the latest."""
    read.change(2, flags=("\\Seen",))
    read.modseq = modseq
    clock.time += timedelta(hours=1)

    pull(ports, mailbox, profile)

    assert placements(store, mailbox)[2].flags == ("\\Seen",)


def test_flags_and_labels_that_a_listing_of_all_left_out_follow(ports, store, read, mailbox, profile):
    """The count of changes fell, and FETCH left the message out: that look tells of nothing, and settles nothing."""
    read.change(2, flags=("\\Seen",), labels=("Work",))
    read.modseq, read.terse = 1, {2}
    pull(ports, mailbox, profile)
    untold = placements(store, mailbox)[2].flags, emails(store, mailbox)["2"].labels
    read.terse = set()

    pull(ports, mailbox, profile)

    assert untold == ((), ("\\Inbox",))
    assert (placements(store, mailbox)[2].flags, emails(store, mailbox)["2"].labels) == (("\\Seen",), ("Work",))
    assert read.fetched == []


def test_a_message_of_the_ledger_that_was_stored_another_way_leaves_it(ports, store, read, mailbox, profile):
    """Its UID was all that was told, so that nobody knew; with its place it is known when it has gone."""
    read.renumber(7)
    read.terse, read.hidden = {2}, {2: math.inf}
    failed = pull(ports, mailbox, profile)
    read.terse = set()
    read.change(2, labels=("Work",))
    told = pull(ports, mailbox, profile)
    place, labels = placements(store, mailbox)[2], emails(store, mailbox)["2"].labels
    read.expunge(2)
    pull(ports, mailbox, profile)

    assert [error.code for error in failed.errors] == ["message.failed"]
    assert (told, place.outcome, place.failure_id, labels) == (Pulled(), Outcome.STORED, None, ("Work",))
    assert emails(store, mailbox)["2"].labels == ()
    with store.begin() as tx:
        assert tx.failures.select(mailbox.id) == []


def test_flags_of_all_are_not_asked_for_in_each_look(ports, clock, read, mailbox, profile):
    """A server that counts no changes is asked once an hour, however often one looks."""
    read.modseq = None
    pull(ports, mailbox, profile)
    synced = replace(mailbox, last_success=clock.now())
    read.troubles = {"listing": [ConnectionLost("asked")]}

    assert pull(ports, synced, profile) == Pulled()


def test_what_is_gone_loses_its_place_and_its_labels_and_stays_stored(ports, store, read, mailbox, profile):
    """Two different questions say so."""
    read.expunge(2)

    assert pull(ports, mailbox, profile) == Pulled()
    assert sorted(placements(store, mailbox)) == [1, 3, 4, 5]
    assert emails(store, mailbox)["2"].labels == ()


def test_one_that_went_and_one_that_came_are_both_seen(ports, store, read, mailbox, profile):
    """The number of messages is the same, the messages are not."""
    read.expunge(2)
    read.deliver(message(6))

    assert pull(ports, mailbox, profile) == Pulled(new=1)
    assert sorted(placements(store, mailbox)) == [1, 3, 4, 5, 6]


def test_a_message_that_moved_away_and_back_is_one_email(ports, store, read, mailbox, profile):
    """It has another UID, and Gmail's id tells; its bytes are not fetched again."""
    moved = read.inbox[2]
    read.expunge(2)
    pull(ports, mailbox, profile)
    read.deliver(moved.raw, gmail_message_id=moved.gmail_message_id)

    assert pull(ports, mailbox, profile) == Pulled(known=1)
    assert placements(store, mailbox)[6].email_id == emails(store, mailbox)["2"].id
    assert emails(store, mailbox)["2"].labels == ("\\Inbox",)
    assert read.fetched == []


def test_a_message_that_a_listing_left_out_is_read_when_the_count_tells(ports, store, gmail, mailbox, profile):
    """Neither SEARCH nor FETCH named it at first; EXISTS did."""
    for number in range(1, 6):
        gmail.deliver(message(number))
    gmail.unlisted = {3}

    assert pull(ports, mailbox, profile) == Pulled(new=5)
    assert placements(store, mailbox)[3].outcome is Outcome.STORED


def test_the_newest_message_is_read_though_a_listing_left_it_out(ports, store, read, mailbox, profile):
    """As any other."""
    read.deliver(message(6))
    read.unlisted = {6}

    assert pull(ports, mailbox, profile) == Pulled(new=1)
    assert placements(store, mailbox)[6].outcome is Outcome.STORED


def test_a_new_message_left_out_does_not_make_up_for_one_that_went(ports, store, read, mailbox, profile):
    """The number is right, but a UID between two others is nobody's."""
    read.expunge(2)
    read.deliver(message(6))
    read.deliver(message(7))
    read.unlisted = {6}

    assert pull(ports, mailbox, profile) == Pulled(new=2)
    assert sorted(placements(store, mailbox)) == [1, 3, 4, 5, 6, 7]


def test_messages_a_server_does_not_name_are_not_taken_for_gone(ports, store, read, mailbox, profile):
    """As long as it counts them."""
    hidden = read.inbox.pop(3)
    read.deliver(message(6))
    read.uncounted = -2

    pulled = pull(ports, mailbox, profile)
    read.inbox[3] = hidden
    read.uncounted = 0

    assert (pulled.new, [error.code for error in pulled.errors]) == (1, ["imap.refused"])
    assert sorted(placements(store, mailbox)) == [1, 2, 3, 4, 5, 6]
    assert pull(ports, mailbox, profile) == Pulled()


def test_mail_that_the_owner_deletes_between_two_questions_is_no_trouble(ports, store, read, mailbox, profile):
    """The folder is opened once more, and the count fits."""
    read.deliver(message(6))
    read.after_fetch = lambda: read.inbox.pop(3, None)

    assert pull(ports, mailbox, profile) == Pulled(new=1)


def test_a_first_sync_begins_with_the_newest_and_new_mail_comes_before_the_rest(ports, store, gmail, mailbox, profile):
    """It broke off in the middle; meanwhile a message arrived."""
    for number in range(1, 7):
        gmail.deliver(message(number))
    gmail.troubles["fetch"] = [None, ConnectionLost("gone")]

    broken = pull(ports, mailbox, profile, max_messages=2)
    gmail.deliver(message(7))
    whole = pull(ports, mailbox, profile, max_messages=2)

    assert (broken.new, whole.new) == (2, 5)
    assert gmail.fetched == [[5, 6], [7], [3, 4], [1, 2]]


def test_another_uidvalidity_fetches_only_what_is_unknown(ports, store, read, mailbox, profile):
    """Known by Gmail's ids, and counted as known; former places are forgotten in the end."""
    read.deliver(message(6))
    read.renumber(9)

    assert pull(ports, mailbox, profile) == Pulled(new=1, known=5)
    assert read.fetched == [[6]]
    assert sorted(placements(store, mailbox)) == [1, 2, 3, 4, 5, 6]


def test_places_are_kept_until_those_under_another_uidvalidity_are_complete(ports, store, read, mailbox, profile):
    """It died in the middle, and the numbers went back: all is as it was."""
    before = placements(store, mailbox)
    read.deliver(message(6))
    inbox, uidnext = dict(read.inbox), read.uidnext
    read.renumber(9)
    read.troubles["fetch"] = [ConnectionLost("gone")]
    pull(ports, mailbox, profile)

    read.uidvalidity, read.inbox, read.uidnext = 1, inbox, uidnext

    assert pull(ports, mailbox, profile) == Pulled(new=1)
    assert {uid: place for uid, place in placements(store, mailbox).items() if uid < 6} == before
    assert read.fetched == [[6]]


@pytest.mark.parametrize("terse", [set(), {1, 2, 3}])
def test_what_arrived_before_the_start_date_is_left_alone(ports, store, gmail, mailbox, profile, terse):
    """Told by the listing or only with the message itself; a date that cannot be read does not lose the message."""
    for number, days in ((1, 5), (2, -5), (3, None)):
        arrived = datetime(1970, 1, 1, tzinfo=UTC) if days is None else DAY + timedelta(days=days)
        gmail.deliver(message(number), arrived=arrived)
    gmail.terse = terse

    pulled = pull(ports, replace(mailbox, read_from=DAY), profile)

    assert pulled == Pulled(new=2)
    assert sorted(emails(store, mailbox)) == ["1", "3"]


def test_the_later_of_two_start_dates_counts(ports, gmail, mailbox, profile):
    """The profile's and the mailbox's."""
    for days in (-5, 5, 15):
        gmail.deliver(message(days), arrived=DAY + timedelta(days=days))
    later = replace(profile, read_from=DAY + timedelta(days=10))

    assert pull(ports, replace(mailbox, read_from=DAY), later) == Pulled(new=1)


@pytest.mark.parametrize("moved", [None, DAY - timedelta(days=30)])
def test_an_earlier_start_date_brings_what_was_left_alone(ports, gmail, mailbox, profile, moved):
    """And fetches nothing twice."""
    for days in (-5, 5):
        gmail.deliver(message(days), arrived=DAY + timedelta(days=days))
    pull(ports, replace(mailbox, read_from=DAY), profile)

    assert pull(ports, replace(mailbox, read_from=moved), profile) == Pulled(new=1)
    assert gmail.fetched == [[2], [1]]


@pytest.mark.parametrize("terse", [set(), {1, 2}])
def test_all_mail_brings_only_what_has_a_label(ports, store, gmail, mailbox, profile, terse):
    """Told by the listing or only with the message itself; the others have a place, and are read with the label."""
    chosen = replace(mailbox, folders=(ALL_MAIL,), labels=("work",))
    for number in (1, 2):
        gmail.deliver(message(number))
    gmail.change(2, labels=("Work",))
    gmail.terse = terse

    first = pull(ports, chosen, profile)
    gmail.terse = set()
    gmail.change(1, labels=("Work",))
    second = pull(ports, chosen, profile)

    assert (first, second) == (Pulled(new=1), Pulled(new=1))
    assert pull(ports, chosen, profile) == Pulled()


def test_a_folder_that_cannot_be_read_does_not_harm_the_others(ports, gmail, mailbox, profile):
    """Whatever the order; each is told."""
    gmail.deliver(message(1))
    gmail.missing = {"Work", "Play"}

    pulled = pull(ports, replace(mailbox, folders=("Work", "INBOX", "Play")), profile)

    assert pulled.new == 1
    assert [error.code for error in pulled.errors] == ["imap.folder-missing"] * 2


def test_a_label_that_came_and_was_not_told_is_asked_for(ports, gmail, mailbox, profile):
    """The answer about changes names the message without its labels, and no later one will name it."""
    chosen = replace(mailbox, folders=(ALL_MAIL,), labels=("work",))
    gmail.deliver(message(1))
    refused = pull(ports, chosen, profile)
    gmail.change(1, labels=("Work",))
    gmail.terse = {1}

    assert (refused, pull(ports, chosen, profile)) == (Pulled(), Pulled(new=1))
    assert pull(ports, chosen, profile) == Pulled()


def test_a_label_that_comes_after_a_look_at_the_inbox_failed_is_seen(ports, gmail, mailbox, profile):
    """All Mail has refused the message, the Inbox brings it later, and then it has the label: one email, in both."""
    chosen = replace(mailbox, folders=("INBOX", ALL_MAIL), labels=("work",))
    gmail.deliver(message(1))
    gmail.troubles["open_folder"] = [ImapError("not now")]
    pull(ports, chosen, profile)
    later = pull(ports, chosen, profile)
    gmail.change(1, labels=("Work",))

    assert (later, pull(ports, chosen, profile)) == (Pulled(new=1), Pulled(known=1))
    assert pull(ports, chosen, profile) == Pulled()
