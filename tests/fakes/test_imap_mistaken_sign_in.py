"""What IMAP says to a client that signs in wrongly: one test for each row of google.md 7.3 about that."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.workspace import Workspace
from fakes.world import World

Talk = Callable[..., None]
AccessToken = Callable[..., str]
ALICE = "alice@contoso.com"
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
DISABLED = (
    "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your "
    "account for IMAP access. (Failure)"
)
DISABLED_IN_DOMAIN = (
    "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about "
    "this feature. (Failure)"
)


def opened(world: World) -> ImapSession:
    """Return a session that nobody has signed in to."""
    return ImapSession(world, session_id="k2if6111336rvb.0")


def encoded(text: str) -> str:
    """Return a SASL response."""
    return base64.b64encode(text.encode()).decode()


def xoauth2(token: str, user: str = ALICE) -> str:
    """Return the response of XOAUTH2."""
    return encoded(f"user={user}\x01auth=Bearer {token}\x01\x01")


def expired(world: World, issue: AccessToken) -> str:
    """Return a token of an hour ago."""
    token = issue(world)
    world.clock.advance(timedelta(hours=1))
    return token


def revoked(world: World, issue: AccessToken) -> str:
    """Return a token whose grant was revoked."""
    token = issue(world)
    world.grants.revoke(token)
    return token


def foreign(world: World, issue: AccessToken) -> str:
    """Return somebody else's token."""
    world.add_account("bob@contoso.com")
    return issue(world, "bob@contoso.com")


def narrow(world: World, issue: AccessToken) -> str:
    """Return a token for the REST API."""
    return issue(world, scopes=(MODIFY,))


def refresh_token(_: World, __: AccessToken) -> str:
    """Return what looks like a refresh token."""
    return "1//0g" + "x" * 98


def id_token(_: World, __: AccessToken) -> str:
    """Return what looks like an ID token."""
    return "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb2dsZS5jb20ifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(expired, id="row-57-expired"),
        pytest.param(revoked, id="row-57-revoked"),
        pytest.param(foreign, id="row-57-not-of-this-mailbox"),
        pytest.param(narrow, id="row-57-wrong-scope"),
        pytest.param(narrow, id="row-58"),
        pytest.param(refresh_token, id="row-59-refresh-token"),
        pytest.param(id_token, id="row-59-id-token"),
    ],
)
def test_every_bad_token_has_the_same_answer(
    world: World, alice: Account, access_token: AccessToken, talk: Talk, make: Callable[[World, AccessToken], str]
) -> None:
    """A challenge that tells nothing, and after any line the same NO; the connection stays open."""
    token = make(world, access_token)

    talk(
        opened(world),
        f"""
        C: a AUTHENTICATE XOAUTH2 {xoauth2(token)}
        S: + {CHALLENGE}
        C:
        S: a NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        C: b NOOP
        S: b OK Success k2if6111336rvb.0
        """,
    )


def test_a_token_for_the_rest_api_opens_smtp(world: World, alice: Account, access_token: AccessToken) -> None:
    """The other half of row 58: the same token is good there."""
    assert world.sign_in("smtp", ALICE, access_token(world, scopes=(MODIFY,))) is alice


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(encoded(f"user={ALICE}\\x01auth=Bearer ya29.a\\x01\\x01"), id="row-60-separators-as-text"),
        pytest.param(encoded(f"user={ALICE}\x01auth=Bearer ya29.a"), id="row-60-no-end"),
        pytest.param(xoauth2("ya29.a")[:20], id="row-60-cut-by-a-line-break"),
    ],
)
def test_a_malformed_response_is_no_sign_in(world: World, alice: Account, talk: Talk, response: str) -> None:
    """No challenge, and the session's id behind it."""
    talk(
        opened(world),
        f"""
        C: a AUTHENTICATE XOAUTH2 {response}
        S: a NO Invalid SASL argument. k2if6111336rvb.0
        """,
    )


@pytest.mark.parametrize("row", [pytest.param(61, id="row-61")])
def test_an_account_without_gmail_is_not_found(
    world: World, alice: Account, access_token: AccessToken, talk: Talk, row: int
) -> None:
    """After the challenge a NO without a response code."""
    world.switch_gmail(ALICE, on=False)

    talk(
        opened(world),
        f"""
        C: a AUTHENTICATE XOAUTH2 {xoauth2(access_token(world))}
        S: + {CHALLENGE}
        C:
        S: a NO Lookup failed k2if6111336rvb.0
        """,
    )


def off_for_the_user(world: World) -> None:
    """Let the owner turn IMAP off."""
    account = world.account(ALICE)
    assert account is not None
    account.imap = False


def off_in_the_unit(world: World) -> None:
    """Let an administrator turn IMAP off."""
    world.workspace_effective_after = timedelta(0)
    world.set_workspace("contoso.com", Workspace(imap=False))


def not_for_the_client(world: World) -> None:
    """Let an administrator allow another client alone."""
    world.workspace_effective_after = timedelta(0)
    world.set_workspace("contoso.com", Workspace(imap_clients=frozenset({"another"})))


@pytest.mark.parametrize(
    ("forbid", "answer"),
    [
        pytest.param(off_for_the_user, DISABLED, id="row-62"),
        pytest.param(off_in_the_unit, DISABLED_IN_DOMAIN, id="row-63"),
        pytest.param(not_for_the_client, DISABLED_IN_DOMAIN, id="row-64"),
    ],
)
def test_imap_that_is_off_says_so_at_once(
    world: World, access_token: AccessToken, talk: Talk, forbid: Callable[[World], None], answer: str
) -> None:
    """Without a challenge. Of row 64 Google's words are not known: those of row 63 stand in."""
    world.add_account(ALICE, organisation="contoso.com")
    token = access_token(world)
    forbid(world)

    talk(
        opened(world),
        f"""
        C: a AUTHENTICATE XOAUTH2 {xoauth2(token)}
        S: a {answer}
        """,
    )
