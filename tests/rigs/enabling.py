"""A mailbox that has taken the guide's steps: in a server profile, approved, signed in, tested and enabled."""

from __future__ import annotations

from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import administration, sign_in
from gmailsync.flows import test_and_enable as trial
from gmailsync.google.network import Network
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret

ENVIRONMENT = "https://contoso.crm.dynamics.com"


def opened(google, home, environ=()):
    """Open the product beside a simulated Google, at the world's time: nothing waits for real."""
    network = Network(hosts=dict(google.network.hosts), ca_file=google.network.ca_file)
    return App.open(read_settings(dict(environ), home=home), network=network, clock=google.clock)


def add_profile(ports, google, **chosen):
    """Make a first server profile; all accounts that are there may sign in. What is `chosen` are its fields."""
    client = google.correct_setup(ENVIRONMENT).client
    secret = Secret(client.client_secret)
    profile = NewProfile("Gmail", client.client_id, secret, ENVIRONMENT, is_default=True, **chosen)
    administration.add_profile(ports, profile)


def add_mailbox(ports, address, **chosen):
    """Make a mailbox in the default server profile, and approve it. What is `chosen` is what one may say of it."""
    administration.add_mailbox(ports, address, **chosen)
    administration.approve(ports, address)


def redirect(ports, google, address):
    """Let the owner consent once more; return the URL that Google sends the browser to."""
    return google.give_consent(sign_in.begin(ports, address).url, address)


def let_sign_in(ports, google, address):
    """Let the owner sign in."""
    sign_in.finish(ports, redirect(ports, google, address))


def let_move(ports, address):
    """Let mail move through a mailbox whose owner has signed in."""
    assert trial.test_and_enable(ports, address, enable=True).ok


def connect(ports, google, address, **chosen):
    """Make a first server profile, and a mailbox in it whose owner has signed in; the account is there already.

    What is `chosen` are fields of the profile.
    """
    add_profile(ports, google, **chosen)
    add_mailbox(ports, address)
    let_sign_in(ports, google, address)


def enable(ports, google, address, **chosen):
    """Connect a mailbox, and let mail move through it."""
    connect(ports, google, address, **chosen)
    let_move(ports, address)
