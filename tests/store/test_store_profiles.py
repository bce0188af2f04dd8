"""Server profiles, on both databases."""

from dataclasses import replace

import pytest

from gmailsync.errors import AlreadyExists, NotFound, StoreError
from gmailsync.model.mailbox import NewMailbox
from gmailsync.model.profile import Endpoint, ProfileId
from gmailsync.model.secret import Secret


def test_a_profile_comes_back_by_name_and_by_number(database, profile):
    """Every field is kept, the client secret too."""
    entered = replace(profile, incoming=Endpoint("imap.example", 1993), outgoing=Endpoint("smtp.example", 465))

    with database.begin() as tx:
        added = tx.profiles.add(entered)
    with database.begin() as tx:
        by_name, by_id = tx.profiles.get("Gmail"), tx.profiles.by_id(added.id)

    assert by_name == by_id == added
    assert added.client_secret.reveal() == "GOCSPX-plain-text"
    assert added.incoming == Endpoint("imap.example", 1993)
    assert added.redirect_uri == profile.redirect_uri


def test_the_same_name_twice_is_refused(database, profile):
    """A second profile of a name is refused, and the first one is as before."""
    with database.begin() as tx:
        first = tx.profiles.add(replace(profile, is_default=True))

    with database.begin() as tx:
        with pytest.raises(AlreadyExists, match="'Gmail'"):
            tx.profiles.add(replace(profile, client_id="other", is_default=True))
        after = tx.profiles.all()

    assert after == [first]


def test_unknown_profiles_are_not_found(database, profile):
    """Every verb that needs a profile says that there is none."""
    with database.begin() as tx:
        stored = tx.profiles.add(profile)
        tx.profiles.remove(stored.id)

        with pytest.raises(NotFound):
            tx.profiles.get("Gmail")
        with pytest.raises(NotFound):
            tx.profiles.by_id(stored.id)
        with pytest.raises(NotFound):
            tx.profiles.save(stored)
        with pytest.raises(NotFound):
            tx.profiles.remove(stored.id)


def test_profiles_are_listed_by_name(database, profile):
    """The order is by name, whatever the order of adding and the database's locale."""
    with database.begin() as tx:
        for name in ("beta", "Alpha", "a-z", "ab"):
            tx.profiles.add(replace(profile, name=name))
        names = [found.name for found in tx.profiles.all()]

    assert names == ["Alpha", "a-z", "ab", "beta"]


def test_there_is_one_default_profile(database, profile):
    """A new default takes the place of the former one, when added and when saved."""
    with database.begin() as tx:
        none_yet = tx.profiles.default()
        first = tx.profiles.add(replace(profile, name="first", is_default=True))
        second = tx.profiles.add(replace(profile, name="second", is_default=True))
        after_add = tx.profiles.default()
        tx.profiles.save(replace(first, is_default=True))
        after_save = tx.profiles.default()
        tx.profiles.save(replace(first, is_default=False))
        after_stepping_down = tx.profiles.default()

    assert none_yet is None
    assert after_add == second
    assert after_save == first
    assert after_stepping_down is None


def test_saving_changes_every_field(database, profile):
    """What was saved is what is read, under the same number."""
    with database.begin() as tx:
        stored = tx.profiles.add(profile)
        changed = replace(
            stored, name="Google", client_secret=Secret("GOCSPX-new"), environment="https://new", active=False
        )
        tx.profiles.save(changed)
        read = tx.profiles.by_id(stored.id)

    assert read == changed


def test_renaming_to_a_taken_name_is_refused(database, profile):
    """A profile cannot take another one's name; keeping its own is no clash."""
    with database.begin() as tx:
        tx.profiles.add(replace(profile, name="taken"))
        stored = tx.profiles.add(profile)

        tx.profiles.save(stored)
        with pytest.raises(AlreadyExists, match="taken"):
            tx.profiles.save(replace(stored, name="taken"))


def test_removing_a_profile_leaves_its_mailboxes(database, profile):
    """The mailboxes stay, without a profile."""
    with database.begin() as tx:
        stored = tx.profiles.add(profile)
        mailbox = tx.mailboxes.add(NewMailbox("alice@contoso.com", stored.id))
        before = tx.profiles.mailbox_count(stored.id)
        tx.profiles.remove(stored.id)
        after = tx.mailboxes.by_id(mailbox.id)

    assert before == 1
    assert after == replace(mailbox, profile_id=None)


def test_the_number_of_a_removed_profile_never_comes_back(database, profile):
    """A number that somebody wrote down does not come to mean another profile."""
    with database.begin() as tx:
        first = tx.profiles.add(profile)
        tx.profiles.remove(first.id)
        second = tx.profiles.add(profile)

    assert second.id > first.id


@pytest.mark.parametrize("port", [0, 65536])
def test_the_database_itself_refuses_impossible_ports(database, profile, port):
    """A check constraint stands behind whatever checked the input before."""
    with pytest.raises(StoreError, match="incoming_port"), database.begin() as tx:
        tx.profiles.add(replace(profile, incoming=Endpoint("imap.gmail.com", port)))


def test_nobody_uses_an_unknown_profile(database):
    """Counting the mailboxes of a profile that is gone gives none."""
    with database.begin() as tx:
        count = tx.profiles.mailbox_count(ProfileId(0))

    assert count == 0
