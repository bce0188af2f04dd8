"""Transcripts of conversations with smtp.gmail.com, over real sockets."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable

import pytest

from fakes.google import SimulatedGoogle
from fakes.smtp.replies import AIOSMTPD, SIZE_LIMIT, in_gmails_words

Talk = Callable[[str], None]


def test_under_tls_the_extensions_are_gmails_with_auth_and_without_starttls(smtp: Talk) -> None:
    """EHLO on 465 announces AUTH, in Gmail's order, and nothing that does not work."""
    smtp("""
        C: EHLO client.example
        S: 250-smtp.gmail.com at your service, [127.0.0.1]
        S: 250-SIZE 35882577
        S: 250-8BITMIME
        S: 250-AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER
        S: 250-ENHANCEDSTATUSCODES
        S: 250-PIPELINING
        S: 250-CHUNKING
        S: 250 SMTPUTF8
    """)


def test_before_tls_nothing_but_starttls_leads_on(google: SimulatedGoogle, smtp_conversation) -> None:
    """On 587 EHLO announces STARTTLS instead of AUTH, and AUTH and MAIL are refused until then."""
    for talk in smtp_conversation(587):
        talk("""
            S: 220 smtp.gmail.com ESMTP <session> - gsmtp
            C: EHLO client.example
            S: 250-smtp.gmail.com at your service, [127.0.0.1]
            S: 250-SIZE 35882577
            S: 250-8BITMIME
            S: 250-STARTTLS
            S: 250-ENHANCEDSTATUSCODES
            S: 250-PIPELINING
            S: 250-CHUNKING
            S: 250 SMTPUTF8
            C: AUTH XOAUTH2
            S: 530-5.7.0 Must issue a STARTTLS command first. For more information, go to
            S: 530-5.7.0  https://support.google.com/a/answer/3221692 and review RFC 3207
            S: 530 5.7.0 specifications. <session> - gsmtp
            C: MAIL FROM:<alice@contoso.com>
            S: 530-5.7.0 Must issue a STARTTLS command first. For more information, go to
            S: 530-5.7.0  https://support.google.com/a/answer/3221692 and review RFC 3207
            S: 530 5.7.0 specifications. <session> - gsmtp
            C: STARTTLS now
            S: 555-5.5.2 Syntax error, cannot decode response. For more information, go to
            S: 555-5.5.2  https://support.google.com/a/answer/3221692 and review RFC 5321
            S: 555 5.5.2 specifications. <session> - gsmtp
            C: STARTTLS
            S: 220 2.0.0 Ready to start TLS
        """)


def test_a_client_that_gives_up_at_starttls_is_no_failure_of_ours(google: SimulatedGoogle) -> None:
    """Whoever does not trust the certificate closes; the teardown of `google` checks that nobody complained."""
    with google.network.dial("smtp.gmail.com", 587) as plain:
        plain.sendall(b"EHLO client.example\r\nSTARTTLS\r\n")
        with plain.makefile("rb") as lines:
            assert any(line == b"220 2.0.0 Ready to start TLS\r\n" for line in lines)

        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="smtp.gmail.com")


def test_a_transaction_in_order_is_accepted(signed_in_smtp: Talk, google: SimulatedGoogle) -> None:
    """MAIL, RCPT and DATA get Gmail's replies; the last one counts seconds since 1970 on the world's clock."""
    unix_time = int(google.clock.now().timestamp())

    signed_in_smtp(f"""
        C: MAIL FROM:<alice@contoso.com> BODY=8BITMIME SIZE=60
        S: 250 2.1.0 OK <session> - gsmtp
        C: RCPT TO:<bob@example.com>
        S: 250 2.1.5 OK <session> - gsmtp
        C: DATA
        S: 354 Go ahead <session> - gsmtp
        C: Subject: hello
        C:
        C: hello
        C: .
        S: 250 2.0.0 OK  {unix_time} <session> - gsmtp
        C: QUIT
        S: 221 2.0.0 closing connection <session> - gsmtp
        S closes
    """)


