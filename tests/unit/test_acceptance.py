from __future__ import annotations

from dataclasses import replace

import pytest
from incoming_mail import ALICE, DORA, SALES, activity, known, mail, record, wanting

from gmailsync.model.decision import Reason
from gmailsync.model.directory import RecordKind
from gmailsync.model.email import Direction
from gmailsync.model.mailbox import Acceptance
from gmailsync.model.settings import DecidingSettings, OwnOptionOnly
from gmailsync.rules.acceptance import accepts
from gmailsync.rules.deciding import decide

ALL, RESPONSES, PEOPLE = Acceptance.ALL, Acceptance.RESPONSES, Acceptance.PEOPLE
RECORDS, NONE = Acceptance.RECORDS, Acceptance.NONE
DEFAULT = DecidingSettings()
HEADERS_ONLY = DecidingSettings(use_delivered_to=False)


def outcome(facts, *receivers, settings=DEFAULT, read=None, **stored):
    """Decide about a message found in `read`, or else in the first mailbox; return who accepts it, or why not."""
    read = read or receivers[0]
    decision = decide(facts, known(receivers, **stored), settings, read)
    by = {one.mailbox_id: one.address.partition("@")[0] for one in receivers}
    return by[decision.accepted_by] if decision.accepted_by else decision.reason


@pytest.mark.parametrize(
    ("option", "sender", "is_response", "accepted"),
    [
        pytest.param(ALL, None, False, True, id="all: everything"),
        pytest.param(RESPONSES, None, True, True, id="responses: an answer"),
        pytest.param(RESPONSES, RecordKind.CONTACT, False, False, id="responses: no answer, though from a contact"),
        pytest.param(PEOPLE, RecordKind.LEAD, False, True, id="people: a lead"),
        pytest.param(PEOPLE, RecordKind.CONTACT, False, True, id="people: a contact"),
        pytest.param(PEOPLE, RecordKind.ACCOUNT, False, True, id="people: an account"),
        pytest.param(PEOPLE, RecordKind.USER, False, False, id="people: a user is none of the three"),
        pytest.param(PEOPLE, None, True, False, id="people: an answer from somebody unknown"),
        pytest.param(RECORDS, RecordKind.EQUIPMENT, False, True, id="records: any that is email enabled"),
        pytest.param(RECORDS, RecordKind.OTHER, False, True, id="records: custom tables included"),
        pytest.param(RECORDS, None, True, False, id="records: somebody unknown"),
        pytest.param(NONE, RecordKind.CONTACT, True, False, id="none: nothing"),
    ],
)
def test_the_five_options(option, sender, is_response, accepted):
    """Each option accepts what it says."""
    found = record(1, sender) if sender else None

    assert accepts(option, found, is_response=is_response) is accepted


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (RESPONSES, Reason.NO_CORRELATION_MATCH),
        (PEOPLE, Reason.NO_SENDER_MATCH),
        (RECORDS, Reason.NO_SENDER_MATCH),
        (NONE, Reason.NOT_ASKED_FOR),
    ],
)
def test_what_is_not_accepted_says_why(option, reason):
    """A stranger's new message is refused by four of the five options, each for its reason."""
    assert outcome(mail(), wanting(ALICE, option)) == reason


def test_the_first_recipient_that_accepts_is_stored():
    """All resolved users and queues are asked, in the order of To and Cc, whichever mailbox is read."""
    facts = mail("Cc: sales@contoso.com", to="alice@contoso.com, dora@contoso.com")
    mailboxes = wanting(ALICE, NONE), wanting(DORA, ALL), SALES

    assert [outcome(facts, *mailboxes, read=one) for one in mailboxes] == ["dora", "dora", "dora"]


@pytest.mark.parametrize(
    ("only", "read", "expected"),
    [
        pytest.param(OwnOptionOnly.OFF, ALICE, "sales", id="off: the queue accepts for the user"),
        pytest.param(OwnOptionOnly.USERS, ALICE, Reason.NOT_ASKED_FOR, id="users: the user's own option alone"),
        pytest.param(OwnOptionOnly.USERS, SALES, "sales", id="users: a queue still asks all"),
        pytest.param(OwnOptionOnly.ALL, ALICE, Reason.NOT_ASKED_FOR, id="all: the user's own option alone"),
        pytest.param(OwnOptionOnly.ALL, SALES, "sales", id="all: the queue's own option alone"),
    ],
)
def test_the_options_of_others_can_be_left_out(only, read, expected):
    """A setting limits the question to the mailbox that is read."""
    mailboxes = wanting(ALICE, NONE), SALES
    read = next(one for one in mailboxes if one.mailbox_id == read.mailbox_id)
    facts = mail(to="alice@contoso.com, sales@contoso.com")

    assert outcome(facts, *mailboxes, read=read, settings=DecidingSettings(own_option_only=only)) == expected


