"""By what an email is tied to an earlier one, as an administrator switches it by commands."""

from __future__ import annotations

import base64

import pytest
from office import ALICE, ANN

from gmailsync.model.email import Direction

INDEX = base64.b64encode(bytes(range(22))).decode()
LONGER = base64.b64encode(bytes(range(27))).decode()


@pytest.mark.parametrize(
    ("method", "first", "answer", "off"),
    [
        pytest.param(
            "in_reply_to",
            {},
            {"headers": "In-Reply-To: {id}\r\n"},
            {"use_in_reply_to": "off", "use_gmail_thread": "off"},
            id="in-reply-to",
        ),
        pytest.param(
            "references",
            {},
            {"headers": "References: {id} <gone@x.com>\r\n"},
            {"use_references": "off", "use_gmail_thread": "off"},
            id="references",
        ),
        pytest.param(
            "gmail_thread",
            {},
            {"headers": "References: {id}\r\n"},
            {"use_gmail_thread": "off"},
            id="gmail-thread",
        ),
        pytest.param(
            "conversation_index",
            {"headers": f"Thread-Index: {INDEX}\r\n"},
            {"headers": f"Thread-Index: {LONGER}\r\n"},
            {"use_conversation_index": "off"},
            id="conversation-index",
        ),
        pytest.param(
            "smart_matching",
            {"subject": "Offer for the bridge"},
            {"subject": "offer for the BRIDGE"},
            {"use_smart_matching": "off"},
            id="smart-matching",
        ),
    ],
)
def test_each_method_finds_an_email_until_it_is_switched_off(office, method, first, answer, off):
    """What found it is stored with the answer."""
    if method == "smart_matching":
        office.set(use_smart_matching="on")
    if method == "gmail_thread":
        office.set(use_references="off")
    named = office.arrive(ALICE, **({"subject": "First"} | first))
    answer = {"subject": "Answer"} | {name: value.format(id=named) for name, value in answer.items()}
    office.sync(ALICE)
    earlier = office.why(subject=first.get("subject", "First"))["activity"]["id"]

    found = office.correlation(**answer)
    office.set(**off)
    found_then = office.correlation(**answer)

    assert found == (method, earlier)
    assert found_then == ("none", None)


def test_a_token_finds_an_email_that_was_sent_with_it_until_it_is_switched_off(office):
    """Its layout is a setting, too."""
    office.set(token_in_subject="on", use_gmail_thread="off")
    office.run("setting", "set", "token-layout.prefix", "ACME:")
    sent = office.run("email", "send", "--from", ALICE, "--to", ANN, "--subject", "Offer", "--body", "text")
    office.sync(ALICE)

    found, _ = office.correlation(subject=f"AW: {sent['subject']}")
    office.set(use_tracking_token="off")
    found_then, _ = office.correlation(subject=f"AW: {sent['subject']}")

    office.run("setting", "set", "max-subject-length", 20)
    short = office.run("email", "send", "--from", ALICE, "--to", ANN, "--subject", "Our new offer", "--body", "text")

    assert (sent["subject"], short["subject"]) == ("Offer ACME:0001001", "Our new ACME:0001002")
    assert (found, found_then) == ("tracking_token", "none")


def test_a_bounce_is_tied_to_the_email_that_it_is_about(office):
    """Which says whom it did not reach, by command."""
    office.run("email", "send", "--from", ALICE, "--to", "nobody@contoso.com", "--subject", "Offer", "--body", "text")

    office.sync(ALICE)
    office.sync(ALICE)

    (bounce,) = office.emails()
    activity = office.why(subject=bounce)["activity"]
    sent = office.why(subject="Offer", direction=Direction.OUTGOING)["activity"]
    assert (activity["mail_kind"], activity["correlation"]["method"]) == ("bounce", "delivery_report")
    assert activity["correlation"]["activity"] == sent["id"]
    assert [one["address"] for one in sent["not_delivered"]] == ["nobody@contoso.com"]


def test_with_every_method_off_correlation_is_skipped(office):
    """And says so."""
    office.set(use_correlation="off", use_tracking_token="off")
    named = office.arrive(ALICE, subject="First")

    found = office.correlation(subject="Answer", headers=f"In-Reply-To: {named}\r\n")

    assert found == ("skipped", None)
    assert "correlation is switched off" in office.why(subject="Answer")["decision"]["evidence"]


def test_smart_matching_goes_back_as_many_days_as_are_set(office):
    """One here; yesterday still counts, and with 0 all days do."""
    office.set(use_smart_matching="on", use_gmail_thread="off")
    found = []

    for title, days, limit in (("in time", 1, 1), ("too late", 2, 1), ("without a limit", 2, 0)):
        office.run("setting", "set", "smart-matching.max-days", limit)
        office.arrive(ALICE, subject=f"Offer {title}")
        office.sync(ALICE)
        office.pass_by(days=days)
        found.append(office.correlation(subject=f"FW: Offer {title}")[0])

    assert found == ["smart_matching", "none", "smart_matching"]
