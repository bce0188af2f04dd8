"""What an organisation's policies do to tokens that were given before (google.md 2.8 and section 7.2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.workspace import AppAccess, Workspace

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
    ],
)
def test_an_app_blocked_after_consent_is_told_so_until_it_is_allowed(bob, policy):
    """The grant is not to blame: once the app is trusted, the same refresh token works again."""
    token = bob.tokens(BOB)["refresh_token"]

    bob.world.workspaces[FABRIKAM] = policy(bob.client.client_id)
    blocked = bob.refresh(token)
    bob.world.workspaces[FABRIKAM] = Workspace({bob.client.client_id: AppAccess.TRUSTED})
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
    bob.world.workspaces[FABRIKAM] = Workspace({bob.client.client_id: AppAccess.TRUSTED})

    tokens = bob.tokens(BOB)
    bob.world.clock.advance(timedelta(days=8))

    assert "refresh_token_expires_in" not in tokens
    assert bob.refresh(tokens["refresh_token"]).status == 200
