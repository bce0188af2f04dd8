from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gmailsync.errors import GrantDead, MailboxNotReady, NotSignedIn, TokenRefused
from gmailsync.flows import administration, tokens
from gmailsync.model.secret import Secret


def stored(store, mailbox):
    with store.begin() as tx:
        return tx.grants.get(mailbox.id)


def test_a_fresh_token_comes_from_the_store(ports, oauth, mailbox):
    """Google is not asked while the token lasts."""
    assert tokens.access_token(ports, mailbox) == Secret("access-1")
    assert oauth.refreshes == 0


@pytest.mark.parametrize(("left", "renewals"), [(301, 0), (300, 0), (299, 1), (0, 1), (-3600, 1)])
def test_a_token_is_renewed_when_fewer_than_five_minutes_are_left(ports, clock, oauth, mailbox, left, renewals):
    """A cycle never starts with a token that ends in the middle of it."""
    clock.sleep(timedelta(seconds=3599 - left))

    tokens.access_token(ports, mailbox)

    assert oauth.refreshes == renewals


def test_a_renewal_keeps_the_old_refresh_token(ports, store, clock, mailbox):
    """Google's answer to a refresh has no refresh token, and the old one stays good."""
    clock.sleep(timedelta(hours=1))
    before = stored(store, mailbox)

    assert tokens.access_token(ports, mailbox) == Secret("access-2")

    assert stored(store, mailbox) == replace(
        before,
        access_token=Secret("access-2"),
        access_expires_at=clock.now() + timedelta(seconds=3599),
        refreshed_at=clock.now(),
    )


def test_hard_case_17_a_rotated_refresh_token_replaces_the_old_one(ports, store, oauth, token_answer, mailbox):
    """Where Google sends a new one, that is the one to keep."""
    oauth.refreshed = token_answer(3, email=None)

    tokens.access_token(ports, mailbox, renew=True)

    assert stored(store, mailbox).refresh_token == Secret("refresh-3")


def test_a_dead_grant_surfaces_and_changes_nothing(ports, store, clock, oauth, mailbox):
    """The grant stays as evidence until the owner signs in again."""
    clock.sleep(timedelta(hours=1))
    before = stored(store, mailbox)
    oauth.refreshed = GrantDead("dead", google_error="invalid_grant")

    with pytest.raises(GrantDead):
        tokens.access_token(ports, mailbox)

    assert stored(store, mailbox) == before


def test_hard_case_17_a_death_is_believed_when_google_says_it_twice(ports, store, clock, oauth, mailbox):
    """An `invalid_grant` that does not come again was Google's error, and nobody hears of it."""
    answers = [GrantDead("dead", google_error="invalid_grant"), oauth.refreshed]

    def refresh(_profile, _token):
        answer = answers.pop(0)
        if isinstance(answer, GrantDead):
            raise answer
        return answer

    oauth.refresh = refresh
    before = clock.now()

    assert tokens.access_token(ports, mailbox, renew=True) == Secret("access-2")
    assert clock.now() - before == tokens.SECOND_OPINION


def test_a_dead_grant_tells_why_it_most_likely_died(ports, store, clock, oauth, mailbox):
    """Google's words are the same for most causes; seven days after the consent, Testing is the likeliest."""
    clock.sleep(timedelta(days=7))
    oauth.refreshed = GrantDead("Token has been expired or revoked.", google_error="invalid_grant")

    with pytest.raises(GrantDead) as death:
        tokens.access_token(ports, mailbox)

    assert "publishing status is Testing" in death.value.advice
    assert death.value.message == "Token has been expired or revoked."


def test_the_grant_of_an_owner_who_signs_in_while_the_old_one_dies_is_used(ports, store, oauth, mailbox):
    """The old one's death concerns nobody any more."""
    new = replace(stored(store, mailbox), refresh_token=Secret("refresh-new"), access_token=Secret("access-new"))

    def refresh_while_the_owner_signs_in(_profile, _token):
        with store.begin() as tx:
            tx.grants.save(new)
        raise GrantDead("dead", google_error="invalid_grant")

    oauth.refresh = refresh_while_the_owner_signs_in

    assert tokens.access_token(ports, mailbox, renew=True) == Secret("access-new")


