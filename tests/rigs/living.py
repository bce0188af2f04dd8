"""A mailbox at the simulated Gmail that lives, and the product that reads it, for state machines of incoming mail."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from dying import Process
from enabling import enable, redirect
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from fakes.console import PublishingStatus
from fakes.google import SimulatedGoogle
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import leases, sign_in
from gmailsync.google.network import Network
from gmailsync.model.lease import Holder

ALICE = "alice@contoso.com"
A_DAY = timedelta(days=1)

TOLD = settings(
    deadline=None,
    # Shrinking a failure takes minutes; add Phase.shrink when there is one to look at.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""How Hypothesis runs a machine of the whole product."""


class Living(RuleBasedStateMachine):
    """The mailbox of Alice, signed in and enabled. `made_home` has an empty database and its key.

    A machine adds what happens and what is expected in the end (`compare`).
    """

    made_home: ClassVar[Path]

    def __init__(self, **account):
        super().__init__()
        self.closing = ExitStack()
        self.google = self.closing.enter_context(SimulatedGoogle())
        home = Path(self.closing.enter_context(TemporaryDirectory()))
        shutil.copytree(self.made_home, home, dirs_exist_ok=True)
        self.google.add_account(ALICE, **account)
        self.mail = self.google.account(ALICE).mail
        for label in ("Work", "Customers"):
            self.mail.create_label(label)
        network = Network(self.google.network.hosts, self.google.network.ca_file)
        told = read_settings({"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, home=home)
        app = self.closing.enter_context(App.open(told, network=network, clock=self.google.clock))
        self.ports = app.ports
        enable(self.ports, self.google, ALICE)
        self._publish()
        self.consent_again()
        self.tests = {message.gm_msgid for message in self.mail.messages()}
        self.numbers, self.pids, self.dead = count(1), count(1), set()

    @precondition(lambda self: self.signed_in)
    @rule()
    def revoke(self):
        """Let the owner withdraw consent."""
        with self.google.world.lock:
            for project in self.google.console.projects.values():
                for client_id in project.clients:
                    self.google.world.remove_app(ALICE, client_id)
        self.signed_in = False

    @precondition(lambda self: not self.signed_in)
    @rule()
    def consent_again(self):
        """Let the owner sign in again."""
        self.remove_faults()
        sign_in.finish(self.ports, redirect(self.ports, self.google, ALICE))
        self.signed_in = True

    def remove_faults(self):
        """Let nothing fail any more."""
        for fault in self.google.faults.list():
            self.google.faults.remove(fault.name)

    def process(self, dies_at=None, locked_at=None):
        """Return the ports of a process of its own (see `dying.Process`)."""
        return Process(next(self.pids), self.dead, self.ports, dies_at, locked_at).ports

    def look(self, ports, by_protocol, **options):
        """Look at the mailbox outside of a cycle, with two messages in a commit."""
        with ports.store.begin() as tx:
            mailbox, profile = tx.mailboxes.get(ALICE), tx.profiles.get("Gmail")
            lease = leases.claim(ports, tx, mailbox)
        assert not isinstance(lease, Holder)
        try:
            by_protocol(leases.fenced(ports, mailbox, lease), mailbox, profile, max_messages=2, **options)
        finally:
            leases.release(ports, lease)

    def teardown(self):
        """Let nothing fail any more, sync until all is quiet, and compare; not where something has failed already."""
        with self.closing:
            if sys.exc_info()[0] is None:
                self.remove_faults()
                if not self.signed_in:
                    self.consent_again()
                self.compare()

    def _publish(self):
        """Publish the app, so that consent lasts longer than the week of an app that is tested."""
        with self.google.world.lock:
            for project in self.google.console.projects.values():
                screen = project.consent_screen
                project.consent_screen = replace(screen, publishing_status=PublishingStatus.PRODUCTION)
