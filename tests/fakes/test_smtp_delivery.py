"""What becomes of messages handed to smtp.gmail.com: where they arrive, and that not one byte is lost on the way."""

from __future__ import annotations

import email
import email.policy
import smtplib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.google import SimulatedGoogle
from fakes.journal import summary
from fakes.smtp.replies import SIZE_LIMIT

HEADER = (
    b"From: Alice <alice@contoso.com>\r\nTo: bob@example.com\r\nMessage-ID: <1@contoso.com>\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\n"
)
"""Complete, so that Gmail has nothing to add."""


class Client(smtplib.SMTP):
    """The standard library's client on 587 or 465, signed in as Alice."""

    def __init__(self, google: SimulatedGoogle, port: int) -> None:
        self._network = google.network
        super().__init__("smtp.gmail.com", port, local_hostname="client.example")
        if port == 587:
            self.starttls(context=google.network.ssl_context())
        self.ehlo()
        token = google.access_token("alice@contoso.com")
        self.auth("XOAUTH2", lambda _challenge=None: f"user=alice@contoso.com\1auth=Bearer {token}\1\1")

    def _get_socket(self, host, port, timeout):
        plain = self._network.dial(host, port)
        return plain if port == 587 else self._network.ssl_context().wrap_socket(plain, server_hostname=host)


@pytest.fixture
def client(google: SimulatedGoogle) -> Iterator[Client]:
    """Connect as Alice, who can write to Bob."""
    google.add_account("alice@contoso.com")
    google.add_account("bob@example.com")
    with Client(google, 465) as connected:
        yield connected


def inbox(google: SimulatedGoogle, address: str) -> list[bytes]:
    return [message.raw for message in google.account(address).mail.messages() if "\\Inbox" in message.labels]


def sent(google: SimulatedGoogle, address: str) -> list[bytes]:
    return [message.raw for message in google.account(address).mail.messages() if "\\Sent" in message.labels]


@pytest.mark.parametrize("port", [465, 587])
def test_a_message_arrives_at_the_recipient_and_in_sent(google, port) -> None:
    """By implicit TLS and by STARTTLS, through smtplib."""
    google.add_account("alice@contoso.com")
    google.add_account("bob@example.com")
    raw = HEADER + b"hello\r\n"

    with Client(google, port) as client:
        refused = client.sendmail("alice@contoso.com", ["bob@example.com", "carol@elsewhere.example"], raw)

    assert refused == {}
    assert inbox(google, "bob@example.com") == [raw]
    assert sent(google, "alice@contoso.com") == [raw]
    assert [departed.recipient for departed in google.world.outside] == ["carol@elsewhere.example"]


def test_mail_in_everybodys_own_letters_arrives_leaves_and_comes_back(google, client) -> None:
    """SMTPUTF8 through smtplib: raw UTF-8 in the header, a domain in either spelling, somebody who is not there."""
    bob = google.add_account("b\u00f6b@xn--bcher-kva.example")
    raw = (
        "From: Älice <alice@contoso.com>\r\nTo: böb@bücher.example\r\nSubject: Größe 日本\r\n"
        "Message-ID: <1@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\nhello\r\n"
    ).encode()

    refused = client.sendmail(
        "alice@contoso.com",
        ["bo\u0308b@bücher.example", "用户@例え.jp", "niemand@bücher.example", "wén@bücher.example"],
        raw,
        mail_options=["SMTPUTF8", "BODY=8BITMIME"],
    )

    assert refused == {}
    assert sent(google, "alice@contoso.com") == inbox(google, bob.address) == [raw]
    assert [departed.recipient for departed in google.world.outside] == ["用户@例え.jp"]
    plain, international = (
        email.message_from_bytes(report, policy=email.policy.default) for report in inbox(google, "alice@contoso.com")
    )
    assert [report["X-Failed-Recipients"] for report in (plain, international)] == [
        "niemand@bücher.example",
        "wén@bücher.example",
    ]


