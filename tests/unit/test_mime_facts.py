from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incoming_mail import mail

from gmailsync.mime.facts import read_facts
from gmailsync.mime.headers import read_headers
from gmailsync.model.facts import Automatic, DeliveryReport, FailedRecipient, NamedAddress

CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")

ODD_PIECES = [
    b"From: ", b"To: ", b"Sender: ", b"References: ", b"Delivered-To: ", b"X-Loop: ", b"Return-Path: <>", b"<1@b>",
    b"Auto-Submitted: auto-replied", b"X-Failed-Recipients: ", b"Precedence: bulk", b"List-Id: ", b"Thread-Index: ",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b", b"--b", b"--b--", b"\r\n", b"\r\n\r\n",
    b"Content-Type: message/delivery-status", b"Content-Type: message/rfc822", b"Final-Recipient: rfc822; ", b"\n ",
    b"Action: failed", b"Status: 5.1.1", b"Message-ID: ", b"a@b.example", b"MAILER-DAEMON", b"=?utf-8?q?", b"\xff",
    b"\x00",
]  # fmt: skip

odd_mail = st.binary() | st.lists(st.sampled_from(ODD_PIECES) | st.binary(max_size=8)).map(b"".join)

GMAIL_BOUNCE = b"""\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: alice@contoso.com
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <original@contoso.com>
In-Reply-To: <original@contoso.com>
X-Failed-Recipients: nobody@example.net
Message-ID: <6880f151.050a0220.3414c9.27f3.GMR@mx.google.com>
Content-Type: multipart/report; boundary="b1"; report-type=delivery-status

--b1
Content-Type: multipart/related; boundary="b2"

--b2
Content-Type: text/plain; charset="UTF-8"


** Address not found **
--b2--
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Original-Envelope-Id: env-1
Arrival-Date: Wed, 23 Jul 2025 07:27:29 -0700 (PDT)
X-Original-Message-ID: <original@contoso.com>

Final-Recipient: rfc822; nobody@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net. (192.0.2.1, the server for the domain example.net.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
Last-Attempt-Date: Wed, 23 Jul 2025 07:27:29 -0700 (PDT)

Final-Recipient: rfc822; slow@example.net
Action: delayed
Status: 4.4.1

--b1
Content-Type: message/rfc822

Message-ID: <original@contoso.com>
From: alice@contoso.com
To: nobody@example.net
Subject: offer

text
--b1--
""".replace(b"\n", b"\r\n")


def test_people_are_read_with_their_names():
    """From, To, Cc, Bcc and Reply-To come as addresses with names, encoded words decoded."""
    facts = mail(
        'Cc: =?utf-8?b?5bGx55Sw?= <yamada@example.jp>, "O\'Hara, Ann" <ann@example.com>',
        "Bcc: eve@example.com",
        "Reply-To: Office <office@example.com>",
    )

    assert facts.author == NamedAddress("bob@example.com", "Bob")
    assert facts.to == (NamedAddress("alice@contoso.com"),)
    assert facts.cc == (NamedAddress("yamada@example.jp", "山田"), NamedAddress("ann@example.com", "O'Hara, Ann"))
    assert facts.bcc == (NamedAddress("eve@example.com"),)
    assert facts.reply_to == (NamedAddress("office@example.com", "Office"),)
    assert facts.recipients == (*facts.to, *facts.cc, *facts.bcc)


@pytest.mark.parametrize(
    ("sender", "fields", "author"),
    [
        pytest.param("", ["Sender: s@example.com"], "s@example.com", id="Sender where there is no From"),
        pytest.param("Bob", ["Sender: s@example.com"], "s@example.com", id="Sender where From has no address"),
        pytest.param("a@example.com b@example.com", [], "a@example.com", id="the first of two without a comma"),
        pytest.param("Bob <>", [], None, id="nobody"),
        pytest.param("@example.com", [], None, id="half an address"),
        pytest.param("", [], None, id="no field"),
    ],
)
def test_the_author_is_the_first_valid_address(sender, fields, author):
    """From counts, then Sender, then whatever looks like an address in From."""
    facts = mail(*fields, sender=sender)

    assert (facts.author.address if facts.author else None) == author


def test_deliveries_and_loop_marks_are_read_wherever_they_stand():
    """Delivered-To and its relatives may be there often; each address counts once."""
    facts = mail(
        "Delivered-To: alice@contoso.com",
        "Delivered-To: list@contoso.com",
        "X-Original-To: alice@contoso.com",
        "Envelope-To: a@contoso.com",
        "X-Forwarded-To: f@contoso.com",
        "X-Loop: alice@contoso.com",
        "X-Loop: dora@contoso.com",
    )

    assert facts.delivered_to == ("alice@contoso.com", "list@contoso.com", "a@contoso.com", "f@contoso.com")
    assert facts.loop_marks == ("alice@contoso.com", "dora@contoso.com")


