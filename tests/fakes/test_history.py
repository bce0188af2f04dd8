"""What happens to a world after it was set up: as data, as words, and as it happens."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.admission import Refusal, SignInRefused
from fakes.clients import ClientChange
from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused, PublishingStatus
from fakes.durations import duration
from fakes.events import (
    AccountChange,
    AccountChanged,
    AppAccessSet,
    ClientChanged,
    Event,
    ImapClientsSet,
    Policy,
    PolicySwitched,
    Published,
    RedirectsEdited,
    SecretRotated,
    TimePasses,
    UnconfiguredAppsSet,
    Verified,
    parse,
)
from fakes.history import play
from fakes.workspace import AppAccess, Workspace

ALICE = "alice@contoso.com"

texts = st.text(string.printable[:94], min_size=1, max_size=8)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(TimePasses, st.integers(1, 10**8).map(lambda seconds: timedelta(seconds=seconds))),
    st.builds(AccountChanged, st.sampled_from(AccountChange), texts),
    st.builds(PolicySwitched, st.sampled_from(Policy), st.booleans()),
    st.builds(AppAccessSet, st.sampled_from([one for one in AppAccess if one is not AppAccess.SPECIFIC])),
    st.builds(
        UnconfiguredAppsSet,
        st.sampled_from([one for one in AppAccess if one not in (AppAccess.SPECIFIC, AppAccess.TRUSTED)]),
    ),
    st.builds(ImapClientsSet, st.none() | st.lists(texts, max_size=3).map(tuple)),
    st.builds(Published, st.sampled_from(PublishingStatus)),
    st.builds(Verified, st.booleans()),
    st.builds(ClientChanged, st.sampled_from(ClientChange)),
    st.builds(SecretRotated, st.booleans()),
    st.builds(RedirectsEdited, st.lists(texts, max_size=3).map(tuple)),
)


# --- as data and as words --------------------------------------------------------------------


@given(events)
def test_every_event_is_plain_data(event):
    """What an event says of itself as JSON is the event again, and it has a sentence of one line."""
    written = json.loads(json.dumps(event.to_json()))

    assert parse(written) == event
    assert len(written) == 1
    assert len(event.sentence.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("8 days", timedelta(days=8)),
        ("90 minutes", timedelta(minutes=90)),
        ("1 hour", timedelta(hours=1)),
        ("6 months", timedelta(days=180)),
        ("2 weeks", timedelta(days=14)),
        ("1 second", timedelta(seconds=1)),
    ],
)
def test_durations_are_written_as_people_say_them(text, length):
    """A whole number and a unit; a month is thirty days."""
    assert duration(text) == length


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"after": "8"}, "after: '8': a whole number and a unit, such as 8 days"),
        ({"after": 8}, "after: 8: a duration such as 8 days"),
        ({"after": "0 days"}, "after: '0 days': more than nothing"),
        ({"after": "999999 months"}, "after: '999999 months': more than nothing and at most 3650 days"),
        ({"password_changed": ""}, "password_changed: '': an email address"),
        ({"app_access": "forbidden"}, "app_access: 'forbidden': one of unrestricted, limited, blocked, trusted"),
        ({"unconfigured_apps": "trusted"}, "unconfigured_apps: 'trusted': one of unrestricted, limited, blocked"),
        ({"imap_allowed": "no"}, "imap_allowed: 'no': true or false"),
        ({"imap_clients": "mine"}, "imap_clients: 'mine': a list of texts"),
        ({"client": "gone"}, "client: 'gone': one of disabled, enabled, deleted, restored"),
        ({"secret_rotated": {"disable": True}}, "secret_rotated: {'disable': True}: a mapping with disable_old"),
        ({"secret_rotated": {"disable_old": 1}}, "secret_rotated.disable_old: 1: true or false"),
        ({"redirect_uris": ["a", 1]}, "redirect_uris: 1: a text"),
        ({"earthquake": True}, "event: 'earthquake': one of after, "),
        ({"after": "1 day", "verified": True}, "one key with its value"),
        ("after", "event: 'after': one key with its value, such as {after: 8 days}"),
    ],
)
def test_what_is_no_event_is_refused_in_one_line(told, message):
    """Field, value and what is allowed."""
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        parse(told)

    assert "\n" not in str(refused.value)


# --- as it happens ---------------------------------------------------------------------------


def happen(app: Any, *told: dict[str, object]) -> None:
    """Let events happen to the app of the fixture and its organisation."""
    play(app.world, map(parse, told), client_id=app.client.client_id, organisation="contoso.com")


def refusal(app: Any, refresh_token: str) -> str:
    """Return what the token endpoint says of a refresh token; empty when it is good."""
    body = app.body(app.refresh(refresh_token))
    return f"{body['error']}: {body['error_description']}" if "error" in body else ""


DEAD = "invalid_grant: Token has been expired or revoked."
BLOCKED = "admin_policy_enforced: This application is currently blocked."

REFUSALS: list[tuple[list[dict[str, object]], str]] = [
    ([{"after": "6 days"}], ""),
    ([{"after": "8 days"}], DEAD),
    ([{"password_changed": ALICE}], DEAD),
    ([{"app_removed": ALICE}], DEAD),
    ([{"app_removed_by_administrator": ALICE}], DEAD),
    ([{"account_suspended": ALICE}], "invalid_grant: Account has been disabled"),
    ([{"account_suspended": ALICE}, {"account_reactivated": ALICE}], ""),
    ([{"account_deleted": ALICE}], "invalid_grant: Account has been deleted"),
    ([{"app_access": "blocked"}], BLOCKED),
    ([{"app_access": "blocked"}, {"app_access": "trusted"}], ""),
    ([{"app_access": "blocked"}, {"app_access": "unrestricted"}], ""),
    ([{"gmail_restricted": True}], BLOCKED),
    ([{"gmail_restricted": True}, {"app_access": "limited"}], BLOCKED),
    ([{"gmail_restricted": True}, {"app_access": "trusted"}], ""),
    ([{"unconfigured_apps": "limited"}], BLOCKED),
    ([{"client": "disabled"}], "disabled_client: The OAuth client was disabled."),
    ([{"client": "disabled"}, {"client": "enabled"}], ""),
    ([{"client": "deleted"}], "deleted_client: The OAuth client was deleted."),
    ([{"client": "deleted"}, {"client": "restored"}], ""),
    ([{"publishing_status": "production"}, {"after": "200 days"}], "deleted_client: The OAuth client was deleted."),
    ([{"publishing_status": "production"}, {"after": "181 days"}], DEAD),
]


@pytest.mark.parametrize(("told", "said"), REFUSALS, ids=[" ".join(map(str, told)) for told, _ in REFUSALS])
def test_a_refresh_token_learns_of_what_happened(app, told, said):
    """The token endpoint answers as it does when the same is done by hand."""
    refresh_token = app.tokens()["refresh_token"]

    happen(app, *told)

    assert refusal(app, refresh_token).split("\n")[0] == said


def imap_refusal(app: Any) -> Refusal | None:
    token = app.tokens()["access_token"]
    try:
        app.world.sign_in("imap", ALICE, token)
    except SignInRefused as refused:
        return refused.refusal
    return None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([{"imap_allowed": False}], Refusal.IMAP_OFF_IN_DOMAIN),
        ([{"imap_allowed": False}, {"imap_allowed": True}], None),
        ([{"imap_clients": []}], Refusal.IMAP_NOT_FOR_CLIENT),
        ([{"imap_clients": ["same"]}], None),
        ([{"imap_clients": []}, {"imap_clients": "any"}], None),
        ([{"imap_turned_off": ALICE}], Refusal.IMAP_OFF),
        ([{"imap_turned_off": ALICE}, {"imap_turned_on": ALICE}], None),
    ],
)
def test_imap_learns_of_what_happened(app, told, expected):
    """The organisation's switch and list, and the owner's own switch."""
    happen(app, *told)

    assert imap_refusal(app) is expected


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"test_user_removed": ALICE}, "Error 403: access_denied"),
        ({"redirect_uris": ["https://crm.contoso.com/other"]}, "Error 400: redirect_uri_mismatch"),
        ({"client": "disabled"}, "Error 401: disabled_client"),
    ],
)
def test_an_owner_who_comes_again_learns_of_what_happened(app, told, code):
    """The pages are Google's for the settings of now."""
    happen(app, told)

    with pytest.raises(ConsentStopped) as stopped:
        app.consent()

    assert stopped.value.code == code


