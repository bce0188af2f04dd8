from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incoming_mail import known, mail, record

from gmailsync.model.activity import Role, Unresolved
from gmailsync.model.directory import RecordKind
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import key
from gmailsync.rules.parties import recipients, resolve_recipient, resolve_sender

USER, CONTACT, ACCOUNT, LEAD = RecordKind.USER, RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.LEAD
DEFAULT = DecidingSettings()
CAUTIOUS = DecidingSettings(unresolve_sender_if_several=True, unresolve_recipients_if_several=True)
ACTIVE_ONLY = DecidingSettings(ignore_inactive_records=True)
MINE = "u-alice"

records = st.lists(
    st.builds(
        record,
        st.integers(1, 10**6),
        st.sampled_from(RecordKind),
        active=st.booleans(),
        email_enabled=st.booleans(),
        owner_key=st.sampled_from([None, MINE, "u-bob"]),
    ),
    unique_by=lambda one: one.id,
    max_size=6,
)


@pytest.mark.parametrize(
    ("found", "settings", "expected"),
    [
        pytest.param([], DEFAULT, Unresolved.NOBODY, id="no match: unresolved"),
        pytest.param([record(n) for n in range(101)], DEFAULT, Unresolved.TOO_MANY, id="more than 100: unresolved"),
        pytest.param([record(n) for n in range(100)], DEFAULT, 0, id="100 are not too many"),
        pytest.param([record(1), record(2)], CAUTIOUS, Unresolved.SEVERAL, id="several and the setting: unresolved"),
        pytest.param([record(1)], CAUTIOUS, 1, id="one match in spite of the setting"),
        pytest.param([record(1, active=False)], DEFAULT, 1, id="exactly one match, even if inactive"),
        pytest.param([record(1, active=False), record(2, LEAD)], DEFAULT, 2, id="several: the first active"),
        pytest.param(
            [record(1, active=False), record(2, active=False)], DEFAULT, Unresolved.INACTIVE, id="several, none active"
        ),
        pytest.param(
            [record(1, owner_key="x"), record(2, LEAD, owner_key=MINE)], DEFAULT, 2, id="the owner's row wins"
        ),
        pytest.param(
            [record(1, owner_key="x"), record(2, owner_key=MINE)],
            CAUTIOUS,
            Unresolved.SEVERAL,
            id="the owner's row does not win over the setting",
        ),
        pytest.param(
            [record(1), record(2, LEAD, owner_key=MINE, active=False)],
            DEFAULT,
            1,
            id="the owner's inactive row does not",
        ),
        pytest.param(
            [record(1, USER, active=False)], DEFAULT, Unresolved.NOBODY, id="a disabled user is never matched"
        ),
        pytest.param([record(1, USER, active=False), record(2)], CAUTIOUS, 2, id="a disabled user is no second match"),
        pytest.param([record(1, email_enabled=False)], DEFAULT, Unresolved.NOBODY, id="a table without email"),
        pytest.param([record(1, active=False)], ACTIVE_ONLY, Unresolved.NOBODY, id="inactive ones ignored by setting"),
    ],
)
def test_the_sender_is_one_record_or_unresolved(found, settings, expected):
    """The five documented rules for a sender, in their order, and who takes part at all."""
    sender, unresolved = resolve_sender(found, MINE, settings)

    assert (unresolved or (sender and sender.id)) == expected


@pytest.mark.parametrize("later", list(RecordKind)[1:])
def test_of_several_senders_the_kind_decides(later):
    """User, contact, account, lead, equipment, team, business unit, then the others."""
    earlier = list(RecordKind)[list(RecordKind).index(later) - 1]

    sender, _ = resolve_sender([record(1, later), record(2, earlier)], None, DEFAULT)

    assert sender is not None
    assert sender.kind is earlier


