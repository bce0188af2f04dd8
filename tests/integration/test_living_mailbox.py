"""The product beside a mailbox that lives: whatever happened, its store is what the mailbox says, in the end."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from enabling import add_mailbox, add_profile, let_move, let_sign_in, opened
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from fakes.stateful import GmailMachine
from gmailsync.flows import cycle, outbox
from gmailsync.flows.test_and_enable import SUBJECT
from gmailsync.model.email import Direction, EmailStatus

KEY = "bm90LXNlY3JldC1pbi10ZXN0cy1ub3Qtc2VjcmV0ISE="


class Product(GmailMachine):
    """Synchronizes when it has its turn; an owner who withdrew consent signs in again sooner or later."""

    def prepare(self) -> None:
        self.closing = ExitStack()
        home = Path(self.closing.enter_context(TemporaryDirectory()))
        self.app = self.closing.enter_context(opened(self.google, home, {"GMAILSYNC_KEY": KEY}))
        add_profile(self.app.ports, self.google)
        add_mailbox(self.app.ports, self.address)
        self.queued = []
        self.known: dict[int, str] = {}

    def sign_in(self) -> None:
        let_sign_in(self.app.ports, self.google, self.address)
        let_move(self.app.ports, self.address)

    @rule()
    def queue(self) -> None:
        """Let somebody write an email in the business system."""
        ports = self.app.ports
        self.queued.append(outbox.queue(ports, sender=self.address, to=["bob@example.com"], subject="s", body="b\n"))

    def act(self) -> None:
        cycle.run(self.app.ports, self.address)

    def observe(self) -> None:
        """Remember every message there ever was."""
        for message in self.account.mail.messages():
            self.known.setdefault(message.gm_msgid, hashlib.sha256(message.raw).hexdigest())

    def finish(self) -> None:
        self.observe()
        for _ in range(8):  # what could not be sent waits for its next attempt
            self.google.clock.advance(timedelta(minutes=30))
            run = cycle.run(self.app.ports, self.address)
            assert run.ok, run.errors
        with self.app.ports.store.begin() as tx:
            emails = tx.emails.select()
            queued = [tx.emails.get(email) for email in self.queued]

        stored = [email for email in emails if email.direction is Direction.INCOMING]
        arrived = [self.account.mail.message(known) for known in self.account.mail.folder("INBOX").uids.values()]
        # What we sent is stored as such; put into the Inbox by its owner it is a loop, and no email once more.
        no_mail = SUBJECT.encode(), *(email.headers.message_id.encode() for email in queued)
        inbox = {message.gm_msgid for message in arrived if not any(words in message.raw for words in no_mail)}
        assert len({email.gmail_message_id for email in stored}) == len(stored)
        assert inbox <= {email.gmail_message_id for email in stored}
        assert all(self.known[email.gmail_message_id] == email.sha256 for email in stored)
        sent = [message.raw for message in self.account.mail.messages() if "\\Sent" in message.labels]
        for email in queued:
            assert email.status is EmailStatus.SENT
            assert sum(email.headers.message_id.encode() in raw for raw in sent) == 1

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.closing.close()


def test_the_store_ends_as_the_mailbox_says() -> None:
    """Each message of the Inbox is stored once, byte for byte, and each email that was queued is in Sent once."""
    told = settings(
        max_examples=3,
        stateful_step_count=15,
        deadline=None,
        # Shrinking a failure takes minutes; add Phase.shrink when there is one to look at.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Product, settings=told)
