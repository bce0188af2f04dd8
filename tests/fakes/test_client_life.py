"""A client is disabled, deleted, restored, edited, and its secrets rotated: what the owner and the product see.

The rows are those of google.md section 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from fakes.clients import LIFE, ClientChange, ClientState
from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused

ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"
MOVED = "https://new.contoso.com/callback"
INVALID_SECRET = {"error": "invalid_client", "error_description": "The provided client secret is invalid."}


def delete(console, client):
    console.delete_client(client.client_id)


def disable(console, client):
    console.disable_client(client.client_id)


@dataclass(frozen=True)
class Row:
    """What an administrator did to the client, and the code and sentence that everybody gets then."""

    number: str
    befalls: Callable
    code: str
    says: str


ROWS = [
    Row("14", delete, "deleted_client", "The OAuth client was deleted."),
    Row("15", disable, "disabled_client", "The OAuth client was disabled."),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row-{row.number}-page")
@pytest.mark.parametrize("changes", [{}, {"redirect_uri": None}, {"scope": "foo"}])
def test_the_owner_is_stopped_at_a_client_that_is_not_served(app, row, changes):
    """The state of the client comes before every other fault of the request (google.md 2.3)."""
    row.befalls(app.world.console, app.client)

    with pytest.raises(ConsentStopped) as stopped:
        app.consent(**changes)

    assert stopped.value.page_title == "Access blocked: Authorization Error"
    assert (stopped.value.code, stopped.value.text) == (f"Error 401: {row.code}", row.says)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row-{row.number}-token")
@pytest.mark.parametrize("changes", [{}, {"client_secret": "GOCSPX-wrong"}, {"client_secret": None}])
def test_the_token_endpoint_refuses_a_client_that_is_not_served(app, row, changes):
    """Code and refresh token alike, whatever the secret (google.md 2.7)."""
    code, token = app.code(), app.tokens()["refresh_token"]

    row.befalls(app.world.console, app.client)

    for response in (app.exchange(code, **changes), app.refresh(token, **changes)):
        assert (response.status, dict(response.headers)) == (401, app.JSON_HEADERS)
        assert app.body(response) == {"error": row.code, "error_description": row.says}


@pytest.mark.parametrize(
    ("befalls", "undo"), [(delete, "restore_client"), (disable, "enable_client")], ids=["restored", "enabled"]
)
def test_a_client_that_is_back_has_lost_nothing(app, befalls, undo):
    """Id, secret, consents and refresh tokens are good as before."""
    console, token = app.world.console, app.tokens()["refresh_token"]

    befalls(console, app.client)
    getattr(console, undo)(app.client.client_id)

    assert app.refresh(token).status == 200
    assert app.tokens()["access_token"]


def test_a_deleted_client_can_be_restored_for_thirty_days(app):
    """Not any longer."""
    console, clock = app.world.console, app.world.clock
    console.delete_client(app.client.client_id)
    clock.advance(timedelta(days=30) - timedelta(seconds=1))
    console.restore_client(app.client.client_id)
    console.delete_client(app.client.client_id)

    clock.advance(timedelta(days=30))

    with pytest.raises(ConsoleRefused, match="30 days"):
        console.restore_client(app.client.client_id)


@pytest.mark.parametrize("state", ClientState)
@pytest.mark.parametrize("change", ClientChange)
def test_every_step_of_a_clients_life_is_in_the_table_or_refused(app, state, change):
    """No step is a silent nothing."""
    console, client_id = app.world.console, app.client.client_id
    if state is ClientState.DISABLED:
        console.disable_client(client_id)
    if state is ClientState.DELETED:
        console.delete_client(client_id)
    step = getattr(console, f"{change.value}_client")

    if (state, change) in LIFE:
        assert step(client_id).state is LIFE[state, change]
    else:
        with pytest.raises(ConsoleRefused) as refused:
            step(client_id)
        assert refused.value.stand_in
    assert console.client(client_id)[1].state is LIFE.get((state, change), state)


def test_a_deleted_client_holds_no_authorized_domain(app):
    """The consent screen may drop the domain that only a deleted client used."""
    app.world.console.delete_client(app.client.client_id)

    app.screen(authorized_domains=())

    assert app.project.consent_screen.authorized_domains == ()


# --- secrets ---


def test_two_secrets_are_good_at_once(app):
    """So that a rotation interrupts nothing; the newer one is what the console gives out."""
    new = app.world.console.add_secret(app.client.client_id)
    _, client = app.world.console.client(app.client.client_id)

    assert app.exchange(app.code(), client_secret=new.text).status == 200
    assert app.exchange(app.code()).status == 200
    assert client.client_secret == client.downloaded_json(app.project.id)["web"]["client_secret"] == new.text
    with pytest.raises(ConsoleRefused, match="at most 2 secrets"):
        app.world.console.add_secret(app.client.client_id)


def rotate(app, verb):
    """Add a secret, and end the old one."""
    console, old = app.world.console, app.client.client_secret
    console.add_secret(app.client.client_id)
    getattr(console, verb)(app.client.client_id, old)
    return old


@pytest.mark.parametrize(
    ("secret_of", "reason"),
    [
        pytest.param(lambda _: "GOCSPX-wrong", "it has no such secret", id="row-37-wrong"),
        pytest.param(lambda app: f" {app.client.client_secret}", "it has no such secret", id="row-37-blank"),
        pytest.param(
            lambda app: app.world.console.create_web_client(app.project, "other").client_secret,
            "it has no such secret",
            id="row-37-other-client",
        ),
        pytest.param(lambda app: rotate(app, "disable_secret"), "it is disabled", id="row-37-disabled"),
        pytest.param(lambda app: rotate(app, "destroy_secret"), "it has no such secret", id="row-37-destroyed"),
    ],
)
def test_a_secret_that_is_not_good_is_refused(app, secret_of, reason):
    """One sentence for all; the journal tells a disabled secret from a wrong one."""
    token = app.tokens()["refresh_token"]
    secret = secret_of(app)

    response = app.refresh(token, client_secret=secret)

    assert (response.status, app.body(response)) == (401, INVALID_SECRET)
    refused = [entry.text for entry in app.world.journal.entries if "is refused" in entry.text]
    assert refused == [f"the secret of {app.client.client_id} is refused: {reason}"]


def test_a_rotation_leaves_refresh_tokens_alive(app):
    """The new secret redeems what was given under the old one (google.md 2.8)."""
    token = app.tokens()["refresh_token"]

    rotate(app, "destroy_secret")
    new = app.world.console.client(app.client.client_id)[1].client_secret

    assert app.refresh(token, client_secret=new).status == 200


def test_a_disabled_secret_can_be_enabled_again(app):
    """An administrator who disabled the wrong one loses nothing."""
    old = rotate(app, "disable_secret")

    app.world.console.enable_secret(app.client.client_id, old)

    assert app.exchange(app.code()).status == 200


def test_the_only_secret_is_not_destroyed_and_an_unknown_one_is_not_shown(app):
    """The error for a secret mistyped in a history does not repeat it."""
    console, client_id = app.world.console, app.client.client_id

    with pytest.raises(ConsoleRefused, match="at least one secret"):
        console.destroy_secret(client_id, app.client.client_secret)
    with pytest.raises(ValueError, match="no such secret") as unknown:
        console.disable_secret(client_id, "GOCSPX-mistyped")
    assert "mistyped" not in str(unknown.value)


def test_an_unknown_client_has_no_life(world):
    """A misspelt client id in a history is an error."""
    with pytest.raises(ValueError, match="there is no client 1-x"):
        world.console.disable_client("1-x")


# --- edits ---


def stops_at(app, uri):
    """Return the code of the page that stops the owner on the way to `uri`; empty when nothing does."""
    try:
        app.consent(redirect_uri=uri)
    except ConsentStopped as stopped:
        return stopped.code
    return ""


MISMATCH = "Error 400: redirect_uri_mismatch"


def test_an_edit_is_effective_at_once_unless_told_otherwise(app):
    """What was taken out is a mismatch, what was put in is not."""
    edited = app.world.console.edit_web_client(app.client.client_id, redirect_uris=[MOVED])

    assert edited.redirect_uris == (MOVED,)
    assert (stops_at(app, MOVED), stops_at(app, REDIRECT)) == ("", MISMATCH)


@pytest.mark.parametrize(
    ("waited", "new", "old"),
    [
        pytest.param(timedelta(hours=1) - timedelta(seconds=1), MISMATCH, "", id="row-3-too-early"),
        pytest.param(timedelta(hours=1), "", MISMATCH, id="row-3-effective"),
    ],
)
def test_a_saved_redirect_uri_takes_its_time(app, waited, new, old):
    """Until then Google goes by what was saved before; the journal tells why."""
    console = app.world.console
    console.effective_after = timedelta(hours=1)

    console.edit_web_client(app.client.client_id, redirect_uris=[MOVED])
    app.world.clock.advance(waited)

    assert (stops_at(app, MOVED), stops_at(app, REDIRECT)) == (new, old)
    told = [entry.text for entry in app.world.journal.entries if "not effective yet" in entry.text]
    assert bool(told) is bool(new)


def test_two_edits_come_into_effect_one_after_the_other(app):
    """The first is not lost under the second."""
    console, clock = app.world.console, app.world.clock
    console.effective_after = timedelta(hours=1)
    later = "https://later.contoso.com/callback"

    console.edit_web_client(app.client.client_id, redirect_uris=[MOVED])
    clock.advance(timedelta(minutes=30))
    console.edit_web_client(app.client.client_id, redirect_uris=[later])
    seen = []
    for _ in range(3):
        seen.append([uri for uri in (REDIRECT, MOVED, later) if not stops_at(app, uri)])
        clock.advance(timedelta(minutes=30))

    assert seen == [[REDIRECT], [MOVED], [later]]


def test_a_fresh_client_waits_too(app):
    """Its redirect URIs are saved like any others."""
    app.world.console.effective_after = timedelta(minutes=5)
    fresh = app.world.console.create_web_client(app.project, "fresh", [], [REDIRECT])
    app.parameters["client_id"] = fresh.client_id

    before = stops_at(app, REDIRECT)
    app.world.clock.advance(timedelta(minutes=5))

    assert (before, stops_at(app, REDIRECT)) == (MISMATCH, "")


def test_a_code_for_a_redirect_uri_that_is_gone_is_not_redeemed(app):
    """The token endpoint asks for a registered one, too (google.md 2.7)."""
    code = app.code()

    app.world.console.edit_web_client(app.client.client_id, redirect_uris=[MOVED])

    assert app.body(app.exchange(code)) == {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["http://crm.contoso.com/x"]},
        {"redirect_uris": ["https://crm.fabrikam.com/x"]},
        {"javascript_origins": ["https://crm.contoso.com/"]},
    ],
)
def test_an_edit_keeps_the_rules_of_the_form(app, changes):
    """What creation refuses, editing refuses, and nothing is changed."""
    console = app.world.console

    with pytest.raises(ConsoleRefused):
        console.edit_web_client(app.client.client_id, **changes)

    assert console.client(app.client.client_id) == (app.project, app.client)


def test_the_journal_tells_the_clients_life_and_no_secret(app):
    """What the administrator did stands between what the client sent."""
    console, client_id = app.world.console, app.client.client_id
    old = rotate(app, "disable_secret")
    console.enable_secret(client_id, old)
    console.destroy_secret(client_id, old)
    console.edit_web_client(client_id, javascript_origins=["https://crm.contoso.com"])
    for change in ("disable", "enable", "delete", "restore"):
        getattr(console, f"{change}_client")(client_id)

    told = [entry.text for entry in app.world.journal.entries if entry.text.startswith("client ")]

    assert told == [
        f"client {client_id} {done}"
        for done in (
            "has got another secret",
            "has a secret disabled",
            "has a secret enabled again",
            "has a secret destroyed",
            "was edited",
            "was disabled",
            "was enabled",
            "was deleted",
            "was restored",
        )
    ]
    assert old not in repr(console.client(client_id))
