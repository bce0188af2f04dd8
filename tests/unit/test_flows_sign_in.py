from __future__ import annotations

from datetime import timedelta

import pytest

from gmailsync.errors import (
    BadInput,
    BlockedByAdministrator,
    CodeRefused,
    ConnectFailed,
    ConnectionLost,
    ConsentDenied,
    GmailSyncError,
    MailboxNotReady,
    MissingMailScope,
    NoRefreshToken,
    OAuthError,
    OAuthUnavailable,
    SignInRefused,
    UnknownState,
    WrongAccount,
)
from gmailsync.flows import administration, sign_in
from gmailsync.model.mailbox import NewMailbox
from gmailsync.model.secret import Secret

SCOPES_WITHOUT_MAIL = frozenset({"openid", "https://www.googleapis.com/auth/userinfo.email"})


def answer(attempt, **changes):
    fields = {"state": attempt.state, "iss": "https://accounts.google.com", "code": "4/0Aabc", **changes}
    query = "&".join(f"{name}={value}" for name, value in fields.items() if value is not None)
    return f"{attempt.redirect_uri}?{query}"


def grant_of(store, mailbox):
    with store.begin() as tx:
        return tx.grants.get(mailbox.id)


def open_codes(store):
    with store.begin() as tx:
        return [alert.code for alert in tx.alerts.select()]


def test_an_attempt_leads_to_googles_page_and_lasts_ten_minutes(ports, clock, new_mailbox):
    """The owner is sent to Google with the mailbox's address as a hint."""
    attempt = sign_in.begin(ports, "ALICE@contoso.com")

    assert "hint=alice@contoso.com" in attempt.url
    assert attempt.redirect_uri == "https://contoso.crm.dynamics.com/_grid/cmds/dlg_gmailoauth.aspx"
    assert attempt.expires_at == clock.now() + timedelta(minutes=10)


def test_signing_in_needs_an_active_profile(ports, new_mailbox):
    """Without the profile's client there is nothing to sign in to."""
    administration.set_profile(ports, "Gmail", administration.ProfileChange(active=False))

    with pytest.raises(MailboxNotReady, match="not active"):
        sign_in.begin(ports, new_mailbox.address)


def test_the_owners_return_stores_a_grant(ports, store, clock, new_mailbox):
    """Tokens, scopes and their ends are kept; parameters we do not know are let pass."""
    attempt = sign_in.begin(ports, new_mailbox.address)
    clock.sleep(timedelta(minutes=1))

    grant = sign_in.finish(
        ports, answer(attempt, scope="email%20openid", authuser="0", hd="contoso.com", prompt="consent")
    )

    assert grant == grant_of(store, new_mailbox)
    assert grant.refresh_token == Secret("refresh-1")
    assert grant.access_expires_at == clock.now() + timedelta(seconds=3599)
    assert grant.refresh_expires_at is None


def test_the_end_of_a_testing_apps_grant_is_kept(ports, clock, oauth, token_answer, new_mailbox):
    """Google says when the refresh token of an app in Testing dies."""
    oauth.exchanged = token_answer(refresh_token_expires_in=604799)

    grant = sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    assert grant.refresh_expires_at == clock.now() + timedelta(seconds=604799)


def test_the_account_is_compared_without_regard_to_case(ports, oauth, token_answer, new_mailbox):
    """Google may write the address in another case than we do."""
    oauth.exchanged = token_answer(email="Alice@Contoso.COM")

    assert sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address))).mailbox_id == new_mailbox.id


def test_an_answer_is_good_once(ports, new_mailbox):
    """The state is burnt by its first use."""
    redirected = answer(sign_in.begin(ports, new_mailbox.address))
    sign_in.finish(ports, redirected)

    with pytest.raises(UnknownState):
        sign_in.finish(ports, redirected)


