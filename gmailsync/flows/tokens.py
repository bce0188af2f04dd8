"""Access tokens from the stored grant, renewed in time and by one at a time.

Threads and processes that find the same token stale do not all go to Google: whoever takes the lease on the grant's
renewal redeems the refresh token, the others wait and use what it brought. No transaction is open meanwhile, and the
lease of one who died runs out. A grant is dead when Google says so twice: it has been seen to err once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from gmailsync.errors import GrantDead, TokenRefused
from gmailsync.flows import leases
from gmailsync.flows.lookup import active_profile
from gmailsync.model.grant import Grant, RenewalId
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import Ports, Tx
from gmailsync.rules import grant_death
from gmailsync.rules import tokens as rules

T = TypeVar("T")

SECOND_OPINION = timedelta(seconds=1)
"""How long after its first word Google is asked again whether a grant is dead."""

RENEWAL_LEASE = timedelta(seconds=90)
"""How long a renewal may take before it counts as lost: twice as long as Google's silence is borne."""

RENEWAL_POLL = timedelta(milliseconds=250)
"""How often one who waits for another's renewal looks again; Google answers in about that time."""


def access_token(ports: Ports, mailbox: Mailbox, *, renew: bool = False) -> Secret:
    """Return an access token with at least five minutes left, from the grant or, else or with `renew`, from Google.

    Raises `NotSignedIn` without a grant, `GrantDead` when the owner has to sign in again, `MailboxNotReady`
    without an active server profile.
    """
    ports = leases.unfenced(ports)
    with ports.store.begin() as tx:
        _, grant = _stored(tx, mailbox)
    return _access_token(ports, mailbox, grant, refused=grant.access_token if renew else None)


def with_token(ports: Ports, mailbox: Mailbox, use: Callable[[Secret], T]) -> T:
    """Call `use` with an access token, and once more with a renewed one when Gmail refuses the first.

    A token may die before its time, and only the renewal says whether the grant died with it: `GrantDead` then.
    `use` must raise `TokenRefused` only before it has done anything that must not happen twice.
    """
    ports = leases.unfenced(ports)
    token = access_token(ports, mailbox)
    try:
        return use(token)
    except TokenRefused:
        with ports.store.begin() as tx:
            _, grant = _stored(tx, mailbox)
        return use(_access_token(ports, mailbox, grant, refused=token))


def _stored(tx: Tx, mailbox: Mailbox) -> tuple[ServerProfile, Grant]:
    """Return the mailbox's profile and the grant that was given to it."""
    profile = active_profile(tx, mailbox)
    return profile, rules.check_grant(tx.grants.get(mailbox.id), mailbox.address, profile)


def _access_token(ports: Ports, mailbox: Mailbox, grant: Grant, *, refused: Secret | None) -> Secret:
    """Return the grant's access token, or what a renewal of ours or of another one brought in its place."""
    while not rules.is_usable(grant, refused, now := ports.clock.now()):
        with ports.store.begin() as tx:
            renewal = tx.grants.begin_renewal(mailbox.id, now, now + RENEWAL_LEASE)
            # Read once the lease is ours: before, another one may have come and gone.
            profile, grant = _stored(tx, mailbox)
        if renewal is not None:
            try:
                return _under_lease(ports, profile, grant, renewal, refused).access_token
            except GrantDead as dead:
                grant = _successor(ports, mailbox, grant, dead)
        elif not rules.is_usable(grant, refused, now):
            ports.clock.sleep(RENEWAL_POLL)
    return grant.access_token


def _successor(ports: Ports, mailbox: Mailbox, grant: Grant, dead: GrantDead) -> Grant:
    """Return the grant of an owner who signed in meanwhile; without one the death is true, and told with its cause."""
    with ports.store.begin() as tx:
        _, current = _stored(tx, mailbox)
    if current.refresh_token != grant.refresh_token:
        return current
    dead.advice = grant_death.advice(dead, grant, ports.clock.now())
    raise dead


def _under_lease(
    ports: Ports, profile: ServerProfile, grant: Grant, renewal: RenewalId, refused: Secret | None
) -> Grant:
    """Redeem the refresh token, unless somebody was faster, and give the lease back whatever happens.

    What came back is stored only under the lease: not over a new sign-in, nor over a faster one's renewal.
    """
    brought = grant
    try:
        if not rules.is_usable(grant, refused, ports.clock.now()):
            brought = _redeem(ports, profile, grant)
    finally:
        with ports.store.begin() as tx:
            if tx.grants.end_renewal(grant.mailbox_id, renewal) and brought is not grant:
                tx.grants.save(brought)
    return brought


def _redeem(ports: Ports, profile: ServerProfile, grant: Grant) -> Grant:
    """Ask Google for an access token, and once more when it says that the grant is dead."""
    try:
        return _ask(ports, profile, grant)
    except GrantDead:
        ports.clock.sleep(SECOND_OPINION)
        return _ask(ports, profile, grant)


def _ask(ports: Ports, profile: ServerProfile, grant: Grant) -> Grant:
    """Ask Google for an access token. Its life counts from the question: the answer may have been long on its way."""
    asked_at = ports.clock.now()
    return rules.renewed(grant, ports.oauth.refresh(profile, grant.refresh_token), asked_at)
