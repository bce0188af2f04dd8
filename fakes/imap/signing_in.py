"""Commands that a session may give before it has signed in, and signing in itself (google.md 3.2, 3.3)."""

from __future__ import annotations

from fakes import sasl
from fakes.accounts import Account
from fakes.admission import Refusal, SignInRefused
from fakes.ids import DIGITS
from fakes.imap import capabilities
from fakes.imap.context import Context, Dialogue
from fakes.imap.limiting import OVER_VOLUME, TOO_MANY_CONNECTIONS
from fakes.imap.values import Authenticate, Capability, Identify, Login, Logout, Noop

BAD_CREDENTIALS = "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
IMAP_OFF = (
    "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and "
    "enable your account for IMAP access. (Failure)"
)
IMAP_OFF_IN_DOMAIN = (
    "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions "
    "about this feature. (Failure)"
)
TWO_STEP_ON = (
    "NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)"
)
WEB_LOGIN_NEEDED = (
    "NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)"
)
WEB_LOGIN_URL = "https://accounts.google.com/signin/continue?sarp=1&scc=1&plt="
_AT_ONCE = {
    Refusal.APP_PASSWORD_NEEDED: TWO_STEP_ON,
    Refusal.WEB_LOGIN_NEEDED: WEB_LOGIN_NEEDED,
    Refusal.IMAP_OFF: IMAP_OFF,
    Refusal.IMAP_OFF_IN_DOMAIN: IMAP_OFF_IN_DOMAIN,
    # A stand-in: of a client that is not on the allow-list Google only says that it "fails silently" (google.md 3.3).
    Refusal.IMAP_NOT_FOR_CLIENT: IMAP_OFF_IN_DOMAIN,
    Refusal.TOO_MANY_CONNECTIONS: TOO_MANY_CONNECTIONS,
    Refusal.OVER_VOLUME: OVER_VOLUME,
}
VERSION = "gmail_imap_220520.08_p0"


def capability(context: Context, _: Capability) -> str:
    """List what the server can do."""
    signed_in = context.account is not None
    context.replies.untagged(capabilities.line(signed_in=signed_in))
    return "OK Success" if signed_in else f"OK Thats all she wrote! {context.id}"


def noop(context: Context, _: Noop) -> str:
    """Do nothing, which gives the server occasion to tell what is new."""
    return "OK Success" if context.account else f"OK Success {context.id}"


def identify(context: Context, _: Identify) -> str:
    """Say who we are; before sign-in without a version, but with the session's id."""
    told = [("name", "GImap"), ("vendor", "Google, Inc."), ("support-url", "https://support.google.com/mail")]
    if context.account:
        told += [("version", VERSION), ("remote-host", context.peer)]
    else:
        told += [("remote-host", context.peer), ("connection-token", context.id)]
    pairs = " ".join(f'"{name}" "{value}"' for name, value in told)
    context.replies.untagged(f"ID ({pairs})")
    return "OK Success" if context.account else f"OK Success {context.id}"


def logout(context: Context, _: Logout) -> str:
    """Say good-bye; the session closes the connection after the tagged reply."""
    context.end()
    if context.account:
        context.replies.untagged("BYE LOGOUT Requested")
        return "OK 73 good day (Success)"
    context.replies.untagged(f"BYE Logout Requested {context.id}")
    return f"OK Quoth the raven, nevermore... {context.id}"


def login(context: Context, command: Login) -> str:
    """Sign in by a password, which at Gmail has to be an app password (RFC 3501 section 6.2.3)."""
    return _by_password(context, command.user, command.password)


def authenticate(context: Context, command: Authenticate) -> str | Dialogue:
    """Begin a SASL exchange (RFC 3501 section 6.2.2), or end it at once when the client sent all it has."""
    dialogue: Dialogue
    if command.mechanism in sasl.MECHANISMS:
        dialogue = Credentials(context, sasl.MECHANISMS[command.mechanism])
    elif command.mechanism == "PLAIN":
        dialogue = _Password(context)
    else:
        if command.mechanism in ("PLAIN-CLIENTTOKEN", "XOAUTH"):
            context.not_imitated(f"AUTHENTICATE {command.mechanism}")
        return f"BAD Could not parse command {context.id}"
    if command.initial is not None:
        return dialogue.answer(command.initial)
    context.replies.line("+ ")
    return dialogue


class Credentials:
    """Waits for the response that carries the access token."""

    def __init__(self, context: Context, mechanism: sasl.Mechanism) -> None:
        self._context = context
        self._mechanism = mechanism

    def user(self, line: bytes) -> str:
        """Return whom the line wants to sign in; an empty text when it does not say."""
        return sasl.user_of(self._mechanism, line)

    def shown(self, line: bytes) -> str:
        """Return the response with its token cut."""
        return sasl.shown(self._mechanism, line)

    def answer(self, line: bytes) -> str | Dialogue:
        """Let the user in, or begin to refuse."""
        context = self._context
        if line == b"*":  # RFC 3501 section 6.2.2: the client gives up
            return f"BAD Invalid SASL argument. {context.id}"
        response = sasl.parse(self._mechanism, line)
        if isinstance(response, sasl.Malformed):
            if self._mechanism is sasl.Mechanism.OAUTHBEARER and response.decoded:
                return self._challenge(sasl.OAUTHBEARER_MALFORMED, BAD_CREDENTIALS)
            return f"NO Invalid SASL argument. {context.id}"
        try:
            account = context.world.sign_in("imap", response.user, response.token)
            return _welcome(context, account, response.token)
        except SignInRefused as error:
            return self._refuse(error.refusal)

    def _refuse(self, refusal: Refusal) -> str | Dialogue:
        if refusal in _AT_ONCE:
            return _AT_ONCE[refusal]
        text = BAD_CREDENTIALS if refusal is Refusal.BAD_TOKEN else f"NO Lookup failed {self._context.id}"
        return self._challenge(sasl.REFUSED[self._mechanism], text)

    def _challenge(self, challenge: bytes, text: str) -> Dialogue:
        self._context.replies.line(f"+ {challenge.decode()}")
        return sasl.Refused(self._mechanism, text)


class _Password:
    """Waits for the response of AUTH=PLAIN (RFC 4616)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def shown(self, line: bytes) -> str:
        return sasl.shown("PLAIN", line)

    def answer(self, line: bytes) -> str:
        if line == b"*":
            return f"BAD Invalid SASL argument. {self._context.id}"
        response = sasl.parse_plain(line)
        if isinstance(response, sasl.Malformed):
            return f"NO Invalid SASL argument. {self._context.id}"
        return _by_password(self._context, response.user, response.password)


def _by_password(context: Context, user: str, password: str) -> str:
    """Let somebody in, or say why not (google.md 3.3)."""
    try:
        return _welcome(context, context.world.sign_in_with_password("imap", user, password))
    except SignInRefused as error:
        if error.refusal is Refusal.WEB_LOGIN_NEEDED:
            number = context.world.ids.text("web login", DIGITS, 12)
            context.replies.untagged(f"NO [WEBALERT {WEB_LOGIN_URL}{number}] Web login required.")
        return _AT_ONCE.get(error.refusal, BAD_CREDENTIALS)


def _welcome(context: Context, account: Account, access_token: str | None = None) -> str:
    """Let somebody in; the capabilities come untagged before the reply (google.md 3.2). Raises SignInRefused."""
    context.enter(account, access_token)
    context.replies.untagged(capabilities.line(signed_in=True))
    return f"OK {account.address} authenticated (Success)"