def test_a_message_may_come_in_chunks(signed_in_smtp: Talk, google: SimulatedGoogle) -> None:
    """CHUNKING: octets follow each BDAT, dots in them mean nothing, and the last chunk is answered as DATA is."""
    unix_time = int(google.clock.now().timestamp())

    signed_in_smtp(f"""
        C: MAIL FROM:<alice@contoso.com>
        S: 250 2.1.0 OK <session> - gsmtp
        C: RCPT TO:<bob@example.com>
        S: 250 2.1.5 OK <session> - gsmtp
        C: BDAT 16
        C: Subject: hello
        S: 250 2.0.0 OK <session> - gsmtp
        C: bdat 5 last
        C:
        C: .
        S: 250 2.0.0 OK  {unix_time} <session> - gsmtp
    """)

    (departed,) = google.world.outside
    assert departed.raw.endswith(b"Subject: hello\r\n\r\n.\r\n")


def test_small_talk(signed_in_smtp: Talk) -> None:
    """RSET, NOOP, VRFY and HELP have answers of their own."""
    signed_in_smtp("""
        C: RSET
        S: 250 2.1.5 Flushed <session> - gsmtp
        C: NOOP
        S: 250 2.0.0 OK <session> - gsmtp
        C: VRFY bob
        S: 252 2.1.5 Send some mail, I'll try my best <session> - gsmtp
        C: HELP
        S: 214 2.0.0  https://www.google.com/search?btnI&q=RFC+5321 <session> - gsmtp
    """)


def test_mail_without_signing_in_is_refused(smtp: Talk) -> None:
    """An anonymous client is told to authenticate, at every step of a transaction."""
    for command in ("MAIL FROM:<alice@contoso.com>", "RCPT TO:<bob@example.com>", "DATA"):
        smtp(f"""
            C: HELO client.example
            S: 250 smtp.gmail.com at your service
            C: {command}
            S: 530-5.7.0 Authentication Required. Learn more at
            S: 530 5.7.0  https://support.google.com/mail/?p=WantAuthError <session> - gsmtp
        """)


def test_commands_out_of_order_are_refused(smtp: Talk) -> None:
    """Nothing goes before EHLO."""
    for command in ("MAIL FROM:<alice@contoso.com>", "RCPT TO:<bob@example.com>", "DATA", "AUTH XOAUTH2"):
        smtp(f"""
            C: {command}
            S: 503 5.5.1 EHLO/HELO first. <session> - gsmtp
        """)


def test_a_transaction_out_of_order_is_refused(signed_in_smtp: Talk) -> None:
    """RCPT wants MAIL first, DATA wants RCPT first, MAIL comes once; RSET and an empty sender change nothing of it."""
    signed_in_smtp("""
        C: RCPT TO:<bob@example.com>
        S: 503 5.5.1 MAIL first. <session> - gsmtp
        C: MAIL FROM:<>
        S: 250 2.1.0 OK <session> - gsmtp
        C: DATA
        S: 503-5.5.1 RCPT first. A mail transaction protocol command was issued out of
        S: 503-5.5.1 sequence. For more information, go to
        S: 503-5.5.1  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 503 5.5.1 specifications. <session> - gsmtp
        C: MAIL FROM:<alice@contoso.com>
        S: 503-5.5.1 A mail transaction protocol command was issued out of
        S: 503-5.5.1 sequence. For more information, go to
        S: 503-5.5.1  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 503 5.5.1 specifications. <session> - gsmtp
        C: RCPT TO:<bob@example.com>
        S: 250 2.1.5 OK <session> - gsmtp
        C: RSET
        S: 250 2.1.5 Flushed <session> - gsmtp
        C: RCPT TO:<bob@example.com>
        S: 503 5.5.1 MAIL first. <session> - gsmtp
    """)


