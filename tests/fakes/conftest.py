"""Fixtures for the tests of the simulated Google."""

from __future__ import annotations

import base64
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fakes.accounts import Account
from fakes.actions import Action, Close, Reset, Send, Stall
from fakes.consent import give_consent
from fakes.console import ConsentScreen, OAuthClient, Project
from fakes.google import SimulatedGoogle
from fakes.grants import AuthRequest
from fakes.imap.session import ImapSession
from fakes.oauth.handler import handle
from fakes.oauth.http import Request, Response
from fakes.pop.session import PopSession
from fakes.world import World

MAIL = "https://mail.google.com/"
ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"


@pytest.fixture
def world() -> World:
    """Return a fresh world on a virtual clock, with nobody in it."""
    return World()


@dataclass
class App:
    """A correct set-up for Alice, and the calls that a client makes with it; each takes what is different."""

    world: World
    project: Project
    client: OAuthClient
    parameters: dict[str, str] = field(default_factory=dict)

    JSON_HEADERS: ClassVar[Mapping[str, str]] = {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
        "pragma": "no-cache",
        "expires": "Mon, 01 Jan 1990 00:00:00 GMT",
        "server": "scaffolding on HTTPServer2",
        "vary": "Origin, X-Origin, Referer",
    }
    """The headers of every answer of the token endpoint (google.md 2.7)."""

    def url(self, **changes: str | None) -> str:
        """Return the authorization URL; a change to None leaves the parameter out."""
        given = {**self.parameters, **changes}
        query = urlencode({name: value for name, value in given.items() if value is not None})
        return f"https://accounts.google.com/o/oauth2/v2/auth?{query}"

    def send(self, request: Request) -> Response:
        return handle(self.world, request)

    def consent(
        self, as_: str = ALICE, *, deny: bool = False, untick: tuple[str, ...] = (), **changes: str | None
    ) -> str:
        """Walk the owner through the pages and return the redirected URL."""
        return give_consent(self.url(**changes), as_, self.send, deny=deny, untick=untick)

    def code(self, as_: str = ALICE, **changes: str | None) -> str:
        return self.fields(give_consent(self.url(**changes), as_, self.send))["code"]

    def token_request(self, form: Mapping[str, str | None], **headers: str) -> Response:
        secrets = {"client_id": self.client.client_id, "client_secret": self.client.client_secret}
        given = {name: value for name, value in {**secrets, **form}.items() if value is not None}
        return self.send(Request.post("https://oauth2.googleapis.com/token", given, headers))

    def exchange(self, code: str, **changes: str | None) -> Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.token_request({**form, **changes})

    def refresh(self, refresh_token: str, **changes: str | None) -> Response:
        return self.token_request({"grant_type": "refresh_token", "refresh_token": refresh_token, **changes})

    def tokens(self, as_: str = ALICE, **changes: str | None) -> dict[str, Any]:
        """Return the token endpoint's answer after a consent."""
        return self.body(self.exchange(self.code(as_, **changes)))

    def bearer(self, url: str, access_token: str) -> Response:
        """GET the URL with the access token."""
        return self.send(Request.get(url, {"authorization": f"Bearer {access_token}"}))

    @staticmethod
    def fields(url: str) -> dict[str, str]:
        """Return the decoded parameters of a URL."""
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}

    @staticmethod
    def body(response: Response) -> dict[str, Any]:
        """Return the JSON of a response."""
        decoded: dict[str, Any] = json.loads(response.body)
        return decoded

    def screen(self, **changes: Any) -> None:
        """Change the consent screen."""
        screen = replace(self.project.consent_screen or ConsentScreen(), **changes)
        self.world.console.configure_consent_screen(self.project, screen)


