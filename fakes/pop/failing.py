"""What faults have to know of POP: which command this is, whose, and how Gmail says that it cannot now."""

from __future__ import annotations

from fakes import sasl
from fakes.faults.effects import Answer, Refuse
from fakes.faults.fault import COMMANDS, Where
from fakes.pop.context import Context
from fakes.pop.grammar import Authenticate, Command

UNAVAILABLE = "-ERR [SYS/TEMP] Temporary system problem. Please try again later."
"""google.md 4.2."""


def command_of(line: bytes) -> str:
    """Return the command's name; empty when there is none."""
    verb = line.strip().partition(b" ")[0].decode("ascii", "replace").upper()
    return verb if verb in COMMANDS[Where.POP] else ""


def account_of(context: Context, command: Command) -> str:
    """Return whose command this is: who has signed in, or wants to."""
    if isinstance(command, Authenticate) and command.initial is not None:
        return sasl.user_of(command.mechanism, command.initial)
    return context.account.address if context.account else context.user or ""


def words(effect: Refuse | Answer) -> bytes:
    """Return a refusal, or an answer of somebody's own."""
    lines = effect.lines if isinstance(effect, Answer) else [UNAVAILABLE]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
