"""Changes made on the web, of which sessions that have a folder open hear late.

HIGHESTMODSEQ moves at once, while such a session goes on to see the messages as they were (seen by the authors of
Nylas' sync engine). A folder that is opened afterwards shows all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from fakes.gmail.folders import Folder
from fakes.gmail.message import Message


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What a session does not know yet: messages as they were, and by folder the UIDs that came and went."""

    until: datetime
    before: Mapping[int, Message]
    arrived: frozenset[tuple[Folder, int]]
    departed: frozenset[tuple[Folder, int]]


NOTHING = HeldBack(datetime.max.replace(tzinfo=UTC), MappingProxyType({}), frozenset(), frozenset())


@dataclass(eq=False, slots=True)
class Snapshot:
    """A mailbox before a change: what `held_back` compares with."""

    messages: dict[int, Message]
    places: dict[Folder, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, messages: Mapping[int, Message], folders: Iterable[Folder]) -> Snapshot:
        """Take one."""
        return cls(dict(messages), {folder: (folder.uidnext, len(folder.departures)) for folder in folders})

    def held_back(self, messages: Mapping[int, Message], folders: Iterable[Folder], until: datetime) -> HeldBack:
        """Return what has changed since."""
        before = {known: old for known, old in self.messages.items() if messages.get(known) is not old}
        arrived: set[tuple[Folder, int]] = set()
        departed: set[tuple[Folder, int]] = set()
        for folder in folders:
            uidnext, gone = self.places.get(folder, (1, 0))
            arrived.update((folder, uid) for uid in folder.since(uidnext))
            departed.update((folder, uid) for uid in folder.departures[gone:])
        return HeldBack(until, before, frozenset(arrived), frozenset(departed))


def joined(held: Iterable[HeldBack]) -> HeldBack:
    """Return several as one: of a message that changed twice, as it was first."""
    all_held = list(held)
    if not all_held:
        return NOTHING
    before: dict[int, Message] = {}
    for each in reversed(all_held):
        before |= each.before
    return HeldBack(
        min(each.until for each in all_held),
        before,
        frozenset().union(*(each.arrived for each in all_held)),
        frozenset().union(*(each.departed for each in all_held)),
    )