@given(records, st.randoms(use_true_random=False), st.sampled_from([DEFAULT, CAUTIOUS, ACTIVE_ONLY]))
def test_the_order_of_the_matches_is_no_matter(found, random, settings):
    """The same records in any order mean the same sender and the same recipients."""
    shuffled = random.sample(found, len(found))

    assert resolve_sender(shuffled, MINE, settings) == resolve_sender(found, MINE, settings)
    assert resolve_recipient(shuffled, settings) == resolve_recipient(found, settings)


@pytest.mark.parametrize(
    ("found", "settings", "expected"),
    [
        pytest.param([record(1, LEAD), record(2), record(3, USER)], DEFAULT, [3, 2, 1], id="all matching records"),
        pytest.param([record(1, active=False), record(2)], DEFAULT, [1, 2], id="inactive ones too"),
        pytest.param([record(1, active=False), record(2)], ACTIVE_ONLY, [2], id="but for the setting"),
        pytest.param([record(1), record(2)], CAUTIOUS, Unresolved.SEVERAL, id="several and the setting: unresolved"),
        pytest.param([record(1)], CAUTIOUS, [1], id="one in spite of the setting"),
        pytest.param(
            [record(1, USER, active=False)], DEFAULT, Unresolved.NOBODY, id="a disabled user is never matched"
        ),
        pytest.param([record(n) for n in range(101)], DEFAULT, Unresolved.TOO_MANY, id="more than 100: unresolved"),
        pytest.param([record(1, email_enabled=False), record(2)], DEFAULT, [2], id="email enabled tables only"),
    ],
)
def test_a_recipient_is_all_records_or_unresolved(found, settings, expected):
    """All matching records become parties, or one unresolved party."""
    meant, unresolved = resolve_recipient(found, settings)

    assert (unresolved or [one.id for one in meant]) == expected


def test_each_address_is_a_party_of_each_field_that_names_it():
    """To, Cc and Bcc give parties with their roles; the same address twice in a field is one."""
    facts = mail("Cc: carol@example.com, CAROL@example.com, eve@example.com", "Bcc: carol@example.com")
    directory = known(records={"carol@example.com": (record(7),)})

    found = recipients(facts, directory, DEFAULT)

    assert [(one.role, one.address, one.records, one.unresolved) for one in found] == [
        (Role.TO, "alice@contoso.com", (), Unresolved.NOBODY),
        (Role.CC, "carol@example.com", (7,), Unresolved.NO),
        (Role.CC, "eve@example.com", (), Unresolved.NOBODY),
        (Role.BCC, "carol@example.com", (7,), Unresolved.NO),
    ]


@pytest.mark.parametrize(
    ("address", "normalised"),
    [
        ("A.B+c@GMAIL.com", "ab@gmail.com"),
        ("a.b@googlemail.com", "ab@gmail.com"),
        ("ab@gmail.com", "ab@gmail.com"),
        ("A.B+c@contoso.com", "a.b+c@contoso.com"),
        ("a.b@gmail.com.example.com", "a.b@gmail.com.example.com"),
        ("a.b", "a.b"),
    ],
)
def test_gmails_dots_tags_and_second_domain_are_no_matter_when_switched_on(address, normalised):
    """Only Gmail's own domains are known to ignore dots and tags; other addresses differ by more than case."""
    assert key(address, normalise=True) == normalised
    assert key(address) == address.lower()


@given(st.text(max_size=30))
def test_a_key_is_its_own_key(address):
    """Written as a key once, an address stays as it is."""
    once = key(address, normalise=True)

    assert key(once, normalise=True) == once


def test_normalised_addresses_find_their_records():
    """With the setting, a tag does not hide the contact."""
    facts = mail(to="bo.b+shop@googlemail.com")
    directory = known(records={"bob@gmail.com": (record(7),)})

    assert recipients(facts, directory, replace(DEFAULT, normalise_gmail_addresses=True))[0].records == (7,)
    assert recipients(facts, directory, DEFAULT)[0].records == ()
