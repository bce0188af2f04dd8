"""Signing in to smtp.gmail.com (google.md 5.2, RFC 4954): XOAUTH2 and OAUTHBEARER by access token or app password."""

from __future__ import annotations

import base64
import binascii
from typing import Protocol

from fakes.accounts import Account
from fakes.admission import Refusal, SignInRefused
from fakes.sasl import REFUSED, Malformed, Mechanism, Password, parse, parse_plain
from fakes.smtp import replies
from fakes.smtp.replies import Reply
from fakes.world import World

LOGIN_QUESTIONS = (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6")
"""`Username:` and `Password:` in base64."""

PASSWORD_REFUSED = {
    Refusal.APP_PASSWORD_NEEDED: replies.APP_PASSWORD_REQUIRED,
    Refusal.WEB_LOGIN_NEEDED: replies.WEB_LOGIN_REQUIRED,
}
"""What is said of a password that Google knows and does not take; of any other it is the words for a bad token."""


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
            answer = _given(initial.strip()) if initial.strip() else await talk.ask(b"")
            return _by_password(talk.world, parse_plain(answer))
        case "LOGIN":
            return _by_password(talk.world, await _login(talk, initial.strip()))
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
        if _is_locked(world, bearer.user):
            return replies.TOO_MANY_ATTEMPTS
        try:
            return _welcome(world, world.sign_in("smtp", bearer.user, bearer.token))
        except SignInRefused:
            refusal = _refused(world, bearer.user)
    # Any line ends the exchange: clients send an empty one, the credentials again, or give up with QUIT.
    await talk.ask(REFUSED[mechanism])
    return refusal


async def _login(talk: Conversation, initial: str) -> Password | Malformed:
    """Ask for name and password one after the other, the name only if it did not come with the command."""
    answers = [_given(initial)] if initial else []
    answers += [await talk.ask(question) for question in LOGIN_QUESTIONS[len(answers) :]]
    try:
        user, password = (base64.b64decode(answer, validate=True).decode() for answer in answers)
    except (binascii.Error, UnicodeDecodeError):
        return Malformed("not base64 of text", decoded=False)
    return Password(user, password)


def _by_password(world: World, given: Password | Malformed) -> Account | Reply:
    """Let in whoever has an app password; Gmail takes no other from people's programs any more (google.md 6)."""
    if isinstance(given, Malformed) and not given.decoded:
        return replies.CANNOT_DECODE
    with world.lock:
        if isinstance(given, Malformed):
            return replies.bad_credentials(world.post.wording)
        if _is_locked(world, given.user):
            return replies.TOO_MANY_ATTEMPTS
        try:
            return _welcome(world, world.sign_in_with_password("smtp", given.user, given.password))
        except SignInRefused as error:
            refused = _refused(world, given.user)
            return PASSWORD_REFUSED.get(error.refusal, refused)


def _is_locked(world: World, user: str) -> bool:
    """Tell whether the account's sign-ins are not looked at, after too many that failed."""
    locked = world.post.attempts.locked(user)
    if locked:
        world.note(f"smtp sign-in as {user} not looked at: too many attempts failed")
    return locked


def _welcome(world: World, account: Account) -> Account:
    world.post.attempts.succeeded(account.address)
    return account


def _given(initial: str) -> bytes:
    """Return an initial response as the bytes it was; `=` is an empty one (RFC 4954 section 4)."""
    return b"" if initial == "=" else initial.encode("utf-8", "surrogateescape")


def _refused(world: World, user: str) -> Reply:
    """Count a failure against the account it was for, if there is one, and return what is said of it."""
    if world.account(user):
        world.post.attempts.failed(user)
    return replies.bad_credentials(world.post.wording)
