from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incoming_mail import ALICE, DORA, activity, known, mail

from gmailsync.model.activity import SETS_PARENT, CorrelationMethod
from gmailsync.model.email import Direction
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.correlation import conversation_keys, correlate, subject_changed
from gmailsync.rules.subjects import base

DEFAULT = DecidingSettings()
EVERYTHING = DecidingSettings(use_smart_matching=True)
THREAD = 77

INDEX = base64.b64encode(b"\x01" + b"i" * 21 + b"reply").decode()
BASE = conversation_keys(INDEX)[-1]

REPLY = mail(
    "Subject: Re: four chairs CRM:0001023",
    "Message-ID: <reply@example.com>",
    "In-Reply-To: <1@x>",
    "References: <9@x> <2@x>",
    f"Thread-Index: {INDEX}",
)

# Each activity can be found by one method alone.
IN_REPLY_TO, REFERENCES, TOKEN, IN_THREAD, CONVERSATION = (activity(number) for number in range(1, 6))
ALIKE = activity(6, "four chairs CRM:0001023", addresses=["bob@example.com", "alice@contoso.com"])
STORED = known(
    activities={"<1@x>": (IN_REPLY_TO,), "<2@x>": (REFERENCES,)},
    tokens={"CRM:0001023": TOKEN},
    threads={(ALICE.mailbox_id, THREAD): IN_THREAD},
    conversations={BASE: CONVERSATION},
    alike=[ALIKE],
)
ORDER = [
    CorrelationMethod.IN_REPLY_TO,
    CorrelationMethod.REFERENCES,
    CorrelationMethod.TRACKING_TOKEN,
    CorrelationMethod.GMAIL_THREAD,
    CorrelationMethod.CONVERSATION_INDEX,
    CorrelationMethod.SMART_MATCHING,
]
MISSING = {
    CorrelationMethod.IN_REPLY_TO: {"activities": {"<2@x>": (REFERENCES,)}},
    CorrelationMethod.REFERENCES: {"activities": {}},
    CorrelationMethod.TRACKING_TOKEN: {"tokens": {}},
    CorrelationMethod.GMAIL_THREAD: {"threads": {}},
    CorrelationMethod.CONVERSATION_INDEX: {"conversations": {}},
    CorrelationMethod.SMART_MATCHING: {"candidates": {}},
}


def found(facts, directory, settings=DEFAULT, thread=None):
    """Return method and number of what a message is matched to."""
    correlation, _ = correlate(facts, directory, settings, ALICE, thread)
    return correlation.method, correlation.activity_id


@pytest.mark.parametrize("place", range(len(ORDER)), ids=[f"{method} comes next" for method in ORDER])
def test_the_methods_are_tried_in_their_order(place):
    """Where the methods before find nothing, the next one decides."""
    stored = STORED
    for method in ORDER[:place]:
        stored = replace(stored, **MISSING[method])

    assert found(REPLY, stored, EVERYTHING, THREAD) == (ORDER[place], place + 1)


def test_what_belongs_to_nothing_has_no_method():
    """Nothing is stored as method NONE."""
    assert found(REPLY, known(), EVERYTHING, THREAD) == (CorrelationMethod.NONE, None)


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        pytest.param({}, CorrelationMethod.IN_REPLY_TO, id="all on"),
        pytest.param(
            {"ignore_conversation_index_and_in_reply_to": True}, CorrelationMethod.REFERENCES, id="no In-Reply-To"
        ),
        pytest.param(
            {"ignore_conversation_index_and_in_reply_to": True, "use_references": False},
            CorrelationMethod.TRACKING_TOKEN,
            id="no References either",
        ),
        pytest.param({"use_correlation": False}, CorrelationMethod.TRACKING_TOKEN, id="a token needs no correlation"),
        pytest.param(
            {"use_correlation": False, "use_tracking_token": False},
            CorrelationMethod.SMART_MATCHING,
            id="nor does smart matching",
        ),
        pytest.param(
            {"use_correlation": False, "use_tracking_token": False, "use_smart_matching": False},
            CorrelationMethod.SKIPPED,
            id="all off: skipped",
        ),
    ],
)
def test_each_method_can_be_switched_off(switches, expected):
    """What is switched off is not tried."""
    assert found(REPLY, STORED, replace(EVERYTHING, **switches), THREAD)[0] is expected


def test_thread_and_conversation_have_switches_of_their_own():
    """Gmail's thread has one, the conversation index shares that of In-Reply-To."""
    stored = replace(STORED, activities={}, tokens={}, candidates={})
    no_thread = replace(DEFAULT, use_gmail_thread=False)

    assert found(REPLY, stored, no_thread, THREAD)[0] is CorrelationMethod.CONVERSATION_INDEX
    ignoring = replace(no_thread, ignore_conversation_index_and_in_reply_to=True)
    assert found(REPLY, stored, ignoring, THREAD)[0] is CorrelationMethod.NONE


def test_smart_matching_is_off_by_default():
    """It guesses, and is not recommended."""
    assert found(REPLY, known(alike=[ALIKE])) == (CorrelationMethod.NONE, None)


