"""The connection ends at any moment of any protocol, and the next cycle makes it good."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from itertools import count

import pytest

from gmailsync.flows import cycle, outbox

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


def subjects(google, address):
    """Return the subjects of the mail that an account has."""
    with google.world.lock:
        raws = [message.raw for message in google.account(address).mail.messages()]
    return [raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode() for raw in raws]


@pytest.mark.slow
def test_hard_case_18_mail_is_neither_lost_nor_doubled_wherever_the_connection_ends(google, app):
    """A renewal of the token, a look into the Inbox and a submission, broken at their n-th event for each n."""
    happened = []

    for n in count(1):
        google.deliver(ALICE, b"Subject: in %d\r\nMessage-ID: <in-%d@contoso.com>\r\n\r\nhello\r\n" % (n, n))
        outbox.queue(app.ports, sender=ALICE, to=[BOB], subject=f"out {n}", body="As promised.\n")
        google.clock.advance(timedelta(hours=1, minutes=1))
        event = google.faults.nth_wire_event(n)
        cycle.run(app.ports, ALICE)
        if not event.fired:
            break
        happened.append(event.happened)
        google.clock.advance(timedelta(minutes=30))
        cycle.run(app.ports, ALICE)

    with app.ports.store.begin() as tx:
        stored = sorted(email.sha256 for email in tx.emails.select() if email.direction == "incoming")
    with google.world.lock:
        received = [mail.raw for mail in google.account(ALICE).mail.messages() if "\\Sent" not in mail.labels]
    assert stored == sorted(sha256(raw).hexdigest() for raw in received)
    assert sorted(subjects(google, BOB)) == sorted(f"out {number}" for number in range(1, n + 1))
    assert {"before oauth token", "after oauth token", "after imap FETCH", "after smtp message"} <= set(happened)
