"""Signing in to pop.gmail.com: every way in which clients hand over a token, and every way in which it is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.gmail.popping import PopWindow
from fakes.pop.session import PopSession
from fakes.world import World

Talk = Callable[..., None]

CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
DEAD = base64.b64encode(b'{"status":"invalid_token","scope":"https://mail.google.com/"}').decode()
INVALID = base64.b64encode(b'{"status":"invalid_request","scope":"https://mail.google.com/"}').decode()
REFUSED = "-ERR [AUTH] Username and password not accepted."


@pytest.fixture
def session(world: World, alice: Account) -> PopSession:
    """Return a session that nobody has signed in to; Alice has POP on."""
    world.set_pop(alice.address, window=PopWindow.ALL_MAIL)
    return PopSession(world, peer="203.0.113.7", session_id="hv19mb95710270qab")


def xoauth2(token: str, user: str = "alice@contoso.com") -> str:
    """Return the XOAUTH2 response."""
    return base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode()


def oauthbearer(token: str, user: str = "alice@contoso.com") -> str:
    """Return the OAUTHBEARER response."""
    text = f"n,a={user},\x01host=pop.gmail.com\x01port=995\x01auth=Bearer {token}\x01\x01"
    return base64.b64encode(text.encode()).decode()


def test_a_session_begins_as_at_gmail(session: PopSession, world: World, talk: Talk, access_token) -> None:
    """Greeting and both capability lists in Gmail's order; after signing in PIPELINING comes and SASL goes."""
    talk(
        session,
        f"""
        S: +OK Gpop ready for requests from 203.0.113.7 hv19mb95710270qab
        C: CAPA
        S: +OK Capability list follows
        S: USER
        S: RESP-CODES
        S: EXPIRE 0
        S: LOGIN-DELAY 300
        S: TOP
        S: UIDL
        S: X-GOOGLE-RICO
        S: SASL PLAIN XOAUTH2 OAUTHBEARER
        S: .
        C: AUTH XOAUTH2 {xoauth2(access_token(world))}
        S: +OK Welcome.
        C: capa
        S: +OK Capability list follows
        S: USER
        S: RESP-CODES
        S: PIPELINING
        S: EXPIRE 0
        S: LOGIN-DELAY 300
        S: TOP
        S: UIDL
        S: X-GOOGLE-RICO
        S: .
        C: QUIT
        S: +OK Farewell.
        S: (closes)
        C: NOOP
        """,
        opening=session.connected(),
    )


@pytest.mark.parametrize(
    ("mechanism", "response"), [("XOAUTH2", xoauth2), ("xoauth2", xoauth2), ("oauthbearer", oauthbearer)]
)
@pytest.mark.parametrize("steps", ["one step", "two steps"])
def test_a_good_token_opens_pop(session, world, talk: Talk, access_token, mechanism, response, steps) -> None:
    """With the response on the line of AUTH or after a plus and a space, in capital letters or small ones."""
    token = response(access_token(world))
    two = f"""
        C: auth {mechanism}
        S: + …
        C: {token}
        S: +OK Welcome.
        """

    talk(session, two if steps == "two steps" else f"C: AUTH {mechanism} {token}\nS: +OK Welcome.")


def test_a_token_of_two_kilobytes_is_taken(session: PopSession, talk: Talk) -> None:
    """Google's tokens may be that long; RFC 5034 wants lines of at least 12,288 octets in AUTH."""
    talk(
        session,
        f"""
        C: AUTH XOAUTH2
        S: + …
        C: {xoauth2("ya29." + "x" * 9000)}
        S: + {CHALLENGE}
        C: AQ==
        S: {REFUSED}
        """,
    )


@pytest.mark.parametrize("answer", ["", "AQ==", "*", "=", xoauth2("ya29.dead"), "x" * 2000, "\0\xff"])
def test_a_refused_token_is_refused_whatever_the_client_answers(session, world, talk, access_token, answer) -> None:
    """The challenge is Gmail's; the connection stays open for another attempt."""
    talk(
        session,
        f"""
        C: AUTH XOAUTH2 {xoauth2("ya29.dead")}
        S: + {CHALLENGE}
        C: {answer}
        S: {REFUSED}
        C: AUTH XOAUTH2 {xoauth2(access_token(world))}
        S: +OK Welcome.
        """,
    )


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("UIDL", "S: -ERR Command not understood"),
        ("stat", "S: -ERR Command not understood"),
        ("QUIT", "S: +OK Farewell.\nS: (closes)"),
        (f"AUTH XOAUTH2 {xoauth2('ya29.dead')}", f"S: + {CHALLENGE}"),
    ],
)
def test_a_client_that_goes_on_after_a_refusal_is_answered_twice(session: PopSession, talk: Talk, command, reply):
    """Its next command counts as the answer to the challenge, and as a command."""
    talk(
        session,
        f"""
        C: AUTH XOAUTH2 {xoauth2("ya29.dead")}
        S: + {CHALLENGE}
        C: {command}
        S: {REFUSED}
        {reply}
        """,
    )


def test_oauthbearer_has_challenges_of_its_own(session: PopSession, talk: Talk) -> None:
    """A dead token is invalid_token, a malformed response invalid_request."""
    talk(
        session,
        f"""
        C: AUTH OAUTHBEARER {oauthbearer("ya29.dead")}
        S: + {DEAD}
        C: AQ==
        S: {REFUSED}
        C: AUTH OAUTHBEARER {xoauth2("ya29.dead")}
        S: + {INVALID}
        C:
        S: {REFUSED}
        """,
    )


