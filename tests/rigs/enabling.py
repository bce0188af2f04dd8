"""A mailbox with which the guide's steps are done: in a server profile, approved, signed in, tested and enabled."""

from __future__ import annotations

from gmailsync.flows import administration, sign_in
from gmailsync.flows import test_and_enable as trial
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret

ENVIRONMENT = "https://contoso.crm.dynamics.com"


def enable(ports, google, address):
    """Make a first server profile, and a mailbox in it that mail moves through; the account is there already."""
    client = google.correct_setup(ENVIRONMENT).client
    profile = NewProfile("Gmail", client.client_id, Secret(client.client_secret), ENVIRONMENT, is_default=True)
    administration.add_profile(ports, profile)
    administration.add_mailbox(ports, address)
    administration.approve(ports, address)
    sign_in.finish(ports, google.give_consent(sign_in.begin(ports, address).url, address))
    assert trial.test_and_enable(ports, address, enable=True).ok
