"""What to fetch next from a folder, and how far its cursor may move.

A cursor says that every message up to its UID is dealt with. Gmail may leave out messages that exist, of a FETCH or
of a SEARCH, and name them the next time; so a cursor never passes a UID that is neither stored, nor in the failure
ledger, nor known to be gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import Enum

from gmailsync.model.folder import Cursor, FolderState

MAX_MESSAGES = 500
"""Messages per FETCH: as many as one command names, so that a round trip counts for little and a commit is short."""
MAX_BYTES = 8 * 1024 * 1024
"""Octets per FETCH, held in memory at once; a message larger than this comes alone."""


def begin(cursor: Cursor | None, folder: FolderState, since: datetime | None) -> Cursor:
    """Return from where to read: new mail above it first, then the backlog below, newest first.

    All over again after a change of UIDVALIDITY, whatever its direction, because UIDs then mean other messages
    (RFC 3501 section 2.3.1.1); what is stored already is known by its Gmail message id. A start date that was moved
    to an earlier day opens the backlog again.
    """
    if cursor is None or cursor.uidvalidity != folder.uidvalidity:
        # A server that gives no UIDNEXT does not say where the newest mail is: it is read from the oldest on.
        top = 0 if folder.uidnext is None else folder.uidnext - 1
        return Cursor(folder.name, folder.uidvalidity, top, backlog_uid=top, since=since)
    if cursor.since is not None and (since is None or since < cursor.since):
        return replace(cursor, backlog_uid=cursor.last_uid, since=since, modseq=None, uidnext=None, messages=None)
    return replace(cursor, since=since)


def unchanged(cursor: Cursor | None, folder: FolderState, since: datetime | None) -> bool:
    """Tell whether the folder is as it was when all of it was last looked at.

    Without a modification sequence nothing is known of flags, and the rest is as it was.
    """
    if cursor is None or cursor.backlog_uid:
        return False
    seen = (cursor.uidvalidity, cursor.uidnext, cursor.messages, cursor.modseq, cursor.since)
    return seen == (folder.uidvalidity, folder.uidnext, folder.exists, folder.modseq, since) and (
        folder.uidnext is not None
    )


class Flags(Enum):
    """How to learn what became of flags and labels."""

    NOTHING_NEW = "nothing new"
    CHANGES = "changes since the mark"
    ALL = "all of them"


def flags_question(cursor: Cursor, folder: FolderState, *, due: bool) -> Flags:
    """Return what to ask about flags and labels, when the mark of the last complete look is in `cursor`.

    A server that counts changes is asked for those (RFC 7162). One whose count fell, or appears for the first time,
    is asked for everything once, and one that has none when it is `due`. So is one that no look has read to the end
    yet: what the looks before read may have changed since. And so is one whose UIDNEXT fell, which it never does (RFC
    3501 section 2.3.1.1) unless the folder is another.
    """
    if cursor.messages is None or (cursor.uidnext or 0) > (folder.uidnext or cursor.uidnext or 0):
        return Flags.ALL
    if folder.modseq is None:
        return Flags.ALL if due else Flags.NOTHING_NEW
    if cursor.modseq is None or folder.modseq < cursor.modseq:
        return Flags.ALL
    return Flags.CHANGES if folder.modseq > cursor.modseq else Flags.NOTHING_NEW


def may_differ(before: Cursor | None, folder: FolderState, placed: int, fresh: int, *, bounded: bool) -> bool:
    """Tell whether the server's count leaves room for messages that have gone, or that no answer named.

    `placed` are those with a place, `fresh` those of them whose UIDs came since the cursor `before`. With a start date
    (`bounded`) not all have one, and only the count before says something: it differs, or it is the same although mail
    arrived.
    """
    if not bounded:
        return placed != folder.exists or _may_make_up(before, folder, fresh)
    if before is None or before.messages is None:
        return before is not None
    return (before.messages, before.uidnext) != (folder.exists, folder.uidnext)


def _may_make_up(before: Cursor | None, folder: FolderState, fresh: int) -> bool:
    """Tell whether new messages that no answer named may make up in number for old ones that have gone.

    They cannot where each new UID is that of a message with a place; nor in a first look, which knows no old ones; nor
    in a folder that never had a message.
    """
    if before is None or folder.uidnext == 1:
        return False
    if before.uidvalidity != folder.uidvalidity or before.uidnext is None or folder.uidnext is None:
        return True
    return fresh < folder.uidnext - before.uidnext


def full_look_due(last_success: datetime | None, now: datetime) -> bool:
    """Tell whether flags may be asked for all messages at once: in the first sync of an hour.

    A success in the future is the doing of a clock that was wrong, and holds nothing back.
    """
    return last_success is None or not now.replace(minute=0, second=0, microsecond=0) <= last_success <= now


def complete(cursor: Cursor, folder: FolderState) -> Cursor:
    """Return the cursor after a look that left nothing open.

    The marks are those told when the folder was opened, before any question: what came in between is new next time.
    """
    last_uid = cursor.last_uid if folder.uidnext is None else max(cursor.last_uid, folder.uidnext - 1)
    return replace(
        cursor, last_uid=last_uid, backlog_uid=0, modseq=folder.modseq, uidnext=folder.uidnext, messages=folder.exists
    )


def read_from(*starts: datetime | None) -> datetime | None:
    """Return the later of the start dates; None when there is none."""
    return max((start for start in starts if start is not None), default=None)


def batches(
    sizes: Mapping[int, int],
    max_messages: int = MAX_MESSAGES,
    max_bytes: int = MAX_BYTES,
    *,
    newest_first: bool = False,
) -> list[list[int]]:
    """Cut {UID: octets} into lists of UIDs to fetch together, none empty, from the oldest or the newest on."""
    cut: list[list[int]] = []
    octets = 0
    for uid, size in sorted(sizes.items(), reverse=newest_first):
        if not cut or len(cut[-1]) >= max_messages or octets + size > max_bytes:
            cut.append([])
            octets = 0
        cut[-1].append(uid)
        octets += size
    return cut
