from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incoming_mail import ALICE, OURS, SALES, activity, known, mail, record, wanting

from gmailsync.mime.facts import read_facts
from gmailsync.model.activity import CorrelationMethod, Role
from gmailsync.model.decision import Reason
from gmailsync.model.email import Direction
from gmailsync.model.mailbox import Acceptance
from gmailsync.model.settings import DecidingSettings, OwnOptionOnly
from gmailsync.rules.deciding import decide

CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
DEFAULT = DecidingSettings()

BOB = {"bob@example.com": (record(7, owner_key="u-alice"),)}
STORED = {"<1@contoso.com>": (activity(12, "offer", direction=Direction.OUTGOING, regarding=9),)}

ODD_PIECES = [
    b"From: bob@example.com", b"From: ", b"To: alice@contoso.com, sales@contoso.com", b"Cc: ", b"Delivered-To: ", b" ",
    b"Message-ID: <1@contoso.com>", b"In-Reply-To: <1@contoso.com>", b"References: ", b"<1@contoso.com>", b"\r\n",
    b"Subject: Re: CRM:0001023", b"Thread-Index: AQ==", b"Auto-Submitted: auto-replied", b"X-Loop: alice@contoso.com",
    b"Return-Path: <>", b"List-Id: x", b"Content-Type: multipart/report; report-type=delivery-status", b"\r\n\r\n",
    b"X-Failed-Recipients: ", b"MAILER-DAEMON", b"\xff", b"\x00", b"@",
]  # fmt: skip
odd_mail = st.binary() | st.lists(st.sampled_from(ODD_PIECES) | st.binary(max_size=8)).map(b"".join)
any_settings = st.builds(
    DecidingSettings,
    own_option_only=st.sampled_from(OwnOptionOnly),
    never_log=st.frozensets(st.text(max_size=12), max_size=2),
    use_correlation=st.booleans(),
    use_smart_matching=st.booleans(),
    normalise_gmail_addresses=st.booleans(),
    two_activities_between_users=st.booleans(),
    look_for_other_direction=st.booleans(),
    refuse_loops=st.booleans(),
)


def test_ordinary_mail_is_kept_by_a_product_without_directory():
    """All mail is wanted by default; nobody needs to be known, and nothing stored."""
    decision = decide(mail(to="alice@gmail.com"), known([]), DEFAULT, ALICE)

    assert (decision.kept, decision.reason, decision.accepted_by) == (True, Reason.ACCEPTED, ALICE.mailbox_id)
    assert [(party.role, party.address) for party in decision.parties] == [
        (Role.SENDER, "bob@example.com"),
        (Role.TO, "alice@gmail.com"),
    ]


def test_a_decision_says_what_was_looked_at():
    """The evidence reads as short lines: sender, correlation, acceptance, owner, parties."""
    facts = mail("Subject: Re: price", "In-Reply-To: <1@contoso.com>", "Cc: sales@contoso.com")

    decision = decide(facts, known(records=BOB, activities=STORED), DEFAULT, wanting(ALICE, Acceptance.PEOPLE))

    assert decision.evidence == (
        "sender bob@example.com: contact Name 7 (k7)",
        "in reply to <1@contoso.com>: activity 12, subject changed",
        "accepted by alice@contoso.com, which wants mail from leads, contacts and accounts",
        "owner u-alice: owner of the sender's contact, in To",
        "queue item for sales@contoso.com: named",
    )
    assert (decision.correlation.method, decision.regarding) == (CorrelationMethod.IN_REPLY_TO, 9)
    assert decision.parties[0].records == (7,)


def test_a_refusal_says_who_was_asked():
    """Each option that did not accept is named."""
    mailboxes = wanting(ALICE, Acceptance.PEOPLE), wanting(SALES, Acceptance.RESPONSES)

    decision = decide(mail(to="alice@contoso.com, sales@contoso.com"), known(mailboxes), DEFAULT, mailboxes[0])

    assert not decision.kept
    assert decision.evidence == (
        "sender bob@example.com: not in the directory",
        "belongs to nothing stored",
        "not accepted by alice@contoso.com, which wants mail from leads, contacts and accounts",
        "not accepted by sales@contoso.com, which wants mail in response to stored email",
    )


def test_the_regarding_record_is_inherited_from_the_correlated_email():
    """An answer belongs to the same case as what it answers."""
    decision = decide(mail("In-Reply-To: <1@contoso.com>"), known(activities=STORED), DEFAULT, ALICE)

    assert decision.regarding == 9


def test_a_mailbox_that_wants_all_mail_keeps_what_has_no_valid_sender():
    """All is all: nothing is lost because of a broken From."""
    decision = decide(mail(sender="Bob"), known(), DEFAULT, ALICE)

    assert (decision.kept, decision.accepted_by) == (True, ALICE.mailbox_id)
    assert "From and Sender have no valid address" in decision.evidence


def test_a_message_without_valid_sender_is_refused_by_a_mailbox_that_chooses():
    """Nobody can be answered, and no record found."""
    decision = decide(mail(sender="Bob"), known(), DEFAULT, replace(ALICE, acceptance=Acceptance.RECORDS))

    assert (decision.kept, decision.reason) == (False, Reason.INVALID_SENDER)
    assert decision.evidence == ("From and Sender have no valid address",)


def test_a_bounce_from_nobody_is_kept():
    """Some servers write no address into From of what matters most."""
    decision = decide(
        mail("In-Reply-To: <1@contoso.com>", sender="MAILER-DAEMON"), known(activities=STORED), DEFAULT, ALICE
    )

    assert decision.kept
    assert decision.correlation.activity_id == 12
    assert [party.role for party in decision.parties] == [Role.TO]


def test_never_log_comes_before_what_is_stored():
    """What is on the list is not joined to an activity either."""
    settings = DecidingSettings(never_log=frozenset({"bob@example.com"}))

    decision = decide(mail("Message-ID: <1@contoso.com>"), known(activities=STORED), settings, ALICE)

    assert decision.reason is Reason.NEVER_LOG


@given(
    odd_mail, any_settings, st.sampled_from(Acceptance), st.sampled_from(OURS), st.none() | st.integers(), st.booleans()
)
def test_any_bytes_are_decided_about(raw, settings, option, receiver, thread, is_sent):
    """Deciding never raises; what is kept was accepted or is there already, and every refusal has its evidence."""
    read = wanting(receiver, option)

    decision = decide(read_facts(raw), known(records=BOB, activities=STORED), settings, read, thread, is_sent=is_sent)

    assert decision.evidence
    assert decision.kept is (decision.accepted_by is not None or decision.joins is not None)
    assert decision.kept is (decision.reason in {Reason.ACCEPTED, Reason.ALREADY_PROMOTED})


@given(odd_mail, any_settings, st.sampled_from(OURS))
def test_with_all_mail_wanted_everything_is_kept_but_for_named_reasons(raw, settings, receiver):
    """With the default option a message is lost to no other rule than these."""
    decision = decide(read_facts(raw), known(records=BOB, activities=STORED), settings, receiver)

    assert decision.kept or decision.reason in {
        Reason.INVALID_SENDER, Reason.NEVER_LOG, Reason.LOOP, Reason.INTERNAL,
    }  # fmt: skip


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_is_kept():
    """Of real mail nothing is refused but what has no sender at all."""
    refused = {
        path.name: decision.reason
        for path in sorted(CORPUS.rglob("*.eml"))
        if not (decision := decide(read_facts(path.read_bytes()), known(), DEFAULT, ALICE)).kept
    }

    assert set(refused.values()) <= {Reason.INVALID_SENDER}
    assert len(refused) <= 2
