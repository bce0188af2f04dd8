"""Reports of mail that was not delivered: what stands in them, who gets them, and who never does."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.accounts import Account
from fakes.post import bounces
from fakes.world import World

ALICE = "alice@contoso.com"
ORIGINAL = (
    b"From: Alice <alice@contoso.com>\r\nMessage-ID: <1@contoso.com>\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n"
    b"\r\nhello\r\n"
)
NOBODY = "nobody@contoso.com"


def bounced(world: World, alice: Account, recipient: str, raw: bytes = ORIGINAL) -> email.message.EmailMessage:
    """Send a message to somebody and return the report that comes back."""
    world.submit(alice, [recipient], raw)
    _, report = alice.mail.messages()
    assert report.labels == {"\\Inbox"}
    return email.message_from_bytes(report.raw, policy=email.policy.default)


def text(report: email.message.EmailMessage) -> str:
    return report.get_body(("plain",)).get_content().replace("\r\n", "\n")


def status(report: email.message.EmailMessage) -> tuple[dict[str, str], dict[str, str]]:
    """Return the fields about the message and those about the recipient."""
    message, recipient = list(report.walk())[6].get_payload()
    return dict(message.items()), dict(recipient.items())


def test_a_report_has_the_parts_of_a_real_one(world, alice):
    """A text for people, in two forms with an icon; one for machines; and the original message, byte for byte."""
    report = bounced(world, alice, NOBODY)

    assert [part.get_content_type() for part in report.walk()] == [
        "multipart/report",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "message/delivery-status",
        "text/plain",
        "text/plain",
        "message/rfc822",
        "text/plain",
    ]
    assert list(report.iter_parts())[2].get_payload()[0].as_bytes(policy=email.policy.SMTP) == ORIGINAL
    assert all(not part.defects for part in report.walk())
    assert "Address not found" in report.get_body(("html",)).get_content()


def test_a_report_has_the_header_of_a_real_one(world, alice):
    """The fields in Gmail's order, threaded to the original, with an id and boundaries of Gmail's form."""
    report = bounced(world, alice, NOBODY)

    assert list(report) == [
        "Content-Type", "To", "Return-Path", "Auto-Submitted", "Message-ID", "Date", "From", "Subject", "In-Reply-To",
        "References", "X-Failed-Recipients",
    ]  # fmt: skip
    assert report["Content-Type"].params["report-type"] == "delivery-status"
    assert report.get_boundary().startswith("000000000000")
    assert (report["To"], report["Return-Path"], report["Auto-Submitted"]) == (ALICE, "<>", "auto-replied")
    assert report["From"] == "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    assert report["Subject"] == "Delivery Status Notification (Failure)"
    assert report["In-Reply-To"] == report["References"] == "<1@contoso.com>"
    name, _, host = report["Message-ID"].strip("<>").partition("@")
    assert [len(part) for part in name.split(".")] == [8, 8, 6, 4, 3]
    assert host == "mx.google.com"
    assert report["Date"].datetime == world.clock.now()


def test_an_unknown_recipient_is_told_in_googles_words(world, alice):
    """In a domain whose mail comes here, Google itself is the server that knows."""
    report = bounced(world, alice, NOBODY)

    assert text(report) == (
        "\n** Address not found **\n\n"
        "Your message wasn't delivered to nobody@contoso.com because the address couldn't be found, or is unable to "
        "receive mail.\n\n"
        "Learn more here: https://support.google.com/mail/?p=NoSuchUser\n\n"
        "The response was:\n\n"
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        "550-5.1.1 double-checking the recipient's email address for typos or\n"
        "550-5.1.1 unnecessary spaces. Learn more at\n"
        "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser\n"
    )
    message, recipient = status(report)
    when = "Mon, 05 Jan 2026 01:00:00 -0800 (PST)"
    assert message == {
        "Reporting-MTA": "dns; googlemail.com",
        "Received-From-MTA": "dns; alice@contoso.com",
        "Arrival-Date": when,
        "X-Original-Message-ID": "<1@contoso.com>",
    }
    assert list(recipient) == ["Final-Recipient", "Action", "Status", "Diagnostic-Code", "Last-Attempt-Date"]
    assert recipient["Final-Recipient"] == "rfc822; nobody@contoso.com"
    assert (recipient["Action"], recipient["Status"], recipient["Last-Attempt-Date"]) == ("failed", "5.1.1", when)
    assert recipient["Diagnostic-Code"].startswith("smtp; 550-5.1.1 The email account that you tried to reach does")


@pytest.mark.parametrize(
    ("told", "reply", "title", "expected"),
    [
        ("eve@example.net", "550 5.1.1 User unknown", "Address not found", "5.1.1"),
        ("@example.net", "550 : User unknown", "Address not found", "5.0.0"),
        ("@EXAMPLE.net", "552 5.2.2 Mailbox full", "Message not delivered", "5.2.2"),
        ("EVE@example.net", "554 5.7.1 Spam, see https://example.net/why", "Message not delivered", "5.7.1"),
    ],
)
def test_another_server_may_refuse(world, alice, told, reply, title, expected):
    """An address outside or a whole domain, as the world is told; Google repeats what the other server said."""
    world.post.reject(told, reply)

    report = bounced(world, alice, "eve@example.net")

    body = text(report)
    assert f"** {title} **" in body
    assert body.endswith(f"The response from the remote server was:\n\n{reply}\n")
    assert ("(Warning: This link will take you to a third-party site)" in body) is ("https" in reply)
    _, recipient = status(report)
    assert recipient["Status"] == expected
    assert recipient["Remote-MTA"] == "dns; mx.example.net. (192.0.2.1, the server for the domain example.net.)"
    assert recipient["Diagnostic-Code"] == f"smtp; {reply}"
    assert world.outside == []


@pytest.mark.parametrize("reply", ["250 OK", "450 4.2.0 Greylisted", "no", "550 5.1.1 two\r\nlines", ""])
def test_only_a_final_refusal_makes_a_bounce(world, reply):
    """Whoever tells the world another reply hears of it."""
    with pytest.raises(ValueError, match="not a reply that refuses"):
        world.post.reject("eve@example.net", reply)


def test_a_domain_that_is_in_no_dns_is_told_so(world, alice):
    """Domains under .invalid never are (RFC 2606)."""
    report = bounced(world, alice, "eve@example.invalid")

    lines = text(report).split("\n")
    assert lines[3] == (
        "Your message wasn't delivered to eve@example.invalid because the domain example.invalid couldn't be found. "
        "Check for typos or unnecessary spaces and try again."
    )
    assert lines[7].startswith("DNS Error: ")
    assert lines[7].endswith(" DNS type 'mx' lookup of example.invalid responded with code NXDOMAIN")
    assert lines[8] == "Domain name not found: example.invalid"


def test_a_report_about_an_international_address_is_an_international_one(world, alice):
    """RFC 6533: types of its own for the machine's part and for an original with UTF-8 in its header."""
    recipient = "niemand@bücher.example"
    world.add_account("böb@bücher.example")

    report = bounced(world, alice, recipient, "Subject: Größe\r\n".encode() + ORIGINAL)

    assert report["Content-Type"].params["report-type"] == "global-delivery-status"
    parts = [part.get_content_type() for part in report.iter_parts()]
    assert parts == ["multipart/related", "message/global-delivery-status", "message/global"]
    assert recipient in text(report)
    _, raw = (message.raw for message in alice.mail.messages())
    assert f"\r\nFinal-Recipient: utf-8; {recipient}\r\n".encode() in raw


