"""IMAPClient's own live test, as its author runs it against Gmail: under Gmail's name, by an app password."""

from __future__ import annotations

import re
import sys

import pytest

from fakes.clock import LiveClock
from fakes.google import SimulatedGoogle

EXCLUDED = {
    "TestGeneral.test_subscriptions": "expects that a label is not subscribed to when it is new",
    "TestSocketTimeout.test_small_connection_timeout_fail": "takes a connection for impossible within a millisecond",
    "TestSocketTimeout.test_small_read_timeout_fail": "takes an answer for impossible within ten microseconds",
    "TestWithUIDs.test_fetch": "takes an Envelope for a sequence, which it has ceased to be",
    "TestWithoutUIDs.test_fetch": "takes an Envelope for a sequence, which it has ceased to be",
    "TestWithoutUIDs.test_move": "calls MOVE without UID, which IMAPClient cannot say by imaplib of Python 3.11",
}
"""The tests that fail, whatever the server, and why."""
SKIPPED = 12
"""Tests that skip themselves: for SORT, THREAD and ACL, which Gmail has not, and for UID EXPUNGE at Gmail."""
RUNNER = """
import sys, time, types, unittest
from imapclient import livetest
livetest.time = types.SimpleNamespace(time=time.time, sleep=lambda seconds: None)
excluded = set(sys.argv.pop().split(","))
names = unittest.TestLoader.getTestCaseNames
unittest.TestLoader.getTestCaseNames = lambda loader, case: [
    name for name in names(loader, case) if f"{case.__name__}.{name}" not in excluded
]
livetest.main()
"""
"""Runs the module as its command line does, less some tests and ten seconds of sleep."""


@pytest.fixture
def google():
    """Run a Google by the machine's clock, since the test compares times of arrival with it."""
    with SimulatedGoogle(clock=LiveClock()) as running:
        running.add_account("alice@contoso.com")
        running.set_app_password("alice@contoso.com", "abcdefghijklmnop")
        yield running
    running.check()


@pytest.mark.slow
def test_the_live_test_passes(program):
    """All of it that a server can pass: labels, X-GM-RAW, XLIST, CONDSTORE, MOVE, BODYSTRUCTURE, flags, folders."""
    settings = program.write(
        "livetest.ini", "[DEFAULT]\nhost = imap.gmail.com\nusername = alice@contoso.com\npassword = abcdefghijklmnop\n"
    )

    run = program.run(sys.executable, "-c", RUNNER, settings, ",".join(EXCLUDED))

    said = run.stderr.decode()
    assert run.returncode == 0, said
    assert re.search(rf"^Ran {59 - len(EXCLUDED)} tests in .*\n\nOK \(skipped={SKIPPED}\)$", said, re.M), said
