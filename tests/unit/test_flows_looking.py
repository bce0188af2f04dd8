"""Later looks at a folder: what changed, what has gone, and what an earlier answer left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import ConnectionLost
from gmailsync.flows.pull import Pulled, pull
from gmailsync.model.folder import Outcome


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


def test_messages_a_server_does_not_name_are_not_taken_for_gone(ports, store, read, mailbox, profile):
    """As long as it counts them."""
    hidden = read.inbox.pop(3)
    read.deliver(message(6))
    read.uncounted = -1

    pulled = pull(ports, mailbox, profile)
    read.inbox[3] = hidden
    read.uncounted = 0

    assert pulled == Pulled(new=1)
    assert sorted(placements(store, mailbox)) == [1, 2, 3, 4, 5, 6]
    assert pull(ports, mailbox, profile) == Pulled()


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
