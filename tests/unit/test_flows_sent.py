"""What the Sent folder shows, on servers without Gmail's ids."""

from __future__ import annotations

from gmailsync.flows.receiving import Received
from gmailsync.flows.sent import receive_sent
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import Outcome


def test_two_copies_of_what_the_owner_sent_are_one_email(store, clock, mailbox):
    """Also in one batch, where neither is stored yet; there is one decision about it."""
    raw = b"From: alice@contoso.com\r\nTo: bob@example.com\r\nMessage-ID: <1@contoso.com>\r\n\r\nHello\r\n"
    copies = [FetchedMessage(uid, raw, None, None, (), (), clock.now()) for uid in (1, 2)]

    with store.begin() as tx:
        received = receive_sent(tx, mailbox, copies, clock.now())
        [email], [decision] = tx.emails.select(mailbox.id), tx.decisions.select(mailbox.id)

    assert received == [Received(Outcome.STORED, email.id, is_new=True), Received(Outcome.STORED, email.id)]
    assert decision.email_id == email.id
