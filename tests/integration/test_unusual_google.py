"""A Google that behaves in legal but unusual ways: what the product syncs is complete all the same."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from fakes.google import SimulatedGoogle
from gmailsync.flows import cycle, outbox

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


@pytest.fixture(params=[1, 7, 23, 42, 56, 71])
def google(request):
    """Start a Google that throws these dice."""
    with SimulatedGoogle(unusual=request.param) as google:
        yield google
        google.check()


def test_mail_is_complete_both_ways_and_equal_to_the_byte(google, app):
    """Hostile bytes, labels that need quotes, mail that goes while others come: nothing is lost, doubled or changed."""
    mail = google.account(ALICE).mail
    for number in range(40):
        body = bytes(range(256)) * 3 + b'\r\n* 1 FETCH (FLAGS ()) {3}\r\n)"\\\r\n' + b"x" * number
        raw = b"Subject: in %d\r\nMessage-ID: <in-%d@contoso.com>\r\n\r\n" % (number, number) + body
        message = google.deliver(ALICE, raw)
        with google.world.lock:
            mail.add_labels(message.gm_msgid, [f'Kunden "{number}" (a\\b)', "日本"] if number % 3 else [])
        if number % 8 == 0:
            outbox.queue(app.ports, sender=ALICE, to=[BOB], subject=f"out {number}", body="As promised.\n")
            google.clock.advance(timedelta(minutes=2))
            cycle.run(app.ports, ALICE)

    for _ in range(4):
        google.clock.advance(timedelta(hours=2))
        cycle.run(app.ports, ALICE)

    with app.ports.store.begin() as tx:
        stored = sorted(email.sha256 for email in tx.emails.select() if email.direction == "incoming")
    with google.world.lock:
        received = [message.raw for message in mail.messages() if "\\Sent" not in message.labels]
        at_bob = [message.raw for message in google.account(BOB).mail.messages()]
    assert stored == sorted(sha256(raw).hexdigest() for raw in received)
    assert sorted(raw.partition(b"Subject: ")[2].partition(b"\r\n")[0] for raw in at_bob) == sorted(
        b"out %d" % number for number in range(0, 40, 8)
    )
