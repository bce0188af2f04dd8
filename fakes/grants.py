"""What owners have agreed to, and the codes and tokens that came of it, over the clock.

A grant belongs to an account and a project, tokens to one client of the project: revoking takes
the grant and with it every token of the project's clients (google.md 2.9). Nothing here judges a
request; `fakes.oauth` does. Which rule killed a token, and when, is kept as data and told to the
journal, because Google itself never says it (google.md 2.8). A rule of time strikes when somebody
looks next; `died_at` is the moment it names all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fakes.clock import Clock
from fakes.ids import Ids

CODE_LIFE = timedelta(minutes=10)
"""How long a code is good unless `Grants.code_life` is set; Google does not publish it (google.md 2.7)."""
ACCESS_LIFE = timedelta(seconds=3599)
TESTING_LIFE = timedelta(seconds=604799)
"""Refresh tokens of an app in Testing: seven days, as the token endpoint counts them."""
UNUSED_LIFE = timedelta(days=180)
"""Google says six months and not how it counts them."""
REFRESH_TOKEN_LIMIT = 100
"""Living refresh tokens of one account for one client; one more, and the oldest dies (google.md 2.8)."""

OPENID = "openid"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"
SIGN_IN_SCOPES = frozenset({OPENID, EMAIL, PROFILE})
"""Scopes that need no checkbox, no test user list's seven days and no verification."""
GMAIL_PREFIXES = ("https://mail.google.com/", "https://www.googleapis.com/auth/gmail.")
"""How the scopes of the Gmail service begin; a change of password takes their tokens away."""

CLOUD_PREFIX = "https://www.googleapis.com/auth/cloud-platform"
"""How the scopes of Google Cloud begin; an organisation may let a sign-in for them last for some hours only."""


class Death(StrEnum):
    """Why a code or token is no longer good."""

    USED = "it was used before"
    EXPIRED = "its time is over"
    TESTING = "the app is in Testing and seven days have passed since consent"
    UNUSED = "it was not used for six months"
    CROWDED_OUT = f"it was the oldest of more than {REFRESH_TOKEN_LIMIT} of the account for this client"
    PASSWORD = "the owner changed the password, and it opens Gmail"  # noqa: S105 - a reason, not a password
    REVOKED = "it was revoked"
    APP_REMOVED = "the owner removed the app"
    APP_REMOVED_BY_ADMINISTRATOR = "an administrator removed the app"
    ACCOUNT_DELETED = "the account was deleted"


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """What a client asked for at the authorization endpoint, once it passed the checks.

    `scopes` are in the order asked, short names written out. `domain` is the Workspace domain of the hint `hd`.
    `raw` are the parameters as they came, for the "Request details" of error pages.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    offline: bool = False
    state: str | None = None
    prompts: frozenset[str] = frozenset()
    login_hint: str = ""
    domain: str = ""
    response_mode: str = "query"
    nonce: str | None = None
    include_granted: bool = False
    code_challenge: str | None = field(default=None, repr=False)
    code_challenge_method: str = "plain"
    raw: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(slots=True)
class Attempt:
    """One owner's way through the pages: which account was chosen, and whether the warning was passed."""

    id: str
    request: AuthRequest
    address: str | None = None
    warned: bool = False


@dataclass(slots=True)
class AuthorizationCode:
    """A code on its way to the token endpoint."""

    text: str = field(repr=False)
    request: AuthRequest
    address: str
    scopes: tuple[str, ...]
    issued_at: datetime
    gives_refresh_token: bool
    death: Death | None = None


@dataclass(slots=True)
class RefreshToken:
    """A refresh token; `expires_at` is the end of its days in Testing, None for one without.

    `consented_at` is when its owner was at the pages; `last_used` begins as the moment of issue. `died_at` is set with
    `death`.
    """

    text: str = field(repr=False)
    client_id: str
    address: str
    scopes: tuple[str, ...]
    consented_at: datetime
    last_used: datetime
    expires_at: datetime | None = None
    death: Death | None = None
    died_at: datetime | None = None

    @property
    def ends(self) -> tuple[datetime, Death]:
        """When time alone will kill it, unless it is used before, and by which rule."""
        unused = self.last_used + UNUSED_LIFE, Death.UNUSED
        return min(unused, (self.expires_at, Death.TESTING)) if self.expires_at else unused

    @property
    def opens_gmail(self) -> bool:
        """Whether one of its scopes is Gmail's."""
        return any(scope.startswith(GMAIL_PREFIXES) for scope in self.scopes)

    @property
    def opens_cloud(self) -> bool:
        """Whether one of its scopes is Google Cloud's."""
        return any(scope.startswith(CLOUD_PREFIX) for scope in self.scopes)