@pytest.fixture
def app(world: World) -> App:
    """Alice's Workspace account and an External app in Testing that she is a test user of."""
    world.add_account(ALICE, name="Alice Adams", organisation="contoso.com")
    project = world.console.create_project("Contoso Mail", organisation="contoso.com")
    world.console.configure_consent_screen(
        project,
        ConsentScreen(
            app_name="Contoso CRM",
            support_email="admin@contoso.com",
            authorized_domains=("contoso.com",),
            test_users=(ALICE,),
        ),
    )
    client = world.console.create_web_client(project, "CRM", redirect_uris=[REDIRECT])
    parameters = {
        "client_id": client.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": f"{MAIL} openid email",
        "access_type": "offline",
        "state": "s1",
        "prompt": "consent",
    }
    return App(world, project, client, parameters)


# --- conversations ---


@pytest.fixture
def alice(world: World) -> Account:
    """Return Alice's account, which has no mail yet."""
    return world.add_account(ALICE)


@pytest.fixture(scope="session")
def access_token() -> Callable[..., str]:
    """Return how to get an access token of an account without walking through the pages."""

    def issue(world: World, address: str = ALICE, *, scopes: tuple[str, ...] = (MAIL,)) -> str:
        request = AuthRequest("100000000000-test.apps.googleusercontent.com", "http://localhost", scopes)
        code = world.grants.code(world.grants.issue_code(request, address, scopes))
        assert code is not None
        return world.grants.redeem(code, testing=False).access.text

    return issue


@pytest.fixture(scope="session")
def open_imap(access_token: Callable[..., str]) -> Callable[[World], ImapSession]:
    """Return how to open an IMAP session in which Alice has signed in already."""

    def sign_in(world: World) -> ImapSession:
        session = ImapSession(world, session_id="k2if6111336rvb.0")
        session.connected()
        response = f"user={ALICE}\x01auth=Bearer {access_token(world)}\x01\x01"
        encoded = base64.b64encode(response.encode())
        said = text_of(session.receive(b"A0 AUTHENTICATE XOAUTH2 " + encoded + b"\r\n"))
        assert said.endswith(f"A0 OK {ALICE} authenticated (Success)\r\n")
        return session

    return sign_in


@pytest.fixture
def imap(alice: Account, world: World, open_imap: Callable[[World], ImapSession]) -> ImapSession:
    """Return an IMAP session of Alice's."""
    return open_imap(world)


@pytest.fixture
def classic(world: World) -> Account:
    """Return Alice's account as one with folders instead of labels."""
    account = world.add_account(ALICE, classic=True)
    world.set_app_password(ALICE, "abcdefghijklmnop")
    return account


@pytest.fixture
def enter_classic(world: World, classic: Account) -> Callable[..., ImapSession]:
    """Return how to sign in to the classic account by its app password, and to select a folder."""

    def sign_in(folder: str = "") -> ImapSession:
        session = ImapSession(world, session_id="s1")
        session.receive(b"l LOGIN alice@contoso.com abcdefghijklmnop\r\n")
        assert session._context.account is classic
        if folder:
            session.receive(f"s SELECT {folder}\r\n".encode())
        return session

    return sign_in


@pytest.fixture(scope="session")
def open_pop(access_token: Callable[..., str]) -> Callable[..., PopSession]:
    """Return how to open a POP session in which Alice has signed in already, under `user` if that is another name."""

    def sign_in(world: World, user: str = ALICE) -> PopSession:
        session = PopSession(world)
        session.connected()
        response = f"user={user}\x01auth=Bearer {access_token(world)}\x01\x01"
        encoded = base64.b64encode(response.encode())
        assert text_of(session.receive(b"AUTH XOAUTH2 " + encoded + b"\r\n")) == "+OK Welcome.\r\n"
        return session

    return sign_in


def text_of(actions: Iterable[Action]) -> str:
    """Return what the actions send; whatever else they do as lines of their own."""
    return b"".join(map(_shown, actions)).decode("utf-8", "surrogateescape")


def _shown(action: Action) -> bytes:
    match action:
        case Send(data):
            return data
        case Stall(duration):
            return b"(stalls %d s)\r\n" % duration.total_seconds()
        case Reset():
            return b"(resets)\r\n"
        case Close():
            return b"(closes)\r\n"


@pytest.fixture(scope="session")
def said() -> Callable[[Iterable[Action]], str]:
    """Return how to read actions as text."""
    return text_of


