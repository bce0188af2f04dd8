"""The stored directory and the settings of deciding, on both databases."""

import pytest

from gmailsync.errors import NotFound
from gmailsync.model.directory import NewRecord, RecordKind
from gmailsync.model.settings import DecidingSettings, OwnOptionOnly, SmartMatching, TokenLayout

ANN = NewRecord(RecordKind.CONTACT, "C-1", "Ann", ("Ann@Fabrikam.com", "ann.w@gmail.com"), parent_key="A-1")


def test_a_record_is_found_by_kind_and_key(database):
    """What was stored comes back; addresses are in lower case."""
    with database.begin() as tx:
        tx.records.save([ANN])
        found = tx.records.get(RecordKind.CONTACT, "C-1")

    assert (found.name, found.parent_key, found.active) == ("Ann", "A-1", True)
    assert found.addresses == ("ann@fabrikam.com", "ann.w@gmail.com")


def test_the_same_key_updates_and_keeps_its_number(database):
    """Saving twice changes the record in its place, addresses included."""
    with database.begin() as tx:
        first = tx.records.save([ANN])
        second = tx.records.save([NewRecord(RecordKind.CONTACT, "C-1", "Ann W.", ("ann@new.com",), active=False)])
        found = tx.records.select()

    assert first == second
    assert [(one.name, one.addresses, one.active) for one in found] == [("Ann W.", ("ann@new.com",), False)]


def test_the_same_key_of_another_kind_is_another_record(database):
    """A key is unique only together with the kind."""
    with database.begin() as tx:
        tx.records.save([ANN, NewRecord(RecordKind.LEAD, "C-1", "Lead")])
        leads = tx.records.select(RecordKind.LEAD)

    assert [one.name for one in leads] == ["Lead"]


def test_an_unknown_record_is_not_found(database):
    """The complaint names the key."""
    with database.begin() as tx, pytest.raises(NotFound, match="C-9"):
        tx.records.get(RecordKind.CONTACT, "C-9")


def test_settings_that_were_never_saved_are_the_defaults(database):
    """An empty database decides by the defaults."""
    with database.begin() as tx:
        assert tx.switches.load() == DecidingSettings()


def test_settings_come_back_as_they_were_saved(database):
    """Every sort of value survives: words, sets, numbers, and settings within settings."""
    changed = DecidingSettings(
        own_option_only=OwnOptionOnly.USERS,
        never_log=frozenset({"bob@example.com", "example.org"}),
        token_layout=TokenLayout(prefix="ACME:", base=500),
        smart_matching=SmartMatching(min_address_count=3),
        use_gmail_thread=False,
    )

    with database.begin() as tx:
        tx.switches.save(changed)
        found = tx.switches.load()

    assert found == changed
