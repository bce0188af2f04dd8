"""A folder as one session was told of it, and what has to be told so that it is right again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fakes.gmail.folders import Folder
from fakes.gmail.lateness import HeldBack
from fakes.gmail.mail import MailStore
from fakes.imap.numbers import SeqNum


@dataclass(frozen=True, slots=True)
class Expunged:
    """The message at this place is gone; those behind it move up (RFC 3501 section 7.4.1)."""

    seq: SeqNum


@dataclass(frozen=True, slots=True)
class Exists:
    """So many messages are in the folder (RFC 3501 section 7.3.1)."""

    count: int


@dataclass(frozen=True, slots=True)
class Reflagged:
    """The message at this place has other flags than before."""

    seq: SeqNum
    uid: int


Update = Expunged | Exists | Reflagged


class View:
    """What a session knows of the folder it selected.

    `uids` are the messages it was told of; a sequence number is a place in it. The folder goes on
    changing meanwhile, and `updates` is the difference, without what the owner changed on the web
    a moment ago. The costs follow what changed, not how much there is.
    """

    def __init__(self, store: MailStore, folder: Folder, *, read_only: bool) -> None:
        self.folder = folder
        self.read_only = read_only
        self.uids = list(folder.uids)
        self._store = store
        self._next = folder.uidnext
        self._departed = len(folder.departures)
        self._reflagged = len(store.reflagged)
        self._owed: dict[int, None] = {}
        self._gone: list[int] = []
        self._web_changes = store.web_changes

    def seq(self, uid: int) -> SeqNum | None:
        """Return the place of a message; None when the session was not told of it."""
        place = bisect_left(self.uids, uid)
        known = place < len(self.uids) and self.uids[place] == uid
        return SeqNum(place + 1) if known else None

    def updates(self, *, expunge: bool) -> list[Update]:
        """Return what the session has to be told, and take it as told.

        Without `expunge` nothing is said of messages that are gone: RFC 3501 section 7.4.1 forbids
        it while a client counts by sequence numbers.
        """
        told: list[Update] = []
        held = self.held_back()
        if expunge:
            told += self._expunged(held)
        self._note_reflagged()
        known = len(self.uids)
        self.uids += self._arrived(held)
        if told or len(self.uids) > known:
            told.append(Exists(len(self.uids)))
        # Of what has only just arrived the client knows no flags that could be out of date.
        late = [uid for uid in self._owed if self.folder.uids.get(uid) in held.before]
        told += [
            Reflagged(seq, uid)
            for uid in self._owed
            if uid < self._next and uid not in late and (seq := self._living(uid))
        ]
        self._next = min((uid for folder, uid in held.arrived if folder is self.folder), default=self.folder.uidnext)
        self._owed = dict.fromkeys(late)
        return told

    def held_back(self) -> HeldBack:
        """Return what the owner changed on the web and this session does not know yet."""
        return self._store.held_back(self._web_changes)

    def _arrived(self, held: HeldBack) -> list[int]:
        """Return the UIDs that are new; up to the first of which the session is not to know yet."""
        fresh = self.folder.since(self._next)
        late = min((uid for folder, uid in held.arrived if folder is self.folder), default=None)
        return fresh if late is None else [uid for uid in fresh if uid < late]

    @contextmanager
    def own_changes(self) -> Iterator[None]:
        """Count changes of flags within as the session's own doing, of which it is not told again."""
        self._note_reflagged()
        yield
        self._reflagged = len(self._store.reflagged)

    def told_flags(self, uid: int) -> None:
        """Take the flags of this message as told."""
        self._owed.pop(uid, None)

    def _expunged(self, held: HeldBack) -> list[Update]:
        told: list[Update] = []
        gone = self._gone + self.folder.departures[self._departed :]
        self._gone = [uid for uid in gone if (self.folder, uid) in held.departed]
        for uid in gone:
            if uid not in self._gone and (seq := self.seq(uid)):
                del self.uids[seq - 1]
                told.append(Expunged(seq))
        self._departed = len(self.folder.departures)
        return told

    def _note_reflagged(self) -> None:
        """Learn whose flags changed since the last time."""
        for gm_msgid in self._store.reflagged[self._reflagged :]:
            if uid := self.folder.uid_of(gm_msgid):
                self._owed[uid] = None
        self._reflagged = len(self._store.reflagged)

    def _living(self, uid: int) -> SeqNum | None:
        """Return the place of a message that is still in the folder."""
        return self.seq(uid) if uid in self.folder.uids else None