@pytest.mark.parametrize("method", CorrelationMethod)
def test_only_two_methods_set_the_parent(method):
    """In-Reply-To and the conversation index are sure enough."""
    is_sure = method in {CorrelationMethod.IN_REPLY_TO, CorrelationMethod.CONVERSATION_INDEX}

    assert (method in SETS_PARENT) is is_sure


def test_the_parent_is_set_with_the_method():
    """A matched email is the parent of an answer to it, and not of what merely refers to it."""
    by_reply, _ = correlate(REPLY, STORED, DEFAULT, ALICE)
    by_reference, _ = correlate(REPLY, replace(STORED, **MISSING[CorrelationMethod.IN_REPLY_TO]), DEFAULT, ALICE)

    assert by_reply.parent
    assert not by_reference.parent


def test_the_codes_are_those_of_the_business_system():
    """Methods of ours are custom correlation there."""
    assert {method: method.code for method in CorrelationMethod} == {
        "none": 0,
        "skipped": 1,
        "in_reply_to": 3,
        "tracking_token": 4,
        "conversation_index": 5,
        "smart_matching": 6,
        "delivery_report": 7,
        "references": 7,
        "gmail_thread": 7,
    }


def test_the_newest_reference_that_is_stored_counts():
    """References go from the first email of a thread to the one answered."""
    facts = mail("References: <1@x> <2@x> <3@x>")
    stored = known(activities={"<1@x>": (activity(1),), "<2@x>": (activity(2),)})

    assert found(facts, stored) == (CorrelationMethod.REFERENCES, 2)


def test_a_message_does_not_answer_itself():
    """Some programs write a message's own id into In-Reply-To."""
    facts = mail("Message-ID: <1@x>", "In-Reply-To: <1@x>", "References: <1@x>")

    assert found(facts, known(activities={"<1@x>": (activity(1),)})) == (CorrelationMethod.NONE, None)


def test_of_two_sides_the_one_in_this_mailbox_is_meant():
    """Where the sender's and the recipient's side are two activities, an answer belongs to the side it came to."""
    sides = activity(1, mailboxes=[DORA], direction=Direction.OUTGOING), activity(2, mailboxes=[ALICE])

    assert found(mail("In-Reply-To: <1@x>"), known(activities={"<1@x>": sides}))[1] == 2


def test_a_bounce_belongs_to_the_email_that_was_sent():
    """A delivery report names its message; of two sides the sent one is meant."""
    facts = mail(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        "Message-ID: <1@x>",
        "",
        "--b--",
    )
    sides = activity(1), activity(2, direction=Direction.OUTGOING)

    assert found(facts, known(activities={"<1@x>": sides})) == (CorrelationMethod.DELIVERY_REPORT, 2)


def test_threads_of_other_mailboxes_are_other_threads():
    """Gmail numbers threads per mailbox."""
    stored = known(threads={(DORA.mailbox_id, THREAD): activity(1)})

    assert found(mail(), stored, thread=THREAD) == (CorrelationMethod.NONE, None)


@given(st.binary(min_size=22, max_size=22), st.lists(st.binary(min_size=5, max_size=5), max_size=300))
def test_a_reply_shares_all_keys_of_what_it_answers(start, replies):
    """Each reply adds five octets to the index, so that its ancestors' keys are among its own, nearest first."""
    parent = conversation_keys(base64.b64encode(start + b"".join(replies)).decode())

    child = conversation_keys(base64.b64encode(start + b"".join(replies) + b"reply").decode())

    assert child[1] == parent[0]
    assert child[-1] == parent[-1] == start.hex()
    assert len(child) <= 101


@pytest.mark.parametrize("index", ["", "AQ==", "no base64!", "AQHZ", "é"])
def test_what_is_no_conversation_index_has_no_keys(index):
    """Another length or another alphabet is something else."""
    assert conversation_keys(index) == ()


@pytest.mark.parametrize(
    ("subject", "other", "changed"),
    [
        pytest.param("Re: chairs", "chairs", False, id="an answer"),
        pytest.param("AW: Fwd: RE[2]: chairs", "Re: chairs", False, id="other languages and counts"),
        pytest.param("返信：chairs", "chairs", False, id="a full-width colon"),
        pytest.param("re: Chairs  CRM:0001023", "chairs", False, id="a tracking token"),
        pytest.param("tables (was: chairs)", "chairs", True, id="another subject"),
        pytest.param("", "chairs", True, id="none"),
        pytest.param("Request: chairs", "chairs", True, id="a word that is no reply prefix"),
    ],
)
def test_a_changed_subject_is_told(subject, other, changed):
    """Prefixes of replies and tokens are no change."""
    assert subject_changed(subject, other, DEFAULT) is changed


@given(st.text(max_size=60))
def test_the_base_of_a_reply_is_that_of_the_subject(subject):
    """Any number of prefixes leads to the same base, which keeps being its own."""
    assert base(f"Re: Fwd: {subject}") == base(subject)
    assert base(base(subject)) == base(subject)
