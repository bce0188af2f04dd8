"""Access tokens from the stored grant, renewed in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gmailsync.errors import TokenRefused
from gmailsync.flows.lookup import active_profile
from gmailsync.model.grant import Grant
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import Ports
from gmailsync.rules import tokens as rules

T = TypeVar("T")


def access_token(ports: Ports, mailbox: Mailbox, *, renew: bool = False) -> Secret:
    """Return an access token with at least five minutes left, from the grant or, else or with `renew`, from Google.

    Raises `NotSignedIn` without a grant, `GrantDead` when the owner has to sign in again, `MailboxNotReady`
    without an active server profile.
    """
    with ports.store.begin() as tx:
        profile = active_profile(tx, mailbox)
        grant = rules.check_grant(tx.grants.get(mailbox.id), mailbox.address, profile)
    if not renew and rules.is_fresh(grant, ports.clock.now()):
        return grant.access_token
    return _renew(ports, profile, grant).access_token


def _renew(ports: Ports, profile: ServerProfile, grant: Grant) -> Grant:
    """Redeem the refresh token and store what came back, unless the owner signed in anew meanwhile."""
    response = ports.oauth.refresh(profile, grant.refresh_token)
    renewed = rules.renewed(grant, response, ports.clock.now())
    with ports.store.begin() as tx:
        current = tx.grants.get(grant.mailbox_id)
        if current is not None and current.refresh_token == grant.refresh_token:
            tx.grants.save(renewed)
    return renewed


def with_token(ports: Ports, mailbox: Mailbox, use: Callable[[Secret], T]) -> T:
    """Call `use` with an access token, and once more with a renewed one when Gmail refuses the first.

    A token may die before its time, and only the renewal says whether the grant died with it: `GrantDead` then.
    `use` must raise `TokenRefused` only before it has done anything that must not happen twice.
    """
    try:
        return use(access_token(ports, mailbox))
    except TokenRefused:
        return use(access_token(ports, mailbox, renew=True))
