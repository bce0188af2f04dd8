"""Signing in by a password, which has to be an app password (google.md 3.3, 6; RFC 4616)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest

from fakes import sasl
from fakes.accounts import Account
from fakes.admission import Refusal, SignInRefused
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.workspace import Workspace
from fakes.world import World

Talk = Callable[..., None]
ALICE = "alice@contoso.com"
SECRET = "abcdefghijklmnop"


@pytest.fixture
def session(world: World, alice: Account) -> ImapSession:
    """Return a session that nobody has signed in to; Alice has an app password."""
    world.set_app_password(alice.address, SECRET)
    return ImapSession(world, session_id="k2if6111336rvb.0")


def plain(text: str) -> str:
    """Return a response to PLAIN."""
    return base64.b64encode(text.encode()).decode()


def test_login_takes_an_app_password(session: ImapSession, talk: Talk) -> None:
    """The capabilities come before the reply, as after AUTHENTICATE; the address in any case, blanks or not."""
    talk(
        session,
        """
        C: a LOGIN Alice@Contoso.com "abcd efgh ijkl mnop"
        S: * CAPABILITY IMAP4rev1 …
        S: a OK alice@contoso.com authenticated (Success)
        C: b SELECT Nothing
        S: b NO [NONEXISTENT] Unknown Mailbox: Nothing (Failure)
        C: c LOGIN alice@contoso.com abcdefghijklmnop
        S: c BAD Unknown command k2if6111336rvb.0
        """,
    )


@pytest.mark.parametrize("text", [f"\0{ALICE}\0{SECRET}", f"{ALICE}\0{ALICE}\0{SECRET}"])
@pytest.mark.parametrize("initial", [True, False])
def test_plain_takes_an_app_password(session: ImapSession, talk: Talk, text: str, initial: bool) -> None:
    """With an initial response or asked for one; whom to act for is nobody else."""
    begin = f"C: a AUTHENTICATE PLAIN {plain(text)}"
    if not initial:
        begin = f"C: a AUTHENTICATE PLAIN\nS: + \nC: {plain(text)}".replace("+ \n", "+ …\n")

    talk(
        session,
        f"""
        {begin}
        S: * CAPABILITY IMAP4rev1 …
        S: a OK alice@contoso.com authenticated (Success)
        """,
    )


@pytest.mark.parametrize(
    "response",
    ["!", plain("alice"), plain("\0alice\0"), plain("\0\0x"), plain(f"bob@contoso.com\0{ALICE}\0{SECRET}"), "/w=="],
)
def test_a_malformed_response_is_no_sign_in(session: ImapSession, talk: Talk, response: str) -> None:
    """Neither base64 of something else, nor a name or a password that is missing."""
    talk(
        session,
        f"""
        C: a AUTHENTICATE PLAIN {response}
        S: a NO Invalid SASL argument. k2if6111336rvb.0
        """,
    )


@pytest.mark.parametrize("protocol", ["imap", "pop", "smtp"])
def test_the_same_verb_serves_every_protocol(session: ImapSession, world: World, alice: Account, protocol: str) -> None:
    """IMAP has switches of its own, which the others do not ask."""
    alice.imap = protocol == "imap"

    assert world.sign_in_with_password(protocol, ALICE, SECRET) is alice


def _with(**changes: object) -> Callable[[World, Account], None]:
    def change(_: World, account: Account) -> None:
        for name, value in changes.items():
            setattr(account, name, value)

    return change


def _organisation(workspace: Workspace) -> Callable[[World, Account], None]:
    def change(world: World, account: Account) -> None:
        account.organisation = "contoso.com"
        world.set_workspace("contoso.com", workspace)

    return change


@pytest.mark.parametrize(
    ("change", "password", "refusal"),
    [
        (_with(), "ponmlkjihgfedcba", Refusal.BAD_PASSWORD),
        (_with(app_password=None), "", Refusal.BAD_PASSWORD),
        (_with(password="hunter2"), "hunter2", Refusal.APP_PASSWORD_NEEDED),
        (_with(password="hunter2", two_step=False), "hunter2", Refusal.BAD_PASSWORD),
        (_with(gmail=False), SECRET, Refusal.BAD_PASSWORD),
        (_with(suspended=True), SECRET, Refusal.BAD_PASSWORD),
        (_with(advanced_protection=True), SECRET, Refusal.BAD_PASSWORD),
        (_with(needs_web_login=True), SECRET, Refusal.WEB_LOGIN_NEEDED),
        (_with(needs_web_login=True), "wrong", Refusal.BAD_PASSWORD),
        (_with(imap=False), SECRET, Refusal.IMAP_OFF),
        (_organisation(Workspace(imap=False)), SECRET, Refusal.IMAP_OFF_IN_DOMAIN),
        (_organisation(Workspace(imap_clients=frozenset({"x"}))), SECRET, Refusal.IMAP_NOT_FOR_CLIENT),
        (lambda world, account: world.change_password(account.address), SECRET, Refusal.BAD_PASSWORD),
        (lambda world, account: world.delete_account(account.address), SECRET, Refusal.BAD_PASSWORD),
    ],
)
def test_a_refusal_has_a_reason(
    session: ImapSession,
    world: World,
    alice: Account,
    change: Callable[[World, Account], None],
    password: str,
    refusal: Refusal,
) -> None:
    """The world says which, also in its journal; a changed password ends app passwords."""
    change(world, alice)

    with pytest.raises(SignInRefused) as caught:
        world.sign_in_with_password("imap", ALICE, password)

    assert caught.value.refusal is refusal
    assert world.journal.entries[-1].text == f"imap sign-in as {ALICE} by password refused: {refusal.value}"


def test_an_app_password_is_made_of_16_letters(world: World, alice: Account) -> None:
    """A new one takes the place of the last; it lasts until the owner's password changes."""
    first = world.set_app_password(ALICE)
    second = world.set_app_password(ALICE)
    world.clock.advance(timedelta(days=400))

    assert (len(second), second.isalpha(), second.islower(), alice.two_step) == (16, True, True, True)
    assert first != second
    assert world.sign_in_with_password("smtp", ALICE, second) is alice
    with pytest.raises(SignInRefused):
        world.sign_in_with_password("smtp", ALICE, first)


