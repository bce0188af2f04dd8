"""When a token works, told by plain lists that know nothing of the simulated Google."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fakes.admission import Refusal
from fakes.clients import ClientState
from fakes.workspace import AppAccess

MAIL = "https://mail.google.com/"
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
WHO = ("openid", EMAIL)

EVE, ANN, BOB = "eve@gmail.com", "ann@contoso.com", "bob@contoso.com"
CONTOSO = "contoso.com"
UNITS = {ANN: "/Sales/Europe", BOB: "/"}
TESTERS = (EVE, ANN)
WEEK, HALF_YEAR, HOUR = timedelta(seconds=604799), timedelta(days=180), timedelta(seconds=3599)
CLIENT_IDLE, RESTORABLE = timedelta(days=184), timedelta(days=30)

Answer = tuple[int, str, str]
"""Status, code and description of an answer of the token endpoint; texts are empty for a success."""
GOOD: Answer = (200, "", "")
GONE: Answer = (400, "invalid_grant", "Token has been expired or revoked.")
DELETED: Answer = (400, "invalid_grant", "Account has been deleted")
SUSPENDED: Answer = (400, "invalid_grant", "Account has been disabled")
BAD_SECRET: Answer = (401, "invalid_client", "The provided client secret is invalid.")
SESSION_OVER: Answer = (400, "invalid_grant", "reauth related error (invalid_rapt)")
BLOCKED: Answer = (
    400,
    "admin_policy_enforced",
    "This application is currently blocked.\nIf you require access, please visit your administrator",
)


@dataclass
class Held:
    """A token as its holder knows it: what it was given for, and what has become of it."""

    text: str
    owner: str
    client: int
    scopes: tuple[str, ...]
    dies: datetime | None
    consented: datetime
    used: datetime
    end: Answer | None = None

    @property
    def project(self) -> int:
        return self.client // 2


@dataclass(frozen=True)
class Policy:
    """What the administrator of contoso.com wants; `named` and `listed` speak of clients by their place."""

    named: tuple[tuple[int, AppAccess], ...] = ()
    others: AppAccess = AppAccess.UNRESTRICTED
    restricted: bool = False
    imap: bool = True
    sales: bool | None = None
    listed: tuple[int, ...] | None = None
    session: timedelta | None = None

    def allows(self, client: int, scopes: tuple[str, ...]) -> bool:
        """Tell whether people of contoso.com may give these scopes to the client."""
        data = [scope for scope in scopes if scope not in WHO]
        kept = self.restricted and (MAIL in data or MODIFY in data)
        access = dict(self.named).get(client)
        if access is None:
            return {"unrestricted": not kept, "limited": not data, "blocked": False}[self.others.value]
        return {"trusted": True, "limited": not kept, "specific": set(data) <= {MAIL}, "blocked": False}[access.value]


@dataclass(frozen=True)
class Visit:
    """How an owner goes through Google's pages."""

    owner: str
    client: int
    asked: tuple[str, ...] = (MAIL, "openid")
    offline: bool = True
    prompt: bool = True
    untick: bool = False
    deny: bool = False


@dataclass
class Grant:
    """What an owner gave to a project, and its clients that have had a refresh token."""

    scopes: set[str] = field(default_factory=set)
    clients: set[int] = field(default_factory=set)


