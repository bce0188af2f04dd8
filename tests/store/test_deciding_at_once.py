"""Two workers that decide about the same message at once, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from gmailsync.flows.receiving import receive
from gmailsync.model.decision import Reason
from gmailsync.model.email import FetchedMessage
from gmailsync.model.mailbox import NewMailbox

RAW = (
    b"From: ann@fabrikam.com\r\nTo: alice@contoso.com, bob@contoso.com\r\nSubject: Quote\r\n"
    b"Message-ID: <1@fabrikam.com>\r\n\r\ntext\r\n"
)


def test_two_mailboxes_read_at_once_make_one_activity(database, mailbox, now):
    """The second worker waits for the first one's transaction, and joins its activity."""
    with database.begin() as tx:
        bob = tx.mailboxes.add(NewMailbox("bob@contoso.com", None))

    def read(reader, number):
        message = FetchedMessage(1, RAW, number, number, ("\\Inbox",), (), now)
        with database.begin() as tx:
            (received,) = receive(tx, reader, [message], now)
        return received.email_id

    with ThreadPoolExecutor() as workers:
        with database.begin() as tx:
            message = FetchedMessage(1, RAW, 7, 7, ("\\Inbox",), (), now)
            (first,) = receive(tx, mailbox, [message], now)
            second = workers.submit(read, bob, 8)
        second_id = second.result()

    with database.begin() as tx:
        emails = [tx.emails.get(first.email_id), tx.emails.get(second_id)]
        reasons = [tx.decisions.of_email(email.id).reason for email in emails]
    assert len({email.activity_id for email in emails}) == 1
    assert reasons == [Reason.ACCEPTED, Reason.ALREADY_PROMOTED]


def test_workers_of_many_mailboxes_neither_double_nor_stop_each_other(database, another_mailbox, now):
    """Each reads the same messages in another order; there is one activity for each message, and no deadlock."""
    readers = [another_mailbox() for _ in range(4)]

    def read(index):
        order = range(20) if index % 2 else range(19, -1, -1)
        messages = [
            FetchedMessage(n, RAW.replace(b"<1@", f"<{n}@".encode()), 100 + n, 100 + n, (), (), now) for n in order
        ]
        for half in (messages[:10], messages[10:]):
            with database.begin() as tx:
                receive(tx, readers[index], half, now)

    with ThreadPoolExecutor(max_workers=4) as workers:
        list(workers.map(read, range(4)))

    with database.begin() as tx:
        emails = tx.emails.select()
    assert len(emails) == 80
    assert len({email.activity_id for email in emails}) == 20
