"""Fixtures for anybody's tests: running simulated Googles, accounts in them, the way there.

pytest loads this module in every run of everybody who has the package installed, so it imports nothing heavy until a
fixture is asked for. It keeps no state of its own: each world belongs to its test, so that tests may run side by side.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.accounts import Account
    from fakes.clock import Clock, VirtualClock
    from fakes.google import SimulatedGoogle
    from fakes.network import NetworkMap

SHOWN = 40
"""Lines of the journal that are shown of a test that fails."""

LONGEST_SHOWN = 160
"""Characters of each."""

MARKER = "simulated_google"
_RUNNING = pytest.StashKey["SimulatedGoogle"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the seed of the worlds."""
    parser.getgroup("simulated Google").addoption(
        "--google-seed",
        type=_seed,
        metavar="N",
        default=0,
        help="seed of the simulated Google's ids, tokens and dice: a number, or `random` for another one in each world",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(check=True): with check=False the fixture google does not complain at the end of what it could not "
        "answer truly",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show of a test that fails the seed and the end of the journal, from which the failure can be had again."""
    report = yield
    google = item.stash.get(_RUNNING, None)
    if google is not None and report.failed:
        report.sections.append(("simulated Google", _told(google)))
    return report


@pytest.fixture
def google_clock() -> VirtualClock:
    """Return the clock of `google`, which stands still until it is moved. Override it for another one."""
    from fakes.clock import VirtualClock

    return VirtualClock()


@pytest.fixture
def google(request: pytest.FixtureRequest, google_clock: Clock) -> Iterator[SimulatedGoogle]:
    """Run a simulated Google; at the end it complains of what a client asked that it does not imitate.

    It also complains of faults that never fired and of its own mistakes. `@pytest.mark.simulated_google(check=False)`
    is for tests that ask for what is not imitated on purpose.
    """
    from fakes.google import SimulatedGoogle

    marker = request.node.get_closest_marker(MARKER)
    with SimulatedGoogle(clock=google_clock, seed=_chosen(request.config)) as running:
        request.node.stash[_RUNNING] = running
        yield running
    if marker is None or marker.kwargs.get("check", True):
        running.check()


@pytest.fixture(scope="session")
def make_google(pytestconfig: pytest.Config) -> Callable[..., AbstractContextManager[SimulatedGoogle]]:
    """Return how to run one more simulated Google.

    `with make_google() as google:` runs it as long as the block does, and checks it at the end. For tests with several
    of them, and for tests by Hypothesis, which need a fresh one for each example. `seed` and `clock` are as for
    `SimulatedGoogle`.
    """

    @contextmanager
    def running(*, clock: Clock | None = None, seed: int | None = None) -> Iterator[SimulatedGoogle]:
        from fakes.google import SimulatedGoogle

        with SimulatedGoogle(clock=clock, seed=_chosen(pytestconfig) if seed is None else seed) as google:
            yield google
        google.check()

    return running


@pytest.fixture
def gmail_account(google: SimulatedGoogle) -> Account:
    """Add the account alice@contoso.com, IMAP on, its mailbox empty."""
    return google.add_account("alice@contoso.com", name="Alice")


@pytest.fixture
def classic_account(google: SimulatedGoogle) -> Account:
    """Add the account classic@contoso.com, which has folders instead of labels, and an app password."""
    account = google.add_account("classic@contoso.com", name="Classic", classic=True)
    google.set_app_password(account.address)
    return account


@pytest.fixture
def google_network(google: SimulatedGoogle) -> NetworkMap:
    """Tell which loopback address answers for which of Google's host names, and whom to trust there."""
    return google.network


@pytest.fixture
def google_environment(google_network: NetworkMap, tmp_path: Path) -> dict[str, str]:
    """Return the environment for a program that is to meet `google`.

    It is this process's with GMAILSYNC_NETWORK, which names a network file, and with the variables by which OpenSSL,
    curl, requests and Node are told whom to trust.
    """
    file = google_network.write(tmp_path / "simulated-google.json")
    trusting = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return {**os.environ, "GMAILSYNC_NETWORK": str(file), **dict.fromkeys(trusting, google_network.ca_file)}


def _seed(text: str) -> int | None:
    """Return the seed that was asked for, None for a random one."""
    return None if text == "random" else int(text)


def _chosen(config: pytest.Config) -> int:
    seed: int | None = config.getoption("--google-seed")
    return secrets.randbelow(1 << 32) if seed is None else seed


def _told(google: SimulatedGoogle) -> str:
    """Return how to have this world again, and what happened last in it."""
    entries = google.journal.entries
    lines = [f"--google-seed={google.world.seed}; the last of {len(entries)} journal entries:"]
    for entry in entries[-SHOWN:]:
        text = " ".join(entry.text.split())
        shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
        lines.append(f"{entry.at:%H:%M:%S} {entry.sender} -> {entry.receiver}: {shown}")
    return "\n".join(lines)
