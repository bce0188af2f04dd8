from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import (
    BadInput,
    ConnectFailed,
    ConnectionLost,
    GmailSyncError,
    MailboxTaken,
    Retry,
    SendDeferred,
    SendInDoubt,
    SendRejected,
    TlsFailed,
    TokenRefused,
)
from gmailsync.google.connector import GmailConnector
from gmailsync.google.network import Network, Timeouts
from gmailsync.google.smtp import _LEADING_DOT, _with_crlf
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

SUBMISSION = Endpoint("smtp.gmail.com", 587)
IMPLICIT_TLS = Endpoint("smtp.gmail.com", 465)
ALICE = "alice@contoso.com"
BOB = "bob@example.com"
TOKEN = Secret("ya29.a0AZYkNZh-the-access-token")
SASL = base64.b64encode(f"user={ALICE}\x01auth=Bearer {TOKEN.reveal()}\x01\x01".encode()).decode()
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
SESSION = "ay13-20020a05600c1e0d00b003974b95d897sm18665416wmb.37 - gsmtp"

BANNER = f"S: 220 smtp.gmail.com ESMTP {SESSION}"
EHLO = """
C: ehlo [127.0.0.1]
S: 250-smtp.gmail.com at your service, [203.0.113.7]
S: 250-SIZE 35882577
S: 250-8BITMIME
S: 250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER
S: 250-ENHANCEDSTATUSCODES
S: 250-PIPELINING
S: 250-CHUNKING
S: 250 SMTPUTF8
"""
STARTTLS = """
C: ehlo [127.0.0.1]
S: 250-smtp.gmail.com at your service, [203.0.113.7]
S: 250-STARTTLS
S: 250 SMTPUTF8
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
TLS
"""
AUTH = f"C: AUTH XOAUTH2 {SASL}\nS: 235 2.7.0 Accepted"
QUIT = f"C: QUIT\nS: 221 2.0.0 closing connection {SESSION}"
MAIL = f"C: MAIL FROM:<{ALICE}> SIZE=*\nS: 250 2.1.0 OK {SESSION}"
RCPT = f"C: RCPT TO:<{BOB}>\nS: 250 2.1.5 OK {SESSION}"
DATA = f"C: DATA\nS: 354 Go ahead {SESSION}"
BODY = "C: ..."
ACCEPTED = f"S: 250 2.0.0 OK  1760000000 {SESSION}"
RAW = b"Subject: hello\r\n\r\nhello\r\n"

Scripted = Any  # the fixture of conftest.py


def talk(*parts: str) -> str:
    """Put a script together."""
    return "\n".join(part.strip("\n") for part in parts)


SIGNED_IN = talk(BANNER, EHLO, AUTH)


def sending(scripted: Scripted, *parts: str, timeouts: Timeouts | None = None) -> GmailConnector:
    """Give a connector to a server on 465 that plays `parts` after the sign-in."""
    network = scripted(IMPLICIT_TLS, talk(SIGNED_IN, *parts))
    return GmailConnector(network, timeouts) if timeouts else GmailConnector(network)


# --- Connecting ------------------------------------------------------------------------------


def test_587_is_secured_by_starttls_before_anything_is_told(scripted: Scripted) -> None:
    """What the server offered in plain text is forgotten, and EHLO comes again under TLS."""
    network = scripted(SUBMISSION, talk(BANNER, STARTTLS, EHLO, QUIT), tls=False)

    greeting = GmailConnector(network).smtp_greeting(SUBMISSION)

    assert greeting == "smtp.gmail.com at your service, [203.0.113.7]"


def test_465_has_tls_from_the_first_byte(scripted: Scripted) -> None:
    """No STARTTLS is offered or asked for there."""
    network = scripted(IMPLICIT_TLS, talk(BANNER, EHLO, QUIT))

    greeting = GmailConnector(network).smtp_greeting(IMPLICIT_TLS)

    assert greeting == "smtp.gmail.com at your service, [203.0.113.7]"


def test_a_server_without_starttls_gets_no_token(scripted: Scripted) -> None:
    """Somebody in between may have cut the offer out; nothing is sent in plain text."""
    network = scripted(SUBMISSION, talk(BANNER, EHLO), tls=False)

    with pytest.raises(TlsFailed, match=r"smtp\.gmail\.com:587"):
        GmailConnector(network).smtp_sign_in(SUBMISSION, ALICE, TOKEN)


def test_a_refused_starttls_is_put_off(scripted: Scripted) -> None:
    """The server has trouble with its own TLS for the moment (RFC 3207 section 4)."""
    refusal = "S: 454 4.3.3 TLS not available due to temporary reason"
    script = talk(BANNER, STARTTLS.partition("S: 220 2.0.0")[0], refusal)

    with pytest.raises(SendDeferred):
        GmailConnector(scripted(SUBMISSION, script, tls=False)).smtp_greeting(SUBMISSION)


