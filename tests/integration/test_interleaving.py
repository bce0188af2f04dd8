"""Any interleaving of deliveries and syncs stores each message once."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from enabling import enable, opened
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.google import SimulatedGoogle
from gmailsync.flows import cycle, outbox
from gmailsync.flows import test_and_enable as trial

ALICE = "alice@contoso.com"

STEPS = st.lists(st.sampled_from(["deliver", "deliver twice", "queue", "sync", "expunge", "test"]), max_size=12)


@settings(max_examples=8)
@given(steps=STEPS)
def test_each_message_is_stored_once(steps):
    """What stays in the Inbox is stored exactly once, what was queued is in Sent exactly once."""
    with SimulatedGoogle() as google, TemporaryDirectory() as home:
        google.add_account(ALICE)
        with opened(google, Path(home), {"GMAILSYNC_KEY": "bm90LXNlY3JldC1pbi10ZXN0cy1ub3Qtc2VjcmV0ISE="}) as app:
            enable(app.ports, google, ALICE)
            account, numbers, delivered, queued = google.account(ALICE), count(), [], 0
            for step in [*steps, "sync", "sync"]:
                if step.startswith("deliver"):
                    raw = f"Subject: {next(numbers)}\r\n\r\nbody\r\n".encode()
                    delivered += [google.deliver(ALICE, raw) for _ in range(2 if step == "deliver twice" else 1)]
                elif step == "queue":
                    outbox.queue(app.ports, sender=ALICE, to=["bob@example.com"], subject="s", body="b\n")
                    queued += 1
                elif step == "expunge" and delivered:
                    account.mail.delete(delivered.pop().gm_msgid)
                elif step == "test":
                    assert trial.test_and_enable(app.ports, ALICE, enable=True).ok
                elif step == "sync":
                    assert cycle.run(app.ports, ALICE).ok
            with app.ports.store.begin() as tx:
                emails = tx.emails.select()
        google.check()

    stored = Counter(email.gmail_message_id for email in emails if email.direction == "incoming")
    by_id = {email.gmail_message_id: email.sha256 for email in emails if email.direction == "incoming"}
    sent = Counter(email.headers.message_id for email in emails if email.direction == "outgoing")
    in_sent = [message for message in account.mail.messages() if "\\Sent" in message.labels]
    assert set(stored.values()) <= {1}
    assert {m.gm_msgid: hashlib.sha256(m.raw).hexdigest() for m in delivered}.items() <= by_id.items()
    assert len(sent) == queued
    for message_id in sent:
        assert sum(message_id.encode() in message.raw for message in in_sent) == 1
