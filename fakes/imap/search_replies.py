"""What SEARCH answers, in the words of old or in those of ESEARCH (RFC 4731)."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.gmail.message import Message
from fakes.imap.numbers import SeqNum, sequence_set
from fakes.imap.search_keys import asked_modseq
from fakes.imap.values import Return, Search

Found = tuple[SeqNum, int, Message]


def reply(command: Search, tag: str, found: Sequence[Found]) -> str:
    """Return the untagged response without its star."""
    numbers = [uid if command.uid else seq for seq, uid, _ in found]
    if command.returns is None:
        modseq = f" (MODSEQ {_highest(found)})" if found and asked_modseq(command.key) else ""
        return " ".join(("SEARCH", *map(str, numbers))) + modseq
    told = [f'ESEARCH (TAG "{tag}")', *(["UID"] if command.uid else [])]
    if numbers:
        chosen = {Return.MIN: numbers[:1], Return.MAX: numbers[-1:], Return.ALL: numbers}
        told += [f"{name} {sequence_set(which)}" for name, which in chosen.items() if name in command.returns]
    if Return.COUNT in command.returns:
        told.append(f"COUNT {len(numbers)}")
    if found and asked_modseq(command.key):
        told.append(f"MODSEQ {_highest(_told(command.returns, found))}")
    return " ".join(told)


def _told(returns: frozenset[Return], found: Sequence[Found]) -> Sequence[Found]:
    """Return the messages whose mod-sequences count: with MIN and MAX alone those two (RFC 7162 section 3.1.10)."""
    if not returns or returns - {Return.MIN, Return.MAX}:
        return found
    return [found[0 if name is Return.MIN else -1] for name in returns]


def _highest(found: Sequence[Found]) -> int:
    return max(message.modseq for _, _, message in found)
