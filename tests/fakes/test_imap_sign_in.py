from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

import pytest

from fakes.accounts import Account
from fakes.actions import Action
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]
Said = Callable[[Iterable[Action]], str]

GIMAP = '"name" "GImap" "vendor" "Google, Inc." "support-url" "https://support.google.com/mail"'
IMAP_OFF = (
    "[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page "
    "and enable your account for IMAP access. (Failure)"
)
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
BEFORE = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 "
    "SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=OAUTHBEARER"
)
AFTER = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE "
    "CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584"
)


@pytest.fixture
def session(world: World, alice: Account) -> ImapSession:
    """Return a session that nobody has signed in to."""
    return ImapSession(world, peer="203.0.113.7", session_id="k2if6111336rvb.0")


def xoauth2(token: str, user: str = "alice@contoso.com") -> str:
    """Return the XOAUTH2 response."""
    return base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode()


def oauthbearer(token: str, user: str = "alice@contoso.com") -> str:
    """Return the OAUTHBEARER response."""
    text = f"n,a={user},\x01host=imap.gmail.com\x01port=993\x01auth=Bearer {token}\x01\x01"
    return base64.b64encode(text.encode()).decode()


def test_a_session_begins_as_at_gmail(session: ImapSession, talk: Talk) -> None:
    """Greeting, capabilities, ID and good-bye carry the session's id before sign-in."""
    talk(
        session,
        f"""
        S: * OK Gimap ready for requests from 203.0.113.7 k2if6111336rvb.0
        C: a1 CAPABILITY
        S: * CAPABILITY {BEFORE}
        S: a1 OK Thats all she wrote! k2if6111336rvb.0
        C: a2 ID ("name" "test")
        S: * ID ({GIMAP} "remote-host" "203.0.113.7" "connection-token" "k2if6111336rvb.0")
        S: a2 OK Success k2if6111336rvb.0
        C: a3 noop
        S: a3 OK Success k2if6111336rvb.0
        C: a4 LOGOUT
        S: * BYE Logout Requested k2if6111336rvb.0
        S: a4 OK Quoth the raven, nevermore... k2if6111336rvb.0
        S: (closes)
        C: a5 NOOP
        """,
        opening=session.connected(),
    )


def test_xoauth2_with_an_initial_response(
    session: ImapSession, world: World, talk: Talk, access_token: Callable[..., str]
) -> None:
    """The capabilities are pushed before the tagged OK; afterwards texts end with (Success)."""
    talk(
        session,
        f"""
        C: A01 AUTHENTICATE XOAUTH2 {xoauth2(access_token(world))}
        S: * CAPABILITY {AFTER}
        S: A01 OK alice@contoso.com authenticated (Success)
        C: A02 CAPABILITY
        S: * CAPABILITY {AFTER}
        S: A02 OK Success
        C: A03 ID NIL
        S: * ID ({GIMAP} "version" "gmail_imap_220520.08_p0" "remote-host" "203.0.113.7")
        S: A03 OK Success
        C: A04 AUTHENTICATE XOAUTH2
        S: A04 BAD Unknown command k2if6111336rvb.0
        C: A05 LOGOUT
        S: * BYE LOGOUT Requested
        S: A05 OK 73 good day (Success)
        S: (closes)
        """,
    )


@pytest.mark.parametrize(("mechanism", "response"), [("XOAUTH2", xoauth2), ("oauthbearer", oauthbearer)])
def test_signing_in_by_two_steps(
    session: ImapSession,
    world: World,
    talk: Talk,
    access_token: Callable[..., str],
    mechanism: str,
    response: Callable[[str], str],
) -> None:
    """Without an initial response the server asks for it by a plus and a space."""
    talk(
        session,
        f"""
        C: A01 AUTHENTICATE {mechanism}
        S: + …
        C: {response(access_token(world))}
        S: * CAPABILITY {AFTER}
        S: A01 OK alice@contoso.com authenticated (Success)
        """,
    )


