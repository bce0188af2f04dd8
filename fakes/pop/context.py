"""What the commands of one session share: who it is, where it stands, and how it speaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from fakes.accounts import Account
from fakes.journal import Party
from fakes.pop.maildrop import Maildrop
from fakes.pop.replies import Replies
from fakes.visits import Visit
from fakes.world import World


class State(Enum):
    """How far a session has come (RFC 1939 section 3)."""

    AUTHORIZATION = auto()
    TRANSACTION = auto()
    OVER = auto()


class Dialogue(Protocol):
    """AUTH, in whose middle the client speaks."""

    def shown(self, line: bytes) -> str:
        """Return the client's next line as the journal may show it."""
        ...

    def answer(self, line: bytes) -> str | Dialogue:
        """Take the client's next line. Return the command's reply, or who takes the line after that."""
        ...


class Context:
    """One session's standing. `maildrop` is None for an account that may not use POP, and then `closed` says why.

    `on_due` is called when time or somebody else's doing may have ended the session.
    """

    def __init__(self, world: World, session_id: str, peer: str) -> None:
        self.world = world
        self.id = session_id
        self.peer = peer
        self.replies = Replies(lambda text: self._journal(Party.POP, Party.CLIENT, text))
        self.user: str | None = None
        self.account: Account | None = None
        self.maildrop: Maildrop | None = None
        self.closed = ""
        self.over = False
        self.on_due: Callable[[], None] = lambda: None
        self._visit: Visit | None = None
        self._forget_clock: Callable[[], None] = lambda: None

    def begin(self, visit: Visit) -> None:
        """Begin to be signed in."""
        self._visit = visit
        visit.on_end = lambda: self.on_due()
        self._forget_clock = self.world.clock.watch(lambda: self.on_due())
        if self.world.clock.runs:
            self.on_due()

    @property
    def due(self) -> datetime | None:
        """When time alone will end the session."""
        return self._visit.until if self._visit and not self.over else None

    @property
    def expired(self) -> bool:
        """Whether what let the client in does so no more."""
        return self._visit is not None and self._visit.over(self.world.clock.now())

    @property
    def state(self) -> State:
        """Return how far the session has come."""
        if self.over:
            return State.OVER
        return State.AUTHORIZATION if self.account is None else State.TRANSACTION

    def leave(self) -> None:
        """End the session; the mailbox is free for another."""
        if self.maildrop is not None:
            self.maildrop.release()
            self.maildrop = None
        self.over = True
        self._forget_clock()
        if self._visit is not None:
            self.world.visits.end(self._visit)

    def said(self, text: str) -> None:
        """Write to the journal what the server said without its `replies`."""
        self._journal(Party.POP, Party.CLIENT, text)

    def heard(self, text: str) -> None:
        """Write to the journal what the client said."""
        self._journal(Party.CLIENT, Party.POP, text)

    def not_imitated(self, what: str) -> None:
        """Remember that the client wanted something which Gmail does and this server does not."""
        what = f"POP: {what}"
        if what not in self.world.unimitated:
            self.world.unimitated.append(what)
            self.world.note(f"not imitated: {what}")

    def _journal(self, sender: Party, receiver: Party, text: str) -> None:
        self.world.journal.note("pop", self.id, sender, receiver, text)
