"""What faults have to know of IMAP: which command this is, whose, and how Gmail says that it cannot now."""

from __future__ import annotations

import re

from fakes import sasl
from fakes.actions import Action, Close, Send
from fakes.faults.effects import Answer, Refuse
from fakes.imap.context import Context
from fakes.imap.values import Authenticate, Command, Login

UNAVAILABLE = "NO [UNAVAILABLE] Temporary System Problem. Please try again later. (Failure)"
"""google.md 3.9."""

# Gmail's words to a connection that it turns away are not known; a stand-in.
TURNED_AWAY = "BYE Temporary System Problem. Please try again later."

_COMMAND = re.compile(rb"[^ \r\n]+ (?:UID )?([A-Za-z]+)(?=([ \r\n])|\Z)", re.IGNORECASE)
_LINES = re.compile(rb"[^\n]*\n|[^\n]+")
_CONDITION = re.compile(r"(?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)


def lines(data: bytes) -> list[bytes]:
    """Cut what arrived behind each line end, so that no piece holds bytes of two commands."""
    return _LINES.findall(data)


def command_of(data: bytes, *, whole: bool = True) -> str:
    """Return the command's name, for UID FETCH that of FETCH; empty when there is none or it may go on."""
    match = _COMMAND.match(data)
    return match[1].decode().upper() if match and (whole or match[2]) else ""


def account_of(context: Context, command: Command) -> str:
    """Return whose command this is: who has signed in, or wants to."""
    match command:
        case Authenticate(mechanism, initial) if initial is not None:
            return sasl.user_of(mechanism, initial)
        case Login(user):
            return user
    return context.account.address if context.account else ""


def words(tag: str, effect: Refuse | Answer) -> bytes:
    """Return a refusal, or an answer of somebody's own, with the tag before a line that begins with OK, NO or BAD."""
    given = effect.lines if isinstance(effect, Answer) else [TURNED_AWAY if tag == "*" else UNAVAILABLE]
    told = (f"{tag} {line}" if _CONDITION.match(line) else line for line in given)
    return "".join(f"{line}\r\n" for line in told).encode("utf-8", "surrogateescape")


def with_end(actions: list[Action]) -> list[Action]:
    """Close after a BYE, which says that the server does (RFC 3501 section 7.1.5)."""
    byes = [action for action in actions if isinstance(action, Send) and b"* BYE" in action.data]
    return [*actions, Close()] if byes else actions