def test_a_server_of_another_name_gets_no_token(scripted: Scripted) -> None:
    """The certificate must be for the profile's location."""
    stranger = Endpoint("stranger.example", 587)
    network = scripted(stranger, talk(BANNER, STARTTLS.replace("\nTLS", "\nNO TLS")), tls=False)

    with pytest.raises(TlsFailed, match=r"[Hh]ostname mismatch"):
        GmailConnector(network).smtp_sign_in(stranger, ALICE, TOKEN)


def test_a_wrong_port_fails_as_outside() -> None:
    """The network's errors pass through smtplib unchanged."""
    connector = GmailConnector(Network(hosts={str(SUBMISSION): "127.0.0.1:1"}))

    with pytest.raises(ConnectFailed, match=r"smtp\.gmail\.com:2525"):
        connector.smtp_greeting(Endpoint("smtp.gmail.com", 2525))


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (f"S: 421 4.4.5 Server busy, try again later. {SESSION}", SendDeferred),
        ("S: 554 no service for you", SendRejected),
        ("S: * OK Gimap ready", ConnectionLost),
        (f"S: 220 {'x' * 10_000}", ConnectionLost),
        ("", ConnectionLost),
        ("HANG", ConnectionLost),
        (talk(BANNER, "C: ehlo *\nS: 501 5.5.4 HELO/EHLO argument invalid, closing connection."), SendRejected),
    ],
)
def test_a_server_that_is_not_ready_is_told_apart(
    scripted: Scripted, impatient: Timeouts, script: str, error: type[GmailSyncError]
) -> None:
    """No exception of smtplib comes out, however the conversation begins."""
    connector = GmailConnector(scripted(IMPLICIT_TLS, script), Timeouts(impatient.read, impatient.read))

    with pytest.raises(error) as raised:
        connector.smtp_greeting(IMPLICIT_TLS)

    assert type(raised.value) is error


# --- Signing in ------------------------------------------------------------------------------


def test_a_sign_in_takes_one_round_trip(scripted: Scripted) -> None:
    """The token goes along with the command, and the reply is the evidence."""
    connector = GmailConnector(scripted(IMPLICIT_TLS, talk(SIGNED_IN, QUIT)))

    assert connector.smtp_sign_in(IMPLICIT_TLS, ALICE, TOKEN) == "235 2.7.0 Accepted"


REFUSED_535 = f"""
S: 535-5.7.8 Username and Password not accepted. Learn more at
S: 535 5.7.8  https://support.google.com/mail/?p=BadCredentials {SESSION}
"""


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (f"S: 334 {CHALLENGE}\nC: \n{REFUSED_535.strip()}", TokenRefused),
        (
            f"S: 534-5.7.9 Please log in with your web browser\nS: 534 5.7.9  and then try again. {SESSION}",
            TokenRefused,
        ),
        (f"S: 454 4.7.0 Too many login attempts, please try again later. {SESSION}", SendDeferred),
        (f"S: 454 4.7.0 Cannot authenticate due to temporary system problem. {SESSION}", SendDeferred),
        (f"S: 421 4.7.0 Try again later, closing connection. {SESSION}", SendDeferred),
        (f"S: 504 5.7.4 Unrecognized Authentication Type. {SESSION}", SendRejected),
    ],
)
def test_a_refused_sign_in_says_why(scripted: Scripted, refusal: str, error: type[GmailSyncError]) -> None:
    """The challenge is answered with an empty line, and the refusal after it is what counts."""
    script = talk(BANNER, EHLO, f"C: AUTH XOAUTH2 {SASL}", refusal, QUIT)

    with pytest.raises(error) as raised:
        GmailConnector(scripted(IMPLICIT_TLS, script)).smtp_sign_in(IMPLICIT_TLS, ALICE, TOKEN)

    assert type(raised.value) is error
    assert raised.value.server_line.endswith(SESSION)


def test_googles_words_of_a_535_are_kept(scripted: Scripted) -> None:
    """Both lines, the double blank before the address included."""
    script = talk(BANNER, EHLO, f"C: AUTH XOAUTH2 {SASL}", REFUSED_535, QUIT)

    with pytest.raises(TokenRefused) as raised:
        GmailConnector(scripted(IMPLICIT_TLS, script)).smtp_sign_in(IMPLICIT_TLS, ALICE, TOKEN)

    assert raised.value.server_line == (
        "535 5.7.8 Username and Password not accepted. Learn more at 5.7.8  "
        f"https://support.google.com/mail/?p=BadCredentials {SESSION}"
    )