@pytest.mark.parametrize(
    "command",
    [
        "MAIL FROM: <alice@contoso.com>",
        "MAIL FROM:<Alice <alice@contoso.com>>",
        "MAIL FROM:alice@contoso.com",
        "MAIL FROM:<alice@contoso.com> SMTPUTF8=YES",
        "MAIL FROM:<alice@contoso.com> BODY=BINARYMIME",
        "MAIL FROM:<alice@contoso.com> COLOUR=RED",
        "MAIL",
    ],
)
def test_a_sender_path_that_gmail_cannot_read_is_a_syntax_error(signed_in_smtp: Talk, command: str) -> None:
    """Stray blanks, display names and extensions that were not announced."""
    signed_in_smtp(f"""
        C: {command}
        S: 555-5.5.2 Syntax error, cannot decode response. For more information, go to
        S: 555-5.5.2  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 555 5.5.2 specifications. <session> - gsmtp
    """)


@pytest.mark.parametrize("path", ["", " <bob@example.com>", "<>", "<Bob <bob@example.com>>"])
def test_a_recipient_path_that_gmail_cannot_read_is_a_syntax_error(signed_in_smtp: Talk, path: str) -> None:
    """Stray blanks, display names and nobody at all."""
    signed_in_smtp(f"""
        C: MAIL FROM:<alice@contoso.com>
        S: 250 2.1.0 OK <session> - gsmtp
        C: RCPT TO:{path}
        S: 555-5.5.2 Syntax error, cannot decode response. For more information, go to
        S: 555-5.5.2  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 555 5.5.2 specifications. <session> - gsmtp
    """)


@pytest.mark.parametrize("address", ["bob", "bob@@example.com", "bob@", "@example.com", "bób@example.com"])
def test_an_address_that_is_none_is_refused_by_name(signed_in_smtp: Talk, address: str) -> None:
    """Gmail repeats the address and points to RFC 5321, for senders and recipients alike."""
    signed_in_smtp(f"""
        C: MAIL FROM:<{address}>
        S: 553-5.1.7 The sender address <{address}> is not a valid RFC 5321 address. For more
        S: 553-5.1.7 information, go to
        S: 553-5.1.7  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 553 5.1.7 specifications. <session> - gsmtp
        C: MAIL FROM:<alice@contoso.com>
        S: 250 2.1.0 OK <session> - gsmtp
        C: RCPT TO:<{address}>
        S: 553-5.1.3 The recipient address <{address}> is not a valid RFC 5321 address. For more
        S: 553-5.1.3 information, go to
        S: 553-5.1.3  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 553 5.1.3 specifications. <session> - gsmtp
    """)


def test_an_international_address_needs_smtputf8_and_holds_until_the_transaction_ends(signed_in_smtp: Talk) -> None:
    """RFC 6531 section 3.4: the parameter of MAIL is about all addresses of its transaction, and no others."""
    signed_in_smtp("""
        C: MAIL FROM:<größe@bücher.example> BODY=8BITMIME smtputf8
        S: 250 2.1.0 OK <session> - gsmtp
        C: RCPT TO:<用户@例え.jp>
        S: 250 2.1.5 OK <session> - gsmtp
        C: RCPT TO:<用户@>
        S: 553-5.1.3 The recipient address <用户@> is not a valid RFC 5321 address. For more
        S: 553-5.1.3 information, go to
        S: 553-5.1.3  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 553 5.1.3 specifications. <session> - gsmtp
        C: RSET
        S: 250 2.1.5 Flushed <session> - gsmtp
        C: MAIL FROM:<alice@contoso.com>
        S: 250 2.1.0 OK <session> - gsmtp
        C: RCPT TO:<用户@例え.jp>
        S: 553-5.1.3 The recipient address <用户@例え.jp> is not a valid RFC 5321 address. For more
        S: 553-5.1.3 information, go to
        S: 553-5.1.3  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 553 5.1.3 specifications. <session> - gsmtp
    """)


@pytest.mark.parametrize("name", ["mail_server", "mail server", "größe", ""])
def test_a_host_name_that_gmail_refuses_ends_the_conversation(smtp: Talk, name: str) -> None:
    """Underscores, blanks and non-ASCII: typical Windows host names."""
    smtp(f"""
        C: EHLO {name}
        S: 501-5.5.4 HELO/EHLO argument "{name}" invalid, closing connection.
        S: 501 5.5.4  https://support.google.com/mail/?p=helo <session> - gsmtp
        S closes
    """)