@pytest.mark.parametrize(
    ("option", "settings", "delivered_to", "expected"),
    [
        pytest.param(ALL, HEADERS_ONLY, "", "alice", id="all accepts what names nobody"),
        pytest.param(PEOPLE, HEADERS_ONLY, "alice@contoso.com", Reason.NO_RECIPIENT_MATCH, id="other options do not"),
        pytest.param(PEOPLE, DEFAULT, "alice@contoso.com", "alice", id="they do where the delivery is noted"),
        pytest.param(PEOPLE, DEFAULT, "", Reason.NO_RECIPIENT_MATCH, id="not where it is not noted"),
        pytest.param(NONE, DEFAULT, "alice@contoso.com", Reason.NOT_ASKED_FOR, id="none stays none"),
    ],
)
def test_bcc_and_list_mail(option, settings, delivered_to, expected):
    """A recipient that To and Cc do not name accepts by "all", or by any option with Delivered-To as evidence."""
    facts = mail(*([f"Delivered-To: {delivered_to}"] if delivered_to else []), to="chess@lists.example.com")

    records = {"bob@example.com": (record(1),)}
    assert outcome(facts, wanting(ALICE, option), settings=settings, records=records) == expected


def test_a_forged_delivery_does_not_choose_who_accepts():
    """Delivered-To counts for the mailbox that was read alone, because anybody can write it."""
    facts = mail("Delivered-To: sales@contoso.com", to="undisclosed-recipients:;")

    assert outcome(facts, wanting(ALICE, PEOPLE), SALES) == Reason.NO_RECIPIENT_MATCH


def test_a_response_needs_correlation():
    """With correlation switched off nothing is a response."""
    stored = {"<1@contoso.com>": (activity(12),)}
    facts = mail("In-Reply-To: <1@contoso.com>")
    off = replace(DEFAULT, use_correlation=False)

    assert outcome(facts, wanting(ALICE, RESPONSES), activities=stored) == "alice"
    assert outcome(facts, wanting(ALICE, RESPONSES), activities=stored, settings=off) == Reason.NO_CORRELATION_MATCH


@pytest.mark.parametrize(("option", "expected"), [(PEOPLE, "alice"), (RECORDS, "alice"), (NONE, Reason.NOT_ASKED_FOR)])
def test_a_bounce_of_our_own_email_is_wanted_by_all_that_want_mail(option, expected):
    """That an email did not arrive is told by no contact, and matters all the same."""
    facts = mail("In-Reply-To: <1@contoso.com>", "Return-Path: <>", sender="mailer-daemon@googlemail.com")
    stored = {"<1@contoso.com>": (activity(12, direction=Direction.OUTGOING),)}

    assert outcome(facts, wanting(ALICE, option), activities=stored) == expected


@pytest.mark.parametrize(
    ("entry", "fields", "expected"),
    [
        pytest.param("bob@example.com", {}, Reason.NEVER_LOG, id="the sender's address"),
        pytest.param("BOB@Example.com", {}, Reason.NEVER_LOG, id="in any case"),
        pytest.param("example.com", {}, Reason.NEVER_LOG, id="the sender's domain"),
        pytest.param("@example.com", {}, Reason.NEVER_LOG, id="a domain with its @"),
        pytest.param("*@example.com", {}, Reason.NEVER_LOG, id="a domain with a star"),
        pytest.param("com", {}, Reason.NEVER_LOG, id="a domain above the sender's"),
        pytest.param("ample.com", {}, "alice", id="the end of a domain is none"),
        pytest.param("law.example", {"to": "alice@contoso.com, eve@law.example"}, Reason.NEVER_LOG, id="a recipient"),
        pytest.param("contoso.com", {}, "alice", id="our own domain is about senders"),
        pytest.param("contoso.com", {"sender": "dora@contoso.com"}, Reason.NEVER_LOG, id="such as colleagues"),
        pytest.param("alice@contoso.com", {}, "alice", id="the mailbox itself stops nothing"),
    ],
)
def test_the_never_log_list_holds_in_both_directions(entry, fields, expected):
    """Mail from or to listed correspondents is not kept, whatever the options say."""
    assert outcome(mail(**fields), ALICE, settings=DecidingSettings(never_log=frozenset({entry}))) == expected
