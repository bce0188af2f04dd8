"""Whose records, owners and queues an email comes to, as an administrator sets it by commands."""

from __future__ import annotations

import pytest
from office import ALICE, ANN, BOB, STRANGER, SUPPORT

from gmailsync.model.email import Direction


def test_an_unknown_sender_becomes_a_contact_where_that_is_set(office):
    """Once, with the name beside the address; programs become none."""
    office.set(create_contact_for_unknown_sender="on")
    office.arrive(ALICE, BOB, sender=f"The Shop <{STRANGER}>", subject="Offer")
    office.arrive(ALICE, sender="robot@example.org", headers="Auto-Submitted: auto-generated\r\n")

    synced = office.run("sync")

    contacts = office.run("record", "list", "--kind", "contact")
    assert [(one["mailbox"], one["incoming"]["new"]) for one in synced] == [(ALICE, 2), (BOB, 1), (SUPPORT, 0)]
    assert [(one["key"], one["name"], one["addresses"]) for one in contacts] == [
        ("ann", "Ann Weiler", [ANN]),
        (STRANGER, "The Shop", [STRANGER]),
    ]
    assert office.why(BOB, "Offer")["activity"]["parties"][0]["records"] == [f"contact {STRANGER}"]
    assert f"made contact {STRANGER} of the sender" in office.why(ALICE, "Offer")["decision"]["evidence"]


def test_neither_our_own_mailboxes_nor_records_that_are_there_become_contacts(office, tmp_path):
    """The directory knows no user; and a contact has the address as its key, though it writes from another one."""
    office.set(create_contact_for_unknown_sender="on")
    (tmp_path / "moved.csv").write_text(
        f"kind,key,name,addresses\nuser,alice,Alice,\nuser,bob,Bob,\ncontact,{STRANGER},The Shop,new@example.org\n"
    )
    office.run("record", "import", tmp_path / "moved.csv")
    before = office.run("record", "list")
    office.run("email", "send", "--from", ALICE, "--to", BOB, "--subject", "Lunch", "--body", "text")
    office.arrive(BOB, sender=STRANGER)

    office.sync(ALICE, BOB)

    assert office.emails(BOB).keys() == {"Lunch", "Hello"}
    assert office.run("record", "list") == before


def test_one_email_has_all_parties_and_the_owner_of_the_senders_contact(office):
    """Whichever mailbox is read first; the second one joins it."""
    office.arrive(ALICE, BOB)

    office.sync(ALICE, BOB)

    first, second = office.why(ALICE), office.why(BOB)
    assert first["activity"] == second["activity"]
    assert first["activity"]["mailboxes"] == [ALICE, BOB]
    assert first["activity"]["owner"] == "bob"
    assert "owner bob: owner of the sender's contact, in To" in first["decision"]["evidence"]
    assert [(one["role"], one["records"]) for one in first["activity"]["parties"]] == [
        ("sender", ["contact ann"]),
        ("to", ["user alice"]),
        ("to", ["user bob"]),
    ]
    assert second["decision"]["reason"] == "already-promoted"


@pytest.mark.parametrize(("switch", "queues"), [("off", []), ("on", [SUPPORT])])
def test_the_owners_default_queue_gets_an_item_where_that_is_set(office, switch, queues):
    """The directory says which it is, and the trace says why."""
    office.set(queue_item_for_owners_default_queue=switch)
    office.arrive(ALICE)

    office.sync(ALICE)

    told = office.why()
    assert office.run("record", "show", "user", "alice")["default_queue"] == "support"
    assert told["activity"]["queues"] == queues
    line = f"queue item for {SUPPORT}: default queue of alice"
    assert (line in told["decision"]["evidence"]) is bool(queues)


ONE = {"two_activities_between_users": "off"}


@pytest.mark.parametrize(
    ("settings", "sender", "recipient", "activities"),
    [
        pytest.param({}, ALICE, BOB, 2, id="users-two"),
        pytest.param(ONE, ALICE, BOB, 1, id="users-one"),
        pytest.param(ONE, ALICE, SUPPORT, 2, id="to-a-queue-two"),
        pytest.param(ONE | {"keep_internal_mail_to_queues": "off"}, ALICE, SUPPORT, 1, id="to-a-queue-one"),
        pytest.param({}, SUPPORT, ALICE, 2, id="from-a-queue-two"),
        pytest.param({"ignore_internal_mail_from_queues": "on"}, SUPPORT, ALICE, 1, id="from-a-queue-one"),
    ],
)
def test_mail_between_our_mailboxes_is_two_activities_or_one(office, settings, sender, recipient, activities):
    """The sender's and the recipient's, or one that both are in."""
    office.set(**settings)
    office.run("email", "send", "--from", sender, "--to", recipient, "--subject", "Lunch", "--body", "text")

    office.sync(sender, recipient)

    sides = [office.why(sender, "Lunch", Direction.OUTGOING), office.why(recipient, "Lunch")]
    assert len({side["activity"]["id"] for side in sides}) == activities


@pytest.mark.parametrize(("switch", "queues"), [("off", []), ("on", [SUPPORT])])
def test_a_queue_to_which_a_stored_email_comes_gets_an_item_where_that_is_set(office, switch, queues):
    """By Bcc, after Alice's mailbox was read."""
    office.set(queue_items_for_tracked_email=switch)
    office.arrive(ALICE, SUPPORT, to=ALICE)

    office.sync(ALICE, SUPPORT)

    told = office.why(SUPPORT)
    assert told["activity"]["mailboxes"] == [ALICE, SUPPORT]
    assert told["activity"]["queues"] == queues
    assert (f"queue item for {SUPPORT}: found in its mailbox" in told["decision"]["evidence"]) is bool(queues)


def test_dots_and_tags_mean_the_same_person_where_that_is_set(office, tmp_path):
    """The directory knows the bare address."""
    (tmp_path / "more.csv").write_text("kind,key,name,addresses\ncontact,eve,Eve,eve.adams@gmail.com\n")
    office.run("record", "import", tmp_path / "more.csv")
    senders = []

    for switch in ("off", "on"):
        office.set(normalise_gmail_addresses=switch)
        office.arrive(ALICE, sender="e.veadams+crm@googlemail.com", subject=switch)
        office.sync(ALICE)
        senders.append(office.why(subject=switch)["activity"]["parties"][0]["records"])

    assert senders == [[], ["contact eve"]]
