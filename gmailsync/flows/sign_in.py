"""An owner signs in to Gmail: out to Google's consent page, back with a code, and a grant is kept."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from gmailsync.errors import CodeRefused, ConnectFailed, GmailSyncError, OAuthUnavailable, SignInRefused, UnknownState
from gmailsync.flows import forecasts
from gmailsync.flows.lookup import active_profile
from gmailsync.model.grant import Grant, SignInAttempt, TokenOwner, TokenResponse
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import Ports, Tx
from gmailsync.rules import alerting, callback, forecast, tokens

SIGN_IN_TIME = timedelta(minutes=10)
"""How long an owner may take on Google's pages; Google's codes live about as long."""

SECOND_TRY = timedelta(seconds=1)
"""How long after a passing fault a code is brought to Google again; the owner waits for the page meanwhile."""


def begin(ports: Ports, address: str, language: str = "") -> SignInAttempt:
    """Prepare a trip to the consent page and remember it; the owner is to open the attempt's `url`.

    Google's pages are in `language` (such as `ja`), or else in the one of the browser or the account.
    """
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        profile = active_profile(tx, mailbox)
    consent = ports.oauth.begin(profile, mailbox.address, language)
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
        forecasts.watch(tx, tx.mailboxes.by_id(grant.mailbox_id), ports.clock.now())
    return grant


def _redeem(ports: Ports, attempt: SignInAttempt, answer: callback.Callback) -> Grant:
    """Exchange the code and judge what came back."""
    if refused := callback.why_refused(answer):
        raise refused
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.by_id(attempt.mailbox_id)
        profile = active_profile(tx, mailbox)
    response = _exchange(ports, profile, answer.code, attempt)
    _note_issued(ports, response, profile)
    try:
        return tokens.grant_from(response, mailbox, profile.client_id, ports.clock.now())
    except SignInRefused:
        _give_back(ports, response, profile)
        raise


def _exchange(ports: Ports, profile: ServerProfile, code: Secret, attempt: SignInAttempt) -> TokenResponse:
    """Redeem the code, and once more after a passing fault: the owner shall not have to begin again for that.

    When Google had used the code up before it failed, the first fault is what went wrong.
    """
    try:
        return ports.oauth.exchange(profile, code, attempt)
    except (OAuthUnavailable, ConnectFailed) as fault:
        ports.clock.sleep(SECOND_TRY)
        try:
            return ports.oauth.exchange(profile, code, attempt)
        except CodeRefused:
            raise fault from None


def _note_issued(ports: Ports, response: TokenResponse, profile: ServerProfile) -> None:
    """Count the refresh token before it is judged: for Google it lives, whether we can use it or not."""
    if response.refresh_token is None or response.email is None:
        return
    now, owner = ports.clock.now(), TokenOwner.of(response.email, profile.client_id)
    with ports.store.begin() as tx:
        tx.grants.note_issued(forecast.issued_token(owner, now, tokens.end_of_refresh(response, now)))


def _give_back(ports: Ports, response: TokenResponse, profile: ServerProfile) -> None:
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
            _revoke(ports, response.refresh_token or response.access_token, response.email, profile.client_id)


def _revoke(ports: Ports, token: Secret, address: str, client_id: str) -> None:
    """Take the account's grant back at Google, with every token of the client."""
    ports.oauth.revoke(token)
    with ports.store.begin() as tx:
        tx.grants.forget_issued(TokenOwner.of(address, client_id))


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
        _revoke(ports, grant.refresh_token, mailbox.address, grant.client_id)
    except GmailSyncError:
        return False
    return True