def test_no_other_server_need_know_of_an_address_in_ascii(google, client) -> None:
    """SMTPUTF8 on a transaction that would not need it changes nothing."""
    raw = HEADER + b"hello\r\n"

    client.sendmail("alice@contoso.com", ["bob@example.com"], raw, mail_options=["SMTPUTF8"])

    assert inbox(google, "bob@example.com") == [raw]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\n", b"\r", b"\r\n.", b"\0\xff", b" "])))
def test_every_body_arrives_byte_for_byte(google, client, pieces) -> None:
    """Dots, bare line ends and 8-bit bytes included; only the transparency dots go (RFC 5321 section 4.5.2)."""
    body = b"".join(pieces) + b"\r\n"
    client.mail("alice@contoso.com")
    client.rcpt("bob@example.com")
    client.docmd("DATA")

    client.send((HEADER + body).replace(b"\r\n.", b"\r\n..") + b".\r\n")

    assert client.getreply()[0] == 250
    assert inbox(google, "bob@example.com")[-1] == HEADER + body


def test_a_line_may_be_as_long_as_it_likes(google, client) -> None:
    """Whole HTML documents come on one line; Gmail takes them."""
    raw = HEADER + b"x" * 3_000_000 + b"\r\n"

    client.sendmail("alice@contoso.com", ["bob@example.com"], raw)

    assert inbox(google, "bob@example.com") == [raw]


@pytest.mark.parametrize("line", [b"x" * 998 + b"\r\n", b"x" * SIZE_LIMIT + b"\r\n"])
def test_a_message_over_the_limit_is_refused_after_data(google, client, line) -> None:
    """Made of many lines or of one, it is refused when all of it has come, and the connection goes on."""
    client.mail("alice@contoso.com")
    client.rcpt("bob@example.com")
    client.docmd("DATA")

    client.send(line * (SIZE_LIMIT // len(line) + 1) + b".\r\n")
    code, text = client.getreply()

    assert code == 552
    assert text.startswith(b"5.2.3 Your message exceeded Google's message size limits. Please visit\n5.2.3  https://")
    assert client.noop()[0] == 250
    assert inbox(google, "bob@example.com") == []


def test_a_message_of_the_very_limit_is_taken(google, client) -> None:
    """SIZE counts the octets of the message as it is, line ends included (RFC 1870 section 2)."""
    body = (b"x" * 998 + b"\r\n") * (SIZE_LIMIT // 1000 - 1)
    raw = HEADER + body + b"x" * (SIZE_LIMIT - len(HEADER) - len(body) - 2) + b"\r\n"

    client.sendmail("alice@contoso.com", ["bob@example.com"], raw)

    assert [len(message) for message in inbox(google, "bob@example.com")] == [SIZE_LIMIT]


def test_several_messages_go_over_one_connection(google, client) -> None:
    """Each transaction starts afresh: the recipients of one are not those of the next."""
    client.sendmail("alice@contoso.com", ["bob@example.com"], HEADER + b"one\r\n")
    client.sendmail("alice@contoso.com", ["carol@elsewhere.example"], HEADER + b"two\r\n")

    assert inbox(google, "bob@example.com") == [HEADER + b"one\r\n"]
    assert sent(google, "alice@contoso.com") == [HEADER + b"one\r\n", HEADER + b"two\r\n"]


def test_the_journal_sums_the_message_up(google, client) -> None:
    """The body is not written down, its size and hash are, between 354 and 250."""
    raw = HEADER + b"the body\r\n"

    client.sendmail("alice@contoso.com", ["bob@example.com"], raw)

    said = [entry.text for entry in google.journal.entries if entry.channel == "smtp"]
    before = {after: text for text, after in pairwise(said)}
    assert before[summary(raw)].startswith("354 Go ahead ")
    assert not any("the body" in text for text in said)
