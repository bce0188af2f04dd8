"""Clients of other types than Web application, and clients that nobody uses any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.clients import IDLE_LIFE, ClientState, ClientType
from fakes.consent import ConsentStopped
from fakes.console import ConsoleRefused

OTHERS = [ClientType.DESKTOP, ClientType.TV, ClientType.ANDROID]


# --- types -----------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", OTHERS)
def test_a_client_of_another_type_has_no_web_redirect_uri(app, type_):
    """Used for the web flow, it gets the page about a redirect URI that does not match (google.md 7.1, row 4)."""
    other = app.world.console.create_other_client(app.project, "other", type_)

    with pytest.raises(ConsentStopped) as stopped:
        app.consent(client_id=other.client_id)

    assert stopped.value.code == "Error 400: redirect_uri_mismatch"
    assert any(f"is of type {type_.value}, which has" in entry.text for entry in app.world.journal.entries)


@pytest.mark.parametrize("uri", ["http://localhost:4711/", "http://127.0.0.1:1/any/path", "http://[::1]:8080"])
def test_a_desktop_client_may_redirect_to_its_own_machine(app, uri):
    """Any port and path of the loopback interface, registered nowhere; the code is then good at the token endpoint."""
    desktop = app.world.console.create_other_client(app.project, "desktop", ClientType.DESKTOP)

    code = app.fields(app.consent(client_id=desktop.client_id, redirect_uri=uri))["code"]
    answer = app.exchange(code, redirect_uri=uri, client_id=desktop.client_id, client_secret=desktop.client_secret)

    assert answer.status == 200


@pytest.mark.parametrize("type_", [ClientType.TV, ClientType.ANDROID])
def test_other_clients_may_not_redirect_to_loopback(app, type_):
    """Only desktop apps listen on their own machine."""
    other = app.world.console.create_other_client(app.project, "other", type_)

    with pytest.raises(ConsentStopped, match="redirect_uri_mismatch"):
        app.consent(client_id=other.client_id, redirect_uri="http://localhost:4711/")


def test_the_downloaded_file_says_installed(app):
    """Desktop apps may redirect to localhost; Android's have no secret to show."""
    console, project = app.world.console, app.project

    desktop = console.create_other_client(project, "d", ClientType.DESKTOP).downloaded_json(project.id)
    android = console.create_other_client(project, "a", ClientType.ANDROID)

    assert list(desktop) == ["installed"]
    assert desktop["installed"]["redirect_uris"] == ["http://localhost"]
    assert str(desktop["installed"]["client_secret"]).startswith("GOCSPX-")
    assert "client_secret" not in android.downloaded_json(project.id)["installed"]
    assert android.client_secret == ""


def test_what_the_type_does_not_have_cannot_be_edited(app):
    """No addresses for a desktop app, no secret for Android; a web client is made with its addresses."""
    console = app.world.console
    desktop = console.create_other_client(app.project, "d", ClientType.DESKTOP)
    android = console.create_other_client(app.project, "a", ClientType.ANDROID)

    with pytest.raises(ConsoleRefused, match="no such addresses"):
        console.edit_web_client(desktop.client_id, redirect_uris=["https://crm.contoso.com/x"])
    with pytest.raises(ConsoleRefused, match="no secret"):
        console.add_secret(android.client_id)
    with pytest.raises(ValueError, match="create_web_client"):
        console.create_other_client(app.project, "w", ClientType.WEB)


# --- unused ----------------------------------------------------------------------------------


def test_google_deletes_a_client_that_nobody_used_for_six_months(app):
    """It answers `deleted_client`, the journal says why, and the moment is the one the rule names."""
    refresh = app.tokens()["refresh_token"]
    used = app.world.clock.now()
    app.world.clock.advance(IDLE_LIFE + timedelta(days=3))

    answer = app.refresh(refresh)

    assert (answer.status, app.body(answer)["error"]) == (401, "deleted_client")
    assert app.world.console.client(app.client.client_id)[1].deleted_at == used + IDLE_LIFE
    told = [entry.text for entry in app.world.journal.entries if "was deleted by Google" in entry.text]
    assert len(told) == 1
    assert f"not used since {used:%Y-%m-%d}" in told[0]


def test_a_client_in_use_stays(app):
    """Every redeemed refresh token counts as use, and so does an owner who comes to sign in."""
    refresh = app.tokens()["refresh_token"]
    app.screen(publishing_status=type(app.project.consent_screen.publishing_status).PRODUCTION)
    for _ in range(3):
        app.world.clock.advance(IDLE_LIFE - timedelta(days=1))
        app.consent()

    assert app.world.console.client(app.client.client_id)[1].state is ClientState.ACTIVE
    assert app.body(app.refresh(refresh))["error"] == "invalid_grant"


def test_a_refused_request_is_no_use(app):
    """Somebody who knocks with a wrong secret keeps no client alive."""
    app.world.clock.advance(IDLE_LIFE - timedelta(days=1))
    app.refresh("1//0x", client_secret="wrong")
    app.world.clock.advance(timedelta(days=1))

    assert app.world.console.client(app.client.client_id)[1].state is ClientState.DELETED


@pytest.mark.parametrize(("late", "possible"), [(timedelta(days=29), True), (timedelta(days=30), False)])
def test_what_google_deleted_can_be_had_back_for_a_month(app, late, possible):
    """The thirty days count from the deletion, and a client had back has its six months anew."""
    app.world.clock.advance(IDLE_LIFE + late)

    if possible:
        app.world.console.restore_client(app.client.client_id)
        app.world.clock.advance(timedelta(days=100))
        assert app.world.console.client(app.client.client_id)[1].state is ClientState.ACTIVE
    else:
        with pytest.raises(ConsoleRefused, match="30 days"):
            app.world.console.restore_client(app.client.client_id)


def test_a_removed_test_user_is_let_in_no_more(app):
    """The address leaves the list, its slot stays used; an address that is not there is refused."""
    app.world.console.remove_test_user(app.project, "ALICE@contoso.com")

    with pytest.raises(ConsentStopped, match="Error 403: access_denied"):
        app.consent()
    assert app.project.test_user_slots == {"alice@contoso.com"}
    with pytest.raises(ValueError, match="is not a test user"):
        app.world.console.remove_test_user(app.project, "alice@contoso.com")
