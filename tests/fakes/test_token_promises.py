"""Whatever befalls a token and however time passes, it works exactly while the rules say so, and is written nowhere.

The rules are told twice: by the simulated Google, and by plain lists, which know nothing of the other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from token_rules import (
    ANN,
    BAD_SECRET,
    BOB,
    CLOUD,
    CONTOSO,
    DELETED,
    EVE,
    GONE,
    GOOD,
    MAIL,
    MODIFY,
    RESTORABLE,
    SESSION_OVER,
    SUSPENDED,
    TESTERS,
    UNITS,
    WEEK,
    WHO,
    Answer,
    Grant,
    Held,
    Policy,
    Rules,
    Visit,
)

from fakes.admission import SignInRefused
from fakes.clients import LIFE, ClientChange, ClientState
from fakes.consent import ConsentStopped, give_consent
from fakes.console import ConsentScreen, ConsoleRefused, PublishingStatus
from fakes.grants import AuthRequest
from fakes.oauth.handler import handle
from fakes.oauth.http import Request, Response
from fakes.workspace import AppAccess, Unit
from fakes.world import World

ASKED = [(MAIL, "openid"), (MAIL, "openid"), (MAIL,), (MODIFY, "openid"), (CLOUD, "openid"), WHO]
REDIRECT = "https://crm.contoso.com/callback"
TOKEN, REVOKE = "https://oauth2.googleapis.com/token", "https://oauth2.googleapis.com/revoke"
VERIFIER = "ZjFsYn0uVXEwLmhyc35qRm5EZUtvd3hQUzFtY2l0YQ"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

OWNERS = st.sampled_from([EVE, ANN, BOB])
CLIENTS = st.integers(0, 2)
POLICIES = st.builds(
    Policy,
    named=st.lists(st.tuples(CLIENTS, st.sampled_from(list(AppAccess)[1:])), min_size=1, max_size=3).map(tuple),
    others=st.sampled_from([*[AppAccess.UNRESTRICTED] * 3, AppAccess.LIMITED, AppAccess.BLOCKED]),
    restricted=st.booleans(),
    imap=st.sampled_from([True, True, False]),
    sales=st.sampled_from([None, None, True, False]),
    listed=st.sampled_from([None, None, (0,), (0, 2)]),
    session=st.sampled_from([None, timedelta(hours=1), timedelta(days=1)]),
)
VISITS = st.builds(
    Visit,
    owner=OWNERS,
    client=CLIENTS,
    asked=st.sampled_from(ASKED),
    offline=st.sampled_from([True, True, False]),
    prompt=st.booleans(),
    untick=st.sampled_from([False, False, True]),
    deny=st.sampled_from([False, False, False, True]),
)
# Weights, so that most of what there is stays alive for long enough to be looked at.
CLIENT_CHANGES = st.sampled_from([*ClientChange, *[ClientChange.ENABLE, ClientChange.RESTORE] * 3])
SECRET_CHANGES = st.sampled_from(["disable_secret", "enable_secret", "enable_secret", "destroy_secret"])
OWNERS_DEEDS = ["change_password", "remove_app", "remove_app_by_administrator", "revoke", "revoke_access", "go_round"]
FLAGS = ["suspended", "risky", "licensed", "there"]


class Records(logging.Handler):
    """Whatever anybody logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{record.getMessage()} {record.exc_text or ''}")


