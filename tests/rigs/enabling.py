"""A mailbox that has taken the guide's steps: in a server profile, approved, signed in, tested and enabled."""

from __future__ import annotations

from gmailsync.flows import administration, sign_in
from gmailsync.flows import test_and_enable as trial
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret

ENVIRONMENT = "https://contoso.crm.dynamics.com"


def connect(ports, google, address, **chosen):
    """Make a first server profile, and a mailbox in it whose owner has signed in; the account is there already.

    What is `chosen` are fields of the profile.
    """
    client = google.correct_setup(ENVIRONMENT).client
    secret = Secret(client.client_secret)
    profile = NewProfile("Gmail", client.client_id, secret, ENVIRONMENT, is_default=True, **chosen)
    administration.add_profile(ports, profile)
    administration.add_mailbox(ports, address)
    administration.approve(ports, address)
    sign_in.finish(ports, redirect(ports, google, address))


def redirect(ports, google, address):
    """Let the owner consent once more; return the URL that Google sends the browser to."""
    return google.give_consent(sign_in.begin(ports, address).url, address)


def enable(ports, google, address, **chosen):
    """Connect a mailbox, and let mail move through it."""
    connect(ports, google, address, **chosen)
    assert trial.test_and_enable(ports, address, enable=True).ok
