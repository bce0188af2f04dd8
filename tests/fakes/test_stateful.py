"""The state machine that `fakes` brings along, with a plain client beside it and by itself."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from fakes.stateful import GmailMachine

# Shrinking a failure takes minutes; add Phase.shrink when there is one to look at.
QUICK = settings(
    max_examples=6,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


class Imap(imaplib.IMAP4):
    """imaplib at imap.gmail.com, dialled by the network map."""

    def __init__(self, network):
        self.network = network
        super().__init__("imap.gmail.com", 993)

    def _create_socket(self, timeout):
        plain = self.network.dial(self.host, self.port)
        return self.network.ssl_context().wrap_socket(plain, server_hostname=self.host)


class PlainClient(GmailMachine):
    """Keeps a copy of the Inbox by imaplib, and forgets what is gone."""

    def prepare(self) -> None:
        self.copy: dict[int, bytes] = {}
        self.turns = 0

    def act(self) -> None:
        with suppress(imaplib.IMAP4.error, OSError):  # a connection broke, or nobody is signed in: another time
            self.sync()

    def finish(self) -> None:
        self.sync()

        inbox = self.account.mail.folder("INBOX")
        there = {uid: self.account.mail.message(gm_msgid).raw for uid, gm_msgid in inbox.uids.items()}
        assert self.copy == there

    def sync(self) -> None:
        imap = Imap(self.google.network)
        try:
            imap.authenticate("XOAUTH2", lambda _: f"user={self.address}\x01auth=Bearer {self.token}\x01\x01".encode())
            imap.select("INBOX", readonly=True)
            uids = {int(uid) for uid in imap.uid("SEARCH", "ALL")[1][0].split()}
            self.copy = {uid: raw for uid, raw in self.copy.items() if uid in uids}
            for uid in sorted(uids - self.copy.keys()):
                _, parts = imap.uid("FETCH", str(uid), "(BODY.PEEK[])")
                if parts[0] is not None:
                    self.copy[uid] = parts[0][1]
            imap.logout()
        finally:
            with suppress(OSError):  # LOGOUT has closed it already
                imap.shutdown()
        self.turns += 1


def test_a_plain_client_ends_with_the_worlds_inbox() -> None:
    """Whatever happened, a client that asks again has every message of the Inbox, and no other."""
    run_state_machine_as_test(PlainClient, settings=QUICK)


class Forgetful(GmailMachine):
    """A client that is wrong, by the end."""

    def finish(self) -> None:
        assert not self.account.mail.folder("INBOX").uids


def test_what_a_client_gets_wrong_is_found() -> None:
    """A machine whose client fails is a failing test, and its servers are stopped all the same."""
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Forgetful, settings=settings(QUICK, max_examples=50, database=None))


def test_a_machine_notices_a_uid_that_is_used_again() -> None:
    """Its own promises are not vacuous: a world that breaks them is found out."""
    machine = GmailMachine()
    inbox = machine.account.mail.folder("INBOX")
    machine.deliver(b"one")
    machine.imap_shows_the_mail()

    inbox.uidnext = 1
    machine.account.mail.delete(inbox.uids[1])
    machine.deliver(b"two")

    with pytest.raises(AssertionError, match="UID 1 of INBOX was another message"):
        machine.imap_shows_the_mail()
    machine.google.stop()


def test_a_breaking_connection_meets_the_client_alone() -> None:
    """The machine's own clients never use up a fault; the subclass's does."""
    machine = PlainClient()
    machine.deliver(b"one")
    machine._waiting.append(machine.google.faults.add("imap", "FETCH", "reset", times=1, optional=True))
    machine.imap_shows_the_mail()

    machine.act()
    machine.act()

    assert machine.turns == 1
    assert machine.copy.keys() == {1}
    machine.teardown()


def test_servers_stop_with_the_machine() -> None:
    """No port stays open."""
    machine = GmailMachine()
    address = machine.google.network.address("imap.gmail.com", 993)

    machine.teardown()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_without_hypothesis_the_module_says_what_to_install() -> None:
    """Nothing else of the package needs it."""
    program = "import sys; sys.modules['hypothesis'] = None; import fakes.pytest_plugin, fakes.google, fakes.stateful"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert "pip install 'gmailsync[stateful]'" in run.stderr.splitlines()[-1]
