"""What an audit proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gmailsync.cli.auditing import troubles, words
from gmailsync.model.audit import Audit
from gmailsync.model.mailbox import MailboxId

COMPLETE = Audit(MailboxId(1), datetime(2026, 1, 2, tzinfo=UTC), server=41, stored=40, set_aside=1)


def test_a_mailbox_is_proven_when_each_message_that_should_be_an_email_is_one():
    """Test messages and those not accepted are no emails, and none is missed for it."""
    assert COMPLETE.expected == 40
    assert COMPLETE.is_proven


def test_what_a_person_gave_up_is_not_expected():
    """The proof is about the rest, and says how many were given up."""
    found = replace(COMPLETE, stored=39, given_up=1)

    assert found.expected == 39
    assert found.is_proven
    assert words(found) == "39 of 39, 1 given up, 2026-01-02T00:00:00Z"
    assert words(COMPLETE) == "40 of 40, 2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    "amiss",
    [{"missing": 1}, {"extra": 1}, {"changed": 1}, {"stored": 39, "failed": 1}],
    ids=["a message has no trace here", "one is noted that is not there", "one is another", "one is in the ledger"],
)
def test_a_mailbox_is_not_proven_while_anything_is_amiss(amiss):
    """Whatever it is."""
    assert not replace(COMPLETE, **amiss).is_proven


def test_what_keeps_a_mailbox_from_being_proven_is_told_with_what_to_do():
    """Each kind of it, and no other."""
    found = replace(COMPLETE, stored=37, failed=1, missing=2)

    assert not found.is_proven
    assert troubles(found) == "1 in the failure ledger (see gmailsync email failures), 2 missing (audit again)"
