"""Fixtures for anybody's tests: a running simulated Google, one account, the way there.

pytest loads this module in every run of everybody who has the package installed, so it imports nothing heavy until a
fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.google import SimulatedGoogle
    from fakes.network import NetworkMap
    from fakes.world import Account


@pytest.fixture
def google() -> Iterator[SimulatedGoogle]:
    """Run a simulated Google; at the end it complains of what a client asked that it does not imitate."""
    from fakes.google import SimulatedGoogle

    with SimulatedGoogle() as running:
        yield running
    running.check()


@pytest.fixture
def gmail_account(google: SimulatedGoogle) -> Account:
    """Add the account alice@contoso.com, IMAP on, its mailbox empty."""
    return google.add_account("alice@contoso.com", name="Alice")


@pytest.fixture
def google_network(google: SimulatedGoogle) -> NetworkMap:
    """Tell which loopback address answers for which of Google's host names, and whom to trust there."""
    return google.network