@dataclass(slots=True)
class AccessToken:
    """An access token; `offline` tells that a refresh token came with the consent."""

    text: str = field(repr=False)
    client_id: str
    address: str
    scopes: tuple[str, ...]
    expires_at: datetime
    offline: bool = False
    death: Death | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one visit to the token endpoint yields."""

    access: AccessToken
    refresh: RefreshToken | None = None


@dataclass(slots=True)
class Grant:
    """The scopes an account gave to a project, and which of its clients got a refresh token."""

    scopes: set[str] = field(default_factory=set)
    offline_clients: set[str] = field(default_factory=set)


class Grants:
    """Every attempt, grant, code and token of the world. Callers hold the world's lock.

    `tell` gets a sentence for the journal whenever a refresh token dies. `code_life` may be set, also
    while codes are on their way. `on_end` is called when a grant has ended and its tokens with it.
    """

    def __init__(self, clock: Clock, ids: Ids, tell: Callable[[str], object] = lambda _: None) -> None:
        self._clock = clock
        self._ids = ids
        self._tell = tell
        self.code_life = CODE_LIFE
        self.on_end: Callable[[], None] = lambda: None
        self._attempts: dict[str, Attempt] = {}
        self._grants: dict[tuple[str, str], Grant] = {}
        self._codes: dict[str, AuthorizationCode] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._access: dict[str, AccessToken] = {}

    # --- at the pages ---

    def begin(self, request: AuthRequest) -> Attempt:
        """Remember a request while its owner walks through the pages."""
        attempt = Attempt(f"consent-{self._ids.number('attempt')}", request)
        self._attempts[attempt.id] = attempt
        return attempt

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt; None when unknown or finished."""
        return self._attempts.get(attempt_id)

    def finish(self, attempt: Attempt) -> None:
        """Forget an attempt that has left for the client's redirect URI."""
        self._attempts.pop(attempt.id, None)

    def granted(self, address: str, client_id: str) -> frozenset[str]:
        """Return the scopes that the account gave to the client's project."""
        grant = self._grants.get(_key(address, client_id))
        return frozenset(grant.scopes) if grant else frozenset()

    def issue_code(self, request: AuthRequest, address: str, scopes: Iterable[str]) -> str:
        """Add the scopes to the account's grant and return a fresh authorization code.

        The code yields a refresh token when offline access was asked, and this client has none
        of the account's yet or asked for consent anew (google.md 2.8).
        """
        scopes = tuple(scopes)
        grant = self._grants.setdefault(_key(address, request.client_id), Grant())
        grant.scopes.update(scopes)
        first = request.client_id not in grant.offline_clients
        gives_refresh_token = request.offline and (first or "consent" in request.prompts)
        if gives_refresh_token:
            grant.offline_clients.add(request.client_id)
        code = AuthorizationCode(
            self._ids.authorization_code(), request, address, scopes, self._clock.now(), gives_refresh_token
        )
        self._codes[code.text] = code
        return code.text

    # --- for whoever looks at them ---

    @property
    def given(self) -> dict[tuple[str, str], frozenset[str]]:
        """The scopes of every grant, by account and project number."""
        return {key: frozenset(grant.scopes) for key, grant in self._grants.items()}

    @property
    def issued(self) -> list[AuthorizationCode | RefreshToken | AccessToken]:
        """Every code and token, dead or alive, up to date: codes, refresh tokens, access tokens, the oldest first."""
        codes = [self.code(text) for text in self._codes]
        refresh = [self.refresh_token(text) for text in self._refresh]
        access = [self.access_token(text) for text in self._access]
        return [one for one in (*codes, *refresh, *access) if one]

    # --- at the token endpoint ---

    def code(self, text: str) -> AuthorizationCode | None:
        """Return the code, dead or alive; its `death` is brought up to date."""
        code = self._codes.get(text)
        if code and code.death is None and self._clock.now() >= code.issued_at + self.code_life:
            code.death = Death.EXPIRED
        return code

    def redeem(self, code: AuthorizationCode, *, testing: bool) -> Tokens:
        """Use a living code up. `testing` says that the app is External and in Testing."""
        code.death = Death.USED
        client_id = code.request.client_id
        refresh = None
        if code.gives_refresh_token:
            limited = testing and not SIGN_IN_SCOPES.issuperset(code.scopes)
            refresh = self._issue_refresh(code, code.issued_at + TESTING_LIFE if limited else None)
        return Tokens(self._issue_access(client_id, code.address, code.scopes, offline=refresh is not None), refresh)

    def refresh_token(self, text: str) -> RefreshToken | None:
        """Return the refresh token, dead or alive; its `death` is brought up to date."""
        token = self._refresh.get(text)
        return self._up_to_date(token) if token else None

    def refresh_tokens(self, address: str, client_id: str) -> list[RefreshToken]:
        """Return the account's refresh tokens for this client, dead or alive, the oldest first."""
        owner = address.lower()
        return [
            self._up_to_date(token)
            for token in self._refresh.values()
            if token.client_id == client_id and token.address.lower() == owner
        ]

    def refresh(self, token: RefreshToken) -> Tokens:
        """Return a fresh access token for a living refresh token, which stays good and counts as used."""
        token.last_used = self._clock.now()
        return Tokens(self._issue_access(token.client_id, token.address, token.scopes, offline=True), token)

    def _issue_refresh(self, code: AuthorizationCode, expires_at: datetime | None) -> RefreshToken:
        """Issue a refresh token; where there are too many then, the oldest dies without a word to anybody."""
        client_id, address, now = code.request.client_id, code.address, self._clock.now()
        refresh = RefreshToken(
            self._ids.refresh_token(), client_id, address, code.scopes, code.issued_at, now, expires_at
        )
        self._refresh[refresh.text] = refresh
        living = [token for token in self.refresh_tokens(address, client_id) if token.death is None]
        for token in living[:-REFRESH_TOKEN_LIMIT]:
            self._kill(token, Death.CROWDED_OUT)
        return refresh

    def _issue_access(self, client_id: str, address: str, scopes: tuple[str, ...], *, offline: bool) -> AccessToken:
        expires_at = self._clock.now() + ACCESS_LIFE
        access = AccessToken(self._ids.access_token(), client_id, address, scopes, expires_at, offline)
        self._access[access.text] = access
        return access

    # --- afterwards ---

    def access_token(self, text: str) -> AccessToken | None:
        """Return the access token, dead or alive; its `death` is brought up to date."""
        token = self._access.get(text)
        if token and token.death is None and self._clock.now() >= token.expires_at:
            token.death = Death.EXPIRED
        return token

    def access(self, text: str) -> AccessToken | None:
        """Return the access token when it is good now."""
        token = self.access_token(text)
        return token if token and token.death is None else None

    def revoke(self, text: str) -> str | None:
        """Revoke the grant behind a living access or refresh token; return whose it was, None when it is not good."""
        token: AccessToken | RefreshToken | None = self.access_token(text) or self.refresh_token(text)
        if token is None or token.death is not None:
            return None
        self._end(token.address, token.client_id, Death.REVOKED)
        return token.address

    def revoke_account(self, address: str, client_id: str, *, by_administrator: bool = False) -> bool:
        """Let the owner or an administrator remove the client's app; False when there was no grant.

        The owner does it at myaccount.google.com, the administrator in the Admin console.
        """
        return self._end(
            address, client_id, Death.APP_REMOVED_BY_ADMINISTRATOR if by_administrator else Death.APP_REMOVED
        )

    def change_password(self, address: str) -> None:
        """Kill the account's refresh tokens that open Gmail; the grant and access tokens given before stay."""
        for token in self._refresh.values():
            if token.address.lower() == address.lower() and token.opens_gmail:
                self._kill(token, Death.PASSWORD)

    def delete_account(self, address: str) -> None:
        """End every grant of the account, because the account is no more."""
        for owner, project in list(self._grants):
            if owner == address.lower():
                self._end(address, project, Death.ACCOUNT_DELETED)

    def _end(self, address: str, client_id: str, death: Death) -> bool:
        """End the account's grant to the client's project and everything issued under it."""
        key = _key(address, client_id)
        for token in self._refresh.values():
            if _key(token.address, token.client_id) == key:
                self._kill(token, death)
        for access in self._access.values():
            if _key(access.address, access.client_id) == key and self.access(access.text):
                access.death = death
        for code in self._codes.values():
            if _key(code.address, code.request.client_id) == key and self.code(code.text) and code.death is None:
                code.death = death
        had = self._grants.pop(key, None) is not None
        self.on_end()
        return had

    # --- deaths of refresh tokens ---

    def _up_to_date(self, token: RefreshToken) -> RefreshToken:
        """Let the rules of time strike that were due until now."""
        moment, death = token.ends
        if token.death is None and self._clock.now() >= moment:
            self._bury(token, death, moment)
        return token

    def _kill(self, token: RefreshToken, death: Death) -> None:
        """Let the token die now, unless it is dead already."""
        if self._up_to_date(token).death is None:
            self._bury(token, death, self._clock.now())

    def _bury(self, token: RefreshToken, death: Death, moment: datetime) -> None:
        token.death, token.died_at = death, moment
        self._tell(f"the refresh token of {token.address} died: {death.value}")


def _key(address: str, client_id: str) -> tuple[str, str]:
    """Return account and project; the project's number leads each of its client ids."""
    return address.lower(), client_id.partition("-")[0]
