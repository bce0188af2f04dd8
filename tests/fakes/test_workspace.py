"""An organisation's policies: which apps may have its data, and who may use IMAP."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from fakes.consent import ConsentStopped
from fakes.console import UserType
from fakes.imap.session import ImapSession
from fakes.oauth.http import Request
from fakes.workspace import AppAccess, Workspace

MAIL = "https://mail.google.com/"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
CALENDAR = "https://www.googleapis.com/auth/calendar"
APP = "1-app.apps.googleusercontent.com"
ALICE = "alice@contoso.com"
RESTRICTED = (
    "Access to your account data is restricted by policies within your organization. Please contact the administrator "
    "of your organization for more information."
)


@pytest.mark.parametrize(
    ("workspace", "sign_in", "mail", "calendar"),
    [
        pytest.param(Workspace(), True, True, True, id="a new organisation"),
        pytest.param(Workspace(unconfigured_apps=AppAccess.LIMITED), True, False, False, id="others: limited"),
        pytest.param(Workspace(unconfigured_apps=AppAccess.BLOCKED), False, False, False, id="others: blocked"),
        pytest.param(Workspace(gmail_restricted=True), True, False, True, id="Gmail restricted"),
        pytest.param(Workspace({APP: AppAccess.BLOCKED}), False, False, False, id="blocked"),
        pytest.param(
            Workspace({APP: AppAccess.LIMITED}, unconfigured_apps=AppAccess.BLOCKED), True, True, True, id="limited"
        ),
        pytest.param(
            Workspace({APP: AppAccess.LIMITED}, gmail_restricted=True),
            True,
            False,
            True,
            id="limited, Gmail restricted",
        ),
        pytest.param(
            Workspace(
                {APP: AppAccess.SPECIFIC}, {APP: frozenset({MAIL, READONLY})}, AppAccess.BLOCKED, gmail_restricted=True
            ),
            True,
            True,
            False,
            id="specific",
        ),
        pytest.param(Workspace({APP: AppAccess.SPECIFIC}), True, False, False, id="specific, nothing named"),
        pytest.param(
            Workspace({APP: AppAccess.TRUSTED}, unconfigured_apps=AppAccess.BLOCKED, gmail_restricted=True),
            True,
            True,
            True,
            id="trusted",
        ),
    ],
)
def test_a_policy_decides_by_app_and_scope(workspace, sign_in, mail, calendar):
    """What one app may have under each policy."""
    given = [workspace.allows(APP, ["openid", *more]) for more in ([], [MAIL], [CALENDAR])]

    assert given == [sign_in, mail, calendar]
    assert workspace.allows(APP, [READONLY]) is mail


def test_an_app_of_the_own_organisation_is_no_third_party():
    """The rule for apps nobody decided about does not reach it; a decision about it does."""
    closed = Workspace(unconfigured_apps=AppAccess.BLOCKED, gmail_restricted=True)

    assert closed.allows(APP, [MAIL], internal=True)
    assert not replace(closed, apps={APP: AppAccess.BLOCKED}).allows(APP, [MAIL], internal=True)


def test_nobody_trusts_apps_without_naming_them():
    """Trusted is for single apps."""
    with pytest.raises(ValueError, match="named"):
        Workspace(unconfigured_apps=AppAccess.TRUSTED)


def test_a_policy_stops_the_owner_at_the_pages(app):
    """The page names the app to its developer; nothing is granted; under `prompt=none` the client hears of it."""
    app.world.set_workspace("contoso.com", Workspace(gmail_restricted=True))

    with pytest.raises(ConsentStopped) as stopped:
        app.consent()
    silent = app.send(Request.get(app.url(prompt="none", login_hint=ALICE))).header("location")

    assert stopped.value.page_title == "Access blocked: Authorization Error"
    assert stopped.value.code == "Error 400: admin_policy_enforced"
    assert stopped.value.text == RESTRICTED
    assert app.fields(silent)["error"] == "interaction_required"
    assert app.world.grants.granted(ALICE, app.client.client_id) == frozenset()


def test_a_policy_reaches_its_own_users_only(app):
    """Another organisation and consumers are free."""
    app.world.set_workspace("fabrikam.com", Workspace(unconfigured_apps=AppAccess.BLOCKED))
    app.world.add_account("eve@gmail.com")
    app.screen(test_users=(ALICE, "eve@gmail.com"))

    assert "code" in app.fields(app.consent())
    assert "code" in app.fields(app.consent("eve@gmail.com"))


def test_an_internal_app_passes_a_closed_door(app):
    """The organisation's own app needs no decision of the administrator's."""
    app.world.set_workspace("contoso.com", Workspace(unconfigured_apps=AppAccess.BLOCKED))
    app.screen(user_type=UserType.INTERNAL)

    assert "code" in app.fields(app.consent())


def test_a_trusted_app_needs_no_test_users_and_no_ticks(app):
    """Every scope is granted by the button; another organisation's trust changes nothing."""
    trusting = Workspace({app.client.client_id: AppAccess.TRUSTED}, gmail_restricted=True)
    app.screen(test_users=())
    app.world.set_workspace("fabrikam.com", trusting)
    with pytest.raises(ConsentStopped, match="access_denied"):
        app.consent()

    app.world.set_workspace("contoso.com", trusting)
    with pytest.raises(ValueError, match="no checkbox"):
        app.consent(untick=(MAIL,))

    assert MAIL in app.fields(app.consent())["scope"]


