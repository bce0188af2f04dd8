from __future__ import annotations

from dataclasses import replace

import pytest

from gmailsync.errors import AlreadyExists, BadInput, MailboxNotReady, NotFound, ProfileFull
from gmailsync.flows import administration as admin
from gmailsync.model.mailbox import Approval, DeliveryMethod, NewMailbox, TestStatus
from gmailsync.model.profile import Endpoint, NewProfile
from gmailsync.model.secret import Secret

NEW = NewProfile("Second", "2-b.apps.googleusercontent.com", Secret("GOCSPX-t"), "https://contoso.crm.dynamics.com")


def fill(store, profile, mailboxes):
    with store.begin() as tx:
        for number in range(mailboxes):
            tx.mailboxes.add(NewMailbox(f"user{number}@contoso.com", profile.id))


def test_locations_and_ports_fill_in(ports):
    """A Gmail profile needs no location: IMAP 993 and SMTP 587 are known."""
    profile = admin.add_profile(ports, NEW)

    assert str(profile.incoming) == "imap.gmail.com:993"
    assert str(profile.outgoing) == "smtp.gmail.com:587"


def test_blanks_around_copied_values_are_cut(ports):
    """What is copied from the console with blanks or a newline works."""
    copied = replace(NEW, client_id=f" {NEW.client_id}\n", client_secret=Secret("GOCSPX-t\n"), environment="http://x/ ")

    profile = admin.add_profile(ports, copied)

    assert profile.client_id == NEW.client_id
    assert profile.client_secret == Secret("GOCSPX-t")
    assert profile.redirect_uri == "http://x/_grid/cmds/dlg_gmailoauth.aspx"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": "  "}),
        ("client id", {"client_id": ""}),
        ("client secret", {"client_secret": Secret(" ")}),
        ("environment", {"environment": "contoso.crm.dynamics.com"}),
        ("environment", {"environment": "ftp://contoso.com"}),
        ("environment", {"environment": "https://contoso.com?x=1"}),
        ("environment", {"environment": "https://contoso.com:99999"}),
        ("environment", {"environment": "https://[contoso.com"}),
        ("incoming location", {"incoming": Endpoint("imap gmail com", 993)}),
        ("incoming port", {"incoming": Endpoint("imap.gmail.com", 0)}),
        ("outgoing port", {"outgoing": Endpoint("smtp.gmail.com", 65536)}),
    ],
)
def test_a_profile_with_an_impossible_field_is_refused_by_name(ports, field, change):
    """The complaint names the field, and nothing is stored."""
    with pytest.raises(BadInput) as refusal:
        admin.add_profile(ports, replace(NEW, **change))

    with ports.store.begin() as tx:
        assert tx.profiles.all() == []
    assert refusal.value.field == field


def test_setting_a_profile_changes_only_what_is_named(ports, profile):
    """None leaves a field as it is."""
    changed = admin.set_profile(ports, "Gmail", admin.ProfileChange(client_id="9-z", active=False))

    assert changed == replace(profile, client_id="9-z", active=False)
    with ports.store.begin() as tx:
        assert tx.profiles.get("Gmail") == changed


def test_a_removed_profile_leaves_its_mailboxes_without_one(ports, mailbox):
    """Mailboxes and their mail outlive a profile."""
    admin.remove_profile(ports, "Gmail")

    with ports.store.begin() as tx:
        assert tx.mailboxes.get(mailbox.address).profile_id is None


def test_a_mailbox_gets_the_default_profile(ports, profile):
    """Without a name, the default profile for new mailboxes is taken."""
    admin.add_profile(ports, NEW)

    mailbox = admin.add_mailbox(ports, "bob@contoso.com")

    assert mailbox.profile_id == profile.id
    assert mailbox.approval is Approval.PENDING
    assert (mailbox.incoming_enabled, mailbox.outgoing_enabled) == (False, False)


def test_a_mailbox_gets_the_named_profile(ports, profile):
    """A name goes before the default."""
    second = admin.add_profile(ports, NEW)

    assert admin.add_mailbox(ports, "bob@contoso.com", profile="Second").profile_id == second.id


def test_a_mailbox_without_any_default_has_no_profile(ports):
    """A mailbox can be made before the profile."""
    assert admin.add_mailbox(ports, "bob@contoso.com").profile_id is None


