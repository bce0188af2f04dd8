"""What the owner's and the administrator's settings make of POP; rows 81 to 88 are those of google.md 7.4."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from fakes.accounts import Account
from fakes.gmail.popping import BATCH, Disposition, PopWindow
from fakes.pop.session import PopSession
from fakes.workspace import Workspace
from fakes.world import World

ALICE = "alice@contoso.com"
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
OFF = (
    "-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page and "
    "enable your account for POP access."
)
OFF_IN_DOMAIN = (
    "-ERR [SYS/PERM] POP access is disabled for your domain. Please contact your domain administrator for questions "
    "about this feature."
)


@dataclass
class Client:
    """A POP client of Alice's; each `say` returns the lines of the answer."""

    world: World
    token: Callable[..., str]
    said: Callable[..., str]

    def connect(self, user: str = ALICE, **token: object) -> tuple[PopSession, list[str]]:
        """Return a session and what Gmail answers to the token."""
        session = PopSession(self.world)
        return session, self.sign_in(session, user, **token)

    def sign_in(self, session: PopSession, user: str = ALICE, **token: object) -> list[str]:
        response = base64.b64encode(f"user={user}\x01auth=Bearer {self.token(self.world, **token)}\x01\x01".encode())
        return self.say(session, f"AUTH XOAUTH2 {response.decode()}")

    def say(self, session: PopSession, command: str) -> list[str]:
        return self.said(session.receive(command.encode() + b"\r\n")).split("\r\n")[:-1]

    def visit(self, *commands: str, user: str = ALICE) -> list[str]:
        """Sign in, say these, and QUIT; return the first line of each answer but the last."""
        session, _ = self.connect(user)
        answers = [self.say(session, command)[0] for command in commands]
        session.receive(b"QUIT\r\n")
        return answers


@pytest.fixture
def client(world: World, access_token, said) -> Client:
    """Return Alice's client."""
    return Client(world, access_token, said)


@pytest.fixture
def owner(world: World) -> Account:
    """Return Alice with POP on for all mail, and two messages, of 16 bytes each."""
    account = world.add_account(ALICE, pop=True, organisation="contoso.com")
    world.deliver(ALICE, b"Subject: 1\r\n\r\n\r\n")
    world.deliver(ALICE, b"Subject: 2\r\n\r\n\r\n")
    return account


# --- the misconfigurations, by number -----------------------------------------------------------


@pytest.mark.parametrize("stage", [pytest.param(False, id="row-81 at STAT"), pytest.param(True, id="row-81 at AUTH")])
def test_pop_not_enabled(client: Client, owner: Account, stage: bool) -> None:
    """Welcome, and the truth at the first command about mail; in older logs at once."""
    owner.popping.off_told_at_sign_in = stage
    client.world.set_pop(ALICE, window=PopWindow.DISABLED)

    session, welcome = client.connect()

    if stage:
        assert welcome == [OFF]
        assert client.say(session, "STAT") == ["-ERR Command not understood"]
    else:
        assert welcome == ["+OK Welcome."]
        for command in ("STAT", "LIST", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "RSET"):
            assert client.say(session, command) == [OFF]
        assert client.say(session, "NOOP") == ["+OK"]
        assert client.say(session, "QUIT") == ["+OK Farewell.", "(closes)"]


@pytest.mark.parametrize("stage", [pytest.param(False, id="row-82 at STAT"), pytest.param(True, id="row-82 at AUTH")])
@pytest.mark.parametrize("window", [PopWindow.ALL_MAIL, PopWindow.DISABLED])
def test_pop_off_in_the_domain(client: Client, owner: Account, stage: bool, window: PopWindow) -> None:
    """The administrator's switch goes before the owner's."""
    owner.popping.off_told_at_sign_in = stage
    client.world.set_pop(ALICE, window=window)
    client.world.set_workspace("contoso.com", Workspace(pop=False))

    session, answer = client.connect()

    assert (answer if stage else client.say(session, "STAT")) == [OFF_IN_DOMAIN]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"scopes": (MODIFY,)}, id="row-83 small scope"),
        pytest.param({"address": "bob@contoso.com"}, id="row-83 somebody else's"),
    ],
)
def test_a_token_that_does_not_fit(client: Client, owner: Account, wrong: dict[str, object]) -> None:
    """The challenge of Google's page, then the text for passwords."""
    client.world.add_account("bob@contoso.com")

    session, answer = client.connect(**wrong)

    assert answer == [f"+ {CHALLENGE}"]
    assert client.say(session, "") == ["-ERR [AUTH] Username and password not accepted."]