def test_other_settings_are_what_was_said(app):
    """POP, publication, verification and the list of test users."""
    happen(
        app,
        {"pop_allowed": False},
        {"pop_turned_on": ALICE},
        {"publishing_status": "production"},
        {"verified": True},
        {"test_user_added": "bob@contoso.com"},
    )

    screen = app.project.consent_screen
    assert app.world.workspaces.saved("contoso.com") == Workspace(pop=False)
    assert app.world.account(ALICE).pop is True
    assert (screen.publishing_status, screen.verified) == (PublishingStatus.PRODUCTION, True)
    assert screen.is_test_user("bob@contoso.com")


@pytest.mark.parametrize("disable_old", [True, False])
def test_a_secret_is_rotated(app, disable_old):
    """Both are good unless the old one is disabled; a third rotation takes the oldest away."""
    refresh_token, old = app.tokens()["refresh_token"], app.client.client_secret

    happen(app, {"secret_rotated": {"disable_old": disable_old}})
    new = app.world.console.client(app.client.client_id)[1].client_secret

    assert new != old
    assert app.refresh(refresh_token, client_secret=new).status == 200
    assert app.refresh(refresh_token, client_secret=old).status == (401 if disable_old else 200)
    happen(app, {"secret_rotated": {}})
    assert app.refresh(refresh_token, client_secret=new).status == 200
    assert app.refresh(refresh_token, client_secret=old).status == 401