def test_ids_to_look_up_are_its_own_and_those_it_names():
    """The Message-IDs come in one list for a bulk query, each once."""
    facts = mail("Message-ID: <1@x>", "In-Reply-To: <2@x>", "References: <3@x>\r\n\t<2@x>", "Thread-Index: AQ HZ")

    assert facts.references == ("<3@x>", "<2@x>")
    assert facts.related_ids == ("<1@x>", "<2@x>", "<3@x>")
    assert facts.conversation_index == "AQHZ"


def test_of_very_many_references_the_newest_count():
    """A message cannot make us look up a million ids."""
    facts = mail("References: " + " ".join(f"<{number}@x>" for number in range(1000)))

    assert facts.references == tuple(f"<{number}@x>" for number in range(900, 1000))


@pytest.mark.parametrize(
    ("fields", "automatic"),
    [
        pytest.param([], Automatic.NO, id="nothing said"),
        pytest.param(["Auto-Submitted: no"], Automatic.NO, id="Auto-Submitted: no"),
        pytest.param(["Auto-Submitted: auto-replied (vacation)"], Automatic.REPLIED, id="auto-replied with a comment"),
        pytest.param(["Auto-Submitted: Auto-Generated; x=y"], Automatic.GENERATED, id="auto-generated and more"),
        pytest.param(["Auto-Submitted: auto-notified"], Automatic.GENERATED, id="an extension of the keyword"),
        pytest.param(["X-Autoreply: yes"], Automatic.REPLIED, id="X-Autoreply"),
        pytest.param(["X-Autorespond: vacation"], Automatic.REPLIED, id="X-Autorespond"),
        pytest.param(["X-Autoreply: no"], Automatic.NO, id="X-Autoreply: no"),
        pytest.param(["Precedence: auto_reply"], Automatic.REPLIED, id="Precedence: auto_reply"),
        pytest.param(["Return-Path: <>"], Automatic.REPLIED, id="no return path"),
        pytest.param(["Return-Path: <b@example.com>"], Automatic.NO, id="a return path"),
        pytest.param(
            ["Content-Type: multipart/report; report-type=disposition-notification; boundary=b"],
            Automatic.REPLIED,
            id="a read receipt",
        ),
    ],
)
def test_programs_tell_that_they_wrote_a_message(fields, automatic):
    """RFC 3834's field counts first, then those from before it."""
    assert mail(*fields).automatic is automatic


@pytest.mark.parametrize(
    ("field", "is_list"),
    [
        ("List-Id: Chess <chess.example.com>", True),
        ("List-Unsubscribe: <mailto:leave@example.com>", True),
        ("Precedence: Bulk", True),
        ("Precedence: first-class", False),
        ("Subject: List-Id: x", False),
    ],
)
def test_lists_are_told_by_their_fields(field, is_list):
    """List-Id (RFC 2919), List-Unsubscribe (RFC 2369) and Precedence tell of a list."""
    assert mail(field).is_list is is_list


@pytest.mark.parametrize("value", ["All", "OOF, DR", "AutoReply"])
def test_a_wish_for_no_automatic_answer_is_read(value):
    """X-Auto-Response-Suppress names what the sender does not want."""
    assert mail(f"X-Auto-Response-Suppress: {value}").wants_no_reply
    assert not mail("X-Auto-Response-Suppress: DR").wants_no_reply


def test_gmails_bounce_is_read_with_what_it_is_about():
    """The report gives each recipient's fate, the returned message its Message-ID."""
    report = read_facts(GMAIL_BOUNCE).report

    assert report == DeliveryReport(
        "<original@contoso.com>",
        "env-1",
        (
            FailedRecipient(
                "nobody@example.net",
                "failed",
                "5.1.1",
                "550-5.1.1 The email account that you tried to reach does not exist.",
            ),
            FailedRecipient("slow@example.net", "delayed", "4.4.1"),
        ),
    )
    assert report.is_failure


def test_a_bounce_with_the_header_alone_names_its_message_too():
    """Servers may return text/rfc822-headers instead of the whole message (RFC 6522 section 4)."""
    raw = GMAIL_BOUNCE.replace(b"Content-Type: message/rfc822", b"Content-Type: text/rfc822-headers")

    report = read_facts(raw).report

    assert report is not None
    assert report.message_id == "<original@contoso.com>"


def test_of_a_large_message_returned_the_beginning_is_enough():
    """A bounce that brings 25 MB back is not taken apart; what it is about stands before them."""
    raw = GMAIL_BOUNCE.replace(b"\r\n\r\ntext\r\n", b"\r\n\r\n" + b"text\r\n" * 500_000)

    assert read_facts(raw).report == read_facts(GMAIL_BOUNCE).report


