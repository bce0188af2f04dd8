from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gmailsync.model.folder import Cursor, FolderState
from gmailsync.rules.cursor import (
    MAX_BYTES,
    MAX_MESSAGES,
    Flags,
    batches,
    begin,
    complete,
    flags_question,
    full_look_due,
    read_from,
    unchanged,
)

uids = st.integers(1, 2**32 - 1)
sizes = st.dictionaries(uids, st.integers(0, 2 * MAX_BYTES) | st.integers(0, 3000))


SINCE = datetime(2026, 1, 2, tzinfo=UTC)
LATER = SINCE + timedelta(days=30)


def folder(uidvalidity: int, modseq: int | None = None) -> FolderState:
    """Give an INBOX."""
    return FolderState("INBOX", uidvalidity, uidnext=100, exists=10, modseq=modseq)


# --- Where to start --------------------------------------------------------------------------


@pytest.mark.parametrize("cursor", [None, Cursor("INBOX", 6, 42), Cursor("INBOX", 8, 42, 7, SINCE, 5, 43, 40)])
def test_all_is_read_from_the_newest_on_at_first_and_under_another_uidvalidity(cursor: Cursor | None) -> None:
    """A higher and a lower one alike mean that UIDs name other messages."""
    assert begin(cursor, folder(7), None) == Cursor("INBOX", 7, 99, backlog_uid=99)


def test_a_cursor_stays_under_the_same_uidvalidity() -> None:
    """Reading goes on where it stands."""
    cursor = Cursor("INBOX", 7, 42, 12, SINCE)

    assert begin(cursor, folder(7), SINCE) == cursor


def test_a_server_that_does_not_say_where_the_newest_mail_is_is_read_from_the_oldest_on() -> None:
    """UIDNEXT may be missing."""
    assert begin(None, replace(folder(7), uidnext=None), None) == Cursor("INBOX", 7, 0)


@pytest.mark.parametrize("earlier", [None, SINCE - timedelta(seconds=1)])
def test_an_earlier_start_date_opens_the_backlog_again(earlier: datetime | None) -> None:
    """What came before the old one is still to be read; a later one leaves the cursor where it is."""
    cursor = Cursor("INBOX", 7, 42, 0, SINCE, 5, 43, 40)

    opened = begin(cursor, folder(7), earlier)
    narrowed = begin(cursor, folder(7), SINCE + timedelta(days=1))

    assert opened == Cursor("INBOX", 7, 42, 42, earlier)
    assert (narrowed.last_uid, narrowed.backlog_uid) == (42, 0)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [([None, None], None), ([SINCE, None], SINCE), ([None, SINCE], SINCE), ([LATER, SINCE], LATER)],
)
def test_the_later_start_date_counts(starts: list[datetime | None], expected: datetime | None) -> None:
    """The profile's and the mailbox's."""
    assert read_from(*starts) == expected


# --- Whether to look closer ------------------------------------------------------------------


def test_a_folder_is_unchanged_after_a_complete_look_only() -> None:
    """Every number must be the one told then; a UIDVALIDITY that fell is as different as one that rose."""
    seen = complete(Cursor("INBOX", 7, 42), folder(7, modseq=5))

    assert unchanged(seen, folder(7, modseq=5), None)
    for other in (folder(6, modseq=5), folder(8, modseq=5), folder(7, modseq=4), folder(7, modseq=None)):
        assert not unchanged(seen, other, None)
    assert not unchanged(seen, replace(folder(7, modseq=5), exists=9), None)
    assert not unchanged(seen, replace(folder(7, modseq=5), uidnext=101), None)
    assert not unchanged(seen, folder(7, modseq=5), SINCE)
    assert not unchanged(replace(seen, backlog_uid=3), folder(7, modseq=5), None)
    assert not unchanged(Cursor("INBOX", 7, 99), folder(7), None)
    assert not unchanged(None, folder(7), None)


@pytest.mark.parametrize(
    ("marked", "told", "due", "question"),
    [
        (5, 5, True, Flags.NOTHING_NEW),
        (5, 6, False, Flags.CHANGES),
        (5, 4, False, Flags.ALL),
        (None, 6, False, Flags.ALL),
        (5, None, False, Flags.NOTHING_NEW),
        (5, None, True, Flags.ALL),
        (None, None, False, Flags.NOTHING_NEW),
    ],
)
def test_how_flags_are_asked_for(marked: int | None, told: int | None, due: bool, question: Flags) -> None:
    """By the changes since the mark where there is one, else for all, and not in each look."""
    cursor = replace(complete(Cursor("INBOX", 7, 42), folder(7)), modseq=marked)

    assert flags_question(cursor, folder(7, modseq=told), due=due) is question


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_all_flags_are_asked_for_at_most_once_an_hour(last: datetime, later: timedelta) -> None:
    """After two hours at the latest, and never twice in one."""
    assume(last < datetime(9000, 1, 1, tzinfo=UTC))
    now = last + later

    due = full_look_due(last, now)

    assert due or later < timedelta(hours=1)
    assert not due or last.replace(minute=0, second=0, microsecond=0) < now.replace(minute=0, second=0, microsecond=0)


def test_a_success_in_the_future_puts_no_look_at_all_flags_off() -> None:
    """A clock that was wrong wrote it down."""
    assert full_look_due(LATER, SINCE)
    assert not full_look_due(SINCE, SINCE)


# --- Batches ---------------------------------------------------------------------------------


@given(sizes, st.integers(1, 300), st.integers(1, MAX_BYTES))
def test_batches_hold_every_message_once_in_order_within_the_limits(
    sizes: dict[int, int], max_messages: int, max_bytes: int
) -> None:
    """Only a message that is too large by itself exceeds a limit, and then it is alone."""
    cut = batches(sizes, max_messages, max_bytes)

    assert [uid for batch in cut for uid in batch] == sorted(sizes)
    assert all(0 < len(batch) <= max_messages for batch in cut)
    assert all(len(batch) == 1 or sum(sizes[uid] for uid in batch) <= max_bytes for batch in cut)


@given(sizes)
def test_no_two_neighbours_would_have_fitted_into_one_batch(sizes: dict[int, int]) -> None:
    """No more round trips than needed, going from the lowest UID up."""
    cut = batches(sizes)

    for batch, following in pairwise(cut):
        octets = sum(sizes[uid] for uid in batch) + sizes[following[0]]
        assert len(batch) == MAX_MESSAGES or octets > MAX_BYTES


@given(sizes, st.integers(1, 300))
def test_newest_first_is_the_same_from_the_other_end(sizes: dict[int, int], max_messages: int) -> None:
    """No batch holds a message that is newer than one of the batch before."""
    cut = batches(sizes, max_messages, newest_first=True)

    assert [uid for batch in cut for uid in batch] == sorted(sizes, reverse=True)
