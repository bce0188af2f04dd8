"""How a history happens: each event of `fakes.events` by the verbs of the world and of its console."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fakes.accounts import Account
from fakes.clients import OAuthClient
from fakes.console import ConsoleRefused, Project
from fakes.events import (
    SAME,
    AccountChange,
    AccountChanged,
    AppAccessSet,
    ClientChanged,
    Event,
    ImapClientsSet,
    Policy,
    PolicySwitched,
    Published,
    RedirectsEdited,
    SecretRotated,
    TimePasses,
    UnconfiguredAppsSet,
    Verified,
)
from fakes.gmail.popping import PopWindow
from fakes.workspace import AppAccess, Workspace
from fakes.world import World


def play(world: World, events: Iterable[Event], *, client_id: str, organisation: str | None = None) -> None:
    """Let the events happen, in their order, to the client's project and the organisation of this domain.

    Raises ValueError for what is not there (an account, an organisation, a test user), ConsoleRefused for what the
    console would not do; the events before have then happened, those after have not.
    """
    for event in events:
        with world.lock:
            _happen(world, event, client_id, organisation)


def _happen(world: World, event: Event, client_id: str, organisation: str | None) -> None:
    match event:
        case TimePasses(length):
            world.clock.advance(length)
        case AccountChanged():
            _befall(world, event, client_id)
        case PolicySwitched() | AppAccessSet() | UnconfiguredAppsSet() | ImapClientsSet():
            if organisation is None:
                raise ValueError(f"{next(iter(event.to_json()))}: there is no organisation")
            governed = _governed(world.workspaces.saved(organisation), event, client_id)
            world.set_workspace(organisation, governed)
            world.note(event.sentence)
        case Published(status):
            _change_screen(world, client_id, publishing_status=status)
            world.note(event.sentence)
        case Verified(on):
            _change_screen(world, client_id, verified=on)
            world.note(event.sentence)
        case ClientChanged(client_change):
            getattr(world.console, f"{client_change.value}_client")(client_id)
        case SecretRotated(disable_old):
            _rotate(world, client_id, disable_old)
        case RedirectsEdited(uris):
            world.console.edit_web_client(client_id, redirect_uris=uris)


def _befall(world: World, event: AccountChanged, client_id: str) -> None:
    change, address = event.change, event.address
    match change:
        case AccountChange.PASSWORD_CHANGED:
            world.change_password(address)
        case AccountChange.APP_REMOVED | AccountChange.APP_REMOVED_BY_ADMINISTRATOR:
            _known(world, address)
            world.remove_app(address, client_id, by_administrator=change is AccountChange.APP_REMOVED_BY_ADMINISTRATOR)
        case AccountChange.SUSPENDED:
            world.suspend_account(address)
        case AccountChange.REACTIVATED:
            world.reactivate_account(address)
        case AccountChange.DELETED:
            world.delete_account(address)
        case AccountChange.TEST_USER_ADDED:
            world.console.add_test_user(_project(world, client_id), address)
            world.note(event.sentence)
        case AccountChange.TEST_USER_REMOVED:
            world.console.remove_test_user(_project(world, client_id), address)
            world.note(event.sentence)
        case AccountChange.IMAP_TURNED_ON | AccountChange.IMAP_TURNED_OFF:
            _known(world, address).imap = change is AccountChange.IMAP_TURNED_ON
            world.note(event.sentence)
        case AccountChange.POP_TURNED_ON | AccountChange.POP_TURNED_OFF:
            turned_on = change is AccountChange.POP_TURNED_ON
            world.set_pop(address, window=PopWindow.ALL_MAIL if turned_on else PopWindow.DISABLED)


def _governed(
    workspace: Workspace,
    event: PolicySwitched | AppAccessSet | UnconfiguredAppsSet | ImapClientsSet,
    client_id: str,
) -> Workspace:
    """Return the policies after an administrator's change."""
    match event:
        case PolicySwitched(Policy.GMAIL_RESTRICTED, on):
            return replace(workspace, gmail_restricted=on)
        case PolicySwitched(Policy.IMAP, on):
            return replace(workspace, imap=on)
        case PolicySwitched(_, on):
            return replace(workspace, pop=on)
        case AppAccessSet(access):
            others = {app: decided for app, decided in workspace.apps.items() if app != client_id}
            decided = {} if access is AppAccess.UNRESTRICTED else {client_id: access}
            return replace(workspace, apps=others | decided)
        case UnconfiguredAppsSet(access):
            return replace(workspace, unconfigured_apps=access)
        case ImapClientsSet(None):
            return replace(workspace, imap_clients=None)
        case ImapClientsSet(clients):
            listed = frozenset(client_id if one == SAME else one for one in clients or ())
            return replace(workspace, imap_clients=listed)


def _rotate(world: World, client_id: str, disable_old: bool) -> None:
    """Give the client another secret; where it has two already, the older one goes, as the console wants it."""
    _, client = _found(world, client_id)
    old = client.client_secret
    if len(client.secrets) > 1:
        world.console.destroy_secret(client_id, next(one.text for one in client.secrets if one.text != old))
    world.console.add_secret(client_id)
    if disable_old:
        world.console.disable_secret(client_id, old)


def _change_screen(world: World, client_id: str, **changes: Any) -> None:
    project = _project(world, client_id)
    if project.consent_screen is None:
        raise ConsoleRefused("There is no consent screen yet.", stand_in=True)
    world.console.configure_consent_screen(project, replace(project.consent_screen, **changes))


def _project(world: World, client_id: str) -> Project:
    return _found(world, client_id)[0]


def _found(world: World, client_id: str) -> tuple[Project, OAuthClient]:
    found = world.console.client(client_id)
    if found is None:
        raise ValueError(f"there is no client {client_id} in this console")
    return found


def _known(world: World, address: str) -> Account:
    account = world.account(address)
    if account is None:
        raise ValueError(f"there is no account {address} in this world")
    return account