class Rules:
    """What Google gave to three owners, and what has become of it. A subclass tells the time, by `now`.

    Two clients are of an app in Testing and one of an app in production; `good` are the secrets that each may use.
    """

    now: datetime

    def __init__(self, good: list[set[str]]) -> None:
        self.testing = [True, False]
        self.good = good
        self.states = [ClientState.ACTIVE] * 3
        self.last_uses = [self.now] * 3
        self.deletions = [self.now] * 3
        self.policies = [(self.now, Policy())]
        self.there: set[str] = set()
        self.suspended: set[str] = set()
        self.risky: set[str] = set()
        self.licensed: set[str] = set()
        self.grants: dict[tuple[str, int], Grant] = {}
        self.refreshing: list[Held] = []
        self.opening: list[Held] = []

    @property
    def policy(self) -> Policy:
        """What the administrator wanted last of all that Google goes by."""
        return [policy for effective, policy in self.policies if effective <= self.now][-1]

    def trusts(self, owner: str, client: int) -> bool:
        return owner in UNITS and dict(self.policy.named).get(client) is AppAccess.TRUSTED

    def ending_of(self, visit: Visit) -> str:
        """Return where the owner ends; empty for a code."""
        owner, client, data = visit.owner, visit.client, set(visit.asked) - set(WHO)
        if self.states[client] is not ClientState.ACTIVE:
            return f"Error 401: {self.states[client].value}_client"
        if owner not in self.there:
            return "Choose an account"
        trusted, testing = self.trusts(owner, client), self.testing[client // 2]
        if testing and owner not in TESTERS and not trusted:
            return "Error 403: access_denied"
        if owner in UNITS and not self.policy.allows(client, visit.asked):
            return "Error 400: admin_policy_enforced"
        if owner in self.risky and not testing and not trusted and data:
            return "This app is blocked"
        granted = self.grants.get((owner, client // 2), Grant()).scopes
        asks_nothing = not visit.prompt and granted >= set(visit.asked)
        return "access_denied" if visit.deny and not asks_nothing else ""

    def expected(self, token: Held, secret: str) -> Answer:
        """Return the answer to a refresh."""
        state = self.states[token.client]
        if state is not ClientState.ACTIVE:
            return 401, f"{state.value}_client", f"The OAuth client was {state.value}."
        if secret not in self.good[token.client]:
            return BAD_SECRET
        if token.end:
            return token.end
        if token.owner in self.suspended:
            return SUSPENDED
        if token.owner not in UNITS:
            return GOOD
        if not self.policy.allows(token.client, token.scopes):
            return BLOCKED
        session = self.policy.session
        over = session is not None and CLOUD in token.scopes and self.now >= token.consented + session
        return SESSION_OVER if over else GOOD

    def refusal_of(self, protocol: str, user: str, token: Held) -> Refusal | None:
        """Return why the token does not open the mail of `user`; None when it does."""
        wide = MAIL in token.scopes or (protocol == "smtp" and MODIFY in token.scopes)
        if token.end or not wide or user != token.owner or user in self.suspended:
            return Refusal.BAD_TOKEN
        if user not in self.licensed:
            return Refusal.NO_GMAIL
        if protocol == "smtp" or user not in UNITS:
            return None
        policy = self.policy
        if user == ANN and policy.sales is not None:
            return None if policy.sales else Refusal.IMAP_OFF_IN_DOMAIN
        if not policy.imap:
            return Refusal.IMAP_OFF_IN_DOMAIN
        return None if policy.listed is None or token.client in policy.listed else Refusal.IMAP_NOT_FOR_CLIENT

    def settle(self) -> None:
        """Let the rules of time strike."""
        now = self.now
        for token in (*self.refreshing, *self.opening):
            if token.end is None and ((token.dies and now >= token.dies) or now >= token.used + HALF_YEAR):
                token.end = GONE
        for client, last_use in enumerate(self.last_uses):
            if self.states[client] is not ClientState.DELETED and now >= last_use + CLIENT_IDLE:
                self.states[client], self.deletions[client] = ClientState.DELETED, last_use + CLIENT_IDLE

    def end(self, answer: Answer, concerned: list[Held]) -> None:
        """End what still lives of the tokens concerned."""
        self.settle()
        for token in concerned:
            token.end = token.end or answer

    def end_grant(self, owner: str, project: int, answer: Answer) -> None:
        held = [one for one in (*self.refreshing, *self.opening) if (one.owner, one.project) == (owner, project)]
        self.end(answer, held)
        self.grants.pop((owner, project), None)

    def hold_access(self, text: str, owner: str, client: int, scopes: tuple[str, ...]) -> None:
        self.opening.append(Held(text, owner, client, scopes, self.now + HOUR, self.now, self.now))

    def hold_refresh(self, text: str, owner: str, client: int, scopes: tuple[str, ...]) -> bool | None:
        """Keep a refresh token, of which a hundred live at most; return True when Testing sets it an end."""
        weekly = self.testing[client // 2] and not self.trusts(owner, client) and bool(set(scopes) - set(WHO))
        dies = self.now + WEEK if weekly else None
        self.refreshing.append(Held(text, owner, client, scopes, dies, self.now, self.now))
        mine = [one for one in self.refreshing if (one.owner, one.client) == (owner, client) and one.end is None]
        if len(mine) > 100:
            self.settle()
            self.end(GONE, [one for one in mine if one.end is None][:-100])
        return weekly or None