def test_another_servers_refusal_is_of_a_domain_in_either_spelling(world, alice):
    """As people write it and as the DNS do."""
    with world.lock:
        world.post.reject("@bücher.example", "550 5.1.1 User unknown")

    report = bounced(world, alice, "wen@xn--bcher-kva.example")

    assert "550 5.1.1 User unknown" in text(report)


def test_a_suspended_account_is_inactive(world, alice):
    """Its mail bounces instead of waiting."""
    bob = world.add_account("bob@contoso.com")
    world.suspend_account(bob.address)

    report = bounced(world, alice, bob.address)

    assert "550-5.2.1 The email account that you tried to reach is inactive. For more\n" in text(report)
    assert status(report)[1]["Status"] == "5.2.1"
    assert list(bob.mail.messages()) == []


def test_every_failed_recipient_has_a_report_and_the_others_their_mail(world, alice):
    """One bad address costs nobody else the message."""
    bob = world.add_account("bob@contoso.com")

    world.submit(alice, ["x@contoso.com", bob.address, "y@contoso.com", "eve@example.net"], ORIGINAL)

    sent, *reports = [message.raw for message in alice.mail.messages()]
    assert sent == ORIGINAL
    failed = [email.message_from_bytes(report)["X-Failed-Recipients"] for report in reports]
    assert failed == ["x@contoso.com", "y@contoso.com"]
    assert [message.raw for message in bob.mail.messages()] == [ORIGINAL]
    assert [departed.recipient for departed in world.outside] == ["eve@example.net"]