@pytest.mark.parametrize(
    ("told", "kind", "message"),
    [
        ({"password_changed": "eve@contoso.com"}, ValueError, "no account eve@contoso.com"),
        ({"app_removed": "eve@contoso.com"}, ValueError, "no account eve@contoso.com"),
        ({"imap_turned_off": "eve@contoso.com"}, ValueError, "no account eve@contoso.com"),
        ({"test_user_removed": "eve@contoso.com"}, ValueError, "is not a test user"),
        ({"client": "restored"}, ConsoleRefused, "Cannot restore"),
        ({"redirect_uris": ["http://crm.contoso.com/"]}, ConsoleRefused, "must use https"),
    ],
)
def test_what_cannot_happen_says_why(app, told, kind, message):
    """An account that is not there, or what the console would not do; nothing is changed."""
    with pytest.raises(kind, match=message):
        happen(app, told)


def test_a_policy_needs_an_organisation(app):
    """Personal accounts have no administrator."""
    with pytest.raises(ValueError, match="app_access: there is no organisation"):
        play(app.world, [AppAccessSet(AppAccess.BLOCKED)], client_id=app.client.client_id)


ONE_OF_EACH: list[tuple[dict[str, object], Callable[[Any], object]]] = [
    ({"app_access": "blocked"}, lambda app: "marks the app as blocked"),
    ({"verified": True}, lambda app: "Google verifies the app"),
    ({"client": "disabled"}, lambda app: f"client {app.client.client_id} was disabled"),
    ({"imap_turned_off": ALICE}, lambda app: f"{ALICE} turns IMAP off in Gmail"),
    ({"test_user_removed": ALICE}, lambda app: f"{ALICE} is removed from the test users"),
]


@pytest.mark.parametrize(("told", "words"), ONE_OF_EACH)
def test_the_journal_tells_what_happened(app, told, words):
    """Support reads it beside what crossed the wire."""
    happen(app, told)

    assert str(words(app)) in app.world.journal.entries[-1].text