@pytest.mark.parametrize(
    "line",
    [
        "AUTH",
        "AUTH CRAM-MD5",
        "AUTH XOAUTH2 =",
        "AUTH XOAUTH2 not-base64",
        f"AUTH XOAUTH2 {xoauth2('x')} {xoauth2('x')}",
        "AUTH PLAIN =",
        "APOP alice 0123",
        "STLS",
        "USER",
    ],
)
def test_what_is_no_sign_in_gets_no_challenge(session: PopSession, talk: Talk, line: str) -> None:
    """Mechanisms that Gmail has not, and responses that are none."""
    talk(session, f"C: {line}\nS: -ERR bad command")


def test_a_client_may_give_up(session: PopSession, talk: Talk) -> None:
    """RFC 5034 section 4: a star instead of the response."""
    talk(
        session,
        """
        C: AUTH XOAUTH2
        S: + …
        C: *
        S: -ERR bad command
        C: AUTH PLAIN
        S: + …
        C: *
        S: -ERR bad command
        """,
    )


def test_passwords_are_refused(session: PopSession, talk: Talk) -> None:
    """By USER and PASS, and by AUTH PLAIN; whether there is such an account makes no difference."""
    talk(
        session,
        f"""
        C: PASS hunter2
        S: -ERR Command not understood
        C: USER nobody@contoso.com
        S: +OK send PASS
        C: PASS hunter2 and more
        S: {REFUSED}
        C: PASS hunter2
        S: -ERR Command not understood
        C: user alice@contoso.com
        S: +OK send PASS
        C: pass hunter2
        S: {REFUSED}
        C: AUTH PLAIN AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=
        S: {REFUSED}
        C: auth plain
        S: + …
        C: AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=
        S: {REFUSED}
        """,
    )


def test_an_account_without_gmail_looks_like_a_bad_token(session, world: World, talk: Talk, access_token) -> None:
    """Google's own words for it are not known; the journal knows better."""
    world.add_account("nobody@contoso.com", gmail=False)
    token = access_token(world, "nobody@contoso.com")

    talk(
        session,
        f"""
        C: AUTH XOAUTH2 {xoauth2(token, "nobody@contoso.com")}
        S: + {CHALLENGE}
        C:
        S: {REFUSED}
        """,
    )

    assert any("the account has no Gmail" in entry.text for entry in world.journal.entries)


def test_nothing_about_mail_is_understood_before_signing_in(session: PopSession, world: World, talk: Talk) -> None:
    """Nor is a second sign-in afterwards; and none of it is a fault of ours."""
    for verb in ("STAT", "LIST", "UIDL 1", "RETR 1", "TOP 1 0", "DELE 1", "NOOP", "RSET"):
        talk(session, f"C: {verb}\nS: -ERR Command not understood")

    assert world.unimitated == []


def test_what_google_keeps_to_itself_is_not_imitated(session: PopSession, world: World, talk: Talk) -> None:
    """X-GOOGLE-RICO is announced, and what it does is not known: who uses it is told of."""
    talk(session, "C: x-google-rico\nS: -ERR bad command")

    assert world.unimitated == ["POP: X-GOOGLE-RICO"]


@pytest.mark.parametrize(
    "lines",
    [
        "PASS hunter2",
        "pass  hunter2 hunter2",
        " PASS hunter2",
        "PASS\thunter2",
        "AUTH PLAIN AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=",
        "AUTH PLAIN\r\nAGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=",
        "AUTH LOGIN AGFsaWNlQGNvbnRvc28uY29tAGh1bnRlcjI=",
        f"AUTH XOAUTH2 {xoauth2('ya29.hunter2')}\r\n{xoauth2('ya29.hunter2')}",
        f"AUTH XOAUTH2\r\n{xoauth2('ya29.hunter2')[:40]} {xoauth2('ya29.hunter2')[40:]}",
        f"AUTH OAUTHBEARER {oauthbearer('ya29.hunter2')}\r\nAQ==",
        f"AUTH OAUTHBEARER\r\n{oauthbearer('ya29.hunter2')[:-3]}\r\n",
        f"AUTH-XOAUTH2 {xoauth2('ya29.hunter2')[3:]}",
    ],
)
def test_no_secret_reaches_the_journal(session: PopSession, world: World, lines: str) -> None:
    """Neither as it is nor in base64, whole or in part, well formed or not."""
    session.receive(lines.encode() + b"\r\n")

    journal = " ".join(entry.text for entry in world.journal.entries)
    secrets = ["hunter2", "AGFsaWNl", "aHVudGVyMg", "h1bnRlcjI", "odW50ZXIy", "LmJ1bnRlcj", "eWEyOS5o", "lhMjkuaH"]
    assert "AUTH" in journal or "PASS" in journal
    assert not [secret for secret in secrets if secret in journal]


def test_the_journal_tells_the_conversation(session: PopSession, world: World, access_token) -> None:
    """Each line with its direction, in order, credentials cut but named, messages summed up."""
    world.deliver("alice@contoso.com", b"Subject: hello\r\n\r\n")
    session.connected()
    session.receive(f"AUTH XOAUTH2 {xoauth2(access_token(world))}\r\nLIST\r\nRETR 1\r\n".encode())

    told = [(entry.sender, entry.text) for entry in world.journal.entries if entry.channel == "pop"]
    assert told == [
        ("pop", "+OK Gpop ready for requests from 203.0.113.7 hv19mb95710270qab"),
        ("client", "AUTH XOAUTH2 [XOAUTH2 user=alice@contoso.com token cut]"),
        ("pop", "+OK Welcome."),
        ("client", "LIST"),
        ("pop", "+OK 1 messages (18 bytes)"),
        ("pop", "1 18\n."),
        ("client", "RETR 1"),
        ("pop", "+OK message follows"),
        ("pop", "<18 bytes, sha256 52147933a855>"),
    ]
