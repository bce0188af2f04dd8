"""Signing in to smtp.gmail.com (google.md 5.2, RFC 4954): XOAUTH2 and OAUTHBEARER by access token; no passwords."""

from __future__ import annotations

from typing import Protocol

from fakes.sasl import REFUSED, Malformed, Mechanism, parse
from fakes.smtp import replies
from fakes.smtp.reading import is_base64
from fakes.smtp.replies import Reply
from fakes.world import Account, SignInRefused, World

LOGIN_QUESTIONS = (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6")
"""`Username:` and `Password:` in base64."""


class Conversation(Protocol):
    """What signing in needs of a connection."""

    world: World

    async def ask(self, challenge: bytes) -> bytes:
        """Send a challenge, which is in base64 already, and return the line that comes back, whatever it is."""
        ...


async def sign_in(talk: Conversation, argument: str) -> Account | Reply:
    """Carry out `AUTH argument`. Returns the account, or the reply that refuses."""
    mechanism, _, initial = argument.partition(" ")
    match mechanism.upper():
        case "XOAUTH2" | "OAUTHBEARER":
            return await _by_token(talk, Mechanism(mechanism.upper()), initial.strip())
        case "PLAIN":
            return await _by_password(talk, (b"",), initial.strip())
        case "LOGIN":
            return await _by_password(talk, LOGIN_QUESTIONS, initial.strip())
        case "XOAUTH":
            return replies.XOAUTH_ENDED
        case "":
            return replies.SYNTAX_ERROR
        case _:
            talk.world.unimitated.append(f"smtp AUTH {mechanism}")
            return replies.UNRECOGNIZED_MECHANISM


async def _by_token(talk: Conversation, mechanism: Mechanism, initial: str) -> Account | Reply:
    bearer = parse(mechanism, initial.encode() or await talk.ask(b""))
    if isinstance(bearer, Malformed):
        return replies.CANNOT_DECODE
    try:
        return talk.world.sign_in("smtp", bearer.user, bearer.token)
    except SignInRefused:
        # Any line ends the exchange: clients send an empty one, the credentials again, or give up with QUIT.
        await talk.ask(REFUSED[mechanism])
        return replies.BAD_CREDENTIALS


async def _by_password(talk: Conversation, questions: tuple[bytes, ...], initial: str) -> Reply:
    """Ask what the mechanism asks, then refuse: Gmail takes no password from other people's programs any more."""
    answers = [initial.encode()] if initial else []
    answers += [await talk.ask(question) for question in questions[len(answers) :]]
    return replies.BAD_CREDENTIALS if all(map(is_base64, answers)) else replies.CANNOT_DECODE