def test_gmails_own_field_names_the_message_where_nothing_is_returned():
    """X-Original-Message-ID stands among the report's fields."""
    raw = GMAIL_BOUNCE.replace(b"Content-Type: message/rfc822", b"Content-Type: text/plain")

    report = read_facts(raw).report

    assert report is not None
    assert report.message_id == "<original@contoso.com>"


@pytest.mark.parametrize(
    ("sender", "fields", "recipients"),
    [
        pytest.param("b@x.example", ["X-Failed-Recipients: n@x.example"], ("n@x.example",), id="X-Failed-Recipients"),
        pytest.param("Mailer-Daemon@x.example", [], (), id="the mailer daemon"),
        pytest.param("postmaster@x.example", ["Return-Path: <>"], (), id="the postmaster without return path"),
        pytest.param(
            "postmaster@x.example", ["Return-Path: <MAILER-DAEMON@y.example>"], (), id="the daemon's postmaster"
        ),
        pytest.param("MAILER-DAEMON", [], (), id="the mailer daemon without address"),
        pytest.param("Mail Delivery System <>", [], (), id="nobody"),
    ],
)
def test_bounces_without_a_report_are_bounces_too(sender, fields, recipients):
    """Servers that write no report are known by their name or by X-Failed-Recipients."""
    report = mail(*fields, sender=sender).report

    assert report is not None
    assert tuple(recipient.address for recipient in report.recipients) == recipients


RETURNED_IN_A_TEXT = b"""\
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

The mail could not be delivered to <nobody@example.net>.
--- Below this line is a copy of the message.

Return-Path: <alice@contoso.com>
X-Message-ID: <another@contoso.com>
Message-Id:
 <original@contoso.com>
In-Reply-To: <before@contoso.com>

See Message-ID: <another@contoso.com>
"""
RETURNED_AS_A_PART = b"""\
Content-Type: multipart/mixed; boundary=b

--b

The mail could not be delivered.
--b
Content-Type: message/rfc822

Message-ID: <original@contoso.com>

text
--b--
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(RETURNED_IN_A_TEXT, id="in a text"),
        pytest.param(RETURNED_IN_A_TEXT.replace(b"Message-Id:\n ", b"> Message-ID: "), id="quoted"),
        pytest.param(RETURNED_AS_A_PART, id="as a part"),
    ],
)
@pytest.mark.parametrize("field", [b"From: MAILER-DAEMON", b"X-Failed-Recipients: nobody@example.net"])
def test_a_bounce_without_a_report_is_tied_to_the_message_that_it_returns(field, body):
    """Servers that write no report return the message as a part, or within their text, as qmail and Exim do."""
    report = read_facts(field + b"\n" + body).report

    assert report is not None
    assert report.message_id == "<original@contoso.com>"


def test_a_report_that_a_gateway_has_encoded_is_read():
    """What follows its first fields is taken for a body by some, and written in base64."""
    first, gap, others = GMAIL_BOUNCE.partition(b"X-Original-Message-ID: <original@contoso.com>\r\n\r\n")
    recipients, boundary, rest = others.partition(b"\r\n--b1\r\n")
    encoded = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(recipients)

    report = read_facts(first + gap.removesuffix(b"\r\n") + encoded + boundary + rest).report

    assert report == read_facts(GMAIL_BOUNCE).report


def test_a_forwarded_bounce_is_no_bounce():
    """The body is looked at only where the header says that it is a report."""
    assert read_facts(b"From: bob@example.com\r\nSubject: look\r\n\r\n" + GMAIL_BOUNCE).report is None
    assert mail("Return-Path: <postmaster@x.example>", sender="postmaster@x.example").report is None


@given(odd_mail)
def test_any_bytes_are_read_and_what_is_kept_is_the_same(raw):
    """Reading never raises, and agrees with the reader that every stored email went through."""
    assert read_facts(raw).headers == read_headers(raw)


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_bounces_are_recognised():
    """Of real bounces nearly all are known as such; abuse reports, delays and a few by people are none."""
    names = sorted((CORPUS / "bounces").glob("*.eml"))

    facts = [read_facts(path.read_bytes()) for path in names]

    assert sum(one.report is not None for one in facts) > 0.9 * len(names)
    assert sum(bool(one.report and one.report.message_id) for one in facts) > 0.8 * len(names)


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_is_read():
    """Of each real message the same is kept as before."""
    for path in sorted(CORPUS.rglob("*.eml")):
        raw = path.read_bytes()
        assert read_facts(raw).headers == read_headers(raw), path.name