def test_an_answer_after_ten_minutes_is_refused(ports, clock, new_mailbox):
    """An attempt has an end."""
    attempt = sign_in.begin(ports, new_mailbox.address)
    clock.sleep(sign_in.SIGN_IN_TIME)

    with pytest.raises(UnknownState):
        sign_in.finish(ports, answer(attempt))


def test_a_forged_state_is_refused(ports, store, new_mailbox):
    """Nobody can bring an answer to a sign-in that we did not begin."""
    attempt = sign_in.begin(ports, new_mailbox.address)

    with pytest.raises(UnknownState):
        sign_in.finish(ports, answer(attempt, state="forged"))

    assert grant_of(store, new_mailbox) is None


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"error": "access_denied", "code": None}, ConsentDenied),
        ({"error": "admin_policy_enforced", "code": None}, BlockedByAdministrator),
        ({"error": "server_error", "code": None}, OAuthError),
        ({"iss": "https://accounts.example.com"}, SignInRefused),
    ],
)
def test_a_refusal_at_the_consent_page_stores_nothing_but_an_alert(ports, store, new_mailbox, changes, kind):
    """The state is burnt all the same."""
    attempt = sign_in.begin(ports, new_mailbox.address)

    with pytest.raises(kind):
        sign_in.finish(ports, answer(attempt, **changes))

    assert grant_of(store, new_mailbox) is None
    assert open_codes(store) == [kind.code]
    with pytest.raises(UnknownState):
        sign_in.finish(ports, answer(attempt))


def test_an_answer_without_issuer_is_taken(ports, new_mailbox):
    """Google has sent `iss` only since 2026."""
    attempt = sign_in.begin(ports, new_mailbox.address)

    assert sign_in.finish(ports, answer(attempt, iss=None))


@pytest.mark.parametrize(
    "redirected",
    ["", "no address", "https://x/?state=s", "https://x/?code=c", "https://x/?state=s&code=c&error=e",
     "https://x/?state=s&state=t&code=c", "https://[x/?state=s&code=c"],
)  # fmt: skip
def test_what_is_no_answer_is_bad_input_and_not_repeated(ports, redirected):
    """A code that may still be good must not reach a terminal or a log."""
    with pytest.raises(BadInput) as refusal:
        sign_in.finish(ports, redirected)

    assert "code=c" not in str(refusal.value)


REFUSED = [
    ({"refresh": False}, NoRefreshToken),
    ({"scopes": SCOPES_WITHOUT_MAIL}, MissingMailScope),
    ({"email": "mallory@contoso.com"}, WrongAccount),
    ({"email": None}, WrongAccount),
]


@pytest.mark.parametrize(("changes", "kind"), REFUSED)
def test_a_grant_that_cannot_serve_is_not_stored(ports, store, oauth, token_answer, new_mailbox, changes, kind):
    """Each reason has its own error and alert."""
    oauth.exchanged = token_answer(**changes)

    with pytest.raises(kind):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    assert grant_of(store, new_mailbox) is None
    assert open_codes(store) == [kind.code]


@pytest.mark.parametrize(("changes", "kind"), REFUSED)
def test_a_refused_sign_in_leaves_the_earlier_grant(ports, store, oauth, token_answer, mailbox, changes, kind):
    """A mailbox that works goes on working, at Google as well."""
    before = grant_of(store, mailbox)
    oauth.exchanged = token_answer(**changes)

    with pytest.raises(kind):
        sign_in.finish(ports, answer(sign_in.begin(ports, mailbox.address)))

    assert grant_of(store, mailbox) == before
    assert oauth.revoked == [] or kind is WrongAccount


def test_a_useless_grant_is_given_back(ports, oauth, token_answer, new_mailbox):
    """What nobody can use does not stay in the owner's list of connected apps."""
    oauth.exchanged = token_answer(scopes=SCOPES_WITHOUT_MAIL)

    with pytest.raises(MissingMailScope):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    assert oauth.revoked == ["refresh-1"]


