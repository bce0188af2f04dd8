"""What an audit proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gmailsync.model.audit import Audit
from gmailsync.model.mailbox import MailboxId

COMPLETE = Audit(MailboxId(1), datetime(2026, 1, 2, tzinfo=UTC), server=41, stored=40, set_aside=1)


def test_a_mailbox_is_proven_when_each_message_that_should_be_an_email_is_one():
    """Test messages and those not accepted are no emails, and none is missed for it."""
    assert COMPLETE.expected == 40
    assert COMPLETE.is_proven


@pytest.mark.parametrize(
    "amiss",
    [{"missing": 1}, {"extra": 1}, {"changed": 1}, {"stored": 39, "failed": 1}],
    ids=["a message has no trace here", "one is noted that is not there", "one is another", "one is in the ledger"],
)
def test_a_mailbox_is_not_proven_while_anything_is_amiss(amiss):
    """Whatever it is."""
    assert not replace(COMPLETE, **amiss).is_proven