def test_the_token_is_in_no_error_and_no_log(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    """Not even when the server repeats it and everything is logged."""
    caplog.set_level(logging.DEBUG)
    script = talk(BANNER, EHLO, f"C: AUTH XOAUTH2 {SASL}\nS: 501 what is {SASL} {TOKEN.reveal()}", QUIT)

    with pytest.raises(SendRejected) as raised:
        GmailConnector(scripted(IMPLICIT_TLS, script)).smtp_sign_in(IMPLICIT_TLS, ALICE, TOKEN)

    assert raised.value.server_line == "501 what is [cut] [cut]"
    assert TOKEN.reveal() not in caplog.text + raised.value.message
    assert SASL not in caplog.text + raised.value.message


# --- Sending ---------------------------------------------------------------------------------


def test_a_message_is_submitted_and_the_last_reply_returned(scripted: Scripted) -> None:
    """Size announced, every recipient named, the body exact."""
    connector = sending(
        scripted,
        f"C: MAIL FROM:<{ALICE}> SIZE={len(RAW)}\nS: 250 2.1.0 OK {SESSION}",
        RCPT,
        RCPT.replace(BOB, "carol@example.com"),
        DATA,
        BODY,
        ACCEPTED,
        QUIT,
    )

    reply = connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB, "carol@example.com"], RAW)

    assert reply == f"250 2.0.0 OK  1760000000 {SESSION}"
    assert scripted.server.body == RAW


def test_8_bit_content_is_announced_and_arrives_as_it_is(scripted: Scripted) -> None:
    """Dots at the beginning of a line are doubled on the wire; the rest is untouched."""
    raw = b"Subject: dots\r\n\r\n.\r\n..two\r\ncaf\xc3\xa9 \xff\x00\r\n"
    mail = f"C: MAIL FROM:<{ALICE}> SIZE={len(raw)} BODY=8BITMIME\nS: 250 2.1.0 OK {SESSION}"
    connector = sending(scripted, mail, RCPT, DATA, BODY, ACCEPTED, QUIT)

    connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB], raw)

    assert scripted.server.body == raw.replace(b"\r\n.", b"\r\n..")


@given(st.lists(st.binary().map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), min_size=1))
def test_what_the_server_makes_of_the_wire_is_the_message(lines: list[bytes]) -> None:
    """A message with CRLF line ends survives to the octet, and no line of it can end it."""
    raw = b"".join(line + b"\r\n" for line in lines)

    sent = _LEADING_DOT.sub(b"..", _with_crlf(raw)).removesuffix(b"\r\n").split(b"\r\n")

    assert b"." not in sent
    assert [line.removeprefix(b".") if line.startswith(b".") else line for line in sent] == lines


@given(st.binary())
def test_no_bare_line_end_is_ever_sent(raw: bytes) -> None:
    """Servers disagree about what they mean, which others have used to smuggle mail."""
    sent = _with_crlf(raw)

    assert sent.endswith(b"\r\n")
    assert b"\r" not in sent.replace(b"\r\n", b"")
    assert b"\n" not in sent.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("refusals", "error", "code", "named"),
    [
        ({BOB: "550 5.1.1 The email account that you tried to reach does not exist."}, SendRejected, 550, BOB),
        ({BOB: "450 4.2.1 The user you are trying to contact is receiving mail too fast"}, SendDeferred, 450, BOB),
        (
            {BOB: "450 4.2.1 later", "dora@example.com": "553 5.1.2 no such domain"},
            SendRejected,
            553,
            f"{BOB}, dora@example.com",
        ),
        (
            {
                "dora@example.com": "452 4.5.3 Your message has too many recipients. For more information regarding "
                "Google's sending limits, visit https://support.google.com/mail/?p=TooManyRecipientsError"
            },
            SendRejected,
            452,
            "dora@example.com",
        ),
    ],
)
def test_one_refused_recipient_means_none(
    scripted: Scripted, refusals: dict[str, str], error: type[Any], code: int, named: str
) -> None:
    """All is taken back; who was refused is named; a refusal for good outweighs one for now."""
    recipients = [BOB, "carol@example.com", "dora@example.com"]
    replies = [f"C: RCPT TO:<{name}>\nS: {refusals.get(name, '250 2.1.5 OK')} {SESSION}" for name in recipients]
    connector = sending(scripted, MAIL, *replies, "C: RSET\nS: 250 2.1.5 Flushed", QUIT)

    with pytest.raises(error) as raised:
        connector.send(IMPLICIT_TLS, ALICE, TOKEN, recipients, RAW)

    assert type(raised.value) is error
    assert raised.value.reply_code == code
    assert raised.value.message.endswith(f"the recipient {named}")


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([f"C: MAIL *\nS: 550 5.7.0 Mail Sending denied. {SESSION}", QUIT], SendRejected),
        ([f"C: MAIL *\nS: 552-5.2.3 Your message exceeded\nS: 552 5.2.3 guidelines. {SESSION}", QUIT], SendRejected),
        ([f"C: MAIL *\nS: 421 4.7.0 Try again later, closing connection. {SESSION}"], SendDeferred),
        ([MAIL, RCPT, f"C: DATA\nS: 451 4.3.0 not now {SESSION}", QUIT], SendDeferred),
        ([MAIL, RCPT, "C: DATA\nS: 250 what data?"], ConnectionLost),
        ([MAIL, RCPT, DATA, BODY, f"S: 552 5.7.0 This message was blocked {SESSION}", QUIT], SendRejected),
        ([MAIL, RCPT, DATA, BODY, f"S: 421 4.3.0 Temporary System Problem. {SESSION}", QUIT], SendDeferred),
        (["C: MAIL *"], ConnectionLost),
        ([MAIL, "C: RCPT *"], ConnectionLost),
        ([MAIL, RCPT, "C: DATA"], ConnectionLost),
        ([MAIL, RCPT, "C: DATA\nHANG"], ConnectionLost),
    ],
)
def test_a_refusal_leaves_nothing_sent(
    scripted: Scripted, impatient: Timeouts, steps: list[str], error: type[GmailSyncError]
) -> None:
    """Until the final dot it is known that nothing was accepted, so that trying again is safe."""
    connector = sending(scripted, *steps, timeouts=impatient)

    with pytest.raises(error) as raised:
        connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB], RAW)

    assert type(raised.value) is error