def test_the_wrong_accounts_own_mailbox_keeps_its_grant(ports, store, oauth, token_answer, mailbox, profile):
    """A revocation would take the grant of Alice's mailbox too, so it does not happen."""
    with store.begin() as tx:
        tx.mailboxes.add(NewMailbox("bob@contoso.com", profile.id))
    oauth.exchanged = token_answer(email="ALICE@contoso.com")

    with pytest.raises(WrongAccount, match=r"bob@contoso\.com"):
        sign_in.finish(ports, answer(sign_in.begin(ports, "bob@contoso.com")))

    assert oauth.revoked == []


def test_a_revocation_that_fails_hides_nothing(ports, oauth, token_answer, new_mailbox):
    """The owner is told what was wrong with the sign-in."""
    oauth.exchanged = token_answer(scopes=SCOPES_WITHOUT_MAIL)
    oauth.revocation = ConnectionLost("gone")

    with pytest.raises(MissingMailScope):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))


def test_a_refused_code_opens_an_alert(ports, store, oauth, new_mailbox):
    """What the token endpoint says is kept for support."""
    oauth.exchanged = CodeRefused("the code is not good", google_error="invalid_grant", server_line="Bad Request")

    with pytest.raises(CodeRefused):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    with store.begin() as tx:
        assert [(alert.code, alert.server_line) for alert in tx.alerts.select()] == [
            ("oauth.code-refused", "Bad Request")
        ]


@pytest.mark.parametrize("fault", [OAuthUnavailable("HTTP 503"), ConnectFailed("refused")])
def test_a_passing_fault_does_not_send_the_owner_back_to_the_beginning(ports, store, oauth, new_mailbox, fault):
    """The code is brought to Google once more."""
    oauth.faults = [fault]

    sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    assert grant_of(store, new_mailbox) is not None
    assert open_codes(store) == []


@pytest.mark.parametrize("second", [OAuthUnavailable("HTTP 503"), CodeRefused("Bad Request")])
def test_a_fault_that_stays_is_what_went_wrong(ports, store, oauth, new_mailbox, second):
    """Also when Google had used the code up by the first try; and a later sign-in answers the alert."""
    oauth.faults = [OAuthUnavailable("HTTP 503"), second]

    with pytest.raises(OAuthUnavailable):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))
    assert open_codes(store) == ["oauth.unavailable"]

    sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))
    assert open_codes(store) == []


def test_a_sign_in_answers_the_alert_that_google_was_out_of_reach(ports, store, oauth, new_mailbox):
    """No cycle looks at a mailbox that is not enabled yet."""
    oauth.faults = [ConnectionLost("fell silent")]
    with pytest.raises(ConnectionLost):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))
    assert open_codes(store) == ["network.connection-lost"]

    sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    assert open_codes(store) == []


def test_a_new_grant_resolves_the_alerts_about_the_old_one(ports, store, oauth, token_answer, new_mailbox):
    """Alerts about consent go, others stay for the next look."""
    oauth.exchanged = token_answer(scopes=SCOPES_WITHOUT_MAIL)
    with pytest.raises(GmailSyncError):
        sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))
    oauth.exchanged = token_answer()

    sign_in.finish(ports, answer(sign_in.begin(ports, new_mailbox.address)))

    assert open_codes(store) == []


def test_signing_out_forgets_the_grant_and_revokes_it(ports, store, oauth, mailbox):
    """Both sides forget."""
    assert sign_in.sign_out(ports, mailbox.address)

    assert grant_of(store, mailbox) is None
    assert oauth.revoked == ["refresh-1"]


def test_signing_out_works_while_google_does_not_answer(ports, store, oauth, mailbox):
    """Ours is forgotten in any case; the caller learns that Google did not confirm."""
    oauth.revocation = ConnectionLost("gone")

    assert not sign_in.sign_out(ports, mailbox.address)

    assert grant_of(store, mailbox) is None
