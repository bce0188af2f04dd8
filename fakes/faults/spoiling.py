"""What a fault makes of a reply that was going to be sent: actions in, actions out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fakes.actions import Action, Close, Reset, Send, Stall
from fakes.faults.effects import At, Delay, Drop, Effect, LoseReply, Reorder, Repeat, Tell, Truncate

# RFC 3501 section 4.3: a line that ends so goes on behind as many bytes.
_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


def dropped(drop: Drop) -> Close | Reset:
    """Return how the connection ends."""
    return Reset() if drop.reset else Close()


def spoiled(effect: Effect | None, reply: Sequence[Action]) -> list[Action]:
    """Return what is left of the reply."""
    match effect:
        case Delay(duration):
            return [Stall(duration), *reply]
        case Truncate(size):
            return _truncated(reply, size)
        case LoseReply(silent):
            return [action for action in reply if isinstance(action, Close)] if silent else [Close()]
        case Drop(at=At.AFTER):
            return [*(action for action in reply if not isinstance(action, Close)), dropped(effect)]
        case Repeat() | Reorder() | Tell():
            return _retold(effect, reply)
        case _:
            return list(reply)


def _truncated(reply: Sequence[Action], size: int) -> list[Action]:
    data = b"".join(action.data for action in reply if isinstance(action, Send))
    if len(data) <= size:
        return list(reply)
    return [Send(data[:size]), Close()] if size else [Close()]


def _retold(effect: Repeat | Reorder | Tell, reply: Sequence[Action]) -> list[Action]:
    """Return the reply with its untagged responses changed; the others keep their places."""
    found = responses(b"".join(action.data for action in reply if isinstance(action, Send)))
    match effect:
        case Repeat():
            told = [part for part in found for _ in range(2 if part.startswith(b"* ") else 1)]
        case Reorder():
            untagged = [part for part in found if part.startswith(b"* ")]
            told = [untagged.pop() if part.startswith(b"* ") else part for part in found]
        case Tell():
            told = [_told_otherwise(effect, part) if part.startswith(b"* ") else part for part in found]
    if told == found:
        return list(reply)
    return [Send(b"".join(told)), *(action for action in reply if not isinstance(action, Send))]


def responses(data: bytes) -> list[bytes]:
    """Cut IMAP replies into responses, each with its literals and its line end."""
    found: list[bytes] = []
    start = end = 0
    while end < len(data):
        end = data.find(b"\n", end) + 1 or len(data)
        if literal := _LITERAL.search(data, start, end):
            end += int(literal[1])
        else:
            found.append(data[start:end])
            start = end
    return [*found, data[start:]] if start < len(data) else found


def _told_otherwise(effect: Tell, response: bytes) -> bytes:
    """Change a number where SELECT tells it in brackets and STATUS in its list; without a number none is told."""
    name = effect.figure.upper().encode()
    match = re.search(rb"(?<=[\[( ])" + name + rb" (\d+)", response)
    if match is None:
        return response
    number = effect.told(int(match[1]))
    if number is not None:
        return response[: match.start(1)] + str(number).encode() + response[match.end(1) :]
    if response.startswith(b"* STATUS"):
        left = response[: match.start()].rstrip(b" ") + response[match.end() :]
        return left.replace(b"( ", b"(")
    return b""
