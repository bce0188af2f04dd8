"""What becomes of Google's token answers, and how long an access token is good enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gmailsync.errors import MissingMailScope, NoRefreshToken, NotSignedIn, WrongAccount
from gmailsync.model.grant import MAIL_SCOPE, Grant, TokenResponse
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret

TOKEN_MARGIN = timedelta(minutes=5)
"""A token with less than this left is renewed: a cycle must not lose its session in the middle."""


def is_fresh(grant: Grant, now: datetime) -> bool:
    """Tell whether the access token lasts for another `TOKEN_MARGIN`."""
    return grant.access_expires_at - now >= TOKEN_MARGIN


def is_usable(grant: Grant, refused: Secret | None, now: datetime) -> bool:
    """Tell whether the access token is fresh and another one than the server has just `refused`."""
    return is_fresh(grant, now) and grant.access_token != refused


def check_grant(grant: Grant | None, address: str, profile: ServerProfile) -> Grant:
    """Return the grant when it is there and was given to the profile's client; raise `NotSignedIn` otherwise."""
    if grant is None:
        raise NotSignedIn(
            f"{address} is not signed in to Gmail", advice=f"Let the owner sign in: gmailsync mailbox sign-in {address}"
        )
    if grant.client_id != profile.client_id:
        raise NotSignedIn(
            f"{address} signed in by another client than the one of server profile {profile.name}",
            advice=f"Let the owner sign in again: gmailsync mailbox sign-in {address}",
        )
    return grant


def grant_from(response: TokenResponse, mailbox: Mailbox, client_id: str, now: datetime) -> Grant:
    """Return the grant that a sign-in brought, or raise the `SignInRefused` that says why it cannot serve the mailbox.

    The account is judged first: the other two complaints would send the owner of a wrong account on a wrong errand.
    """
    if response.email is None:
        raise WrongAccount(f"Google did not say whose account signed in; expected {mailbox.address}")
    if response.email.lower() != mailbox.address.lower():
        raise WrongAccount(f"{response.email} signed in, but the mailbox is {mailbox.address}")
    if MAIL_SCOPE not in response.scopes:
        raise MissingMailScope(f"{mailbox.address} did not allow access to Gmail ({MAIL_SCOPE})")
    if response.refresh_token is None:
        raise NoRefreshToken(f"Google gave no refresh token for {mailbox.address}")
    return Grant(
        mailbox_id=mailbox.id,
        client_id=client_id,
        scopes=response.scopes,
        refresh_token=response.refresh_token,
        access_token=response.access_token,
        access_expires_at=now + timedelta(seconds=response.expires_in),
        granted_at=now,
        refresh_expires_at=end_of_refresh(response, now),
    )


def renewed(grant: Grant, response: TokenResponse, now: datetime) -> Grant:
    """Return the grant with the access token that Google was asked for at `now`.

    Google seldom sends a new refresh token; the old one stays good.
    """
    return replace(
        grant,
        scopes=response.scopes or grant.scopes,
        refresh_token=response.refresh_token or grant.refresh_token,
        access_token=response.access_token,
        access_expires_at=now + timedelta(seconds=response.expires_in),
        refresh_expires_at=end_of_refresh(response, now) or grant.refresh_expires_at,
        refreshed_at=now,
    )


def end_of_refresh(response: TokenResponse, now: datetime) -> datetime | None:
    """Return the end that Google announced for the refresh token; None where it announced none."""
    seconds = response.refresh_token_expires_in
    return None if seconds is None else now + timedelta(seconds=seconds)