@pytest.mark.parametrize("answer", ["", "AQ==", "*", xoauth2("ya29.dead"), "x" * 2000])
def test_a_refused_token_is_refused_whatever_the_client_answers(session: ImapSession, talk: Talk, answer: str) -> None:
    """The challenge is Gmail's; the connection stays open for another attempt."""
    talk(
        session,
        f"""
        C: a1 AUTHENTICATE XOAUTH2 {xoauth2("ya29.dead")}
        S: + {CHALLENGE}
        C: {answer}
        S: a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        C: a2 NOOP
        S: a2 OK Success k2if6111336rvb.0
        """,
    )


def test_a_client_that_goes_on_after_a_refusal_is_answered_twice(session: ImapSession, talk: Talk) -> None:
    """Its next command counts as the answer to the challenge, and as a command."""
    talk(
        session,
        f"""
        C: a1 AUTHENTICATE XOAUTH2 {xoauth2("ya29.dead")}
        S: + {CHALLENGE}
        C: a2 LOGOUT
        S: a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        S: * BYE Logout Requested k2if6111336rvb.0
        S: a2 OK Quoth the raven, nevermore... k2if6111336rvb.0
        S: (closes)
        """,
    )


def test_a_token_of_too_small_a_scope_looks_like_a_dead_one(
    session: ImapSession, world: World, talk: Talk, access_token: Callable[..., str]
) -> None:
    """Gmail does not tell what is wrong with a token."""
    token = access_token(world, scopes=("https://www.googleapis.com/auth/gmail.modify",))

    talk(
        session,
        f"""
        C: a1 AUTHENTICATE XOAUTH2 {xoauth2(token)}
        S: + {CHALLENGE}
        C:
        S: a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        """,
    )


def test_an_account_without_gmail_is_not_found(
    session: ImapSession, world: World, talk: Talk, access_token: Callable[..., str]
) -> None:
    """The challenge is the same, the end has no response code."""
    world.add_account("nobody@contoso.com", gmail=False)
    token = access_token(world, "nobody@contoso.com")

    talk(
        session,
        f"""
        C: a1 AUTHENTICATE XOAUTH2 {xoauth2(token, "nobody@contoso.com")}
        S: + {CHALLENGE}
        C:
        S: a1 NO Lookup failed k2if6111336rvb.0
        """,
    )


def test_imap_that_is_off_is_said_at_once(
    session: ImapSession, world: World, talk: Talk, access_token: Callable[..., str]
) -> None:
    """There is no challenge but an alert for the owner."""
    world.add_account("off@contoso.com", imap=False)
    token = access_token(world, "off@contoso.com")

    talk(
        session,
        f"""
        C: a1 AUTHENTICATE XOAUTH2 {xoauth2(token, "off@contoso.com")}
        S: a1 NO {IMAP_OFF}
        """,
    )


@pytest.mark.parametrize(
    "response",
    [
        "=",
        "not-base64",
        base64.b64encode(b"user=a^Aauth=Bearer x^A^A").decode(),
        base64.b64encode(b"user=a\x01auth=Bearer x\x01").decode(),
    ],
)
def test_wrong_framing_gets_no_challenge(session: ImapSession, talk: Talk, response: str) -> None:
    """A malformed response is told apart from a bad token."""
    talk(
        session,
        f"""
        C: a1 AUTHENTICATE XOAUTH2 {response}
        S: a1 NO Invalid SASL argument. k2if6111336rvb.0
        """,
    )


def test_oauthbearer_has_challenges_of_its_own(session: ImapSession, talk: Talk) -> None:
    """A dead token is invalid_token, a malformed response invalid_request."""
    dead = base64.b64encode(b'{"status":"invalid_token","scope":"https://mail.google.com/"}').decode()

    talk(
        session,
        f"""
        C: a1 AUTHENTICATE OAUTHBEARER {oauthbearer("ya29.dead")}
        S: + {dead}
        C: AQ==
        S: a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        C: a2 AUTHENTICATE OAUTHBEARER {xoauth2("ya29.dead")}
        S: + eyJzdGF0dXMiOiJpbnZhbGlkX3JlcXVlc3QiLCJzY29wZSI6Imh0dHBzOi8vbWFpbC5nb29nbGUuY29tLyJ9
        C: AQ==
        S: a2 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        """,
    )


