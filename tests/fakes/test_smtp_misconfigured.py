"""What a customer sees who has set something up wrongly for SMTP: one test for each row of google.md 7.5."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import ssl
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from fakes.accounts import Account
from fakes.gmail.filters import Criteria
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession
from fakes.post import SendAs
from fakes.post.limits import Limits
from fakes.post.office import Wording
from fakes.smtp.replies import SIZE_LIMIT
from fakes.workspace import ContentRule

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
DAILY_LIMIT = """
    S: 550-5.4.5 Daily user sending limit exceeded. For more information on Gmail
    S: 550-5.4.5 sending limits go to
    S: 550 5.4.5  https://support.google.com/a/answer/166852 <session> - gsmtp
"""
TAKEN = "S: 250 2.0.0 OK  {unix_time} <session> - gsmtp"
HEADER = (
    b"From: alice@contoso.com\r\nMessage-ID: <1@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n"
    b"Subject: Offer\r\n"
)

Talk = Callable[[str], None]


def row(number: int) -> pytest.MarkDecorator:
    """Give the test the number of its row."""
    return pytest.mark.parametrize("row", [pytest.param(number, id=f"row-{number}")])


def xoauth2(token: str, user: str = ALICE) -> str:
    return base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()


def transaction(recipients: list[str], *, sender: str = ALICE) -> str:
    """Return the transcript up to the go-ahead."""
    lines = [f"C: MAIL FROM:<{sender}>", "S: 250 2.1.0 OK <session> - gsmtp"]
    for recipient in recipients:
        lines += [f"C: RCPT TO:<{recipient}>", "S: 250 2.1.5 OK <session> - gsmtp"]
    return "\n".join([*lines, "C: DATA", "S: 354 Go ahead <session> - gsmtp"])


def send(talk: Talk, google: SimulatedGoogle, raw: bytes, recipients: list[str], answer: str = TAKEN) -> None:
    """Hand a message over, and hear the answer to it."""
    talk(transaction(recipients))
    talk("\n".join(f"C: {line}" for line in raw.decode().split("\r\n")[:-1]) + "\nC: .")
    talk(answer.format(unix_time=int(google.clock.now().timestamp())))


def in_folder(account: Account, label: str) -> list[bytes]:
    return [message.raw for message in account.mail.messages() if label in message.labels]


# --- getting in ---


@row(89)
@pytest.mark.parametrize("wording", Wording)
@pytest.mark.parametrize("user", [ALICE, "somebody@contoso.com"])
def test_a_bad_token_or_a_wrong_address_is_refused(
    google: SimulatedGoogle, gmail_account: Account, smtp: Talk, row: int, wording: Wording, user: str
) -> None:
    """Both get the challenge and the same 535, in the old wording or in the newer one."""
    google.world.post.wording = wording
    token = "ya29.bad" if user == ALICE else google.access_token(ALICE)

    smtp(f"""
        C: HELO client.example
        S: 250 smtp.gmail.com at your service
        C: AUTH XOAUTH2 {xoauth2(token, user)}
        S: 334 {CHALLENGE}
        C:
        S: 535-5.7.8 Username and Password not accepted. {wording.value}
        S: 535 5.7.8  https://support.google.com/mail/?p=BadCredentials <session> - gsmtp
        C: AUTH XOAUTH2 {xoauth2(google.access_token(ALICE))}
        S: 235 2.7.0 Accepted
    """)


@row(90)
def test_an_anonymous_relay_is_told_to_sign_in(smtp: Talk, row: int) -> None:
    """Whoever goes on to MAIL without AUTH."""
    smtp("""
        C: HELO client.example
        S: 250 smtp.gmail.com at your service
        C: MAIL FROM:<alice@contoso.com>
        S: 530-5.7.0 Authentication Required. Learn more at
        S: 530 5.7.0  https://support.google.com/mail/?p=WantAuthError <session> - gsmtp
    """)


@row(91)
def test_port_587_without_encryption_leads_nowhere(
    smtp_conversation: Callable[[int], Iterator[Talk]], row: int
) -> None:
    """STARTTLS comes first."""
    for talk in smtp_conversation(587):
        talk("""
            S: 220 smtp.gmail.com ESMTP <session> - gsmtp
            C: HELO client.example
            S: 250 smtp.gmail.com at your service
            C: MAIL FROM:<alice@contoso.com>
            S: 530-5.7.0 Must issue a STARTTLS command first. For more information, go to
            S: 530-5.7.0  https://support.google.com/a/answer/3221692 and review RFC 3207
            S: 530 5.7.0 specifications. <session> - gsmtp
        """)


@row(92)
def test_tls_at_once_fails_on_587(google: SimulatedGoogle, row: int) -> None:
    """The client reads a banner where it wants a handshake, and no server fails."""
    with google.network.dial("smtp.gmail.com", 587) as plain, pytest.raises(ssl.SSLError, match=r"(?i)wrong.version"):
        google.network.ssl_context().wrap_socket(plain, server_hostname="smtp.gmail.com")


@row(92)
def test_plain_text_on_465_waits_for_a_banner_that_does_not_come(google: SimulatedGoogle, row: int) -> None:
    """The server says nothing before the handshake; to a command it answers by TLS's alert and a close."""
    with google.network.dial("smtp.gmail.com", 465) as plain:
        plain.settimeout(0.05)
        with pytest.raises(TimeoutError):
            plain.recv(1)

        plain.settimeout(5)
        plain.sendall(b"EHLO client.example\r\n")

        assert b"220" not in plain.recv(1000)


