"""Signing in to smtp.gmail.com: every way in which clients hand over a token, and every way in which it is refused."""

from __future__ import annotations

import base64
import smtplib
from datetime import timedelta
from itertools import pairwise

import pytest

from fakes.accounts import Account
from fakes.google import SimulatedGoogle
from fakes.smtp.reading import shown_answer, shown_command

XOAUTH2_CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="


class Client(smtplib.SMTP):
    """The standard library's client, dialling by the network map."""

    def __init__(self, google: SimulatedGoogle) -> None:
        self._network = google.network
        super().__init__("smtp.gmail.com", 465, local_hostname="client.example")

    def _get_socket(self, host: str, port: int, timeout: float) -> object:
        return self._network.ssl_context().wrap_socket(self._network.dial(host, port), server_hostname=host)

    def says(self, line: str) -> str:
        """Send a line, return the whole reply as one text."""
        code, text = self.docmd(line)
        return f"{code} {text.decode()}"


@pytest.fixture
def client(google: SimulatedGoogle, gmail_account: Account):
    """Connect and say EHLO."""
    with Client(google) as connected:
        connected.ehlo()
        yield connected


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def xoauth2(token: str, user: str = "alice@contoso.com") -> str:
    return encoded(f"user={user}\1auth=Bearer {token}\1\1")


def oauthbearer(token: str, user: str = "alice@contoso.com") -> str:
    return encoded(f"n,a={user},\1host=smtp.gmail.com\1port=465\1auth=Bearer {token}\1\1")


WRITERS = pytest.mark.parametrize(("mechanism", "write"), [("XOAUTH2", xoauth2), ("OAUTHBEARER", oauthbearer)])


@WRITERS
@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_a_good_token_opens_at_once(google, client, mechanism, write, spelling) -> None:
    """With an initial response, the mechanism's name in any case."""
    token = google.access_token("alice@contoso.com")

    assert client.says(f"AUTH {spelling(mechanism)} {write(token)}") == "235 2.7.0 Accepted"


@WRITERS
def test_a_good_token_opens_in_two_steps(google, client, mechanism, write) -> None:
    """Without an initial response the server asks by an empty challenge."""
    token = google.access_token("alice@contoso.com")

    assert client.says(f"AUTH {mechanism}") == "334 "
    assert client.says(write(token)) == "235 2.7.0 Accepted"


@pytest.mark.parametrize("answer", ["", "*", "AQ==", "QUIT", "RSET", xoauth2("ya29.again")])
def test_a_bad_token_gets_the_challenge_and_then_535_whatever_the_client_answers(client, answer) -> None:
    """Any line ends the exchange; msmtp sends an empty one, curl `AQ==`, smtplib the credentials once more."""
    challenge = client.says(f"AUTH XOAUTH2 {xoauth2('ya29.bad')}")
    refusal = client.says(answer)

    assert challenge == f"334 {XOAUTH2_CHALLENGE}"
    first, second = refusal.split("\n")
    assert first == "535 5.7.8 Username and Password not accepted. Learn more at"
    assert second.startswith("5.7.8  https://support.google.com/mail/?p=BadCredentials ")
    assert second.endswith(" - gsmtp")
    assert client.says("NOOP").startswith("250 ")


def test_a_refused_client_may_try_again_on_the_same_connection(google, client) -> None:
    """With a fresh token, as nodemailer does it."""
    client.says(f"AUTH XOAUTH2 {xoauth2('ya29.bad')}")
    client.says("")

    assert client.says(f"AUTH XOAUTH2 {xoauth2(google.access_token('alice@contoso.com'))}") == "235 2.7.0 Accepted"


def test_the_challenge_of_oauthbearer_is_of_rfc_7628(client) -> None:
    """`invalid_token` and the scope; then the same 535."""
    challenge = client.says(f"AUTH OAUTHBEARER {oauthbearer('ya29.bad')}")
    refusal = client.says("AQ==")

    assert base64.b64decode(challenge[4:]) == b'{"status":"invalid_token","scope":"https://mail.google.com/"}'
    assert refusal.startswith("535 5.7.8 Username and Password not accepted.")


def test_expired_narrow_and_foreign_tokens_are_refused_alike(google, client) -> None:
    """The client cannot tell them apart; the journal can."""
    google.add_account("bob@contoso.com")
    expired = google.access_token("alice@contoso.com")
    google.clock.advance(timedelta(hours=1))
    narrow = google.access_token("alice@contoso.com", scopes=("openid",))
    foreign = google.access_token("bob@contoso.com")

    replies = {(client.says(f"AUTH XOAUTH2 {xoauth2(token)}"), client.says("")) for token in (expired, narrow, foreign)}

    assert len(replies) == 1
    reasons = [entry.text for entry in google.journal.entries if "refused" in entry.text]
    assert [word in reason for word, reason in zip(("dead", "scopes", "bob@"), reasons, strict=True)] == [True] * 3


