"""The product with an enabled mailbox, for tests that let a whole cycle run."""

from __future__ import annotations

import pytest

from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import administration, sign_in, test_and_enable
from gmailsync.google.network import Network
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
ENVIRONMENT = "https://contoso.crm.dynamics.com"


@pytest.fixture
def app(google, tmp_path, monkeypatch):
    """Open the product with an enabled mailbox, on the world's clock: nothing waits for real."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for address in (ALICE, BOB):
        google.add_account(address)
    client = google.correct_setup(ENVIRONMENT, addresses=[ALICE]).client
    network = Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file)
    with App.open(read_settings({}, home=tmp_path), network=network, clock=google.clock) as app:
        profile = NewProfile("Gmail", client.client_id, Secret(client.client_secret), ENVIRONMENT, is_default=True)
        administration.add_profile(app.ports, profile)
        administration.add_mailbox(app.ports, ALICE)
        administration.approve(app.ports, ALICE)
        sign_in.finish(app.ports, google.give_consent(sign_in.begin(app.ports, ALICE).url, ALICE))
        assert test_and_enable.test_and_enable(app.ports, ALICE, enable=True).ok
        yield app