def plain(user: str, password: str) -> str:
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


@row(93)
def test_a_password_kept_with_two_step_verification_wants_an_app_password(
    google: SimulatedGoogle, gmail_account: Account, smtp: Talk, row: int
) -> None:
    """The account's own password is known and not enough; an app password opens, with its blanks or without."""
    google.world.change_password(ALICE, "hunter2")
    app_password = google.set_app_password(ALICE)
    in_fours = " ".join(app_password[start : start + 4] for start in range(0, 16, 4))

    smtp(f"""
        C: HELO client.example
        S: 250 smtp.gmail.com at your service
        C: AUTH PLAIN {plain(ALICE, "hunter2")}
        S: 534-5.7.9 Application-specific password required. For more information, go to
        S: 534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor <session> - gsmtp
        C: AUTH PLAIN {plain(ALICE, "guessed")}
        S: 535-5.7.8 Username and Password not accepted. Learn more at
        S: 535 5.7.8  https://support.google.com/mail/?p=BadCredentials <session> - gsmtp
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {base64.b64encode(ALICE.encode()).decode()}
        S: 334 UGFzc3dvcmQ6
        C: {base64.b64encode(in_fours.encode()).decode()}
        S: 235 2.7.0 Accepted
    """)

    said = [entry.text for entry in google.journal.entries]
    assert not any(secret in text for text in said for secret in ("hunter2", app_password, plain(ALICE, "hunter2")))


@row(94)
def test_an_account_that_google_distrusts_wants_a_sign_in_on_the_web(
    google: SimulatedGoogle, gmail_account: Account, smtp: Talk, row: int
) -> None:
    """Even the right app password is not enough until then."""
    app_password = google.set_app_password(ALICE)
    gmail_account.needs_web_login = True

    smtp(f"""
        C: HELO client.example
        S: 250 smtp.gmail.com at your service
        C: AUTH PLAIN
        S: 334{" "}
        C: {plain(ALICE, app_password)}
        S: 534-5.7.9 Please log in with your web browser and then try again. For more
        S: 534-5.7.9 information, go to
        S: 534 5.7.9  https://support.google.com/mail/?p=WebLoginRequired <session> - gsmtp
    """)


@row(95)
def test_a_loop_with_a_dead_token_is_shut_out_for_a_while(
    google: SimulatedGoogle, gmail_account: Account, smtp: Talk, row: int
) -> None:
    """After too many failures not even a good token is looked at, and then the connection closes; time heals it."""
    google.world.post.attempts.allowed = 9
    smtp("C: HELO client.example\nS: 250 smtp.gmail.com at your service")
    for _ in range(9):
        smtp(f"""
            C: AUTH XOAUTH2 {xoauth2("ya29.dead")}
            S: 334 {CHALLENGE}
            C:
            S: 535-5.7.8 Username and Password not accepted. Learn more at
            S: 535 5.7.8  https://support.google.com/mail/?p=BadCredentials <session> - gsmtp
        """)

    good = xoauth2(google.access_token(ALICE))
    smtp(f"""
        C: AUTH XOAUTH2 {good}
        S: 454-4.7.0 Too many login attempts, please try again later. Learn more at
        S: 454 4.7.0  https://support.google.com/mail/answer/7126229 <session> - gsmtp
        C: AUTH XOAUTH2 {good}
        S: 421 4.7.0 Try again later, closing connection. <session> - gsmtp
        S closes
    """)

    google.clock.advance(timedelta(minutes=10))
    assert not google.world.post.attempts.locked(ALICE)


# --- limits ---


