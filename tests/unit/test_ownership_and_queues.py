from __future__ import annotations

from dataclasses import replace

import pytest
from incoming_mail import ALICE, DORA, OURS, SALES, SUPPORT, activity, known, mail, record, wanting

from gmailsync.model.directory import RecordKind
from gmailsync.model.known import Receiver
from gmailsync.model.mailbox import Acceptance, MailboxId, MailboxKind
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.deciding import decide

DEFAULT = DecidingSettings()
ANSWER = "In-Reply-To: <1@x>"
SERVICE = Receiver(MailboxId(9), "service@contoso.com", MailboxKind.QUEUE)


@pytest.mark.parametrize(
    ("to", "cc", "correlated_owner", "sender", "expected"),
    [
        pytest.param(
            "alice@contoso.com, dora@contoso.com", "", "u-dora", record(1, owner_key="u-alice"), "u-dora",
            id="1: the owner of the correlated email, if in the list",
        ),
        pytest.param(
            "alice@contoso.com, dora@contoso.com", "", "u-other", record(1, owner_key="u-dora"), "u-dora",
            id="2: the owner of the sender's contact, if in the list",
        ),
        pytest.param(
            "alice@contoso.com, dora@contoso.com", "", None, record(1, RecordKind.ACCOUNT, owner_key="u-dora"),
            "u-dora", id="2: of the account",
        ),
        pytest.param(
            "alice@contoso.com, dora@contoso.com", "", None, record(1, RecordKind.LEAD, owner_key="u-dora"), "u-dora",
            id="2: of the lead",
        ),
        pytest.param(
            "alice@contoso.com, dora@contoso.com", "", None, record(1, RecordKind.TEAM, owner_key="u-dora"), "u-alice",
            id="2: not of a team",
        ),
        pytest.param("dora@contoso.com, alice@contoso.com", "", None, None, "u-dora", id="3: the first eligible"),
        pytest.param("support@contoso.com, dora@contoso.com", "", None, None, "u-dora", id="3: who has an owner"),
        pytest.param("bob@example.com", "dora@contoso.com", None, None, "u-dora", id="To without anybody: then Cc"),
        pytest.param(
            "alice@contoso.com", "dora@contoso.com", "u-dora", None, "u-alice",
            id="the first list with an owner decides, though the correlated email's is in the next",
        ),
        pytest.param("sales@contoso.com", "", None, None, "u-boss", id="of a queue its owner"),
        pytest.param("list@example.com", "", None, None, "u-alice", id="nobody named: whose mailbox accepted it"),
    ],
)  # fmt: skip
def test_the_owner_of_an_activity(to, cc, correlated_owner, sender, expected):
    """To, Cc and Bcc in turn; within the first with an owner the correlated one, the sender's, the first."""
    stored = known(
        activities={"<1@x>": (activity(1, owner_key=correlated_owner),)} if correlated_owner else None,
        records={"bob@example.com": (sender,)} if sender else None,
    )
    facts = mail(ANSWER, *([f"Cc: {cc}"] if cc else []), to=to)

    assert decide(facts, stored, DEFAULT, ALICE).owner == expected


def test_without_a_directory_nobody_owns():
    """Mailboxes without users leave the owner open."""
    assert decide(mail(to="support@contoso.com"), known(), DEFAULT, SUPPORT).owner is None


@pytest.mark.parametrize(
    ("to", "receiver", "switches", "expected"),
    [
        pytest.param("sales@contoso.com, support@contoso.com", ALICE, {}, [3, 4], id="one for each queue recipient"),
        pytest.param("sales@contoso.com, sales@contoso.com", SALES, {}, [3], id="none twice"),
        pytest.param("alice@contoso.com", ALICE, {}, [], id="none for users"),
        pytest.param("list@example.com", SALES, {}, [3], id="the queue that was read, though not named"),
        pytest.param(
            "list@example.com", SALES, {"queue_item_for_synchronising_queue": False}, [], id="but for the setting"
        ),
        pytest.param(
            "support@contoso.com", SALES, {"queue_items_for_recipients": False}, [3], id="recipients' switched off"
        ),
        pytest.param("alice@contoso.com", ALICE, {"queue_item_for_owners_default_queue": True}, [9], id="the owner's"),
        pytest.param("dora@contoso.com", DORA, {"queue_item_for_owners_default_queue": True}, [], id="who has none"),
    ],
)
def test_the_queue_items_of_a_new_email(to, receiver, switches, expected):
    """Three settings say which queues get an item."""
    decision = decide(mail(to=to), known(default_queues={"u-alice": SERVICE}), replace(DEFAULT, **switches), receiver)

    assert list(decision.queues) == expected


@pytest.mark.parametrize(
    ("to", "receiver", "switches", "told"),
    [
        pytest.param("sales@contoso.com", ALICE, {}, "queue item for sales@contoso.com: named", id="a recipient"),
        pytest.param(
            "list@example.com", SALES, {}, "queue item for sales@contoso.com: found in its mailbox", id="not named"
        ),
        pytest.param(
            "alice@contoso.com",
            ALICE,
            {"queue_item_for_owners_default_queue": True},
            "queue item for service@contoso.com: default queue of u-alice",
            id="the owner's",
        ),
    ],
)
def test_the_trace_says_why_a_queue_got_its_item(to, receiver, switches, told):
    """Each queue item has a line."""
    decision = decide(mail(to=to), known(default_queues={"u-alice": SERVICE}), replace(DEFAULT, **switches), receiver)

    assert [line for line in decision.evidence if line.startswith("queue item")] == [told]


@pytest.mark.parametrize(
    ("receiver", "switched_on", "expected"),
    [
        pytest.param(SALES, False, [], id="off by default"),
        pytest.param(SALES, True, [3], id="the second queue"),
        pytest.param(SUPPORT, True, [], id="not twice in one queue"),
        pytest.param(ALICE, True, [], id="none for a user"),
    ],
)
def test_the_queue_items_of_an_email_that_is_there(receiver, switched_on, expected):
    """A second queue gets its own item only where that is set."""
    there = activity(5, queues=[SUPPORT], mailboxes=[SUPPORT])
    settings = DecidingSettings(queue_items_for_tracked_email=switched_on)

    decision = decide(mail("Message-ID: <1@x>"), known(activities={"<1@x>": (there,)}), settings, receiver)

    assert decision.joins == 5
    assert list(decision.queues) == expected


def test_a_queue_that_does_not_accept_gets_its_item_where_another_does():
    """An item is made for each resolved queue of an email that somebody accepted."""
    mailboxes = [wanting(one, Acceptance.NONE) if one is SALES else one for one in OURS]

    decision = decide(mail(to="sales@contoso.com, alice@contoso.com"), known(mailboxes), DEFAULT, ALICE)

    assert list(decision.queues) == [3]
