"""What to fetch next from a folder, and how far its cursor may move.

A cursor says that every message up to its UID is dealt with. Gmail may leave out messages that exist, of a FETCH or
of a SEARCH, and name them the next time; so a cursor never passes a UID that is neither stored nor known to be gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from gmailsync.model.folder import Cursor, FolderState

MAX_MESSAGES = 500
"""Messages per FETCH: as many as one command names, so that a round trip counts for little and a commit is short."""
MAX_BYTES = 8 * 1024 * 1024
"""Octets per FETCH, held in memory at once; a message larger than this comes alone."""


def plan(cursor: Cursor | None, folder: FolderState) -> Cursor:
    """Return where to start reading: where the cursor is, or the beginning.

    The beginning after a change of UIDVALIDITY, whatever its direction, because UIDs then mean other messages
    (RFC 3501 section 2.3.1.1); what is stored already is known by its Gmail message id.
    """
    if cursor is not None and cursor.uidvalidity == folder.uidvalidity:
        return cursor
    return Cursor(folder.name, folder.uidvalidity, last_uid=0)


def batches(sizes: Mapping[int, int], max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> list[list[int]]:
    """Cut {UID: octets} into lists of UIDs to fetch together, all in ascending order and none empty."""
    cut: list[list[int]] = []
    octets = 0
    for uid, size in sorted(sizes.items()):
        if not cut or len(cut[-1]) >= max_messages or octets + size > max_bytes:
            cut.append([])
            octets = 0
        cut[-1].append(uid)
        octets += size
    return cut


def passed(last_uid: int, asked: Iterable[int], stored: Collection[int], gone: Collection[int]) -> int:
    """Return the UID up to which everything is dealt with.

    `asked` are the UIDs above `last_uid` that the folder is known to hold, `stored` those now stored or knowingly
    left out, `gone` those confirmed to be gone by another question than the FETCH that omitted them.
    """
    for uid in sorted(asked):
        if uid not in stored and uid not in gone:
            break
        last_uid = max(last_uid, uid)
    return last_uid
