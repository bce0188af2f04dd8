"""What faults have to know of SMTP: whose command this is, and how Gmail says that it cannot now."""

from __future__ import annotations

from dataclasses import dataclass

from fakes.actions import Action, Close, Send
from fakes.faults.effects import Answer, Refuse
from fakes.sasl import MECHANISMS, Bearer, parse
from fakes.smtp.replies import GO_AHEAD

TRY_LATER = "421 4.7.0 Temporary System Problem. Try again later."
"""As in google.md 5.3; without the session's id, which a server in trouble may not have."""

INTERMEDIATE = (334, GO_AHEAD.code)
"""Replies in the middle of a command: faults about replies mean the last one."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What a fault has happen in place of the reply that is expected."""

    actions: list[Action]


def words(effect: Refuse | Answer) -> bytes:
    """Return a refusal, or an answer of somebody's own."""
    lines = effect.lines if isinstance(effect, Answer) else [TRY_LATER]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def with_end(actions: list[Action]) -> list[Action]:
    """Close after 421, which says that the server does (RFC 5321 section 3.8)."""
    ends = any(isinstance(action, Send) and action.data.startswith(b"421") for action in actions)
    return [*actions, Close()] if ends else actions


def account_of(verb: str, argument: str) -> str:
    """Return whom an AUTH with all its credentials wants to sign in; otherwise an empty text."""
    mechanism, _, initial = argument.partition(" ")
    if verb != "AUTH" or mechanism.upper() not in MECHANISMS:
        return ""
    bearer = parse(MECHANISMS[mechanism.upper()], initial.strip().encode())
    return bearer.user if isinstance(bearer, Bearer) else ""
