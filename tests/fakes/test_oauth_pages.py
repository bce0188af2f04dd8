"""The owner's way through the pages, form by form, and what the client gets back."""

from __future__ import annotations

import re

import pytest

from fakes.console import PublishingStatus
from fakes.oauth.http import Request

MAIL = "https://mail.google.com/"
SEND = "https://www.googleapis.com/auth/gmail.send"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
ALICE = "alice@contoso.com"
REDIRECT = "https://crm.contoso.com/_grid/cmds/dlg_gmailoauth.aspx"
PAGES = "https://accounts.google.com/signin/oauth/"


def press(app, page, form):
    """Send a page's form."""
    return app.send(Request.post(PAGES + page, form))


def open_page(app, **changes):
    """Open the account chooser; its HTML and the attempt's id."""
    page = app.send(Request.get(app.url(**changes))).body.decode()
    return page, re.search(r'name="attempt" value="([^"]+)"', page)[1]


def to_consent(app, **changes):
    """Walk to the consent page; its HTML and the attempt's id."""
    _, attempt = open_page(app, **changes)
    page = press(app, "accountchooser", {"attempt": attempt, "address": ALICE})
    if "verified this app" in page.body.decode():
        page = press(app, "warning", {"attempt": attempt, "decision": "continue"})
    return page.body.decode(), attempt


def test_the_way_back_has_googles_parameters_in_googles_order(app):
    """State first, the issuer, the code raw, scopes written out, `hd` for Workspace, what was shown."""
    url = app.consent()

    code = app.fields(url)["code"]
    assert re.fullmatch(r"4/0A[A-Za-z0-9_-]{70}", code)
    assert url == (
        f"{REDIRECT}?state=s1&iss=https://accounts.google.com&code={code}"
        f"&scope=https://mail.google.com/%20openid%20{EMAIL}&authuser=0&hd=contoso.com&prompt=consent"
    )


def test_a_consumer_has_no_hd_and_no_state_was_sent(app):
    """What does not apply is left out."""
    app.world.add_account("eve@gmail.com")
    app.screen(test_users=("eve@gmail.com",))

    assert list(app.fields(app.consent("eve@gmail.com", state=None))) == ["iss", "code", "scope", "authuser", "prompt"]


def test_a_redirect_uri_with_a_query_keeps_it(app):
    """The parameters are added after it, and any state comes back unchanged."""
    uri = "https://crm.contoso.com/cb?tenant=1"
    client = app.world.console.create_web_client(app.project, "second", [], [uri])

    url = app.consent(client_id=client.client_id, redirect_uri=uri, state="a b&c=ü/+")

    assert url.startswith(uri + "&state=")
    assert app.fields(url)["state"] == "a b&c=ü/+"


def test_cancel_sends_access_denied(app):
    """The only refusal that the client hears of."""
    assert app.consent(deny=True) == f"{REDIRECT}?error=access_denied&state=s1&iss=https://accounts.google.com"


def test_the_chooser_offers_every_account_and_ticks_the_hinted_one(app):
    """`login_hint` is an address or a `sub`; it preselects and does not decide."""
    bob = app.world.add_account("bob@contoso.com")

    by_address, _ = open_page(app, login_hint="BOB@contoso.com")
    by_sub, _ = open_page(app, login_hint=bob.sub)
    without, _ = open_page(app)

    assert "Choose an account" in without
    assert without.count('type="radio"') == 2
    assert "checked" not in without
    assert 'value="bob@contoso.com" required checked' in by_address
    assert 'value="bob@contoso.com" required checked' in by_sub


@pytest.mark.parametrize(
    ("changes", "scope", "words"),
    [
        ({}, None, "an app that's currently being tested"),
        (
            {"publishing_status": PublishingStatus.PRODUCTION},
            None,
            "Until the developer (admin@contoso.com) verifies this app with Google, you shouldn't use it.",
        ),
        ({"publishing_status": PublishingStatus.PRODUCTION, "verified": True}, None, None),
        ({}, "openid email", None),
    ],
)
def test_an_unverified_app_is_warned_of(app, changes, scope, words):
    """Not when it is verified, nor when it only asks who somebody is."""
    app.screen(**changes)
    _, attempt = open_page(app, **({"scope": scope} if scope else {}))

    page = press(app, "accountchooser", {"attempt": attempt, "address": ALICE}).body.decode().replace("&#39;", "'")

    assert ("Google hasn't verified this app" in page) is bool(words)
    assert (words or "wants access to your Google Account") in page


def test_the_warning_cannot_be_skipped(app):
    """A consent form sent early brings the warning back; no code comes of it."""
    _, attempt = open_page(app)
    press(app, "accountchooser", {"attempt": attempt, "address": ALICE})

    answer = press(app, "consent", {"attempt": attempt, "decision": "continue", "scope": MAIL})

    assert answer.status == 200
    assert "verified this app" in answer.body.decode()


