"""Owners whom Google itself keeps from an app: Advanced Protection, embedded web views, too many new users."""

from __future__ import annotations

import pytest

from fakes.consent import ConsentStopped, give_consent
from fakes.console import PublishingStatus, UserType
from fakes.oauth.authorize import is_web_view
from fakes.oauth.http import Request
from fakes.oauth.policies import NEW_USER_LIMIT
from fakes.workspace import AppAccess, Workspace

MAIL = "https://mail.google.com/"
ALICE = "alice@contoso.com"
EVE = "eve@gmail.com"

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8{}) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 "
    "Mobile Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "embedded"),
    [
        ("", False),
        ("python-requests/2.32.5", False),
        (CHROME, False),
        (ANDROID.format(""), False),
        (ANDROID.format("; wv"), True),
        (IPHONE + "Version/18.5 Mobile/15E148 Safari/604.1", False),
        (IPHONE + "CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", False),
        (IPHONE + "Mobile/15E148", True),
        (IPHONE + "Mobile/15E148 Safari/604.1 Line/15.1.0", True),
        (IPHONE + "Mobile/15E148 [FBAN/FBIOS;FBAV/510.0]", True),
        (CHROME.replace("Chrome", "Teams/1.0 Electron/30.0 Chrome"), True),
    ],
)
def test_web_views_are_known_by_their_names(user_agent, embedded):
    """A browser of its own is let in, and so is a program."""
    assert is_web_view(user_agent) is embedded


def test_the_request_is_judged_before_the_browser(app):
    """A web view hears first of an unregistered redirect URI (google.md 2.3)."""
    headers = {"user-agent": ANDROID.format("; wv")}

    faulty = app.send(Request.get(app.url(redirect_uri="https://crm.contoso.com/other"), headers))
    right = app.send(Request.get(app.url(), headers))

    errors = [app.send(Request.get(answer.header("location"))).body.decode() for answer in (faulty, right)]
    assert "Error 400: redirect_uri_mismatch" in errors[0]
    assert "Error 403: disallowed_useragent" in errors[1]


@pytest.mark.parametrize(("address", "code"), [(ALICE, "admin_policy_enforced"), (EVE, "policy_enforced")])
def test_advanced_protection_keeps_apps_from_mail(app, address, code):
    """A consumer's page has another code; who only signs in is let through."""
    app.world.add_account(EVE)
    app.screen(test_users=(ALICE, EVE))
    app.world.account(address).advanced_protection = True

    with pytest.raises(ConsentStopped) as stopped:
        app.consent(address)

    assert stopped.value.code == f"Error 400: {code}"
    assert "code" in app.fields(app.consent(address, scope="openid email"))


def test_advanced_protection_heeds_the_administrator(app):
    """An app that is Trusted passes, and so does one of the organisation's own."""
    app.world.account(ALICE).advanced_protection = True

    app.world.set_workspace("contoso.com", Workspace({app.client.client_id: AppAccess.TRUSTED}))
    assert "code" in app.fields(app.consent())

    app.world.set_workspace("contoso.com", Workspace())
    app.screen(user_type=UserType.INTERNAL)
    assert "code" in app.fields(app.consent())


@pytest.fixture
def crowded(app):
    """Return an unverified app in production that one more new user may use."""
    app.screen(publishing_status=PublishingStatus.PRODUCTION)
    app.world.add_account(EVE)
    for number in range(NEW_USER_LIMIT - 1):
        app.world.add_account(f"user{number}@gmail.com")
        app.consent(f"user{number}@gmail.com")
    return app


def test_an_unverified_app_has_a_hundred_new_users(crowded):
    """The next one is blocked, who was let in may come again, even after removing the app."""
    crowded.consent()
    for user in (ALICE, "user0@gmail.com"):
        crowded.world.grants.revoke_account(user, crowded.client.client_id)

    with pytest.raises(ConsentStopped, match="This app is blocked"):
        crowded.consent(EVE)

    assert "code" in crowded.fields(crowded.consent("user0@gmail.com"))
    assert len(crowded.project.new_users) == NEW_USER_LIMIT


def test_the_limit_is_for_new_users_of_data(crowded):
    """Signing in, a denial and an unticked box are not counted; verification ends the limit."""
    crowded.consent(ALICE, scope="openid email")
    crowded.consent(ALICE, deny=True)
    crowded.consent(ALICE, untick=(MAIL,))
    assert len(crowded.project.new_users) == NEW_USER_LIMIT - 1

    crowded.consent(ALICE)
    assert "code" in crowded.fields(crowded.consent(EVE, scope="openid"))
    crowded.screen(verified=True)
    assert "code" in crowded.fields(crowded.consent(EVE))


def test_the_limit_yields_to_trust(crowded):
    """The administrator's users come in, and take no place."""
    crowded.consent(EVE)
    crowded.world.set_workspace("contoso.com", Workspace({crowded.client.client_id: AppAccess.TRUSTED}))

    assert "code" in crowded.fields(crowded.consent(ALICE))
    assert ALICE not in crowded.project.new_users


def test_an_unverified_app_is_kept_from_a_high_risk_account(app):
    """Not while it is in Testing, nor for signing in alone; verified, trusted or of the house it comes in."""
    app.world.account(ALICE).high_risk = True
    assert "code" in app.fields(app.consent())

    app.screen(publishing_status=PublishingStatus.PRODUCTION)
    with pytest.raises(ConsentStopped, match="This app is blocked"):
        app.consent()
    noted = [entry.text for entry in app.world.journal.entries if entry.channel == "world"][-1]

    assert noted.endswith(f"is blocked: {ALICE} is a high-risk account, and the app is unverified")
    assert "code" in app.fields(app.consent(scope="openid email"))
    app.screen(verified=True)
    assert "code" in app.fields(app.consent())
    app.screen(verified=False)
    app.world.set_workspace("contoso.com", Workspace({app.client.client_id: AppAccess.TRUSTED}))
    assert "code" in app.fields(app.consent())


def test_two_owners_cannot_take_the_last_place(crowded):
    """Who presses Continue second is blocked then."""
    waiting = []

    def send(request):
        """Let Alice take the last place while Eve looks at the consent form."""
        if request.path.endswith("/consent") and not waiting:
            waiting.append(request)
            crowded.consent(ALICE)
        return crowded.send(request)

    with pytest.raises(ConsentStopped, match="This app is blocked"):
        give_consent(crowded.url(), EVE, send)


def test_a_web_view_without_a_name_for_the_app(app):
    """The sentence begins with `This app` when the console has no name."""
    app.screen(app_name="")

    answer = app.send(Request.get(app.url(), {"user-agent": ANDROID.format("; wv")}))

    page = app.send(Request.get(answer.header("location"))).body.decode()
    assert "Access blocked: this app&#39;s request does not comply with Google&#39;s policies" in page
    assert "This app&#39;s request does not comply" in page