def test_mail_with_an_empty_return_path_never_bounces(world, alice):
    """Bounces and automatic answers are sent so, that there is no bounce of a bounce."""
    world.submit(alice, [NOBODY], ORIGINAL, returns=False)

    assert [message.labels for message in alice.mail.messages()] == [{"\\Sent"}]


def test_the_original_may_hold_what_looks_like_a_boundary(world, alice):
    """The report in a report is taken apart as it was put together."""
    first = bounced(world, alice, NOBODY)
    world.submit(alice, [NOBODY], b"From: alice@contoso.com\r\n" + first.as_bytes(policy=email.policy.SMTP))

    *_, last = alice.mail.messages()
    second = email.message_from_bytes(last.raw, policy=email.policy.default)
    assert [part.get_content_type() for part in second.iter_parts()] == [
        "multipart/related",
        "message/delivery-status",
        "message/rfc822",
    ]


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (datetime(2025, 7, 23, 14, 27, 29, tzinfo=UTC), "Wed, 23 Jul 2025 07:27:29 -0700 (PDT)"),
        (datetime(2026, 3, 8, 9, 59, 59, tzinfo=UTC), "Sun, 08 Mar 2026 01:59:59 -0800 (PST)"),
        (datetime(2026, 3, 8, 10, 0, tzinfo=UTC), "Sun, 08 Mar 2026 03:00:00 -0700 (PDT)"),
        (datetime(2026, 11, 1, 8, 59, 59, tzinfo=UTC), "Sun, 01 Nov 2026 01:59:59 -0700 (PDT)"),
        (datetime(2026, 11, 1, 9, 0, tzinfo=UTC), "Sun, 01 Nov 2026 01:00:00 -0800 (PST)"),
    ],
)
def test_times_are_californias(when, written):
    """With daylight saving time, as in the real reports."""
    assert bounces.format_pacific(when) == written


@given(st.binary(max_size=300))
def test_whatever_bounces_the_report_can_be_read(original):
    """Any bytes may be the original; the parts around it stand."""
    counter = iter(range(10**6))

    report = bounces.report(
        bounces.no_such_user(NOBODY),
        to=ALICE,
        original=original,
        now=datetime(2026, 1, 5, 9, tzinfo=UTC),
        fresh=lambda _alphabet, length: str(next(counter)).zfill(length),
    )

    parsed = email.message_from_bytes(report)
    assert [part.get_content_type() for part in parsed.get_payload()] == [
        "multipart/related",
        "message/delivery-status",
        "message/rfc822",
    ]
    assert original in report