def test_trust_does_not_open_an_internal_app(app):
    """`org_internal` is decided by the app's own side."""
    app.screen(user_type=UserType.INTERNAL)
    app.world.add_account("bob@fabrikam.com", organisation="fabrikam.com")
    app.world.set_workspace("fabrikam.com", Workspace({app.client.client_id: AppAccess.TRUSTED}))

    with pytest.raises(ConsentStopped, match="org_internal"):
        app.consent("bob@fabrikam.com")


DOMAIN_OFF = (
    "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions "
    "about this feature. (Failure)"
)
USER_OFF = (
    "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your "
    "account for IMAP access. (Failure)"
)


@pytest.mark.parametrize(
    ("workspace", "owner", "answer"),
    [
        pytest.param(Workspace(imap=False), True, DOMAIN_OFF, id="row 63"),
        pytest.param(Workspace(imap=False), False, DOMAIN_OFF, id="row 63, and off for the user"),
        pytest.param(Workspace(imap_clients=frozenset({APP})), True, DOMAIN_OFF, id="row 64, a stand-in"),
        pytest.param(Workspace(), False, USER_OFF, id="row 62"),
        pytest.param(Workspace(pop=False), True, f"OK {ALICE} authenticated (Success)", id="POP off"),
        pytest.param(Workspace(imap_clients=None), True, f"OK {ALICE} authenticated (Success)", id="no list"),
    ],
)
def test_imap_as_the_organisation_has_it(app, said, workspace, owner, answer):
    """A good token does not help where IMAP is off: said at once, without a challenge (google.md 3.3)."""
    token = app.tokens()["access_token"]
    app.world.set_workspace("contoso.com", workspace)
    app.world.account(ALICE).imap = owner

    heard = _sign_in(app.world, said, token)

    assert heard == f"a1 {answer}"


def test_a_listed_client_may_use_imap(app, said):
    """The list holds client ids; the journal says when one is missing."""
    token = app.tokens()["access_token"]
    app.world.set_workspace("contoso.com", Workspace(imap_clients=frozenset({app.client.client_id})))
    assert _sign_in(app.world, said, token).startswith("a1 OK")

    app.world.set_workspace("contoso.com", Workspace(imap_clients=frozenset()))
    assert _sign_in(app.world, said, token).startswith("a1 NO")

    noted = [entry.text for entry in app.world.journal.entries if entry.channel == "world"]
    assert noted[-1] == f"imap sign-in as {ALICE} refused: client not on the IMAP allow-list"


def _sign_in(world, said, token):
    """Return the tagged reply to AUTHENTICATE."""
    response = base64.b64encode(f"user={ALICE}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    session = ImapSession(world, session_id="k2if6111336rvb.0")
    lines = said(session.receive(f"a1 AUTHENTICATE XOAUTH2 {response}\r\n".encode()))
    return re.search(r"^a1 .*$", lines, re.MULTILINE)[0].strip()
