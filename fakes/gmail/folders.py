r"""Labels and the folders that show them.

A message lies in Gmail once; each folder but All Mail, Spam and Trash is the view of one label.
System labels are written with a backslash, `\Inbox`; the user's own by their name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from types import MappingProxyType

INBOX = "\\Inbox"
SENT = "\\Sent"
DRAFT = "\\Draft"
STARRED = "\\Starred"
IMPORTANT = "\\Important"
TRASH = "\\Trash"
JUNK = "\\Junk"
"""Spam. IMAP names the folder's role so (RFC 6154)."""


class Role(StrEnum):
    """What a folder is for, by which clients find it whatever its name: special-use (RFC 6154)."""

    ALL = "\\All"
    DRAFTS = "\\Drafts"
    FLAGGED = "\\Flagged"
    IMPORTANT = "\\Important"
    JUNK = "\\Junk"
    SENT = "\\Sent"
    TRASH = "\\Trash"


@dataclass(slots=True, eq=False)
class Folder:
    r"""What IMAP selects: messages under UIDs of the folder's own, in the order in which they came in.

    `label` is what puts a message here, None for All Mail. `marked` holds the UIDs with `\Deleted`,
    the one flag that belongs to a message in a folder. `departures` lists every UID that ever
    left, in order, so that a session can find out what it was not yet told.
    """

    name: str
    uidvalidity: int
    label: str | None = None
    role: Role | None = None
    uidnext: int = 1
    marked: set[int] = field(default_factory=set)
    departures: list[int] = field(default_factory=list)
    _messages: dict[int, int] = field(default_factory=dict, repr=False)
    _uids: dict[int, int] = field(default_factory=dict, repr=False)

    @property
    def uids(self) -> Mapping[int, int]:
        """X-GM-MSGID by UID, UIDs rising; a view, not a copy."""
        return MappingProxyType(self._messages)

    def uid_of(self, gm_msgid: int) -> int | None:
        """Return the UID that a message has here; None when it is not here."""
        return self._uids.get(gm_msgid)

    def since(self, uid: int) -> list[int]:
        """Return the UIDs from `uid` on, rising. Costs only what it returns."""
        newest_first = takewhile(lambda known: known >= uid, reversed(self._messages))
        return list(newest_first)[::-1]

    def enter(self, gm_msgid: int) -> None:
        """Take a message in, under the next UID."""
        self._messages[self.uidnext] = gm_msgid
        self._uids[gm_msgid] = self.uidnext
        self.uidnext += 1

    def leave(self, gm_msgid: int) -> None:
        """Let a message go; its UID is never used again."""
        uid = self._uids.pop(gm_msgid)
        del self._messages[uid]
        self.marked.discard(uid)
        self.departures.append(uid)


PREFIX = "[Gmail]"
"""The parent of the system folders; it cannot be selected."""

FIRST_LABEL_UIDVALIDITY = 12
"""Labels that the user makes count up from here."""


def system_folders() -> list[Folder]:
    """Return the folders of a new account, in English; UIDVALIDITY as newer accounts have it (google.md 3.6)."""
    return [
        Folder("INBOX", 1, INBOX),
        Folder(f"{PREFIX}/All Mail", 11, None, Role.ALL),
        Folder(f"{PREFIX}/Drafts", 6, DRAFT, Role.DRAFTS),
        Folder(f"{PREFIX}/Important", 9, IMPORTANT, Role.IMPORTANT),
        Folder(f"{PREFIX}/Sent Mail", 5, SENT, Role.SENT),
        Folder(f"{PREFIX}/Spam", 3, JUNK, Role.JUNK),
        Folder(f"{PREFIX}/Starred", 4, STARRED, Role.FLAGGED),
        Folder(f"{PREFIX}/Trash", 2, TRASH, Role.TRASH),
    ]


def check_label(name: str) -> None:
    """Raise ValueError when Gmail would not make a label of this name (google.md 3.9)."""
    if not name or name != name.strip() or "  " in name or "^" in name:
        raise ValueError(f"not a name for a label: {name!r}")
    if name.lower() == PREFIX.lower() or name.lower().startswith(f"{PREFIX}/".lower()):
        raise ValueError(f"a name that Gmail keeps for itself: {name!r}")
