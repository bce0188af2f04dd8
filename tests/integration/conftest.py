"""The product with an enabled mailbox, for tests that let a whole cycle run."""

from __future__ import annotations

import pytest
from enabling import enable

from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.google.network import Network

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


@pytest.fixture
def app(google, tmp_path, monkeypatch):
    """Open the product with an enabled mailbox, on the world's clock: nothing waits for real."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for address in (ALICE, BOB):
        google.add_account(address)
    network = Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file)
    with App.open(read_settings({}, home=tmp_path), network=network, clock=google.clock) as app:
        enable(app.ports, google, ALICE)
        yield app
