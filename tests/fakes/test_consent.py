"""The simulated owner reads the pages as they come."""

from __future__ import annotations

import pytest

from fakes.consent import ConsentStopped, give_consent
from fakes.oauth.http import Response, html_response

MAIL = "https://mail.google.com/"
ALICE = "alice@contoso.com"


def test_the_owner_ends_at_the_clients_address(app):
    """By default every box is ticked and everything granted; case does not matter."""
    url = app.consent("Alice@Contoso.com")

    assert url.startswith("https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx?state=s1")
    assert MAIL in app.fields(url)["scope"]


def test_the_owner_goes_back_to_localhost_too(app):
    """Any address that is not Google's ends the walk, HTTP or not."""
    client = app.world.console.create_web_client(app.project, "local", [], ["http://localhost:8400/cb"])

    url = app.consent(client_id=client.client_id, redirect_uri="http://localhost:8400/cb")

    assert url.startswith("http://localhost:8400/cb?state=s1")


def test_the_owner_needs_an_account(app):
    """Who is not among the accounts offered cannot choose."""
    with pytest.raises(ConsentStopped, match=r"no account bob@contoso\.com to choose; there are alice@contoso\.com"):
        app.consent("bob@contoso.com")


def test_a_world_without_accounts_stops_the_owner(world, app):
    """The chooser has nothing to offer."""
    empty = html_response(200, "<h1>Choose an account</h1><p id='message'>No account is signed in.</p>")

    with pytest.raises(ConsentStopped) as stopped:
        give_consent(app.url(), ALICE, lambda _: empty)

    assert (stopped.value.page_title, stopped.value.code) == ("Choose an account", "")


def test_a_box_that_is_not_there_cannot_be_unticked(app):
    """A misspelt scope is the caller's mistake, and what there is is named."""
    with pytest.raises(ValueError, match=r"no checkbox for gmail; the page has https://mail\.google\.com/"):
        app.consent(untick=("gmail",))


def test_a_url_of_somebody_else_is_not_opened(app):
    """Only Google's authorization URL begins a consent."""
    with pytest.raises(ValueError, match=r"not a URL of accounts\.google\.com"):
        give_consent("https://crm.contoso.com/", ALICE, app.send)


def test_pages_that_go_round_in_circles_end(app):
    """Who serves the same redirect for ever does not hold the owner."""
    again = Response(302, (("Location", "/o/oauth2/v2/auth"),))

    with pytest.raises(ConsentStopped, match="no redirect after 10 pages"):
        give_consent(app.url(), ALICE, lambda _: again)


def test_what_stopped_the_owner_can_be_read(app):
    """Heading, error line and text, in one sentence for a terminal."""
    with pytest.raises(ConsentStopped) as stopped:
        app.consent(client_id="1-x")

    assert str(stopped.value) == (
        "Access blocked: Authorization Error. Error 401: invalid_client. The OAuth client was not found."
    )