def test_a_token_of_two_and_a_half_thousand_characters_fits(client) -> None:
    """Workspace tokens are long; they come as initial response and as continuation, and neither is too long."""
    token = "ya29." + "x" * 2759

    assert client.says(f"AUTH XOAUTH2 {xoauth2(token)}") == f"334 {XOAUTH2_CHALLENGE}"
    assert client.says("").startswith("535 ")
    assert client.says("AUTH XOAUTH2") == "334 "
    assert client.says(xoauth2(token)) == f"334 {XOAUTH2_CHALLENGE}"
    assert client.says("").startswith("535 ")


@pytest.mark.parametrize("garbage", ["%%%", "QUIT", "*", encoded("hello"), "é"])
def test_what_cannot_be_read_as_credentials_is_refused_without_a_challenge(client, garbage) -> None:
    """Broken base64, another framing, or a client that gives up at the empty challenge."""
    client.command_encoding = "utf-8"

    assert client.says("AUTH XOAUTH2") == "334 "
    assert client.says(garbage).startswith("501 5.5.2 Cannot Decode response ")


@pytest.mark.parametrize(
    ("exchange", "code"),
    [
        (["AUTH PLAIN " + encoded("\0alice@contoso.com\0secret")], "535"),
        (["AUTH PLAIN", encoded("\0alice@contoso.com\0secret")], "535"),
        (["AUTH LOGIN", encoded("alice@contoso.com"), encoded("secret")], "535"),
        (["AUTH LOGIN " + encoded("alice@contoso.com"), encoded("secret")], "535"),
        (["AUTH LOGIN", "%%%", encoded("secret")], "501"),
    ],
)
def test_a_password_is_refused(client, exchange, code) -> None:
    """Gmail takes none from other people's programs any more; its questions are `Username:` and `Password:`."""
    replies = [client.says(line) for line in exchange]

    assert replies[-1].startswith(code)
    questions = [reply for reply in replies[:-1] if reply != "334 "]
    assert questions in ([], ["334 UGFzc3dvcmQ6"], ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"])


def test_mechanisms_that_gmail_does_not_have(google, client) -> None:
    """XOAUTH had its day, and anything unknown is complained of by check()."""
    assert client.says("AUTH XOAUTH abc").startswith("504 5.7.4 XOAUTH is no longer supported. ")
    assert client.says("AUTH CRAM-MD5").startswith("504 5.7.4 Unrecognized Authentication Type. ")
    assert client.says("AUTH").startswith("555 5.5.2 Syntax error")

    assert google.world.unimitated == ["smtp AUTH CRAM-MD5"]
    google.world.unimitated.clear()


def test_nobody_signs_in_twice(google, client) -> None:
    """A second AUTH is refused (RFC 4954 section 4)."""
    credentials = xoauth2(google.access_token("alice@contoso.com"))
    client.says(f"AUTH XOAUTH2 {credentials}")

    assert client.says(f"AUTH XOAUTH2 {credentials}").startswith("503 5.7.0 No identity changes permitted. ")


def test_the_journal_has_the_exchange_without_the_secrets(google, client) -> None:
    """Whose credentials they were stays, what they were does not."""
    token = google.access_token("alice@contoso.com")
    client.says("AUTH LOGIN " + encoded("alice@contoso.com"))
    client.says(encoded("hunter2"))
    client.says("AUTH PLAIN " + encoded("\0a\0pw"))
    client.says("AUTH XOAUTH2")
    client.says(xoauth2(token))

    said = [entry.text for entry in google.journal.entries if entry.channel == "smtp"]
    assert ("AUTH XOAUTH2", "334 ") in pairwise(said)
    assert ("[XOAUTH2 user=alice@contoso.com token cut]", "235 2.7.0 Accepted") in pairwise(said)
    for secret in (token, xoauth2(token), encoded("hunter2"), encoded("\0a\0pw")):
        assert not any(secret in text for text in said)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"NOOP\r\n", "NOOP"),
        (b"AUTH PLAIN AGEAcHc=\r\n", "AUTH PLAIN [8 characters cut]"),
        (b"auth  login  c2VjcmV0\r\n", "auth  login  [8 characters cut]"),
        (b"x" * 401, "<401 bytes, sha256 "),
        (b"EHLO \xff", "EHLO \\xff"),
    ],
)
def test_command_lines_as_the_journal_shows_them(line, shown) -> None:
    """Credentials by their length, long lines by their size."""
    assert shown_command(line).startswith(shown)


@pytest.mark.parametrize(
    ("line", "shown"), [(b"", ""), (b"*", "*"), (b"quit", "quit"), (b"cGFzcw==", "[8 characters cut]")]
)
def test_answers_to_challenges_as_the_journal_shows_them(line, shown) -> None:
    """What is no credential stays readable."""
    assert shown_answer(line) == shown