@row(96)
@pytest.mark.parametrize(
    ("organisation", "limit"),
    [pytest.param(None, 500, id="consumer"), pytest.param("contoso.com", 2000, id="workspace")],
)
def test_who_has_sent_enough_for_a_day_waits(
    google: SimulatedGoogle, signed_in_smtp: Talk, row: int, organisation: str | None, limit: int
) -> None:
    """The answer comes after the message, nothing of it is sent, and a day later there is room again."""
    alice = google.account(ALICE)
    alice.organisation = organisation
    google.add_account(BOB)
    with google.world.lock:
        for _ in range(limit - 1):
            google.world.post.sendings.count(ALICE, [])

    send(signed_in_smtp, google, HEADER + b"\r\nlast\r\n", [BOB])
    send(signed_in_smtp, google, HEADER + b"\r\ntoo many\r\n", [BOB], DAILY_LIMIT)
    google.clock.advance(timedelta(hours=24))
    send(signed_in_smtp, google, HEADER + b"\r\nnext day\r\n", [BOB])

    assert [raw.splitlines()[-1] for raw in in_folder(google.account(BOB), "\\Inbox")] == [b"last", b"next day"]
    assert len(in_folder(alice, "\\Sent")) == 2


@row(96)
@pytest.mark.parametrize("limits", [Limits(9, 2, 9), Limits(9, 9, 2)], ids=["recipients", "external"])
def test_recipients_of_a_day_are_limited_too(
    google: SimulatedGoogle, signed_in_smtp: Talk, row: int, limits: Limits
) -> None:
    """All together, and those in other domains."""
    google.account(ALICE).post.limits = limits

    send(signed_in_smtp, google, HEADER + b"\r\n1\r\n", ["a@fabrikam.com", "b@fabrikam.com"])
    send(signed_in_smtp, google, HEADER + b"\r\n2\r\n", ["c@fabrikam.com"], DAILY_LIMIT)

    assert len(google.world.outside) == 2


@row(97)
def test_more_than_a_hundred_recipients_are_refused_one_by_one(signed_in_smtp: Talk, row: int) -> None:
    """The 101st and every one after it."""
    signed_in_smtp("C: MAIL FROM:<alice@contoso.com>\nS: 250 2.1.0 OK <session> - gsmtp")
    for number in range(100):
        signed_in_smtp(f"C: RCPT TO:<r{number}@example.com>\nS: 250 2.1.5 OK <session> - gsmtp")

    for number in (100, 101):
        signed_in_smtp(f"""
            C: RCPT TO:<r{number}@example.com>
            S: 452 4.5.3 Your message has too many recipients. For more information regarding Google's sending limits, \
visit https://support.google.com/mail/?p=TooManyRecipientsError <session> - gsmtp
        """)


@row(98)
def test_a_message_over_the_size_is_refused(signed_in_smtp: Talk, row: int) -> None:
    """At MAIL when it is announced, and chunk by chunk when it is not."""
    refusal = """
        S: 552-5.2.3 Your message exceeded Google's message size limits. Please visit
        S: 552-5.2.3  https://support.google.com/mail/?p=MaxSizeError to view our size
        S: 552 5.2.3 guidelines. <session> - gsmtp
    """
    signed_in_smtp(f"C: MAIL FROM:<alice@contoso.com> SIZE={SIZE_LIMIT + 1}")
    signed_in_smtp(refusal)

    signed_in_smtp(transaction([BOB]).rpartition("\nC: DATA")[0])
    signed_in_smtp(f"C: BDAT {SIZE_LIMIT + 1}\nC: {'x' * (SIZE_LIMIT - 1)}")
    signed_in_smtp(refusal)
    signed_in_smtp("C: NOOP\nS: 250 2.0.0 OK <session> - gsmtp")


# --- names and addresses ---


@row(99)
@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(["MAIL FROM:<Jo <jo@contoso.com>>"], id="display-name"),
        pytest.param(["MAIL FROM:<alice@contoso.com>", "RCPT TO:<>"], id="empty-recipient"),
    ],
)
def test_a_path_that_is_no_bare_address_is_a_syntax_error(signed_in_smtp: Talk, row: int, commands: list[str]) -> None:
    """A display name in MAIL FROM, or nobody in RCPT TO."""
    *before, last = commands
    for command in before:
        signed_in_smtp(f"C: {command}\nS: 250 2.1.0 OK <session> - gsmtp")

    signed_in_smtp(f"""
        C: {last}
        S: 555-5.5.2 Syntax error, cannot decode response. For more information, go to
        S: 555-5.5.2  https://support.google.com/a/answer/3221692 and review RFC 5321
        S: 555 5.5.2 specifications. <session> - gsmtp
    """)


