from __future__ import annotations

from dataclasses import replace

import pytest
from incoming_mail import ALICE, DORA, SALES, activity, known, mail, wanting

from gmailsync.model.decision import Reason
from gmailsync.model.email import Direction
from gmailsync.model.mailbox import Acceptance
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.deciding import decide

TWO = DecidingSettings()
ONE = DecidingSettings(two_activities_between_users=False)
SENT_BY_ALICE = activity(1, direction=Direction.OUTGOING, mailboxes=[ALICE])
SENT_BY_SALES = activity(1, direction=Direction.OUTGOING, mailboxes=[SALES])
RECEIVED = activity(2, mailboxes=[DORA], owner_key="u-dora", regarding=8)


def decided(receiver, settings=TWO, *stored, sender="alice@contoso.com", is_sent=False):
    """Decide about a message of which these activities are stored; return reason and the activity joined."""
    facts = mail("Message-ID: <1@x>", sender=sender, to="dora@contoso.com, sales@contoso.com")
    decision = decide(
        facts, known(activities={"<1@x>": stored} if stored else None), settings, receiver, is_sent=is_sent
    )
    return decision.reason, decision.joins


def test_the_same_message_in_a_second_mailbox_is_promoted_already():
    """One activity for all of our mailboxes; a later one joins it, whatever its option, and inherits what it has."""
    facts = mail("Message-ID: <1@x>", to="dora@contoso.com, alice@contoso.com")
    stored = known(activities={"<1@x>": (RECEIVED,)})

    decision = decide(facts, stored, TWO, wanting(ALICE, Acceptance.NONE))

    assert (decision.kept, decision.reason, decision.joins) == (True, Reason.ALREADY_PROMOTED, 2)
    assert (decision.owner, decision.regarding) == ("u-dora", 8)


def test_messages_without_message_id_are_never_the_same():
    """An empty id is not an id."""
    decision = decide(mail(), known(activities={"": (RECEIVED,)}), TWO, ALICE)

    assert decision.reason is Reason.ACCEPTED


NEW = (Reason.ACCEPTED, None)
JOINS = Reason.ALREADY_PROMOTED
NOT_LOOKING = replace(ONE, look_for_other_direction=False)
NOT_TO_QUEUES = replace(ONE, keep_internal_mail_to_queues=False)
FROM_QUEUES = replace(TWO, ignore_internal_mail_from_queues=True)


@pytest.mark.parametrize(
    ("receiver", "settings", "stored", "expected"),
    [
        pytest.param(DORA, TWO, [SENT_BY_ALICE], NEW, id="two: the recipient gets a received one"),
        pytest.param(DORA, TWO, [SENT_BY_ALICE, RECEIVED], (JOINS, 2), id="two: later mailboxes join the received one"),
        pytest.param(DORA, ONE, [SENT_BY_ALICE], (JOINS, 1), id="one: the recipient joins the sent one"),
        pytest.param(DORA, ONE, [], NEW, id="one: considered where the sent one is not stored"),
        pytest.param(
            DORA, NOT_LOOKING, [], (Reason.INTERNAL, None), id="one: or left out by setting"
        ),
        pytest.param(SALES, ONE, [SENT_BY_ALICE], NEW, id="one: mail to a queue is tracked nevertheless"),
        pytest.param(
            SALES, NOT_LOOKING, [], NEW, id="one: also where it would be left out"
        ),
        pytest.param(
            SALES, NOT_TO_QUEUES, [SENT_BY_ALICE], (JOINS, 1), id="one: but for a setting"
        ),
        pytest.param(ALICE, TWO, [SENT_BY_ALICE], (JOINS, 1), id="two: never two in the sender's own mailbox"),
    ],
)  # fmt: skip
def test_mail_between_two_users_is_two_activities_or_one(receiver, settings, stored, expected):
    """Two by default; one where that is switched off, with exceptions for queues."""
    if receiver is ALICE:
        facts = mail("Message-ID: <1@x>", sender="alice@contoso.com", to="alice@contoso.com")
        decision = decide(facts, known(activities={"<1@x>": tuple(stored)}), settings, receiver)
        assert (decision.reason, decision.joins) == expected
    else:
        assert decided(receiver, settings, *stored) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(TWO, NEW, id="two by default"),
        pytest.param(FROM_QUEUES, (JOINS, 1), id="suppressed by setting"),
    ],
)
def test_mail_from_a_queue_to_a_user(settings, expected):
    """Queue-to-user duplicates can be suppressed."""
    assert decided(DORA, settings, SENT_BY_SALES, sender="sales@contoso.com") == expected


@pytest.mark.parametrize(
    ("settings", "stored", "expected"),
    [
        pytest.param(TWO, [SENT_BY_ALICE], (JOINS, 1), id="it joins what we sent"),
        pytest.param(TWO, [RECEIVED], NEW, id="two: beside the received one"),
        pytest.param(ONE, [RECEIVED], (JOINS, 2), id="one: the received one is it"),
        pytest.param(TWO, [], NEW, id="sent by another program"),
    ],
)
def test_mail_found_among_the_sent(settings, stored, expected):
    """A sent folder is read on request; what is in it is not asked about."""
    assert decided(ALICE, settings, *stored, is_sent=True) == expected


def test_mail_from_outside_is_not_internal():
    """Only our own mailboxes' mail has another side."""
    assert decided(DORA, NOT_LOOKING, sender="bob@example.com") == NEW
