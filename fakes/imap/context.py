"""What the commands of one session share: who it is, where it stands, and how it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import Protocol, TypeVar

from fakes.gmail.mail import Folder, MailStore
from fakes.imap import utf7
from fakes.imap.replies import Replies
from fakes.imap.view import View
from fakes.journal import Party
from fakes.world import Account, World

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
    """One session's standing. `id` is Gmail's session id, which ends many replies before sign-in."""

    def __init__(self, world: World, session_id: str, peer: str) -> None:
        self.world = world
        self.id = session_id
        self.peer = peer
        self.replies = Replies(lambda text: self._journal(Party.IMAP, Party.CLIENT, text))
        self.account: Account | None = None
        self.view: View | None = None
        self.over = False
        self.omitted: frozenset[int] = frozenset()
        self.has_omitted = False
        self.on_mail: Callable[[], None] = lambda: None
        self._unsubscribe: Callable[[], None] = lambda: None

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

    def folder(self, wire: str) -> Folder | None:
        """Find a folder by its name on the wire. Raw 8-bit names find nothing (google.md 3.9)."""
        try:
            return self.store.folder(utf7.decode(wire))
        except ValueError:
            return None

    def open(self, folder: Folder, *, read_only: bool) -> None:
        """Select a folder."""
        self.leave()
        self.view = View(self.store, folder, read_only=read_only)
        self._unsubscribe = self.store.subscribe(lambda: self.on_mail())

    def leave(self) -> None:
        """Leave the selected folder, if one is."""
        self.view = None
        self._unsubscribe()
        self._unsubscribe = lambda: None

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
