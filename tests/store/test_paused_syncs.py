"""A sync that is stopped in the middle for longer than its lease, while another one takes the mailbox over."""

from __future__ import annotations

import signal
from hashlib import sha256

import pytest
from enabling import enable

from fakes.gmail.generator import generate
from gmailsync.errors import MailboxTaken
from gmailsync.flows import outbox
from gmailsync.flows.leases import LEASE

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
SYNC = ("sync", ALICE, "--json")


def prepare(place):
    """Enable Alice's mailbox; mail waits in her Inbox, and an email in her outbox."""
    for address in (ALICE, BOB):
        place.google.add_account(address)
    with place.opened() as ports:
        enable(ports, place.google, ALICE)
        outbox.queue(ports, sender=ALICE, to=[BOB], subject="Offer", body="As promised.\n")
    return [place.google.deliver(ALICE, raw) for raw in generate(11, 7, to=ALICE)]


def before_data(steps):
    """Find the reply before the commit that comes before DATA: the lease is proven once more."""
    return steps.index("commit", steps.index("receive smtp")) - 1


def after_acceptance(steps):
    """Find the reply before the commit that notes how the attempt went."""
    return steps.index("commit", before_data(steps) + 2) - 1


def before_storing(steps):
    """Find the last piece that is read before LOGOUT."""
    logout = len(steps) - 1 - steps[::-1].index("send imap")
    return logout - 1 - steps[:logout][::-1].index("receive imap")


@pytest.mark.parametrize("moment", [before_data, after_acceptance, before_storing], ids=lambda moment: moment.__name__)
def test_hard_case_20_a_worker_that_was_paused_comes_too_late(places, moment):
    """Stopped for longer than its lease, it wakes up in the middle of its work and is refused."""
    with places() as place:
        prepare(place)
        steps = place.run(*SYNC).steps
    with places() as place:
        delivered = prepare(place)

        paused = place.run(*SYNC, before=moment(steps) + 1, how=signal.SIGSTOP)
        place.google.clock.advance(LEASE)
        taken_over = place.run(*SYNC)
        late = place.resume(paused)
        again = place.run(*SYNC)

        incoming, _ = place.stored("incoming")
        outgoing, _ = place.stored("outgoing")
        received = list(place.google.account(BOB).mail.messages())
        alerts = place.contents()["alerts"]

    assert (paused.status, taken_over.status, late.status, again.status) == (None, 0, 1, 0)
    assert [error["code"] for error in late.json[0]["errors"]] == [MailboxTaken.code]
    assert taken_over.json[0]["incoming"]["new"] == len(delivered)
    assert again.json[0]["incoming"]["new"] == 0
    assert sorted(email.sha256 for email in incoming) == sorted(sha256(mail.raw).hexdigest() for mail in delivered)
    assert [email.status for email in outgoing] == ["sent"]
    assert len(received) == 1
    assert alerts == []
