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

SYSTEM_LABELS: Mapping[str, str] = MappingProxyType(
    {label.lower(): label for label in (INBOX, SENT, DRAFT, STARRED, IMPORTANT, TRASH, JUNK)}
    | {"inbox": INBOX, "\\spam": JUNK, "\\drafts": DRAFT, "\\flagged": STARRED}
)
"""The labels that Gmail brings along, by the names under which clients may write them, in small letters."""


class Role(StrEnum):
    """What a folder is for, by which clients find it whatever its name: special-use (RFC 6154)."""

    ALL = "\\All"
    DRAFTS = "\\Drafts"
    FLAGGED = "\\Flagged"
    IMPORTANT = "\\Important"
    JUNK = "\\Junk"
    SENT = "\\Sent"
    TRASH = "\\Trash"


class FolderFault(StrEnum):
    """Why a folder cannot be made, renamed or deleted."""

    TAKEN = "there is such a folder already"
    MISSING = "there is no such folder"
    BLANKS = "a name with excess blanks or a caret"
    NOT_ALLOWED = "a name or a folder that Gmail keeps for itself"


class FolderRefused(ValueError):
    """What was wanted with a folder is refused; the server says it in its protocol's words."""

    def __init__(self, fault: FolderFault, name: str) -> None:
        super().__init__(f"{fault.value}: {name!r}")
        self.fault = fault
        self.name = name


@dataclass(slots=True, eq=False)
class Folder:
    r"""What IMAP selects: messages under UIDs of the folder's own, in the order in which they came in.

    `label` is what puts a message here, None for All Mail. `marked` holds the UIDs with `\Deleted`,
    the one flag that belongs to a message in a folder. `departures` lists every UID that ever
    left, in order, so that a session can find out what it was not yet told. `shown` is the label's
    setting "Show in IMAP". From `unclaimed` on no session was told of a message yet.
    """

    name: str
    uidvalidity: int
    label: str | None = None
    role: Role | None = None
    uidnext: int = 1
    shown: bool = True
    unclaimed: int = 1
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

    def place(self, gm_msgid: int) -> int:
        """Return the UID that a message has here. KeyError when it is not here."""
        return self._uids[gm_msgid]

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

    def discard_uid(self) -> int:
        """Use up the next UID for a message that is not kept, and return it."""
        self.uidnext += 1
        return self.uidnext - 1

    def claim(self, *, keep: bool) -> set[int]:
        r"""Return the UIDs that no session was told of yet; unless `keep`, no other will have them `\Recent`."""
        fresh = set(self.since(self.unclaimed))
        if not keep:
            self.unclaimed = self.uidnext
        return fresh


PREFIX = "[Gmail]"
"""The parent of the system folders; it cannot be selected."""

OLD_PREFIX = "[Google Mail]"
"""What accounts made in Germany or the United Kingdom years ago have in its place (google.md 3.5)."""

LONGEST_NAME = 225
"""Characters of the longest label [recall]."""

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


def has_controls(name: str) -> bool:
    """Tell whether control characters are in a name, which could pass for the end of a line."""
    return any(ord(character) < ord(" ") or character == "\x7f" for character in name)


def check_label(name: str) -> None:
    """Raise FolderRefused when Gmail would not make a label of this name (google.md 3.9).

    That it refuses an empty level, as a trailing "/" makes one, is known to MailKit's authors (google.md 3.10).
    """
    levels = name.split("/")
    if not name or "  " in name or "^" in name or any(level != level.strip() for level in levels):
        raise FolderRefused(FolderFault.BLANKS, name)
    reserved = any(levels[0].lower() == prefix.lower() for prefix in (PREFIX, OLD_PREFIX))
    if reserved or "" in levels or len(name) > LONGEST_NAME or has_controls(name):
        raise FolderRefused(FolderFault.NOT_ALLOWED, name)