def test_hard_case_17_a_sign_in_during_the_renewal_is_not_overwritten(ports, store, oauth, mailbox):
    """The owner's new grant wins over the renewal of the old one."""
    old = stored(store, mailbox)
    new = replace(old, refresh_token=Secret("refresh-new"), access_token=Secret("access-new"))
    answer = oauth.refreshed

    def refresh_while_the_owner_signs_in(_profile, _token):
        with store.begin() as tx:
            tx.grants.save(new)
        return answer

    oauth.refresh = refresh_while_the_owner_signs_in

    tokens.access_token(ports, mailbox, renew=True)

    assert stored(store, mailbox) == new


def test_without_a_grant_the_advice_is_to_sign_in(ports, new_mailbox):
    """The command to run is in the advice."""
    with pytest.raises(NotSignedIn) as refusal:
        tokens.access_token(ports, new_mailbox)

    assert refusal.value.advice == "Let the owner sign in: gmailsync mailbox sign-in alice@contoso.com"


def test_a_grant_to_another_client_does_not_count(ports, oauth, mailbox):
    """After the profile's client changed, a refresh could only fail; the owner has to sign in again."""
    administration.set_profile(ports, "Gmail", administration.ProfileChange(client_id="9-z"))

    with pytest.raises(NotSignedIn, match="another client"):
        tokens.access_token(ports, mailbox)

    assert oauth.refreshes == 0


def test_without_a_profile_there_is_no_token(ports, store, mailbox):
    """The client's id and secret are the profile's."""
    administration.remove_profile(ports, "Gmail")
    with store.begin() as tx:
        orphan = tx.mailboxes.get(mailbox.address)

    with pytest.raises(MailboxNotReady, match="no server profile"):
        tokens.access_token(ports, orphan)


def test_a_refused_token_is_renewed_once(ports, mailbox):
    """A token that died early is replaced without anybody noticing."""
    tried = []

    def use(token):
        tried.append(token.reveal())
        if token == Secret("access-1"):
            raise TokenRefused("no")
        return "done"

    assert tokens.with_token(ports, mailbox, use) == "done"
    assert tried == ["access-1", "access-2"]


def test_a_token_that_another_one_renewed_meanwhile_is_used(ports, store, oauth, mailbox):
    """When all find the same token refused, one renewal serves them."""
    tried = []

    def use(token):
        tried.append(token.reveal())
        if token == Secret("access-1"):
            tokens.access_token(ports, mailbox, renew=True)
            raise TokenRefused("no")

    tokens.with_token(ports, mailbox, use)

    assert tried == ["access-1", "access-2"]
    assert oauth.refreshes == 1


def test_a_renewal_of_another_one_that_fails_is_tried_again(ports, store, clock, oauth, mailbox):
    """Who waited for it asks Google itself."""
    clock.sleep(timedelta(hours=1))
    with store.begin() as tx:
        theirs = tx.grants.begin_renewal(mailbox.id, clock.now(), clock.now() + tokens.RENEWAL_LEASE)
    wait = clock.sleep

    def wait_until_they_gave_up(delay):
        wait(delay)
        with store.begin() as tx:
            tx.grants.end_renewal(mailbox.id, theirs)

    clock.sleep = wait_until_they_gave_up
    before = clock.now()

    assert tokens.access_token(ports, mailbox) == Secret("access-2")
    assert clock.now() - before == tokens.RENEWAL_POLL


def test_a_token_refused_twice_is_the_answer(ports, oauth, mailbox):
    """There is no third try."""

    def use(_token):
        raise TokenRefused("no")

    with pytest.raises(TokenRefused):
        tokens.with_token(ports, mailbox, use)

    assert oauth.refreshes == 1


def test_a_refused_token_of_a_revoked_grant_names_the_grant(ports, oauth, mailbox):
    """IMAP only says "invalid credentials"; the renewal says why."""
    oauth.refreshed = GrantDead("dead", google_error="invalid_grant")

    def use(_token):
        raise TokenRefused("no")

    with pytest.raises(GrantDead):
        tokens.with_token(ports, mailbox, use)
