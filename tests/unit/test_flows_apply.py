"""A setup made real in the database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gmailsync import setupfile
from gmailsync.errors import AlreadyExists, BadInput, ProfileFull
from gmailsync.flows.apply import apply_setup
from gmailsync.model.mailbox import ALL_MAIL, Acceptance, Approval, DeliveryMethod, MailboxKind, NewMailbox
from gmailsync.model.secret import Secret

HEAD = "environment: https://contoso.crm.dynamics.com\n"
CLIENT = "profile: {name: Mail, client_id: 1-a.apps.googleusercontent.com, client_secret: GOCSPX-s}\n"


def setup(text):
    return setupfile.parse(text.encode(), "setup.yaml")


def everything(store):
    with store.begin() as tx:
        return tx.profiles.all(), tx.mailboxes.all()


def test_profile_and_mailboxes_are_made(ports, store):
    """What the file says is in the database, ready for the owners to sign in."""
    mailboxes = "mailboxes: [{address: bob@contoso.com}, {address: eve@contoso.com, incoming: none, approved: off}]"

    applied = apply_setup(ports, setup(HEAD + CLIENT + mailboxes))

    assert everything(store) == ([applied.profile], list(applied.mailboxes))
    assert applied.profile.client_secret == Secret("GOCSPX-s")
    assert applied.profile.redirect_uri == "https://contoso.crm.dynamics.com/_grid/cmds/dlg_gmailoauth.aspx"
    bob, eve = applied.mailboxes
    assert (bob.profile_id, bob.approval) == (applied.profile.id, Approval.APPROVED)
    assert (eve.incoming, eve.approval) == (DeliveryMethod.NONE, Approval.PENDING)


def test_what_is_read_of_a_mailbox_is_as_the_file_says(ports):
    """Kind, acceptance, folders with their labels, start dates, and the switches of POP."""
    profile = CLIENT.replace("Mail,", "Mail, start_date: 2026-01-31,")
    mailboxes = r"""
mailboxes:
  - {address: bob@contoso.com, folders: [inbox, \all], labels: [Work], start_date: 2026-02-01}
  - {address: sales@contoso.com, kind: queue, acceptance: people, pop_recent: on, pop_delete: on}
"""

    applied = apply_setup(ports, setup(HEAD + profile + mailboxes))

    bob, sales = applied.mailboxes
    assert applied.profile.read_from == datetime(2026, 1, 31, tzinfo=UTC)
    assert (bob.folders, bob.labels) == (("INBOX", ALL_MAIL), ("Work",))
    assert bob.read_from == datetime(2026, 2, 1, tzinfo=UTC)
    assert (sales.kind, sales.acceptance) == (MailboxKind.QUEUE, Acceptance.PEOPLE)
    assert (sales.pop_recent, sales.pop_delete) == (True, True)


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        ("profile: {client_secret: GOCSPX-s}", "profile.client_id"),
        ("profile: {client_id: 1-a.apps.googleusercontent.com}", "profile.client_secret"),
    ],
)
def test_same_is_refused_where_no_console_is(ports, store, profile, field):
    """`same` means the simulated console's; a real one has to be asked by a person."""
    with pytest.raises(BadInput) as caught:
        apply_setup(ports, setup(HEAD + profile))

    assert (caught.value.field, caught.value.value) == (field, "same")
    assert everything(store) == ([], [])


def test_a_taken_name_changes_nothing(ports, store, profile):
    """A profile of that name is left as it is."""
    before = everything(store)

    with pytest.raises(AlreadyExists):
        apply_setup(ports, setup(HEAD + CLIENT.replace("Mail", profile.name)))

    assert everything(store) == before


def test_a_taken_address_changes_nothing(ports, store):
    """All or nothing: the profile is not made when its second mailbox cannot be."""
    with store.begin() as tx:
        tx.mailboxes.add(NewMailbox("bob@contoso.com", None))
    before = everything(store)

    with pytest.raises(AlreadyExists):
        apply_setup(ports, setup(HEAD + CLIENT + "mailboxes: [{address: al@contoso.com}, {address: Bob@contoso.com}]"))

    assert everything(store) == before


def test_more_mailboxes_than_a_profile_carries_change_nothing(ports, store):
    """The 101st mailbox is refused, and with it the other hundred."""
    addresses = ", ".join(f"{{address: user{number}@contoso.com}}" for number in range(101))

    with pytest.raises(ProfileFull):
        apply_setup(ports, setup(f"{HEAD}{CLIENT}mailboxes: [{addresses}]"))

    assert everything(store) == ([], [])
