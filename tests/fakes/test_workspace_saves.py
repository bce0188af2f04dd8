"""An administrator's change takes its time: what was saved, and what Google goes by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.consent import ConsentStopped
from fakes.workspace import AppAccess, Workspace

CONTOSO = "contoso.com"
DAY = timedelta(hours=24)


def test_a_saved_policy_takes_effect_after_the_delay(app):
    """Until then the policies of before hold, at the pages and at the token endpoint."""
    token = app.tokens()["refresh_token"]
    app.world.workspace_effective_after = DAY
    app.world.set_workspace(CONTOSO, Workspace({app.client.client_id: AppAccess.BLOCKED}))

    app.world.clock.advance(DAY - timedelta(seconds=1))
    before = app.refresh(token).status, "code" in app.fields(app.consent())
    app.world.clock.advance(timedelta(seconds=1))
    after = app.body(app.refresh(token))["error"]

    assert (before, after) == ((200, True), "admin_policy_enforced")
    with pytest.raises(ConsentStopped, match="admin_policy_enforced"):
        app.consent()


def test_saves_take_effect_in_the_order_they_were_made(world):
    """One that has the shorter way to go is not undone by an older one that arrives later."""
    world.workspace_effective_after = DAY
    world.set_workspace(CONTOSO, Workspace(imap=False))
    world.clock.advance(DAY / 2)
    world.workspace_effective_after = timedelta(0)
    world.set_workspace(CONTOSO, Workspace(pop=False))
    first = world.workspaces.effective(CONTOSO)

    world.clock.advance(DAY)

    assert first == world.workspaces.effective(CONTOSO) == Workspace(pop=False)


def test_a_change_builds_on_what_was_saved_last(world):
    """The Admin console shows what was saved, though Google does not go by it yet; the journal has both."""
    world.workspace_effective_after = DAY
    world.change_workspace(CONTOSO, imap=False)
    world.change_workspace("Contoso.com", gmail_restricted=True)
    saved, effective = world.workspaces.saved(CONTOSO), world.workspaces.effective(CONTOSO)

    world.clock.advance(DAY)

    assert (saved, effective) == (Workspace(imap=False, gmail_restricted=True), Workspace())
    assert world.workspaces.effective(CONTOSO) == saved
    assert [entry.text for entry in world.journal.entries] == [
        "an administrator of contoso.com saved other policies, effective from 2026-01-06T09:00:00+00:00",
        "an administrator of Contoso.com saved other policies, effective from 2026-01-06T09:00:00+00:00",
    ]


def test_a_policy_that_does_not_exist_is_not_saved(world):
    """A misspelt name is an error, and nothing is changed."""
    with pytest.raises(TypeError, match="imapp"):
        world.change_workspace(CONTOSO, imapp=False)

    assert world.workspaces.saved(CONTOSO) == Workspace()
