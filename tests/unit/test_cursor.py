from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.model.folder import Cursor, FolderState
from gmailsync.rules.cursor import MAX_BYTES, MAX_MESSAGES, batches, passed, plan

uids = st.integers(1, 2**32 - 1)
sizes = st.dictionaries(uids, st.integers(0, 2 * MAX_BYTES) | st.integers(0, 3000))


def folder(uidvalidity: int) -> FolderState:
    """Give an INBOX."""
    return FolderState("INBOX", uidvalidity, uidnext=100, exists=10)


# --- Where to start --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cursor", "start"),
    [
        (None, Cursor("INBOX", 7, 0)),
        (Cursor("INBOX", 7, 42), Cursor("INBOX", 7, 42)),
        (Cursor("INBOX", 6, 42), Cursor("INBOX", 7, 0)),
        (Cursor("INBOX", 8, 42), Cursor("INBOX", 7, 0)),
    ],
)
def test_reading_goes_on_only_under_the_same_uidvalidity(cursor: Cursor | None, start: Cursor) -> None:
    """A higher and a lower one alike mean that UIDs name other messages."""
    assert plan(cursor, folder(7)) == start


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


# --- How far the cursor may move -------------------------------------------------------------


@given(uids, st.sets(uids), st.sets(uids), st.sets(uids))
def test_the_cursor_never_passes_what_is_not_dealt_with(
    last_uid: int, asked: set[int], stored: set[int], gone: set[int]
) -> None:
    """And never goes back."""
    reached = passed(last_uid, asked, stored, gone)

    assert reached >= last_uid
    assert all(uid in stored | gone for uid in asked if last_uid < uid <= reached)


@given(uids, st.sets(uids))
def test_the_cursor_passes_all_when_all_is_dealt_with(last_uid: int, asked: set[int]) -> None:
    """A trailing gap of messages that are gone does not hold it up."""
    assert passed(last_uid, asked, stored=set(), gone=asked) == max(asked | {last_uid})


@given(
    living=st.sets(st.integers(1, 60)),
    looks=st.lists(st.tuples(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60))), max_size=12),
    max_messages=st.integers(1, 10),
)
def test_no_message_is_missed_by_a_reader_whose_server_omits_some(
    living: AbstractSet[int], looks: list[tuple[set[int], set[int]]], max_messages: int
) -> None:
    """In each look FETCH omits some messages and others are expunged; in the end every survivor is stored.

    What the listing names and FETCH omits is gone only if another question says so; otherwise it holds the cursor.
    """
    stored: set[int] = set()
    last_uid = 0

    for omitted, expunged in [*looks, (set(), set())]:
        listed = {uid: 100 for uid in living if uid > last_uid}
        living = living - expunged
        for batch in batches(listed, max_messages):
            stored |= {uid for uid in batch if uid in living and uid not in omitted}
            last_uid = passed(last_uid, batch, stored, gone={uid for uid in batch if uid not in living})
            if last_uid < batch[-1]:
                break

    assert living <= stored