@row(100)
@pytest.mark.parametrize("name", ["DESKTOP_7", "my pc", "büro"])
def test_a_windows_host_name_ends_the_conversation(smtp: Talk, row: int, name: str) -> None:
    """Underscore, blank and non-ASCII."""
    smtp(f"""
        C: EHLO {name}
        S: 501-5.5.4 HELO/EHLO argument "{name}" invalid, closing connection.
        S: 501 5.5.4  https://support.google.com/mail/?p=helo <session> - gsmtp
        S closes
    """)


# --- what Gmail makes of the message ---


@row(101)
@pytest.mark.parametrize(
    ("alias", "rewritten"),
    [
        pytest.param(None, True, id="stranger"),
        pytest.param(SendAs("Sales@contoso.com"), False, id="alias"),
        pytest.param(SendAs("sales@contoso.com", verified=False), True, id="not-verified"),
    ],
)
def test_a_from_that_is_no_alias_is_rewritten(
    google: SimulatedGoogle, signed_in_smtp: Talk, row: int, alias: SendAs | None, rewritten: bool
) -> None:
    """No error: the address is the account's, the name stays, and the original is kept beside it."""
    google.account(ALICE).post.send_as = [alias] if alias else []
    bob = google.add_account(BOB)
    raw = HEADER.replace(b"alice@contoso.com", b"Sales <sales@contoso.com>") + b"\r\nhello\r\n"

    send(signed_in_smtp, google, raw, [BOB])

    (copy,) = in_folder(bob, "\\Inbox")
    if rewritten:
        assert copy == b"From: Sales <alice@contoso.com>\r\nX-Google-Original-" + raw
    else:
        assert copy == raw


@row(102)
def test_a_broken_alias_comes_back_to_the_sender(google: SimulatedGoogle, signed_in_smtp: Talk, row: int) -> None:
    """Accepted and in Sent; nobody gets it, and the report's part for machines is empty."""
    alice, bob = google.account(ALICE), google.add_account(BOB)
    error = "Unspecified Error (SENT_SECOND_EHLO): Smtp server does not advertise AUTH capability"
    alice.post.send_as.append(SendAs("sales@fabrikam.com", broken=error))
    raw = HEADER.replace(b"alice@contoso.com", b"sales@fabrikam.com") + b"\r\nhello\r\n"

    send(signed_in_smtp, google, raw, [BOB])

    (report,) = in_folder(alice, "\\Inbox")
    bounce = email.message_from_bytes(report, policy=email.policy.default)
    assert in_folder(alice, "\\Sent") == [raw]
    assert in_folder(bob, "\\Inbox") == []
    assert bounce["X-Failed-Recipients"] == BOB
    assert bounce.get_body(("plain",)).get_content().replace("\r\n", "\n") == (
        "\n** Message not delivered **\n\n"
        "You're sending this from a different address or alias using the 'Send mail as' feature. The settings for your "
        "'Send mail as' account are misconfigured or out of date. Check those settings and try resending.\n\n"
        "Learn more here: https://support.google.com/mail/?p=CustomFromDenied\n\n"
        f"The response was:\n\n{error}\n"
    )
    assert b"\r\nContent-Type: message/delivery-status\r\n\r\n\r\n--" in report


@row(103)
@pytest.mark.parametrize(("message_id", "copies"), [("1@contoso.com", 1), ("1@host.", 2)], ids=["kept", "replaced"])
def test_a_copy_appended_after_sending_is_one_too_many(
    google: SimulatedGoogle,
    signed_in_smtp: Talk,
    said: Callable[..., str],
    row: int,
    message_id: str,
    copies: int,
) -> None:
    """Gmail files what it sends by itself; it knows the client's copy again by the Message-ID only."""
    alice = google.account(ALICE)
    raw = HEADER.replace(b"1@contoso.com", message_id.encode()) + b"\r\nhello\r\n"
    send(signed_in_smtp, google, raw, [BOB])
    imap = ImapSession(google.world)
    imap.connected()
    imap.receive(f"a AUTHENTICATE XOAUTH2 {xoauth2(google.access_token(ALICE))}\r\n".encode())

    imap.receive(f'b APPEND "[Gmail]/Sent Mail" {{{len(raw)}}}\r\n'.encode())
    assert "b OK" in said(imap.receive(raw + b"\r\n"))

    assert len(in_folder(alice, "\\Sent")) == copies


