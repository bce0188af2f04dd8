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
    bearer = parse(mechanism, _given(initial) if initial else await talk.ask(b""))
    if isinstance(bearer, Malformed):
        return replies.CANNOT_DECODE
    world = talk.world
    with world.lock:
        if world.post.attempts.locked(bearer.user):
            world.note(f"smtp sign-in as {bearer.user} not looked at: too many attempts failed")
            return replies.TOO_MANY_ATTEMPTS
        try:
            account = world.sign_in("smtp", bearer.user, bearer.token)
        except SignInRefused:
            refusal = _refused(world, bearer.user)
        else:
            world.post.attempts.succeeded(bearer.user)
            return account
    # Any line ends the exchange: clients send an empty one, the credentials again, or give up with QUIT.
    await talk.ask(REFUSED[mechanism])
    return refusal


async def _by_password(talk: Conversation, questions: tuple[bytes, ...], initial: str) -> Reply:
    """Ask what the mechanism asks, then refuse: Gmail takes no password from other people's programs any more."""
    answers = [_given(initial)] if initial else []
    answers += [await talk.ask(question) for question in questions[len(answers) :]]
    if not all(map(is_base64, answers)):
        return replies.CANNOT_DECODE
    return replies.bad_credentials(talk.world.post.wording)


def _given(initial: str) -> bytes:
    """Return an initial response as the bytes it was; `=` is an empty one (RFC 4954 section 4)."""
    return b"" if initial == "=" else initial.encode("utf-8", "surrogateescape")


def _refused(world: World, user: str) -> Reply:
    """Count a failure against the account it was for, if there is one, and return what is said of it."""
    if world.account(user):
        world.post.attempts.failed(user)
    return replies.bad_credentials(world.post.wording)
