"""An owner signs in to Gmail: out to Google's consent page, back with a code, and a grant is kept."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from gmailsync.errors import GmailSyncError, SignInRefused, UnknownState
from gmailsync.flows.lookup import active_profile
from gmailsync.model.grant import Grant, SignInAttempt, TokenResponse
from gmailsync.ports import Ports, Tx
from gmailsync.rules import alerting, callback, tokens

SIGN_IN_TIME = timedelta(minutes=10)
"""How long an owner may take on Google's pages; Google's codes live about as long."""


def begin(ports: Ports, address: str) -> SignInAttempt:
    """Prepare a trip to the consent page and remember it; the owner is to open the attempt's `url`."""
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        profile = active_profile(tx, mailbox)
    consent = ports.oauth.begin(profile, mailbox.address)
    attempt = SignInAttempt(
        state=consent.state,
        mailbox_id=mailbox.id,
        code_verifier=consent.code_verifier,
        redirect_uri=profile.redirect_uri,
        url=consent.url,
        expires_at=ports.clock.now() + SIGN_IN_TIME,
    )
    with ports.store.begin() as tx:
        tx.grants.begin_sign_in(attempt)
    return attempt


def finish(ports: Ports, redirected_url: str) -> Grant:
    """Turn the address to which Google sent the owner back into a stored grant.

    The state is good once, whatever follows. On any refusal no grant is stored, an earlier one stays, and an alert
    says why. Raises `BadInput` for an address that is no answer, `UnknownState`, another `SignInRefused`, or what
    Google's token endpoint raises.
    """
    answer = callback.read_callback(redirected_url)
    with ports.store.begin() as tx:
        attempt = tx.grants.take_sign_in(answer.state, ports.clock.now())
    if attempt is None:
        raise UnknownState("no sign-in waits for this answer: it is old, was used before, or is not ours")
    try:
        grant = _redeem(ports, attempt, answer)
    except GmailSyncError as error:
        with ports.store.begin() as tx:
            tx.alerts.open(alerting.alert_for(attempt.mailbox_id, error), ports.clock.now())
        raise
    with ports.store.begin() as tx:
        tx.grants.save(grant)
        for prefix in alerting.SIGN_IN_ALERTS:
            tx.alerts.resolve(grant.mailbox_id, ports.clock.now(), prefix=prefix)
    return grant


def _redeem(ports: Ports, attempt: SignInAttempt, answer: callback.Callback) -> Grant:
    """Exchange the code and judge what came back."""
    if refused := callback.why_refused(answer):
        raise refused
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.by_id(attempt.mailbox_id)
        profile = active_profile(tx, mailbox)
    response = ports.oauth.exchange(profile, answer.code, attempt)
    try:
        return tokens.grant_from(response, mailbox, profile.client_id, ports.clock.now())
    except SignInRefused:
        _give_back(ports, response)
        raise


def _give_back(ports: Ports, response: TokenResponse) -> None:
    """Revoke useless tokens at Google, as far as that is possible and harmless.

    A revocation takes everything the account ever granted to the project (google.md 2.9). So it must not happen to
    an account that is signed in here for a mailbox of its own.
    """
    if response.email is None:
        return
    with ports.store.begin() as tx:
        in_use = _is_signed_in(tx, response.email)
    if not in_use:
        with suppress(GmailSyncError):
            ports.oauth.revoke(response.refresh_token or response.access_token)


def _is_signed_in(tx: Tx, address: str) -> bool:
    return any(
        mailbox.address.lower() == address.lower() and tx.grants.get(mailbox.id) is not None
        for mailbox in tx.mailboxes.all()
    )


def sign_out(ports: Ports, address: str) -> bool:
    """Forget the mailbox's grant and take it back at Google; return whether Google confirmed it.

    Ours is forgotten first: whatever Google answers, the tokens are not used again.
    """
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        grant = tx.grants.get(mailbox.id)
        tx.grants.remove(mailbox.id)
    if grant is None:
        return False
    try:
        ports.oauth.revoke(grant.refresh_token)
    except GmailSyncError:
        return False
    return True