def attachment(name: str, content: bytes = b"MZ") -> bytes:
    """Return a message with a file attached."""
    return (
        HEADER + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; " + name.encode() + b"\r\n\r\n" + base64.encodebytes(content).replace(
            b"\n", b"\r\n"
        ) + b"--b--\r\n"
    )  # fmt: skip


def zipped(*names: str) -> bytes:
    """Return a zip archive with empty files of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return buffer.getvalue()


@row(104)
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(attachment('filename="setup.EXE"'), id="exe"),
        pytest.param(attachment("filename*=utf-8''r%C3%A9sum%C3%A9.js"), id="encoded-name"),
        pytest.param(attachment('filename="a.zip"', zipped("readme.txt", "x/run.js")), id="in-a-zip"),
    ],
)
def test_a_program_is_not_sent(google: SimulatedGoogle, signed_in_smtp: Talk, row: int, raw: bytes) -> None:
    """By the name of the file, in an archive too."""
    send(signed_in_smtp, google, raw, [BOB], """
        S: 552-5.7.0 This message was blocked because its content presents a potential
        S: 552-5.7.0 security issue. Please visit
        S: 552-5.7.0  https://support.google.com/mail/?p=BlockedMessage to review our
        S: 552 5.7.0 message content and attachment content guidelines. <session> - gsmtp
    """)  # fmt: skip

    assert in_folder(google.account(ALICE), "\\Sent") == []


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(attachment('filename="offer.pdf"'), id="pdf"),
        pytest.param(attachment('filename="a.zip"', zipped("readme.txt")), id="harmless-zip"),
        pytest.param(attachment('filename="a.zip"', b"PK\3\4 no archive"), id="broken-zip"),
        pytest.param(HEADER + b"\r\nname=setup.exe\r\n", id="in-the-text"),
    ],
)
def test_what_is_no_program_is_sent(google: SimulatedGoogle, signed_in_smtp: Talk, raw: bytes) -> None:
    """Documents, archives without programs, archives that are none, and names that are only mentioned."""
    send(signed_in_smtp, google, raw, [BOB])

    assert in_folder(google.account(ALICE), "\\Sent") == [raw]


@row(105)
def test_an_administrators_rule_speaks_in_the_administrators_words(
    google: SimulatedGoogle, signed_in_smtp: Talk, row: int
) -> None:
    """`gcdp` stands before the session id, and the journal says what of the reply is a stand-in."""
    google.account(ALICE).organisation = "contoso.com"
    rule = ContentRule(Criteria(words='"secret project"'), "Ask Legal before you send this.")
    google.world.change_workspace("contoso.com", content_rules=(rule,))

    refusal = "S: 550 5.7.1 Ask Legal before you send this. - gcdp <session> - gsmtp"
    send(signed_in_smtp, google, HEADER + b"\r\nOur Secret\r\nproject!\r\n", [BOB], refusal)
    send(signed_in_smtp, google, HEADER + b"\r\nA project, not secret\r\n", [BOB])

    assert len(in_folder(google.account(ALICE), "\\Sent")) == 1
    assert any("stand-in" in entry.text for entry in google.journal.entries)


@row(106)
@pytest.mark.parametrize("bad", ["<1@host.>", "<1@change id>", "<1@a@b>"])
def test_a_bad_message_id_is_replaced(google: SimulatedGoogle, signed_in_smtp: Talk, row: int, bad: str) -> None:
    """No error; what the product wrote is kept under another name, and Sent has the new one."""
    bob = google.add_account(BOB)

    send(signed_in_smtp, google, HEADER.replace(b"<1@contoso.com>", bad.encode()) + b"\r\nhello\r\n", [BOB])

    (copy,) = in_folder(bob, "\\Inbox")
    head = email.message_from_bytes(copy)
    assert head["Message-ID"].endswith("@mx.google.com>")
    assert head["X-Google-Original-Message-ID"] == bad
    assert in_folder(google.account(ALICE), "\\Sent") == [copy]


@row(107)
def test_a_wrong_recipient_comes_back_to_the_sender(google: SimulatedGoogle, signed_in_smtp: Talk, row: int) -> None:
    """Accepted, then a report in the Inbox, in the conversation of the message."""
    alice = google.account(ALICE)

    send(signed_in_smtp, google, HEADER + b"\r\nhello\r\n", ["nobody@contoso.com"])

    sent, report = alice.mail.messages()
    bounce = email.message_from_bytes(report.raw, policy=email.policy.default)
    assert "** Address not found **" in bounce.get_body(("plain",)).get_content()
    assert bounce["X-Failed-Recipients"] == "nobody@contoso.com"
    assert report.labels == {"\\Inbox"}
    assert report.gm_thrid == sent.gm_thrid
