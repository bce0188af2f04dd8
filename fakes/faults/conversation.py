"""One connection and its faults: what a session asks before a command, and what it does with the reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fakes.actions import Action, Close, Reset, Send
from fakes.faults.effects import Answer, At, Drop, Effect, Omit, Refuse
from fakes.faults.fault import Where
from fakes.faults.register import Faults, Hit
from fakes.faults.spoiling import dropped, spoiled

Say = Callable[[Refuse | Answer], bytes]
"""Puts a refusal, or an answer of somebody's own, into the words of the protocol."""


class Conversation:
    """A connection as the register of faults sees it. Sessions look at `armed` first, which is all that it costs them.

    When a command is whole the session calls `before`, and does what that returns in place of the command; or, when it
    is None, carries the command out and gives the reply to `after`.
    """

    def __init__(self, faults: Faults, where: Where) -> None:
        self._faults = faults
        self._where = where
        self._session = faults.session(where)
        self._hit: Hit | None = None
        self._when: str | None = None

    @property
    def armed(self) -> bool:
        """Whether anything can go wrong here, now or with the reply to come."""
        return self._faults.armed or self._when is not None

    @property
    def counts_bytes(self) -> bool:
        """Whether `arrives` has to be called while a command arrives."""
        return self._faults.armed and self._faults.counts_bytes(self._where)

    @property
    def omitted(self) -> frozenset[int]:
        """The UIDs that the command being carried out is not to find."""
        effect = self._hit.effect if self._hit else None
        return effect.uids if isinstance(effect, Omit) else frozenset()

    def before(self, when: str, account: str, say: Say, *, goes_on: bool = False) -> list[Action] | None:
        """Return what happens in place of the command that is whole now; None when it is to be carried out.

        With `goes_on` it is a part of the command before, whose fault stays for the reply if nothing else goes wrong.
        """
        hit = self._faults.meets(self._where, when, self._session, account)
        self._hit = hit or self._hit if goes_on else hit
        self._when = when
        instead = replaced(hit.effect if hit else None, say)
        if instead is not None:
            self._over()
        return instead

    def after(self, reply: Sequence[Action], *, omitted: bool = True) -> list[Action]:
        """Return what becomes of the reply to the command; `omitted` tells whether `omitted` made a difference."""
        hit, when = self._hit, self._when
        self._over()
        if when is None:
            return list(reply)
        changed = spoiled(hit.effect, reply) if hit else list(reply)
        if hit and (not omitted if isinstance(hit.effect, Omit) else changed == list(reply)):
            self._faults.missed(hit)
        late = self._faults.done(self._where, when)
        return spoiled(late.effect, changed) if late else changed

    def arrives(self, when: str, account: str, had: int, has: int) -> Close | Reset | None:
        """Return how the connection ends when a command grows from `had` to `has` bytes; None when it does not."""
        hit = self._faults.arrives(self._where, when, self._session, account, had, has)
        return dropped(hit.effect) if hit and isinstance(hit.effect, Drop) else None

    def _over(self) -> None:
        self._hit = self._when = None


def replaced(effect: Effect | None, say: Say) -> list[Action] | None:
    """Return what an effect has happen in place of a command; None when the command is carried out."""
    match effect:
        case Refuse() | Answer():
            return [Send(say(effect))]
        case Drop(at=At.BEFORE):
            return [dropped(effect)]
        case _:
            return None


def ends(actions: Sequence[Action]) -> bool:
    """Tell whether a connection is over after these."""
    return any(isinstance(action, Close | Reset) for action in actions)