def test_back_to_safety_denies(app):
    """Who turns back at the warning grants nothing."""
    _, attempt = open_page(app)
    press(app, "accountchooser", {"attempt": attempt, "address": ALICE})

    answer = press(app, "warning", {"attempt": attempt, "decision": "back"})

    assert "error=access_denied" in answer.header("location")


def test_a_verified_app_shows_its_name_on_the_consent_page(app):
    """Before verification it is the domain of the redirect URI."""
    before, _ = to_consent(app)
    app.screen(publishing_status=PublishingStatus.PRODUCTION, verified=True)
    after, _ = to_consent(app)

    assert "<h1>crm.contoso.com wants access to your Google Account</h1>" in before
    assert "<h1>Contoso CRM wants access to your Google Account</h1>" in after
    assert "Read, compose, send, and permanently delete all your email from Gmail" in after
    assert "Cancel" in after
    assert "Continue" in after


@pytest.mark.parametrize(
    ("scope", "boxes"),
    [
        (f"{MAIL} openid email", [MAIL]),
        (MAIL, []),
        (f"{MAIL} {SEND}", [MAIL, SEND]),
        ("openid email profile", []),
    ],
)
def test_checkboxes_stand_before_what_may_be_left_out(app, scope, boxes):
    """Unticked, and none for a scope that comes alone or only signs in (google.md 2.4)."""
    page, _ = to_consent(app, scope=scope)

    assert re.findall(r'type="checkbox" name="scope" value="([^"]+)"', page) == boxes
    assert "checked" not in page


def test_an_unticked_scope_is_not_granted(app):
    """The way back succeeds and lists what was granted."""
    url = app.consent(untick=(MAIL,))

    assert app.fields(url)["scope"] == f"openid {EMAIL}"


def test_nothing_ticked_and_nothing_left_is_a_denial(app):
    """Two Gmail scopes, both unticked, grant nothing."""
    url = app.consent(scope=f"{MAIL} {SEND}", untick=(MAIL, SEND))

    assert app.fields(url)["error"] == "access_denied"


def test_a_scope_that_was_not_asked_cannot_be_ticked(app):
    """A forged box grants nothing more."""
    _, attempt = to_consent(app)

    form = {"attempt": attempt, "decision": "continue", "scope": SEND}
    location = press(app, "consent", form).header("location")

    assert app.fields(location)["scope"] == f"openid {EMAIL}"


def test_consent_is_asked_once(app):
    """Later the chooser leads straight back, unless more is asked or `prompt=consent` is sent."""
    app.consent(prompt=None)

    again = app.fields(app.consent(prompt=None))
    more = app.fields(app.consent(prompt=None, scope=f"{MAIL} {SEND}"))
    forced = app.fields(app.consent())

    assert [one["prompt"] for one in (again, more, forced)] == ["none", "consent", "consent"]


def test_prompt_none_asks_nobody(app):
    """A code when the hinted account has granted all, and an error sent to the client when not."""
    before = app.send(Request.get(app.url(prompt="none", login_hint=ALICE))).header("location")
    app.consent()
    after = app.send(Request.get(app.url(prompt="none", login_hint=ALICE))).header("location")
    unknown = app.send(Request.get(app.url(prompt="none"))).header("location")

    assert app.fields(before)["error"] == "interaction_required"
    assert app.fields(after)["prompt"] == "none"
    assert "code" in app.fields(after)
    assert app.fields(unknown)["error"] == "interaction_required"


def test_earlier_grants_can_be_merged(app):
    """`include_granted_scopes` adds what the project was given before."""
    app.consent(scope=f"{MAIL} openid")

    url = app.consent(scope="openid email", include_granted_scopes="true")

    assert app.fields(url)["scope"] == f"openid {EMAIL} {MAIL}"


def test_a_finished_or_unknown_attempt_is_over(app):
    """A form sent twice, or made up, leads nowhere."""
    _, attempt = to_consent(app)
    form = {"attempt": attempt, "decision": "continue", "scope": MAIL}

    first, second = press(app, "consent", form), press(app, "consent", form)

    assert (first.status, second.status) == (302, 400)
    assert press(app, "accountchooser", {"attempt": "x", "address": ALICE}).status == 400
    assert press(app, "warning", {}).status == 400


def test_every_page_says_that_it_is_simulated(app):
    """And is accessible: a language, a title, one heading, a label around each input."""
    chooser, attempt = open_page(app)
    warning = press(app, "accountchooser", {"attempt": attempt, "address": ALICE}).body.decode()
    consent, _ = to_consent(app)
    lost = app.send(Request.get("https://accounts.google.com/token")).body.decode()

    for page in (chooser, warning, consent, lost):
        assert "Simulated Google: not the real service." in page
        assert '<html lang="en">' in page
        assert page.count("<h1>") == 1
        assert "<script" not in page
        assert len(re.findall(r'type="(?:radio|checkbox)"', page)) == page.count("<label>")
