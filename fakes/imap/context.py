"""What the commands of one session share: who it is, where it stands, and how it speaks."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Set
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto
from typing import Protocol, TypeVar

from fakes.accounts import Account
from fakes.gmail.folders import Folder
from fakes.gmail.lateness import NOTHING
from fakes.gmail.mail import MailStore
from fakes.gmail.message import RECENT, SEEN, Message
from fakes.imap import utf7
from fakes.imap.numbers import SeqNum
from fakes.imap.replies import Replies
from fakes.imap.variations import Variations
from fakes.imap.view import View
from fakes.journal import Party
from fakes.limits import Limits
from fakes.visits import Visit
from fakes.world import World

T = TypeVar("T")

LONGEST_NAME = 80
"""Characters kept of what a client wanted and we do not imitate."""


class State(Enum):
    """How far a session has come (RFC 3501 section 3)."""

    SIGNED_OUT = auto()
    SIGNED_IN = auto()
    SELECTED = auto()
    OVER = auto()


class Dialogue(Protocol):
    """A command in whose middle the client speaks: AUTHENTICATE, IDLE."""

    def shown(self, line: bytes) -> str:
        """Return the client's next line as the journal may show it."""
        ...

    def answer(self, line: bytes) -> str | Dialogue:
        """Take the client's next line. Return the command's completion, or who takes the line after that."""
        ...


