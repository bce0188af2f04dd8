"""Signing in to pop.gmail.com (google.md 4.1, 4.2; RFC 5034): by access token, or by app password."""

from __future__ import annotations

from collections.abc import Callable

from fakes import sasl
from fakes.accounts import Account
from fakes.admission import Refusal, SignInRefused
from fakes.pop import replies
from fakes.pop.context import Context, Dialogue
from fakes.pop.grammar import Authenticate, Password, User
from fakes.pop.maildrop import Maildrop

RECENT_PREFIX = "recent:"
"""In front of the user name: the last 30 days, whoever fetched them before (google.md 4.3)."""

CLOSED = {Refusal.POP_OFF: replies.POP_OFF, Refusal.POP_OFF_IN_DOMAIN: replies.POP_OFF_IN_DOMAIN}
"""What is said to whom POP is closed to."""
_AT_ONCE = CLOSED | {Refusal.OVER_VOLUME: replies.OVER_VOLUME}
_PASSWORD_REFUSED = _AT_ONCE | {
    Refusal.APP_PASSWORD_NEEDED: replies.APP_PASSWORD_NEEDED,
    Refusal.WEB_LOGIN_NEEDED: replies.WEB_LOGIN_NEEDED,
}


def user(context: Context, command: User) -> str:
    """Take the name that PASS needs; whether there is such an account is not told."""
    context.user = command.name
    return replies.SEND_PASS


def password(context: Context, command: Password) -> str:
    """Take the password for the name that USER gave."""
    if context.user is None:
        return replies.NOT_NOW
    name, context.user = context.user, None
    return by_password(context, name, command.password)


def by_password(context: Context, name: str, password: str) -> str:
    """Let somebody in by an app password, or say why not; PASS and AUTH PLAIN end here."""
    try:
        return enter(context, name, lambda address: context.world.sign_in_with_password("pop", address, password))
    except SignInRefused as error:
        return _PASSWORD_REFUSED.get(error.refusal, replies.BAD_CREDENTIALS)


def authenticate(context: Context, command: Authenticate) -> str | Dialogue:
    """Begin a SASL exchange (RFC 5034 section 4), or end it at once when the client sent all it has."""
    dialogue: Dialogue
    if command.mechanism in sasl.MECHANISMS:
        dialogue = _Token(context, sasl.MECHANISMS[command.mechanism])
    elif command.mechanism == "PLAIN":
        dialogue = _Plain(context, command.mechanism)
    else:
        return replies.BAD_COMMAND
    if command.initial is not None:
        return dialogue.answer(command.initial)
    context.replies.line("+ ")
    return dialogue


def enter(context: Context, name: str, admit: Callable[[str], Account], access_token: str | None = None) -> str:
    """Let somebody in whom `admit` takes for the address in `name`; return the reply. Raises SignInRefused.

    Whom POP is closed to is welcome all the same, and hears of it at the first command about mail (google.md 4.2).
    """
    recent = name.lower().startswith(RECENT_PREFIX)
    account = admit(name[len(RECENT_PREFIX) :] if recent else name)
    refusal = context.world.pop_refusal(account)
    if refusal is not None:
        context.world.note(f"pop sign-in as {name}: {refusal.value}, which is told later")
        context.closed = CLOSED[refusal]
    elif account.popping.in_use:
        context.world.note(f"pop sign-in as {name} refused: another session has the mailbox")
        return replies.IN_USE
    elif account.popping.too_soon(now := context.world.clock.now()):
        context.world.note(f"pop sign-in as {name} refused: the one before was less than five minutes ago")
        return replies.TOO_SOON
    else:
        context.begin(context.world.begin_visit("pop", account, access_token))
        context.maildrop = Maildrop(account.mail, account.popping, now, recent=recent)
    context.account = account
    return replies.WELCOME


class Credentials:
    """Waits for the response that carries token or password."""

    def __init__(self, context: Context, mechanism: str) -> None:
        self._context = context
        self._mechanism = mechanism

    def user(self, line: bytes) -> str:
        """Return whom the line wants to sign in; an empty text when it does not say."""
        return sasl.user_of(self._mechanism, line)

    def shown(self, line: bytes) -> str:
        """Return the response with its secret cut."""
        return sasl.shown(self._mechanism, line)


class _Token(Credentials):
    def __init__(self, context: Context, mechanism: sasl.Mechanism) -> None:
        super().__init__(context, mechanism)
        self._mechanism: sasl.Mechanism = mechanism

    def answer(self, line: bytes) -> str | Dialogue:
        context = self._context
        if line == b"*":  # RFC 5034 section 4: the client gives up
            return replies.BAD_COMMAND
        response = sasl.parse(self._mechanism, line)
        if isinstance(response, sasl.Malformed):
            context.world.note(f"pop sign-in refused: {response.reason}; Google's words are not known")
            if self._mechanism is sasl.Mechanism.OAUTHBEARER and response.decoded:
                return self._challenge(sasl.OAUTHBEARER_MALFORMED)
            return replies.BAD_COMMAND
        try:
            return enter(
                context,
                response.user,
                lambda address: context.world.sign_in("pop", address, response.token),
                response.token,
            )
        except SignInRefused as error:
            # What POP says of an account without Gmail is not known; the stand-in is its answer to any bad token.
            return _AT_ONCE.get(error.refusal) or self._challenge(sasl.REFUSED[self._mechanism])

    def _challenge(self, challenge: bytes) -> Dialogue:
        self._context.replies.line(f"+ {challenge.decode()}")
        return sasl.Refused(self._mechanism, replies.BAD_CREDENTIALS)


class _Plain(Credentials):
    """Takes a password (RFC 4616)."""

    def answer(self, line: bytes) -> str:
        plain = sasl.parse_plain(line)
        if isinstance(plain, sasl.Malformed):
            return replies.BAD_COMMAND
        return by_password(self._context, plain.user, plain.password)