def test_an_expired_token(client: Client, owner: Account) -> None:
    """Dead tokens and narrow ones look the same."""
    session = PopSession(client.world)
    token = client.token(client.world)
    client.world.clock.advance(timedelta(hours=2))

    response = base64.b64encode(f"user={ALICE}\x01auth=Bearer {token}\x01\x01".encode()).decode()

    assert client.say(session, f"AUTH XOAUTH2 {response}") == [f"+ {CHALLENGE}"]


@pytest.mark.parametrize("row", [pytest.param(None, id="row-84")])
def test_a_session_shows_one_batch(client: Client, owner: Account, row: None) -> None:
    """265 messages, the oldest first; who fetches them and comes again gets more, until there are none."""
    for number in range(BATCH):
        owner.mail.add(b"Subject: more\r\n\r\n%d\r\n" % number, labels=["\\Inbox"])
    seen = []

    while (first := client.visit("STAT")[0]) != "+OK 0 0":
        count = int(first.split()[1])
        seen.append(count)
        client.visit(*(f"RETR {number}" for number in range(1, count + 1)))

    assert seen == [BATCH, 2]


@pytest.mark.parametrize("row", [pytest.param(None, id="row-85")])
def test_a_second_client_finds_nothing(client: Client, owner: Account, row: None) -> None:
    """What one has fetched no other sees, unless its user name begins with recent: and then each time again."""
    client.visit("RETR 1", "RETR 2")

    assert client.visit("STAT") == ["+OK 0 0"]
    assert client.visit("STAT", "RETR 1", "RETR 2", user=f"recent:{ALICE}")[0] == "+OK 2 32"
    assert client.visit("STAT", user=f"Recent:{ALICE}") == ["+OK 2 32"]


@pytest.mark.parametrize("row", [pytest.param(None, id="row-86")])
def test_mail_from_now_on_leaves_history_out(client: Client, owner: Account, row: None) -> None:
    """The cure is "for all mail", which offers everything again."""
    client.world.set_pop(ALICE, window=PopWindow.FROM_NOW_ON)
    client.world.deliver(ALICE, b"Subject: 3\r\n\r\n")

    assert client.visit("STAT", "RETR 1") == ["+OK 1 14", "+OK message follows"]
    assert client.visit("STAT", user=f"recent:{ALICE}") == ["+OK 1 14"]
    client.world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    assert client.visit("STAT") == ["+OK 3 46"]


@pytest.mark.parametrize("row", [pytest.param(None, id="row-87")])
def test_deleting_gmails_copy_puts_it_into_trash(client: Client, owner: Account, row: None) -> None:
    """Without a word, once the client has said QUIT."""
    client.world.set_pop(ALICE, disposition=Disposition.TRASH)

    client.visit("RETR 1")

    assert [sorted(message.labels) for message in owner.mail.messages()] == [["\\Trash"], ["\\Inbox"]]


@pytest.mark.parametrize("row", [pytest.param(None, id="row-88 IN-USE")])
def test_two_sessions_at_once(client: Client, owner: Account, row: None) -> None:
    """The second is kept out, and may try again on the same connection when the first is gone."""
    first, _ = client.connect()

    second, answer = client.connect(f"recent:{ALICE}")

    assert answer == ["-ERR [IN-USE] Unable to lock maildrop: mailbox is locked by another POP session"]
    assert client.say(second, "STAT") == ["-ERR Command not understood"]
    assert client.sign_in(second) == answer
    first.closed()
    assert client.sign_in(second) == ["+OK Welcome."]


