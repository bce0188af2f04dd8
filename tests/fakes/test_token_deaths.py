"""Every way in which a refresh token dies: the body the client gets, and the rule that only the journal tells.

The rows are those of google.md section 7.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from fakes.admission import Refusal, SignInRefused
from fakes.console import PublishingStatus
from fakes.grants import Death
from fakes.oauth.http import Request

MAIL = "https://mail.google.com/"
ALICE = "alice@contoso.com"
GONE = "Token has been expired or revoked."


def sign_in_again(app, times):
    """Let Alice consent anew so many times; return the last refresh token."""
    return [app.tokens()["refresh_token"] for _ in range(times)][-1]


def revoke(app, token):
    app.send(Request.post("https://oauth2.googleapis.com/revoke", {"token": token}))


@dataclass(frozen=True)
class Row:
    """A circumstance that ends a refresh token, the sentence in the body, and the rule in the journal."""

    number: str
    befalls: Callable
    death: Death | None
    says: str = GONE
    published: bool = False


ROWS = [
    Row("49", lambda app, _: app.world.clock.advance(timedelta(days=7)), Death.TESTING),
    Row("50-owner", lambda app, _: app.world.remove_app(ALICE, app.client.client_id), Death.APP_REMOVED),
    Row(
        "50-administrator",
        lambda app, _: app.world.remove_app(ALICE, app.client.client_id, by_administrator=True),
        Death.APP_REMOVED_BY_ADMINISTRATOR,
    ),
    Row("50-revoked", revoke, Death.REVOKED),
    Row("51", lambda app, _: app.world.change_password(ALICE), Death.PASSWORD),
    Row("52", lambda app, _: sign_in_again(app, 100), Death.CROWDED_OUT),
    Row("53", lambda app, _: app.world.clock.advance(timedelta(days=180)), Death.UNUSED, published=True),
    Row("56b", lambda app, _: app.world.delete_account(ALICE), Death.ACCOUNT_DELETED, "Account has been deleted"),
    Row("suspended", lambda app, _: app.world.suspend_account(ALICE), None, "Account has been disabled"),
]


def notes(app):
    return [entry.text for entry in app.world.journal.entries if entry.channel == "world"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row-{row.number}")
def test_a_dead_refresh_token_is_refused_in_googles_words(app, row):
    """Google says one sentence for almost all; the journal says which rule it was, once."""
    if row.published:
        app.screen(publishing_status=PublishingStatus.PRODUCTION)
    token = app.tokens()["refresh_token"]
    assert app.refresh(token).status == 200

    row.befalls(app, token)
    responses = [app.refresh(token) for _ in range(2)]

    for response in responses:
        assert (response.status, dict(response.headers)) == (400, app.JSON_HEADERS)
        assert app.body(response) == {"error": "invalid_grant", "error_description": row.says}
    assert app.world.grants.refresh_token(token).death is row.death
    told = [note for note in notes(app) if " died: " in note]
    assert told == ([f"the refresh token of {ALICE} died: {row.death.value}"] if row.death else [])


def test_each_use_begins_the_six_months_anew(app):
    """A mailbox that is synced now and then lives for years."""
    app.screen(publishing_status=PublishingStatus.PRODUCTION)
    token = app.tokens()["refresh_token"]

    for _ in range(5):
        app.world.clock.advance(timedelta(days=179))
        assert app.refresh(token).status == 200


def test_what_killed_a_token_by_time_is_dated_to_the_moment(app):
    """Whoever looks a year later still learns when it died."""
    app.screen(publishing_status=PublishingStatus.PRODUCTION)
    token = app.tokens()["refresh_token"]
    issued = app.world.clock.now()

    app.world.clock.advance(timedelta(days=365))

    assert app.world.grants.refresh_token(token).died_at == issued + timedelta(days=180)


def test_the_first_rule_to_strike_is_the_one_that_is_told(app):
    """A password changed after the seven days killed nothing."""
    token = app.tokens()["refresh_token"]

    app.world.clock.advance(timedelta(days=8))
    app.world.change_password(ALICE)
    app.world.remove_app(ALICE, app.client.client_id)

    assert app.world.grants.refresh_token(token).death is Death.TESTING


@pytest.mark.parametrize(
    ("scopes", "dies"),
    [
        (MAIL, True),
        (f"{MAIL} openid email", True),
        ("https://www.googleapis.com/auth/gmail.modify", True),
        ("openid email", False),
    ],
)
def test_a_new_password_kills_only_what_opens_gmail(app, scopes, dies):
    """A token that tells who somebody is survives, and so does every access token for its hour."""
    tokens = app.tokens(scope=scopes)

    app.world.change_password(ALICE.upper())

    assert (app.refresh(tokens["refresh_token"]).status == 400) is dies
    assert app.world.grants.access(tokens["access_token"])


def test_a_new_password_kills_nobody_elses(app):
    """Bob's token lives on, and Alice's next consent works."""
    app.world.add_account("bob@contoso.com", organisation="contoso.com")
    app.screen(test_users=(ALICE, "bob@contoso.com"))
    bobs = app.tokens("bob@contoso.com")["refresh_token"]

    app.world.change_password(ALICE)

    assert app.refresh(bobs).status == 200
    assert app.refresh(app.tokens()["refresh_token"]).status == 200


def test_the_hundred_are_counted_for_each_account_and_client(app):
    """Another client's tokens and dead ones leave room; then only the oldest living one dies."""
    other = app.world.console.create_web_client(app.project, "other", [], [app.client.redirect_uris[0]])
    secrets = {"client_id": other.client_id, "client_secret": other.client_secret}
    first = app.tokens()["refresh_token"]
    app.world.change_password(ALICE)
    elsewhere = app.body(app.exchange(app.code(client_id=other.client_id), **secrets))["refresh_token"]
    second, third = app.tokens()["refresh_token"], app.tokens()["refresh_token"]

    sign_in_again(app, 98)
    before = app.world.grants.refresh_token(second).death
    newest = sign_in_again(app, 1)

    grants = app.world.grants
    assert before is None
    assert [grants.refresh_token(token).death for token in (first, second, third, newest)] == [
        Death.PASSWORD,
        Death.CROWDED_OUT,
        None,
        None,
    ]
    assert grants.refresh_token(elsewhere).death is None
    assert len(grants.refresh_tokens(ALICE, app.client.client_id)) == 102


