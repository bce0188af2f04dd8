"""What an organisation decides for a part of its people: IMAP, POP and the Gmail service itself; and for whom not."""

from __future__ import annotations

import pytest

from fakes.admission import Refusal, SignInRefused
from fakes.workspace import AppAccess, Unit, Workspace

MAIL = "https://mail.google.com/"
APP = "1-app.apps.googleusercontent.com"
ALICE = "alice@contoso.com"
CONTOSO = "contoso.com"


def refusal_of(world, protocol, user, token):
    """Return why the token does not open the protocol; None when it does."""
    try:
        world.sign_in(protocol, user, token)
    except SignInRefused as refused:
        return refused.refusal
    return None


SALES_OFF = Workspace(units={"/Sales": Unit(imap=False), "/Sales/Europe": Unit(pop=False)})
EUROPE_ON = Workspace(imap=False, units={"/Sales/Europe": Unit(imap=True), "/Sales/Europe/Oslo": Unit(imap=False)})
LISTED = Workspace(imap_clients=frozenset(), units={"/Sales": Unit(imap=True, imap_clients=frozenset({APP}))})


@pytest.mark.parametrize(
    ("workspace", "unit", "imap", "client", "pop"),
    [
        pytest.param(Workspace(), "/Sales/Europe", True, True, True, id="nobody decided"),
        pytest.param(Workspace(imap=False, pop=False), "/Sales", False, True, False, id="the organisation did"),
        pytest.param(SALES_OFF, "/", True, True, True, id="a unit does not decide for those above"),
        pytest.param(SALES_OFF, "/Sales", False, True, True, id="the unit itself"),
        pytest.param(SALES_OFF, "/Sales/Europe", False, True, False, id="IMAP by the one above, POP by itself"),
        pytest.param(SALES_OFF, "/Salesroom", True, True, True, id="a name that begins alike"),
        pytest.param(EUROPE_ON, "/Sales", False, True, True, id="off above"),
        pytest.param(EUROPE_ON, "/Sales/Europe/Rome", True, True, True, id="the nearest wins"),
        pytest.param(EUROPE_ON, "/Sales/Europe/Oslo", False, True, True, id="down to the last"),
        pytest.param(LISTED, "/", True, False, True, id="the organisation's list"),
        pytest.param(LISTED, "/Sales/Europe", True, True, True, id="the unit's list"),
    ],
)
def test_the_nearest_unit_that_decides_wins(workspace, unit, imap, client, pop):
    """IMAP goes with its list of clients; POP is decided apart."""
    decided = workspace.allows_imap(unit), workspace.allows_imap_client(APP, unit), workspace.allows_pop(unit)

    assert decided == (imap, client, pop)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Workspace(units={"Sales": Unit(imap=False)}), "not the path"),
        (lambda: Workspace(units={"/Sales/": Unit(imap=False)}), "not the path"),
        (lambda: Workspace(units={"/": Unit(imap=False)}), "the policy's own fields"),
        (lambda: Unit(imap_clients=frozenset()), "goes with IMAP on"),
        (lambda: Workspace(unconfigured_apps=AppAccess.SPECIFIC), "named"),
    ],
)
def test_policies_that_say_nothing_clear_are_refused(make, words):
    """A misspelt path would decide for nobody, a list without IMAP would let nobody in."""
    with pytest.raises(ValueError, match=words):
        make()


def test_imap_is_off_for_the_people_of_a_unit(app):
    """Alice is refused while she is in Sales; SMTP is not IMAP."""
    token = app.tokens()["access_token"]
    app.world.set_workspace(CONTOSO, Workspace(units={"/Sales": Unit(imap=False)}))
    answers = [refusal_of(app.world, "imap", ALICE, token)]

    app.world.move_account(ALICE, "/Sales/Europe")
    answers += [refusal_of(app.world, protocol, ALICE, token) for protocol in ("imap", "smtp")]

    assert answers == [None, Refusal.IMAP_OFF_IN_DOMAIN, None]


def test_a_unit_has_its_own_list_of_clients(app):
    """The app is listed for Sales and nowhere else."""
    token, listed = app.tokens()["access_token"], frozenset({app.client.client_id})
    policy = Workspace(imap_clients=frozenset(), units={"/Sales": Unit(imap=True, imap_clients=listed)})
    app.world.set_workspace(CONTOSO, policy)
    answers = [refusal_of(app.world, "imap", ALICE, token)]

    app.world.move_account(ALICE, "/Sales")
    answers.append(refusal_of(app.world, "imap", ALICE, token))

    assert answers == [Refusal.IMAP_NOT_FOR_CLIENT, None]


def test_only_members_lie_in_a_unit(world):
    """An account without organisation has no administrator to put it anywhere."""
    bob = world.add_account("bob@contoso.com", organisation=CONTOSO, unit="/Sales")
    eve = world.add_account("eve@gmail.com")

    with pytest.raises(ValueError, match="no organisational unit"):
        world.move_account(eve.address, "/Sales")
    with pytest.raises(ValueError, match="no organisational unit"):
        world.add_account("mallory@gmail.com", unit="/Sales")
    with pytest.raises(ValueError, match="not the path"):
        world.move_account(bob.address, "Sales")

    assert (bob.unit, eve.unit, world.account("mallory@gmail.com")) == ("/Sales", "/", None)


@pytest.mark.parametrize(
    ("address", "organisation", "refusal"),
    [
        ("eve@gmail.com", None, None),
        ("eve@GoogleMail.com", None, None),
        ("eve@contoso.com", None, Refusal.IMAP_OFF),
        ("eve@contoso.com", CONTOSO, Refusal.IMAP_OFF),
    ],
)
def test_a_consumer_has_no_imap_switch(world, access_token, address, organisation, refusal):
    """At Gmail's own domains IMAP is always on; elsewhere an organisation may stand behind the account."""
    world.add_account(address, imap=False, organisation=organisation)

    assert refusal_of(world, "imap", address, access_token(world, address)) is refusal


def test_the_gmail_service_is_given_and_taken(app):
    """Row 61: without a licence nothing opens, whatever the token; the grant stays good for later."""
    tokens = app.tokens()

    app.world.switch_gmail(ALICE, on=False)
    without = [refusal_of(app.world, protocol, ALICE, tokens["access_token"]) for protocol in ("imap", "smtp")]
    refreshed = app.refresh(tokens["refresh_token"]).status
    app.world.switch_gmail(ALICE, on=True)

    assert (without, refreshed) == ([Refusal.NO_GMAIL, Refusal.NO_GMAIL], 200)
    assert refusal_of(app.world, "imap", ALICE, tokens["access_token"]) is None
    notes = [entry.text for entry in app.world.journal.entries if "Gmail service" in entry.text]
    assert notes == [f"the Gmail service of {ALICE} was turned {state}" for state in ("off", "on")]