@pytest.mark.parametrize("row", [pytest.param(None, id="row-88 LOGIN-DELAY")])
def test_coming_back_too_soon(client: Client, owner: Account, row: None) -> None:
    """Five minutes by the world's clock, from one sign-in to the next; Gmail seldom insists."""
    client.visit("STAT")
    assert client.visit("STAT") == ["+OK 2 32"]
    owner.popping.keeps_login_delay = True

    assert client.connect()[1] == ["-ERR [LOGIN-DELAY] Minimum time between logins not met"]
    client.world.clock.advance(timedelta(seconds=299))
    assert client.connect()[1] == ["-ERR [LOGIN-DELAY] Minimum time between logins not met"]
    client.world.clock.advance(timedelta(seconds=1))
    assert client.visit("STAT") == ["+OK 2 32"]


# --- what a fetch does --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("disposition", "labels", "flags"),
    [
        (Disposition.LEAVE_IN_INBOX, {"\\Inbox"}, set()),
        (Disposition.MARK_READ, {"\\Inbox"}, {"\\Seen"}),
        (Disposition.ARCHIVE, set(), set()),
        (Disposition.TRASH, {"\\Trash"}, set()),
    ],
)
@pytest.mark.parametrize("command", ["RETR 1", "DELE 1"])
def test_the_owner_decides_about_gmails_copy(client: Client, owner: Account, disposition, labels, flags, command):
    """A deletion is to Gmail no more than a fetch; the other message stays as it was."""
    client.world.set_pop(ALICE, disposition=disposition)

    client.visit(command)

    first, second = owner.mail.messages()
    assert (set(first.labels), set(first.flags)) == (labels, flags)
    assert (set(second.labels), set(second.flags)) == ({"\\Inbox"}, set())
    assert client.visit("STAT") == ["+OK 1 16"]


@pytest.mark.parametrize("command", ["RETR 1", "DELE 1"])
def test_without_quit_nothing_has_happened(client: Client, owner: Account, command: str) -> None:
    """RFC 1939 section 6: a connection that is lost does not enter the UPDATE state."""
    client.world.set_pop(ALICE, disposition=Disposition.TRASH)
    session, _ = client.connect()

    client.say(session, command)
    session.closed()

    assert client.visit("STAT") == ["+OK 2 32"]


@pytest.mark.parametrize("commands", [("TOP 1 99",), ("DELE 1", "RSET"), ("LIST", "UIDL", "STAT")])
def test_looking_is_no_fetching(client: Client, owner: Account, commands: tuple[str, ...]) -> None:
    """Only a whole message that was asked for counts, or a deletion that was not taken back."""
    client.visit(*commands)

    assert client.visit("STAT") == ["+OK 2 32"]


def test_recent_mode_looks_back_thirty_days(client: Client, owner: Account) -> None:
    """Older mail is out of its sight; fetching takes nothing away, deleting does what the owner chose."""
    client.world.set_pop(ALICE, disposition=Disposition.ARCHIVE)
    client.world.clock.advance(timedelta(days=30, seconds=1))
    client.world.deliver(ALICE, b"Subject: new\r\n\r\n")
    recent = f"recent:{ALICE}"

    assert client.visit("STAT", "RETR 1", user=recent) == ["+OK 1 16", "+OK message follows"]
    assert client.visit("STAT") == ["+OK 3 48"]
    client.visit("DELE 1", user=recent)

    assert client.visit("STAT") == ["+OK 2 32"]
    assert [sorted(message.labels) for message in owner.mail.messages()][2] == []


def test_settings_are_told_in_the_journal(client: Client, owner: Account) -> None:
    """Both who changed what, and what a session left behind."""
    client.world.set_pop(ALICE, window=PopWindow.FROM_NOW_ON, disposition=Disposition.ARCHIVE)
    client.world.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    client.visit("RETR 1", "DELE 2")

    told = [entry.text for entry in client.world.journal.entries if entry.channel == "world"][-4:]
    assert told == [
        f"the owner of {ALICE} set POP to fromNowOn",
        f"the owner of {ALICE} set that fetched mail is to archive",
        f"the owner of {ALICE} set POP to allMail",
        f"2 messages of {ALICE} were fetched by POP: archive",
    ]


def test_settings_need_an_account(world: World) -> None:
    """A slip of the pen is no new account."""
    with pytest.raises(ValueError, match=r"no account nobody@contoso\.com"):
        world.set_pop("nobody@contoso.com", window=PopWindow.ALL_MAIL)