def test_removing_the_app_takes_the_access_token_too(app):
    """An administrator's removal is as thorough as the owner's."""
    tokens = app.tokens()

    removed = app.world.remove_app(ALICE, app.client.client_id, by_administrator=True)

    assert removed
    assert app.world.grants.access(tokens["access_token"]) is None
    assert notes(app)[-2] == f"an administrator removed {app.client.client_id} from {ALICE}"
    assert not app.world.remove_app(ALICE, app.client.client_id)


def test_a_suspended_account_works_again_when_reactivated(app):
    """Suspension kills nothing: mail and refresh are refused meanwhile."""
    tokens = app.tokens()

    app.world.suspend_account(ALICE)
    with pytest.raises(SignInRefused) as refused:
        app.world.sign_in("imap", ALICE, tokens["access_token"])
    app.world.reactivate_account(ALICE)

    assert refused.value.refusal is Refusal.BAD_TOKEN
    assert app.world.sign_in("imap", ALICE, tokens["access_token"]).address == ALICE
    assert app.refresh(tokens["refresh_token"]).status == 200


def test_a_deleted_account_is_gone_for_mail_and_codes(app):
    """Its tokens open nothing, its code buys nothing, its mail bounces."""
    tokens, code = app.tokens(), app.code()
    sender = app.world.add_account("bob@contoso.com")

    app.world.delete_account(ALICE)
    app.world.submit(sender, [ALICE], b"Subject: hello\r\n\r\nhello\r\n")

    assert app.body(app.exchange(code))["error_description"] == "Account has been deleted"
    with pytest.raises(SignInRefused):
        app.world.sign_in("imap", ALICE, tokens["access_token"])
    _, bounce = sender.mail.messages()
    assert b"\r\nX-Failed-Recipients: alice@contoso.com\r\n" in bounce.raw


def test_a_new_account_under_the_old_address_inherits_nothing(app):
    """The tokens of the one that was deleted stay dead."""
    token = app.tokens()["refresh_token"]

    app.world.delete_account(ALICE)
    app.world.add_account(ALICE)

    assert app.body(app.refresh(token))["error_description"] == "Account has been deleted"


@pytest.mark.parametrize("verb", ["change_password", "suspend_account", "reactivate_account", "delete_account"])
def test_nothing_befalls_an_account_that_does_not_exist(world, verb):
    """A misspelt address in a history is an error, not a silent nothing."""
    with pytest.raises(ValueError, match=r"there is no account bob@contoso\.com"):
        getattr(world, verb)("bob@contoso.com")