@pytest.mark.parametrize("end", ["", "HANG", "S: 999 what", "S: nonsense", "S: 354 go on"])
def test_a_lost_reply_to_the_final_dot_is_in_doubt(scripted: Scripted, impatient: Timeouts, end: str) -> None:
    """Nobody knows whether Gmail took the email; it must not be sent again blindly."""
    connector = sending(scripted, MAIL, RCPT, DATA, BODY, end, timeouts=impatient)

    with pytest.raises(SendInDoubt):
        connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB], RAW)


@pytest.mark.parametrize("end", ["", "HANG", "S: 500 what?"])
def test_an_accepted_email_is_sent_whatever_becomes_of_quit(scripted: Scripted, end: str) -> None:
    """The connection may break right after the 250, and the patience for the final dot is over then."""
    timeouts = Timeouts(read=0.2, final_dot=600)
    connector = sending(scripted, MAIL, RCPT, DATA, BODY, ACCEPTED, "C: QUIT", end, timeouts=timeouts)

    assert connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB], RAW).startswith("250 2.0.0 OK")


def test_the_limit_of_the_day_is_tried_again(scripted: Scripted) -> None:
    """A 550 that means tomorrow."""
    answer = f"""
S: 550-5.4.5 Daily user sending limit exceeded. For more information on Gmail
S: 550-5.4.5 sending limits go to
S: 550 5.4.5  https://support.google.com/a/answer/166852 {SESSION}
"""
    connector = sending(scripted, MAIL, RCPT, DATA, BODY, answer, QUIT)

    with pytest.raises(SendDeferred) as raised:
        connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB], RAW)

    assert raised.value.retry is Retry.LATER
    assert "24 hours" in raised.value.advice


@pytest.mark.parametrize(
    "recipient",
    [
        "bob@example.com>\r\nRCPT TO:<eve@example.com",
        "Bob <bob@example.com>",
        "bob",
        "",
        "bob@exämple.com",
        "b ob@example.com",
        "bob@example.com\n",
    ],
)
def test_what_is_no_bare_address_is_not_sent(scripted: Scripted, recipient: str) -> None:
    """Neither commands nor display names get into the SMTP envelope."""
    connector = sending(scripted)

    with pytest.raises(BadInput, match="recipient"):
        connector.send(IMPLICIT_TLS, ALICE, TOKEN, [recipient], RAW)


def test_what_objects_right_before_data_keeps_the_message_back(scripted: Scripted) -> None:
    """Everything but DATA is said by then, so that little time passes between the question and the sending."""

    def object_to_it() -> None:
        raise MailboxTaken("another sync has taken over")

    connector = sending(scripted, MAIL, RCPT)

    with pytest.raises(MailboxTaken):
        connector.send(IMPLICIT_TLS, ALICE, TOKEN, [BOB], RAW, object_to_it)