def test_an_address_is_taken_once_whatever_its_case(ports, new_mailbox):
    """Addresses are compared without regard to case."""
    with pytest.raises(AlreadyExists):
        admin.add_mailbox(ports, "Alice@Contoso.com")


@pytest.mark.parametrize(
    "address", ["", "alice", "alice@", "@contoso.com", "a b@contoso.com", "alice@contoso", "a@é.fr"]
)
def test_what_is_no_address_is_refused(ports, address):
    """Only what Gmail can have handed out is taken."""
    with pytest.raises(BadInput, match="address"):
        admin.add_mailbox(ports, address)


def test_the_hundredth_mailbox_fits_and_the_next_does_not(ports, store, profile):
    """A Gmail OAuth profile works for up to 100 users; the advice is another profile."""
    fill(store, profile, 99)
    admin.add_mailbox(ports, "last@contoso.com")

    with pytest.raises(ProfileFull, match=r"100 of at most 100 mailboxes; make another server profile .*steps 1 to 4"):
        admin.add_mailbox(ports, "more@contoso.com")

    with store.begin() as tx:
        assert tx.profiles.mailbox_count(profile.id) == 100


def test_moving_into_a_full_profile_is_refused(ports, store, profile):
    """The limit holds for mailboxes that come from another profile too."""
    admin.add_profile(ports, NEW)
    admin.add_mailbox(ports, "bob@contoso.com", profile="Second")
    fill(store, profile, 100)

    with pytest.raises(ProfileFull):
        admin.set_mailbox(ports, "bob@contoso.com", admin.MailboxChange(profile="Gmail"))


def test_a_full_profile_can_still_be_named_for_its_own_mailbox(ports, store, profile, new_mailbox):
    """Setting a mailbox to the profile it is in changes nothing."""
    fill(store, profile, 99)

    assert admin.set_mailbox(ports, new_mailbox.address, admin.MailboxChange(profile="Gmail")) == new_mailbox


def test_another_profile_asks_for_another_test(ports, mailbox):
    """The way has changed, so what the last test said is void."""
    admin.add_profile(ports, NEW)

    moved = admin.set_mailbox(ports, mailbox.address, admin.MailboxChange(profile="Second"))

    assert (moved.incoming_status, moved.outgoing_status) == (TestStatus.NOT_RUN, TestStatus.NOT_RUN)
    assert (moved.incoming_enabled, moved.outgoing_enabled) == (False, False)


def test_a_direction_set_to_none_stops_alone(ports, mailbox):
    """The other direction is left as it was."""
    changed = admin.set_mailbox(ports, mailbox.address, admin.MailboxChange(outgoing=DeliveryMethod.NONE))

    assert (changed.incoming_enabled, changed.outgoing_enabled) == (True, False)


def test_rejecting_an_address_disables_it(ports, mailbox):
    """A rejected mailbox moves no mail."""
    rejected = admin.reject(ports, mailbox.address)

    assert rejected.approval is Approval.REJECTED
    assert (rejected.incoming_enabled, rejected.outgoing_enabled) == (False, False)


def test_enabling_takes_the_directions_that_passed(ports, store, mailbox):
    """A direction whose test failed stays off."""
    with store.begin() as tx:
        tx.mailboxes.save(
            replace(mailbox, incoming_enabled=False, outgoing_enabled=False, outgoing_status=TestStatus.FAILURE)
        )

    enabled = admin.enable(ports, mailbox.address)

    assert (enabled.incoming_enabled, enabled.outgoing_enabled) == (True, False)


def test_enabling_before_any_test_is_refused(ports, new_mailbox):
    """The advice is to test and enable."""
    admin.approve(ports, new_mailbox.address)

    with pytest.raises(MailboxNotReady) as refusal:
        admin.enable(ports, new_mailbox.address)

    assert "mailbox test alice@contoso.com --enable" in refusal.value.advice


def test_disabling_stops_both_directions(ports, mailbox):
    """Status and approval stay, so that enabling needs no new test."""
    disabled = admin.disable(ports, mailbox.address)

    assert disabled == replace(mailbox, incoming_enabled=False, outgoing_enabled=False)


def test_removing_a_mailbox_takes_its_grant_back(ports, oauth, mailbox):
    """Nothing of the mailbox is left, here or at Google."""
    admin.remove_mailbox(ports, mailbox.address)

    with ports.store.begin() as tx, pytest.raises(NotFound):
        tx.mailboxes.get(mailbox.address)
    assert oauth.revoked == ["refresh-1"]