@pytest.fixture(scope="session")
def talk() -> Callable[..., None]:
    """Return how to play a conversation and compare it with what should have been said.

    `C:` lines go to the session one by one, CRLF behind each; the `S:` lines that follow must be
    what comes back, all of it. `…` stands for anything within a line, `S: (closes)` for the end.
    """

    def play(session: ImapSession | PopSession, transcript: str, *, opening: Iterable[Action] = ()) -> None:
        heard = text_of(opening)
        wanted: list[str] = []
        for line in (stripped for line in transcript.splitlines() if (stripped := line.strip())):
            if line.startswith("S:"):
                wanted.append(line[2:].removeprefix(" "))
                continue
            _compare(heard, wanted)
            wanted = []
            heard = text_of(session.receive(line[2:].removeprefix(" ").encode() + b"\r\n"))
        _compare(heard, wanted)

    return play


def _compare(heard: str, wanted: list[str]) -> None:
    """Compare what a server said with a transcript's lines."""
    lines = heard.split("\r\n")[:-1] if heard else []
    patterns = [re.compile(re.escape(line).replace("…", ".*")) for line in wanted]
    fits = len(lines) == len(patterns) and all(map(re.Pattern.fullmatch, patterns, lines))
    assert fits, "\n".join(["heard:", *lines, "wanted:", *wanted])


# --- conversations by SMTP, over real sockets ---

SMTP_SESSION = r"[a-z]{2}\d{2}-20020a[0-9a-f]{26}sm\d{8}[a-z]{3}\.\d{2}"


@pytest.fixture
def smtp_conversation(google: SimulatedGoogle) -> Callable[[int], Iterator[Callable[[str], None]]]:
    """Return how to connect to a port, under TLS on 465, and get what plays transcripts there.

    `C:` lines are sent, CRLF behind each, `S:` lines must come; `<session>` stands for any session id and `S closes`
    for the end of the connection.
    """

    def connect(port: int) -> Iterator[Callable[[str], None]]:
        network = google.network
        with network.dial("smtp.gmail.com", port) as plain:
            stream = (
                network.ssl_context().wrap_socket(plain, server_hostname="smtp.gmail.com") if port == 465 else plain
            )
            with stream, stream.makefile("rb") as lines:

                def play(transcript: str) -> None:
                    for line in textwrap.dedent(transcript).strip().splitlines():
                        if line.startswith("C:"):
                            stream.sendall(line[2:].removeprefix(" ").encode() + b"\r\n")
                        elif line == "S closes":
                            assert lines.readline() == b""
                        else:
                            expected = re.escape(line.removeprefix("S: ")).replace("<session>", SMTP_SESSION) + "\r\n"
                            assert re.fullmatch(expected, lines.readline().decode()), line

                yield play

    return connect


@pytest.fixture
def smtp(smtp_conversation: Callable[[int], Iterator[Callable[[str], None]]]) -> Iterator[Callable[[str], None]]:
    """Connect on port 465 and hear the banner."""
    for play in smtp_conversation(465):
        play("S: 220 smtp.gmail.com ESMTP <session> - gsmtp")
        yield play


@pytest.fixture
def signed_in_smtp(
    google: SimulatedGoogle, gmail_account: Account, smtp: Callable[[str], None]
) -> Callable[[str], None]:
    """Connect on port 465 and sign in as alice@contoso.com."""
    response = f"user={ALICE}\1auth=Bearer {google.access_token(ALICE)}\1\1"
    smtp(f"""
        C: EHLO client.example
        S: 250-smtp.gmail.com at your service, [127.0.0.1]
        S: 250-SIZE 35882577
        S: 250-8BITMIME
        S: 250-AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER
        S: 250-ENHANCEDSTATUSCODES
        S: 250-PIPELINING
        S: 250-CHUNKING
        S: 250 SMTPUTF8
        C: AUTH XOAUTH2 {base64.b64encode(response.encode()).decode()}
        S: 235 2.7.0 Accepted
    """)
    return smtp
