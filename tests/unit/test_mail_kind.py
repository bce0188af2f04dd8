from __future__ import annotations

import pytest
from incoming_mail import ALICE, DORA, SALES, activity, known, mail

from gmailsync.model.activity import MailKind
from gmailsync.model.decision import Reason
from gmailsync.model.email import Direction
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.deciding import decide

DAEMON = "mailer-daemon@googlemail.com"
OUR_ROBOT = activity(1, direction=Direction.OUTGOING, kind=MailKind.AUTO_REPLY, mailboxes=[ALICE])
OUR_EMAIL = activity(2, direction=Direction.OUTGOING, mailboxes=[ALICE])
STORED = known(activities={"<robot@x>": (OUR_ROBOT,), "<email@x>": (OUR_EMAIL,)})
REPORT = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"


def report(action: str) -> list[str]:
    """Write the fields of a delivery report about one recipient, with its body."""
    part = ["--b", "Content-Type: message/delivery-status", ""]
    return [
        REPORT,
        "",
        *part,
        "Reporting-MTA: dns; x",
        "",
        "Final-Recipient: rfc822; n@x",
        f"Action: {action}",
        "--b--",
    ]


@pytest.mark.parametrize(
    ("sender", "fields", "kind"),
    [
        pytest.param("bob@example.com", [], MailKind.ORDINARY, id="a person's mail"),
        pytest.param("bob@example.com", ["Auto-Submitted: auto-replied"], MailKind.AUTO_REPLY, id="an answer"),
        pytest.param("bob@example.com", ["Auto-Submitted: auto-generated"], MailKind.AUTO_REPLY, id="a notice"),
        pytest.param("bob@example.com", ["List-Id: <chess.example.com>"], MailKind.LIST, id="a list"),
        pytest.param(
            "bob@example.com", ["List-Id: <a.b>", "Auto-Submitted: auto-generated"], MailKind.LIST, id="a newsletter"
        ),
        pytest.param(
            "bob@example.com",
            ["Precedence: bulk", "Auto-Submitted: auto-replied"],
            MailKind.AUTO_REPLY,
            id="Gmail's vacation responder says bulk as well",
        ),
        pytest.param(DAEMON, [], MailKind.BOUNCE, id="the mailer daemon"),
        pytest.param(DAEMON, report("failed"), MailKind.BOUNCE, id="a report of a failure"),
        pytest.param(DAEMON, report("expired"), MailKind.BOUNCE, id="a failure in another word"),
        pytest.param(DAEMON, [REPORT], MailKind.BOUNCE, id="a report that cannot be read"),
        pytest.param(DAEMON, report("delayed"), MailKind.AUTO_REPLY, id="a report of a delay is no bounce"),
        pytest.param(DAEMON, report("delivered"), MailKind.AUTO_REPLY, id="nor is one of success"),
        pytest.param("bob@example.com", ["X-Loop: Alice@contoso.com"], MailKind.LOOP, id="this mailbox's loop mark"),
        pytest.param("bob@example.com", ["X-Loop: dora@contoso.com"], MailKind.ORDINARY, id="another's loop mark"),
        pytest.param(
            "bob@example.com",
            ["Auto-Submitted: auto-replied", "In-Reply-To: <robot@x>"],
            MailKind.LOOP,
            id="a program answers our automatic answer",
        ),
        pytest.param(
            "bob@example.com",
            ["Auto-Submitted: auto-generated", "References: <robot@x>"],
            MailKind.LOOP,
            id="or refers to it",
        ),
        pytest.param(
            "bob@example.com",
            ["Auto-Submitted: auto-replied", "In-Reply-To: <email@x>"],
            MailKind.AUTO_REPLY,
            id="a program may answer a person's email",
        ),
        pytest.param("bob@example.com", ["In-Reply-To: <robot@x>"], MailKind.ORDINARY, id="a person may answer ours"),
        pytest.param(DAEMON, ["In-Reply-To: <robot@x>"], MailKind.BOUNCE, id="a bounce of our automatic answer"),
    ],
)
def test_the_kinds_of_mail(sender, fields, kind):
    """What a message says of itself, and what it answers, tell its kind."""
    assert decide(mail(*fields, sender=sender), STORED, DecidingSettings(), ALICE).mail_kind is kind


def test_ours_coming_back_is_a_loop():
    """A Message-ID that this mailbox sent, found in it without being addressed to it, was sent round."""
    facts = mail("Message-ID: <email@x>", sender="alice@contoso.com", to="list@example.com")

    decision = decide(facts, STORED, DecidingSettings(), ALICE)

    assert (decision.kept, decision.reason, decision.mail_kind) == (False, Reason.LOOP, MailKind.LOOP)


@pytest.mark.parametrize(
    ("to", "receiver", "is_sent"),
    [
        pytest.param("alice@contoso.com", ALICE, False, id="addressed to oneself"),
        pytest.param("list@example.com", DORA, False, id="found in another of our mailboxes"),
        pytest.param("bob@example.com", ALICE, True, id="found among the sent mail"),
    ],
)
def test_what_is_there_by_right_is_no_loop(to, receiver, is_sent):
    """Our own Message-ID is a loop only where nobody sent it to."""
    facts = mail("Message-ID: <email@x>", sender="alice@contoso.com", to=to)

    assert decide(facts, STORED, DecidingSettings(), receiver, is_sent=is_sent).mail_kind is MailKind.ORDINARY


def test_loops_can_be_kept():
    """Whoever wants to see them switches the refusal off; they are marked nevertheless."""
    decision = decide(mail("X-Loop: sales@contoso.com"), STORED, DecidingSettings(refuse_loops=False), SALES)

    assert (decision.kept, decision.mail_kind) == (True, MailKind.LOOP)