class Context:
    """One session's standing. `id` is Gmail's session id, which ends many replies before sign-in.

    `tag` is that of the command that is carried out. `condstore` and `utf8` tell what the client enabled: to hear of
    mod-sequences (RFC 7162), and UTF-8 in names and quoted strings (RFC 6855). `compressed` tells that it asked for
    that. `drops_at` is when an IDLE has lasted for too long. `on_due` is called when time or somebody else's doing
    may have given the session something to say.
    """

    def __init__(self, world: World, session_id: str, peer: str) -> None:
        self.world = world
        self.id = session_id
        self.peer = peer
        self.variations = Variations(world.unusual.session("imap")) if world.unusual else None
        vary = self.variations.response if self.variations else None
        self.replies = Replies(lambda text: self._journal(Party.IMAP, Party.CLIENT, text), vary)
        self.tag = "*"
        self.condstore = False
        self.utf8 = False
        self.compressed = False
        self.account: Account | None = None
        self.view: View | None = None
        self.recent: Set[int] = frozenset()
        self.keywords_told = 0
        self.over = False
        self.omitted: Container[int] = frozenset()
        self.has_omitted = False
        self.on_mail: Callable[[], None] = lambda: None
        self.on_due: Callable[[], None] = lambda: None
        self.drops_at: datetime | None = None
        self._visit: Visit | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._forget_clock: Callable[[], None] = lambda: None

    def enter(self, account: Account, access_token: str | None = None) -> None:
        """Let somebody in who has shown this token, or the app password. Raises as `World.begin_visit`."""
        self._visit = self.world.begin_visit("imap", account, access_token)
        self._visit.on_end = lambda: self.on_due()
        self._forget_clock = self.world.clock.watch(lambda: self.on_due())
        self.account = account
        if self.world.clock.runs:
            self.on_due()

    def end(self) -> None:
        """End the session."""
        self.leave()
        self.over = True
        self._forget_clock()
        if self._visit is not None:
            self.world.visits.end(self._visit)

    @property
    def expired(self) -> bool:
        """Whether what let the client in does so no more."""
        return self._visit is not None and self._visit.over(self.world.clock.now())

    @property
    def due(self) -> datetime | None:
        """When time alone will give the session something to do; None when nothing is to come."""
        moments = [self.drops_at, self._visit.until if self._visit else None]
        if self.view is not None and (held := self.view.held_back()) is not NOTHING:
            moments.append(held.until)
        return None if self.over else min(filter(None, moments), default=None)

    @property
    def limits(self) -> Limits:
        """What the account that signed in may do."""
        return self.account.limits if self.account else Limits()

    @property
    def state(self) -> State:
        """Return how far the session has come."""
        if self.over:
            return State.OVER
        if self.account is None:
            return State.SIGNED_OUT
        return State.SIGNED_IN if self.view is None else State.SELECTED

    @property
    def store(self) -> MailStore:
        """Return the mail of the account that signed in."""
        if self.account is None:
            raise RuntimeError("nobody signed in")
        return self.account.mail

    @property
    def selected(self) -> View:
        """Return the view of the selected folder."""
        if self.view is None:
            raise RuntimeError("no folder is selected")
        return self.view

    def name(self, wire: str) -> str | None:
        """Return a folder's name from its form on the wire, UTF-8 if that is on; None when it is not in that form."""
        if self.utf8:
            return wire
        try:
            return utf7.decode(wire)
        except ValueError:
            return None

    def folder(self, wire: str) -> Folder | None:
        """Find a folder by its name on the wire. Raw 8-bit names find nothing (google.md 3.9) unless UTF-8 is on."""
        name = self.name(wire)
        return None if name is None else self.store.folder(name)

    def hear_modseqs(self) -> None:
        """Take the client as one that understands CONDSTORE.

        RFC 7162 section 3.1.2 wants the selected folder's HIGHESTMODSEQ told then; whether Gmail does is not known.
        """
        if not self.condstore and self.view is not None and self.store.classic:
            self.replies.untagged(f"OK [HIGHESTMODSEQ {self.store.highest_modseq}] Highest.")
        self.condstore = True

    def wire_name(self, name: str) -> str:
        """Return a folder's name as it goes over the wire."""
        return name if self.utf8 else utf7.encode(name)

    def open(self, folder: Folder, *, read_only: bool) -> View:
        """Select a folder; of a large one the newest messages show, as many as the account's settings have it."""
        self.leave()
        view = View(self.store, folder, read_only=read_only)
        del view.uids[: -self.store.folder_limit or 0]
        self.view = view
        self._unsubscribe = self.store.subscribe(lambda: self.on_mail())
        self.claim_recent()
        return view

    def claim_recent(self) -> None:
        r"""Take as `\Recent` what no session was told of before, in a classic account; at Gmail nothing ever is."""
        view = self.selected
        if self.store.classic:
            self.recent = (self.recent & set(view.uids)) | view.folder.claim(keep=view.read_only)

    def seen(self, uid: int, message: Message) -> Message:
        r"""Return a message as this session sees it: with `\Recent` when it was the first to be told of it."""
        return replace(message, flags=message.flags | {RECENT}) if uid in self.recent else message

    def first_unseen(self) -> SeqNum | None:
        r"""Return the place of the first message without `\Seen` in the selected folder."""
        uids = self.selected.folder.uids
        unseen = (uid for uid in self.selected.uids if SEEN not in self.store.message(uids[uid]).flags)
        return next((self.selected.seq(uid) for uid in unseen), None)

    def leave(self) -> None:
        """Leave the selected folder, if one is."""
        self.view = None
        self.recent = frozenset()
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def response(self, seq: SeqNum, uid: int, pieces: list[bytes]) -> bytes:
        """Return one untagged FETCH response."""
        if self.variations is not None:
            pieces = self.variations.fetched(uid, pieces)
        return b"* %d FETCH (%b)\r\n" % (seq, b" ".join(pieces))

    def without_omitted(self, found: Iterable[T], *, uid: Callable[[T], int]) -> Iterator[T]:
        """Yield what was found, without the messages that a fault omits from this command."""
        for each in found:
            if uid(each) in self.omitted:
                self.has_omitted = True
            else:
                yield each

    def said(self, text: str) -> None:
        """Write to the journal what the server said without its `replies`."""
        self._journal(Party.IMAP, Party.CLIENT, text)

    def heard(self, text: str) -> None:
        """Write to the journal what the client said."""
        self._journal(Party.CLIENT, Party.IMAP, text)

    def not_imitated(self, what: str) -> None:
        """Remember that the client wanted something which Gmail does and this server does not."""
        what = f"IMAP: {what[:LONGEST_NAME]}".encode("utf-8", "backslashreplace").decode()
        if what not in self.world.unimitated:
            self.world.unimitated.append(what)
            self.world.note(f"not imitated: {what}")

    def _journal(self, sender: Party, receiver: Party, text: str) -> None:
        self.world.journal.note("imap", self.id, sender, receiver, text)