def test_passwords_are_refused(session: ImapSession, talk: Talk) -> None:
    """LOGIN, with literals too, and AUTH=PLAIN: right or wrong makes no difference."""
    talk(
        session,
        """
        C: a1 LOGIN alice@contoso.com "hunter2"
        S: a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        C: a2 LOGIN {17}
        S: + go ahead
        C: alice@contoso.com {7}
        S: + go ahead
        C: hunter2
        S: a2 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        C: a3 AUTHENTICATE PLAIN
        S: + …
        C: AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=
        S: a3 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        C: a4 AUTHENTICATE PLAIN
        S: + …
        C: *
        S: a4 BAD Invalid SASL argument. k2if6111336rvb.0
        C: a5 AUTHENTICATE CRAM-MD5
        S: a5 BAD Could not parse command k2if6111336rvb.0
        """,
    )


def test_nothing_else_is_known_before_signing_in(session: ImapSession, world: World, talk: Talk) -> None:
    """A command that comes too early is an unknown one, and no fault of ours."""
    talk(
        session,
        """
        C: a1 SELECT INBOX
        S: a1 BAD Unknown command k2if6111336rvb.0
        C: a2 FETCH 1 UID
        S: a2 BAD Unknown command k2if6111336rvb.0
        C: a3 IDLE
        S: a3 BAD Unknown command k2if6111336rvb.0
        """,
    )

    assert world.unimitated == []


@pytest.mark.parametrize(
    "lines",
    [
        "a1 LOGIN alice@contoso.com hunter2",
        'a1 LOGIN "alice@contoso.com" hunter2 hunter2',
        "a1 LOGIN {17}\r\nalice@contoso.com {7}\r\nhunter2",
        "a1 AUTHENTICATE PLAIN AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=",
        "a1 AUTHENTICATE PLAIN\r\nAGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=",
        f"a1 AUTHENTICATE XOAUTH2 {xoauth2('ya29.hunter2')}\r\n{xoauth2('ya29.hunter2')}",
        f"a1 AUTHENTICATE XOAUTH2\r\n{xoauth2('ya29.hunter2')[:40]} {xoauth2('ya29.hunter2')[40:]}",
        f"a1 AUTHENTICATE OAUTHBEARER {oauthbearer('ya29.hunter2')}\r\nAQ==",
        f"a1 AUTHENTICATE OAUTHBEARER\r\n{oauthbearer('ya29.hunter2')[:-3]}\r\n",
    ],
)
def test_no_secret_reaches_the_journal(session: ImapSession, world: World, lines: str) -> None:
    """Neither as it is nor in base64, whole or in part, well formed or not."""
    session.receive(lines.encode() + b"\r\n")

    journal = " ".join(entry.text for entry in world.journal.entries)
    secrets = ["hunter2", "AGFsaWNl", "aHVudGVyMg", "h1bnRlcjI", "odW50ZXIy", "LmJ1bnRlcj", "eWEyOS5o", "lhMjkuaH"]
    assert "AUTHENTICATE" in journal or "LOGIN" in journal
    assert not [secret for secret in secrets if secret in journal]


def test_the_journal_tells_the_conversation(
    session: ImapSession, world: World, access_token: Callable[..., str]
) -> None:
    """Each line with its direction, in order, credentials cut but named."""
    session.connected()
    session.receive(f"A1 AUTHENTICATE XOAUTH2 {xoauth2(access_token(world))}\r\n".encode())

    told = [(entry.sender, entry.text) for entry in world.journal.entries if entry.channel == "imap"]
    assert told == [
        ("imap", "* OK Gimap ready for requests from 203.0.113.7 k2if6111336rvb.0"),
        ("client", "A1 AUTHENTICATE XOAUTH2 [XOAUTH2 user=alice@contoso.com token cut]"),
        ("imap", f"* CAPABILITY {AFTER}"),
        ("imap", "A1 OK alice@contoso.com authenticated (Success)"),
    ]