@pytest.mark.parametrize("name", ["localhost", "[127.0.0.1]", "[IPv6:::1]", "client-7.example.com"])
def test_a_usual_host_name_is_taken(smtp: Talk, name: str) -> None:
    """Names and address literals of RFC 5321 section 4.1.3."""
    smtp(f"""
        C: HELO {name}
        S: 250 smtp.gmail.com at your service
    """)


def test_a_hundred_recipients_are_the_most(signed_in_smtp: Talk) -> None:
    """The 101st is refused for now, and the message may still go to the others."""
    signed_in_smtp("C: MAIL FROM:<alice@contoso.com>\nS: 250 2.1.0 OK <session> - gsmtp")
    for number in range(100):
        signed_in_smtp(f"C: RCPT TO:<r{number}@example.com>\nS: 250 2.1.5 OK <session> - gsmtp")

    signed_in_smtp("""
        C: RCPT TO:<r100@example.com>
        S: 452 4.5.3 Your message has too many recipients. For more information regarding Google's sending limits, \
visit https://support.google.com/mail/?p=TooManyRecipientsError <session> - gsmtp
        C: DATA
        S: 354 Go ahead <session> - gsmtp
    """)


def test_a_message_announced_as_too_big_is_refused_before_it_is_sent(signed_in_smtp: Talk) -> None:
    """SIZE above the announced limit is refused at MAIL (RFC 1870 section 6.1)."""
    signed_in_smtp(f"""
        C: MAIL FROM:<alice@contoso.com> SIZE={SIZE_LIMIT}
        S: 250 2.1.0 OK <session> - gsmtp
        C: RSET
        S: 250 2.1.5 Flushed <session> - gsmtp
        C: MAIL FROM:<alice@contoso.com> SIZE={SIZE_LIMIT + 1}
        S: 552-5.2.3 Your message exceeded Google's message size limits. Please visit
        S: 552-5.2.3  https://support.google.com/mail/?p=MaxSizeError to view our size
        S: 552 5.2.3 guidelines. <session> - gsmtp
    """)


def test_commands_sent_in_one_go_are_answered_in_turn(signed_in_smtp: Talk) -> None:
    """PIPELINING (RFC 2920)."""
    signed_in_smtp("""
        C: MAIL FROM:<alice@contoso.com>
        C: RCPT TO:<bob@example.com>
        C: RCPT TO:<>
        C: NOOP
        S: 250 2.1.0 OK <session> - gsmtp
        S: 250 2.1.5 OK <session> - gsmtp
        S: 555-5.5.2 Syntax error, cannot decode response. For more information, go to
        S: 555-5.5.2  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 555 5.5.2 specifications. <session> - gsmtp
        S: 250 2.0.0 OK <session> - gsmtp
    """)


def test_what_is_not_imitated_is_refused_and_complained_of(google: SimulatedGoogle, smtp: Talk) -> None:
    """An unknown command gets Gmail's 502, and check() names it; an empty line is nobody's command."""
    smtp("""
        C: XCLIENT ADDR=192.0.2.1
        S: 502 5.5.1 Unrecognized command. <session> - gsmtp
        C:
        S: 502 5.5.1 Unrecognized command. <session> - gsmtp
    """)

    with pytest.raises(AssertionError, match="not imitated: smtp XCLIENT"):
        google.check()
    google.world.unimitated.clear()


def test_every_reply_of_aiosmtpds_in_the_table_has_gmails_form() -> None:
    """A code, an enhanced code but for 220 and 354, and the session at the end of what Gmail signs."""
    for text in AIOSMTPD:
        lines = in_gmails_words(text).render("SESSION").split("\r\n")

        assert all(re.match(r"(?:220|354) |[2-5]\d\d[- ][2-5]\.\d\.\d ", line) for line in lines), lines
        assert lines[-1][3] == " "
        assert all(line[3] == "-" for line in lines[:-1])


def test_a_reply_without_gmails_words_is_an_error() -> None:
    """No reply leaves that no Gmail ever gave."""
    with pytest.raises(LookupError, match="599 Whatever"):
        in_gmails_words("599 Whatever")
