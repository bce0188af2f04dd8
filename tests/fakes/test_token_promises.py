"""Whatever befalls it and however time passes, a refresh token works exactly while the rules say so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fakes.clients import LIFE, ClientChange, ClientState
from fakes.console import ConsentScreen, ConsoleRefused, PublishingStatus
from fakes.grants import EMAIL, OPENID, AuthRequest
from fakes.oauth.handler import handle
from fakes.oauth.http import Request, Response
from fakes.world import World

MAIL = "https://mail.google.com/"
REDIRECT = "https://crm.contoso.com/callback"
OWNERS = st.sampled_from(["alice@contoso.com", "bob@contoso.com"])
GONE = "Token has been expired or revoked."
DELETED = "Account has been deleted"


@dataclass
class Given:
    """A refresh token as its holder knows it: what it was given for, and what has become of it."""

    text: str
    owner: str
    client: int
    mail: bool
    issued: datetime
    used: datetime
    end: str | None = None


class Life(RuleBasedStateMachine):
    """Three clients, the first two of a project in Testing, and a list of every refresh token ever given."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.console = self.world.console
        self.clients: list[str] = []
        for count, status in ((2, PublishingStatus.TESTING), (1, PublishingStatus.PRODUCTION)):
            project = self.console.create_project("Mail")
            screen = ConsentScreen(publishing_status=status, authorized_domains=("contoso.com",))
            self.console.configure_consent_screen(project, screen)
            self.clients += [
                self.console.create_web_client(project, "CRM", [], [REDIRECT]).client_id for _ in range(count)
            ]
        self.good = [{self.known(client).client_secret} for client in range(3)]
        self.secrets = [list(good) for good in self.good]
        self.states = [ClientState.ACTIVE] * 3
        self.served = [self.world.clock.now()] * 3
        self.suspended: set[str] = set()
        self.tokens: list[Given] = []
        for owner in ("alice@contoso.com", "bob@contoso.com"):
            self.world.add_account(owner)

    def known(self, client: int):
        return self.console.client(self.clients[client])[1]

    # --- what happens ---

    @rule(owner=OWNERS, client=st.integers(0, 2), mail=st.booleans(), times=st.sampled_from([1, 1, 101]))
    def sign_in(self, owner: str, client: int, mail: bool, times: int) -> None:
        scopes = (MAIL, OPENID) if mail else (OPENID, EMAIL)
        request = AuthRequest(self.clients[client], REDIRECT, scopes, offline=True, prompts=frozenset({"consent"}))
        now = self.world.clock.now()
        for _ in range(times):
            code = self.world.grants.code(self.world.grants.issue_code(request, owner, scopes))
            refresh = self.world.grants.redeem(code, testing=client < 2).refresh
            self.tokens.append(Given(refresh.text, owner, client, mail, now, now))
            self.settle()
            living = [one for one in self.tokens if (one.owner, one.client, one.end) == (owner, client, None)]
            for oldest in living[:-100]:
                oldest.end = GONE

    @rule(days=st.sampled_from([1, 6, 31, 100, 180]))
    def time_passes(self, days: int) -> None:
        self.world.clock.advance(timedelta(days=days))

    @rule(owner=OWNERS)
    def change_password(self, owner: str) -> None:
        self.world.change_password(owner)
        self.finish(GONE, lambda token: token.owner == owner and token.mail)

    @rule(owner=OWNERS, client=st.integers(0, 2), by_administrator=st.booleans())
    def remove_app(self, owner: str, client: int, by_administrator: bool) -> None:
        self.world.remove_app(owner, self.clients[client], by_administrator=by_administrator)
        self.finish(GONE, lambda token: token.owner == owner and (token.client < 2) == (client < 2))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        self.settle()
        response = handle(self.world, Request.post("https://oauth2.googleapis.com/revoke", {"token": token.text}))
        assert response.status == (400 if token.end else 200)
        if not token.end:
            self.finish(GONE, lambda one: one.owner == token.owner and (one.client < 2) == (token.client < 2))

    @rule(owner=OWNERS)
    def delete_account(self, owner: str) -> None:
        self.world.delete_account(owner)
        self.world.add_account(owner)
        self.suspended.discard(owner)
        self.finish(DELETED, lambda token: token.owner == owner)

    @rule(owner=OWNERS)
    def suspend_or_reactivate(self, owner: str) -> None:
        verb = self.world.reactivate_account if owner in self.suspended else self.world.suspend_account
        verb(owner)
        self.suspended ^= {owner}

    @rule(client=st.integers(0, 2), change=st.sampled_from(ClientChange))
    def change_client(self, client: int, change: ClientChange) -> None:
        self.settle()
        was = self.known(client)
        late = was.deleted_at and self.world.clock.now() >= was.deleted_at + timedelta(days=30)
        possible = (self.states[client], change) in LIFE and not late
        try:
            getattr(self.console, f"{change.value}_client")(self.clients[client])
        except ConsoleRefused:
            assert not possible
        else:
            assert possible
            self.states[client] = LIFE[self.states[client], change]
            if change is ClientChange.RESTORE:
                self.served[client] = self.world.clock.now()

    @rule(client=st.integers(0, 2), data=st.data())
    def rotate(self, client: int, data: st.DataObject) -> None:
        """Add a second secret, or do something to one of the two."""
        client_id = self.clients[client]
        held = [secret.text for secret in self.known(client).secrets]
        if len(held) == 1:
            new = self.console.add_secret(client_id).text
            self.secrets[client].append(new)
            self.good[client].add(new)
            return
        verb = data.draw(st.sampled_from(["disable_secret", "enable_secret", "destroy_secret"]))
        secret = data.draw(st.sampled_from(held))
        getattr(self.console, verb)(client_id, secret)
        if verb == "enable_secret":
            self.good[client].add(secret)
        else:
            self.good[client].discard(secret)

    # --- what is promised ---

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), newest=st.booleans())
    def refresh(self, data: st.DataObject, newest: bool) -> None:
        """Use one token of any age, and the latest ones, with the secret that was given out last or first."""
        for token in [data.draw(st.sampled_from(self.tokens)), *self.tokens[-3:]]:
            secret = self.secrets[token.client][-1 if newest else 0]

            response = self.ask(token, secret)

            assert self.described(response) == self.expected(token, secret)
            if self.states[token.client] is ClientState.ACTIVE and secret in self.good[token.client]:
                self.served[token.client] = self.world.clock.now()
            if response.status == 200:
                token.used = self.world.clock.now()

    @invariant()
    def a_token_lives_while_its_holder_believes_it(self) -> None:
        self.settle()
        for token in self.tokens:
            assert (self.world.grants.refresh_token(token.text).death is None) is (token.end is None)

    def teardown(self) -> None:
        """Nothing secret was written down."""
        written = json.dumps(self.world.journal.to_json())
        hidden = [token.text for token in self.tokens] + [secret for known in self.secrets for secret in known]
        assert not [secret for secret in hidden if secret in written]

    def ask(self, token: Given, secret: str) -> Response:
        form = {"grant_type": "refresh_token", "refresh_token": token.text, "client_secret": secret}
        url = "https://oauth2.googleapis.com/token"
        return handle(self.world, Request.post(url, {**form, "client_id": self.clients[token.client]}))

    @staticmethod
    def described(response: Response) -> str:
        return json.loads(response.body).get("error_description", "")

    def expected(self, token: Given, secret: str) -> str:
        """Return the sentence that the rules want; empty for a success."""
        self.settle()
        state = self.states[token.client]
        if state is not ClientState.ACTIVE:
            return f"The OAuth client was {state.value}."
        if secret not in self.good[token.client]:
            return "The provided client secret is invalid."
        if token.end:
            return token.end
        return "Account has been disabled" if token.owner in self.suspended else ""

    def finish(self, end: str, concerned) -> None:
        """End what still lives of the tokens concerned."""
        self.settle()
        for token in self.tokens:
            if token.end is None and concerned(token):
                token.end = end

    def settle(self) -> None:
        """Let the rules of time strike: seven days in Testing for what opens Gmail, six months unused for all.

        A client that Google has not served for six long months is deleted.
        """
        now = self.world.clock.now()
        for client, served in enumerate(self.served):
            if now >= served + timedelta(days=184):
                self.states[client] = ClientState.DELETED
        for token in self.tokens:
            weekly = token.client < 2 and token.mail and now >= token.issued + timedelta(seconds=604799)
            if token.end is None and (weekly or now >= token.used + timedelta(days=180)):
                token.end = GONE


def test_a_refresh_token_works_exactly_while_the_rules_say_so() -> None:
    """Owners, administrators and time do what they like; the token endpoint agrees with a plain list of rules."""
    run_state_machine_as_test(Life, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))