class Life(RuleBasedStateMachine, Rules):
    """Three owners, two in an organisation; two clients of an app in Testing, one of an app in production."""

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        self.records = Records()
        root = logging.getLogger()
        self.level = root.level
        root.addHandler(self.records)
        root.setLevel(logging.DEBUG)
        self.pages: list[str] = []
        self.hidden: list[str] = [VERIFIER]
        self.world = World()
        self.console = self.world.console
        self.projects, self.clients = [], []
        for count, status in ((2, PublishingStatus.TESTING), (1, PublishingStatus.PRODUCTION)):
            project = self.console.create_project("Mail")
            screen = ConsentScreen(publishing_status=status, authorized_domains=(CONTOSO,), test_users=TESTERS)
            self.console.configure_consent_screen(project, screen)
            self.projects.append(project)
            for _ in range(count):
                self.clients.append(self.console.create_web_client(project, "CRM", [], [REDIRECT]).client_id)
        self.secrets = [[self.known(client).client_secret] for client in range(3)]
        Rules.__init__(self, [set(secrets) for secrets in self.secrets])
        self.turn = 0
        for owner in (EVE, ANN, BOB):
            self.create_account(owner)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def known(self, client: int):
        return self.console.client(self.clients[client])[1]

    def create_account(self, owner: str) -> None:
        organisation = CONTOSO if owner in UNITS else None
        self.world.add_account(owner, imap=owner != EVE, organisation=organisation, unit=UNITS.get(owner, "/"))
        self.there.add(owner)
        self.licensed.add(owner)

    # --- owners ---

    @initialize()
    def connect(self) -> None:
        for owner, client in ((EVE, 0), (ANN, 0), (ANN, 2), (BOB, 2)):
            self.sign_in(Visit(owner, client))

    @rule(visit=VISITS)
    def sign_in(self, visit: Visit) -> None:
        """Walk through the pages and exchange the code; both end as the rules say."""
        owner, client, asked = visit.owner, visit.client, visit.asked
        boxes = [scope for scope in asked if scope not in WHO] if len(asked) > 1 else []
        unticked = tuple(boxes) if visit.untick and not self.trusts(owner, client) else ()
        ending = self.ending_of(visit)
        if self.states[client] is ClientState.ACTIVE:
            self.last_uses[client] = self.now

        left = self.walk(visit, unticked)

        assert left.get("error", "") == ending
        if ending:
            return
        given = tuple(left["scope"].split())
        grant = self.grants.setdefault((owner, client // 2), Grant())
        asked_for_nothing = not visit.prompt and grant.scopes >= set(asked)
        assert given == tuple(scope for scope in asked if asked_for_nothing or scope not in unticked)
        self.hidden.append(left["code"])
        grant.scopes |= set(given)
        lasting = visit.offline and (visit.prompt or client not in grant.clients)
        if lasting:
            grant.clients.add(client)
        self.exchange(owner, client, left["code"], given, lasting)

    def exchange(self, owner: str, client: int, code: str, given: tuple[str, ...], lasting: bool) -> None:
        secret = self.secrets[client][-1]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}

        answer, body = self.ask(client, secret, form)

        if secret not in self.good[client]:
            assert answer == BAD_SECRET
        elif owner in self.suspended:
            assert answer == SUSPENDED
        else:
            assert answer == GOOD
            assert ("refresh_token" in body, body["scope"]) == (lasting, " ".join(given))
            self.hold_access(body["access_token"], owner, client, given)
            if lasting:
                ends = self.hold_refresh(body["refresh_token"], owner, client, given)
                assert body.get("refresh_token_expires_in") == (ends and int(WEEK.total_seconds()))

    @rule(owner=OWNERS, client=CLIENTS, deed=st.sampled_from(OWNERS_DEEDS), data=st.data())
    def act(self, owner: str, client: int, deed: str, data: st.DataObject) -> None:
        """Let an owner do something to what was given."""
        if owner not in self.there:
            return
        self.settle()
        if deed == "change_password":
            self.world.change_password(owner)
            self.end(GONE, [one for one in self.refreshing if one.owner == owner and {MAIL, MODIFY} & {*one.scopes}])
        elif deed == "go_round":
            self.sign_in_a_hundred_times(owner, client)
        elif deed.startswith("remove_app"):
            removed = self.world.remove_app(owner, self.clients[client], by_administrator=deed != "remove_app")
            assert removed is ((owner, client // 2) in self.grants)
            self.end_grant(owner, client // 2, GONE)
        else:
            token = data.draw(st.sampled_from(self.opening if deed == "revoke_access" else self.refreshing))
            response = self.send(Request.post(REVOKE, {"token": token.text}))
            assert response.status == (400 if token.end else 200)
            if not token.end:
                self.end_grant(token.owner, token.project, GONE)

    def sign_in_a_hundred_times(self, owner: str, client: int) -> None:
        """Do what a program in a loop does; the pages are left out for speed."""
        scopes = (MAIL, "openid")
        request = AuthRequest(self.clients[client], REDIRECT, scopes, offline=True, prompts=frozenset({"consent"}))
        grant = self.grants.setdefault((owner, client // 2), Grant())
        grant.scopes |= set(scopes)
        grant.clients.add(client)
        for _ in range(100):
            code = self.world.grants.code(self.world.grants.issue_code(request, owner, scopes))
            testing = self.testing[client // 2] and not self.trusts(owner, client)
            tokens = self.world.grants.redeem(code, testing=testing)
            self.hold_refresh(tokens.refresh.text, owner, client, scopes)
        self.hold_access(tokens.access.text, owner, client, scopes)

    # --- administrators ---

    @rule(owner=OWNERS, flag=st.sampled_from(FLAGS))
    def switch(self, owner: str, flag: str) -> None:
        """Suspend or reactivate, find a risk or none, give or take the Gmail service, delete or create the account."""
        if owner not in self.there:
            self.create_account(owner)
            return
        flagged = getattr(self, flag)
        flagged ^= {owner}
        on = owner in flagged
        if flag == "suspended":
            (self.world.suspend_account if on else self.world.reactivate_account)(owner)
        elif flag == "licensed":
            self.world.switch_gmail(owner, on=on)
        elif flag == "risky":
            self.world.account(owner).high_risk = on
        else:
            self.world.delete_account(owner)
            for project in range(2):
                self.end_grant(owner, project, DELETED)
            for others in (self.suspended, self.risky, self.licensed):
                others.discard(owner)

    @rule(policy=POLICIES, delay=st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=24)]))
    def administer(self, policy: Policy, delay: timedelta) -> None:
        self.policies.append((self.now + delay, policy))
        listed = None if policy.listed is None else frozenset(self.clients[client] for client in policy.listed)
        self.world.workspace_effective_after = delay
        self.world.change_workspace(
            CONTOSO,
            apps={self.clients[client]: access for client, access in policy.named},
            specific_scopes={client_id: frozenset({MAIL}) for client_id in self.clients},
            unconfigured_apps=policy.others,
            gmail_restricted=policy.restricted,
            imap=policy.imap,
            units={"/Sales": Unit(imap=policy.sales)},
            imap_clients=listed,
            cloud_session=policy.session,
        )

    # --- developers, and time ---

    @rule(client=CLIENTS, what=st.sampled_from(["life", "secrets", "audience"]), data=st.data())
    def develop(self, client: int, what: str, data: st.DataObject) -> None:
        """Change a client's life, its secrets, or who may use its app."""
        if what == "life":
            self.change_client(client, data.draw(CLIENT_CHANGES))
        elif what == "secrets":
            self.rotate(client, data)
        else:
            project = client // 2
            self.testing[project] = not self.testing[project]
            status = PublishingStatus.TESTING if self.testing[project] else PublishingStatus.PRODUCTION
            screen = replace(self.projects[project].consent_screen, publishing_status=status)
            self.console.configure_consent_screen(self.projects[project], screen)

    def change_client(self, client: int, change: ClientChange) -> None:
        was = self.states[client]
        late = was is ClientState.DELETED and self.now >= self.deletions[client] + RESTORABLE
        possible = (was, change) in LIFE and not late
        try:
            getattr(self.console, f"{change.value}_client")(self.clients[client])
        except ConsoleRefused:
            assert not possible
        else:
            assert possible
            self.states[client] = LIFE[was, change]
            if change is ClientChange.DELETE:
                self.deletions[client] = self.now
            elif change is ClientChange.RESTORE:
                self.last_uses[client] = self.now

    def rotate(self, client: int, data: st.DataObject) -> None:
        """Add a second secret, or do something to one of the two."""
        client_id = self.clients[client]
        held = [secret.text for secret in self.known(client).secrets]
        if len(held) == 1:
            self.secrets[client].append(self.console.add_secret(client_id).text)
            self.good[client].add(self.secrets[client][-1])
            return
        verb, secret = data.draw(SECRET_CHANGES), data.draw(st.sampled_from(held))
        getattr(self.console, verb)(client_id, secret)
        if verb == "enable_secret":
            self.good[client].add(secret)
        else:
            self.good[client].discard(secret)

    @rule(hours=st.sampled_from([0.5, 1, 12, 24, 6 * 24, 31 * 24, 180 * 24]))
    def time_passes(self, hours: float) -> None:
        self.world.clock.advance(timedelta(hours=hours))

    # --- what is promised ---

    @invariant()
    def the_answers_are_those_of_the_rules(self) -> None:
        """Let some of the owners and clients have their turn; what a refresh brings opens mail at once, or does not.

        Every other time somebody visits the pages: to sign in again where nothing lives, or to look and press Cancel.
        """
        self.settle()
        newest = {(one.owner, one.client): one for one in self.refreshing}
        for token in [*newest.values()][self.turn % 2 :: 2]:
            self.refresh(token, self.secrets[token.client][-(self.turn // 2 % 2)])
        latest = {(one.owner, one.client): one for one in self.opening}
        for token in [*latest.values()][self.turn % 2 :: 2]:
            for protocol in ("imap", "smtp"):
                self.open_mail(protocol, token.owner, token)
            self.open_mail("imap", EVE, token)
        if self.turn % 2:
            owner, client = (EVE, ANN, BOB)[self.turn // 2 % 3], (0, 2)[self.turn // 6 % 2]
            lives = (owner, client) in newest and newest[owner, client].end is None
            self.sign_in(Visit(owner, client, ASKED[self.turn // 2 % len(ASKED)], deny=lives))
        self.turn += 1

    def refresh(self, token: Held, secret: str) -> None:
        answer, body = self.ask(token.client, secret, {"grant_type": "refresh_token", "refresh_token": token.text})

        assert answer == self.expected(token, secret)
        assert ("error_subtype" in body) == (answer == SESSION_OVER)
        if answer == GOOD:
            token.used = self.now
            self.hold_access(body["access_token"], token.owner, token.client, token.scopes)

    def open_mail(self, protocol: str, user: str, token: Held) -> None:
        refusal = None
        try:
            self.world.sign_in(protocol, user, token.text)
        except SignInRefused as refused:
            refusal = refused.refusal
        assert refusal is self.refusal_of(protocol, user, token)

    @invariant()
    def a_token_lives_while_its_holder_believes_it(self) -> None:
        self.settle()
        for token in self.refreshing:
            assert (self.world.grants.refresh_token(token.text).death is None) is (token.end is None)
        for token in self.opening:
            assert (self.world.grants.access(token.text) is not None) is (token.end is None)

    def teardown(self) -> None:
        """Nothing secret was written down: not in the journal, not on a page, not in a log."""
        root = logging.getLogger()
        root.removeHandler(self.records)
        root.setLevel(self.level)
        # As JSON writes it and as it reads: an escape could hide a secret from one of the two.
        journal = self.world.journal.to_json()
        written = [json.dumps(journal), *(str(entry["text"]) for entry in journal), *self.pages, *self.records.texts]
        everything = "\n".join(written)
        tokens = [one.text for one in (*self.refreshing, *self.opening)]
        for text in {*self.hidden, *tokens, *(secret for secrets in self.secrets for secret in secrets)}:
            once = quote(text, safe="")
            assert not any(form in everything for form in {text, once, quote(once)})

    # --- at the wires ---

    def send(self, request: Request) -> Response:
        response = handle(self.world, request)
        if response.header("content-type").startswith("text/html"):
            self.pages.append(response.body.decode())
        return response

    def walk(self, visit: Visit, unticked: tuple[str, ...]) -> dict[str, str]:
        """Walk through Google's pages; return the parameters of the redirect, or the page as an `error`."""
        query = {
            "client_id": self.clients[visit.client],
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": " ".join(visit.asked),
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **({"access_type": "offline"} if visit.offline else {}),
            **({"prompt": "consent"} if visit.prompt else {}),
        }
        url = f"https://accounts.google.com/o/oauth2/v2/auth?{urlencode(query)}"
        try:
            back = give_consent(url, visit.owner, self.send, deny=visit.deny, untick=unticked)
        except ConsentStopped as stopped:
            return {"error": stopped.code or stopped.page_title}
        return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}

    def ask(self, client: int, secret: str, form: dict[str, str]) -> tuple[Answer, dict[str, Any]]:
        """Ask the token endpoint; return the answer in short and the body."""
        if self.states[client] is ClientState.ACTIVE and secret in self.good[client]:
            self.last_uses[client] = self.now
        request = Request.post(TOKEN, {**form, "client_id": self.clients[client], "client_secret": secret})
        response = self.send(request)
        body = json.loads(response.body)
        self.hidden += [body["id_token"]] if "id_token" in body else []
        return (response.status, body.get("error", ""), body.get("error_description", "")), body


# Shrinking a failure of so large a machine takes minutes; add Phase.shrink when there is one to look at.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def test_a_token_works_exactly_while_the_rules_say_so() -> None:
    """Owners, administrators, developers and time do what they like; the simulated Google agrees with plain rules."""
    run_state_machine_as_test(
        Life, settings=settings(max_examples=30, stateful_step_count=25, deadline=None, phases=PHASES)
    )