@pytest.mark.parametrize("given", ["short", "ABCDEFGHIJKLMNOP", "abcdefghijklmno1", ""])
def test_what_is_no_app_password_is_not_taken(world: World, alice: Account, given: str) -> None:
    """Sixteen small letters, nothing else."""
    with pytest.raises(ValueError, match="16"):
        world.set_app_password(ALICE, given)


def test_advanced_protection_knows_no_app_passwords() -> None:
    """Nor can one be set for nobody."""
    google = SimulatedGoogle()
    google.add_account(ALICE).advanced_protection = True

    with pytest.raises(ValueError, match="Advanced Protection"):
        google.set_app_password(ALICE)
    with pytest.raises(ValueError, match="no account"):
        google.set_app_password("nobody@contoso.com")


def test_no_password_is_ever_shown(session: ImapSession, world: World, alice: Account) -> None:
    """Neither in the journal, nor by an account, a command or a response that is printed."""
    session.receive(
        f"a LOGIN {ALICE} {SECRET}x\r\nb AUTHENTICATE PLAIN {plain(chr(0) + ALICE + chr(0) + SECRET)}\r\n".encode()
    )

    shown = [entry.text for entry in world.journal.entries] + [
        repr(alice),
        repr(sasl.parse_plain(plain(f"\0{ALICE}\0{SECRET}").encode())),
    ]

    assert session._context.account is alice
    assert not [text for text in shown if SECRET in text or plain(SECRET)[:-4] in text]
