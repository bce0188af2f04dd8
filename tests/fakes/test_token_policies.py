"""What an organisation's policies do to tokens that were given before (google.md 2.8 and section 7.2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.console import PublishingStatus
from fakes.workspace import AppAccess, Reauthentication, Workspace

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
MAIL = "https://mail.google.com/"
BOB = "bob@fabrikam.com"
FABRIKAM = "fabrikam.com"


@pytest.fixture
def bob(app):
    """Add somebody of another organisation, whom the app has among its test users."""
    app.world.add_account(BOB, organisation=FABRIKAM)
    app.screen(test_users=(BOB,))
    return app


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(lambda client_id: Workspace({client_id: AppAccess.BLOCKED}), id="row-56a-blocked"),
        pytest.param(lambda _: Workspace(gmail_restricted=True), id="row-56a-gmail-restricted"),
        pytest.param(lambda client_id: Workspace({client_id: AppAccess.SPECIFIC}), id="row-56a-other-google-data"),
    ],
)
def test_an_app_blocked_after_consent_is_told_so_until_it_is_allowed(bob, policy):
    """The grant is not to blame: once the app is trusted, the same refresh token works again."""
    token = bob.tokens(BOB)["refresh_token"]

    bob.world.set_workspace(FABRIKAM, policy(bob.client.client_id))
    blocked = bob.refresh(token)
    bob.world.set_workspace(FABRIKAM, Workspace({bob.client.client_id: AppAccess.TRUSTED}))
    trusted = bob.refresh(token)

    assert (blocked.status, bob.body(blocked)) == (
        400,
        {
            "error": "admin_policy_enforced",
            "error_description": "This application is currently blocked.\n"
            "If you require access, please visit your administrator",
        },
    )
    assert dict(blocked.headers) == bob.JSON_HEADERS
    assert trusted.status == 200


def test_testing_sets_no_end_for_people_whose_administrator_trusts_the_app(bob):
    """Neither is an end announced nor does it come."""
    bob.world.set_workspace(FABRIKAM, Workspace({bob.client.client_id: AppAccess.TRUSTED}))

    tokens = bob.tokens(BOB)
    bob.world.clock.advance(timedelta(days=8))

    assert "refresh_token_expires_in" not in tokens
    assert bob.refresh(tokens["refresh_token"]).status == 200


@pytest.mark.parametrize(
    ("over", "scope"),
    [
        (Reauthentication.INVALID, CLOUD),
        (Reauthentication.INVALID, f"{MAIL} {CLOUD}.read-only"),
        (Reauthentication.REQUIRED, f"openid {CLOUD}"),
    ],
)
def test_a_session_for_google_cloud_ends_after_the_policys_length(bob, over, scope):
    """It counts from the consent, whatever was refreshed meanwhile; signing in again begins another."""
    bob.world.set_workspace(FABRIKAM, Workspace(cloud_session=timedelta(hours=16), cloud_session_over=over))
    token = bob.tokens(BOB, scope=scope)["refresh_token"]

    bob.world.clock.advance(timedelta(hours=15))
    within = bob.refresh(token)
    bob.world.clock.advance(timedelta(hours=1))
    late = bob.refresh(token)

    assert within.status == 200
    assert late.status == 400
    assert bob.body(late) == {
        "error": "invalid_grant",
        "error_description": f"reauth related error ({over.value})",
        "error_subtype": over.value,
    }
    assert bob.refresh(bob.tokens(BOB, scope=scope)["refresh_token"]).status == 200
    assert bob.world.grants.refresh_token(token).death is None


def test_a_session_length_does_not_touch_mail(bob):
    """Mail scopes are none of Google Cloud's; nor does it reach people of no organisation."""
    bob.screen(publishing_status=PublishingStatus.PRODUCTION)
    bob.world.add_account("eve@gmail.com")
    bob.world.set_workspace(FABRIKAM, Workspace(cloud_session=timedelta(hours=1)))
    tokens = [bob.tokens(BOB), bob.tokens("eve@gmail.com", scope=CLOUD)]

    bob.world.clock.advance(timedelta(days=100))

    assert [bob.refresh(one["refresh_token"]).status for one in tokens] == [200, 200]
