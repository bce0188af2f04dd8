"""A setup's Google half, made in a simulated Google: accounts, project, consent screen, client."""

from __future__ import annotations

from fakes import console, workspace
from fakes.accounts import Account
from fakes.clients import ClientType
from fakes.console import OAuthClient, Project
from fakes.google import SimulatedGoogle
from gmailsync.model.profile import IncomingProtocol
from gmailsync.model.setup import ClientState, GoogleAccount, Organisation, Setup
from gmailsync.model.values import ANY, SAME
from gmailsync.simulation.facts import Facts


def add_accounts(google: SimulatedGoogle, setup: Setup) -> Facts:
    """Step 1: make the accounts with their switches. An organisation's administrator overrules a user's switch."""
    found: Facts = []
    organisation = setup.google.organisation
    if organisation:
        policies = workspace.Workspace(
            unconfigured_apps=workspace.AppAccess[organisation.unconfigured_apps.name],
            gmail_restricted=organisation.gmail_restricted,
            imap=organisation.imap_allowed,
            pop=organisation.pop_allowed,
        )
        google.world.set_workspace(organisation.domain, policies)
    for account in setup.google.accounts:
        member = organisation if organisation and _is_member(account, organisation) else None
        by_pop = setup.profile.protocol is IncomingProtocol.POP
        allowed = member is None or (member.pop_allowed if by_pop else member.imap_allowed)
        added = _add_account(google, account, member)
        off = f"{setup.profile.protocol.upper()} off by the administrator of {member.domain}" if member else ""
        found.append((account.address, ", ".join([_switches(added) if allowed else off, *_peculiarities(account)])))
    return found


def _add_account(google: SimulatedGoogle, account: GoogleAccount, member: Organisation | None) -> Account:
    with google.world.lock:
        made = google.add_account(
            account.address,
            name=account.name,
            imap=account.imap,
            pop=account.pop,
            gmail=account.gmail,
            organisation=member.domain if member else None,
            classic=account.classic,
        )
        if account.app_password is not None:
            google.set_app_password(account.address, account.app_password.reveal())
        made.advanced_protection = account.advanced_protection
        if account.suspended:
            google.world.suspend_account(account.address)
        return made


def create_project(google: SimulatedGoogle, setup: Setup) -> tuple[Project, Facts]:
    """Step 2: make the project, in the organisation if there is one."""
    organisation = setup.google.organisation
    with google.world.lock:
        project = google.console.create_project(
            setup.google.project, organisation=organisation.domain if organisation else None
        )
    return project, [
        ("project", f"{project.name} (id {project.id}, number {project.number})"),
        ("organisation", project.organisation or "none"),
    ]


def configure_consent_screen(google: SimulatedGoogle, setup: Setup, project: Project) -> Facts:
    """Step 3, first half: the consent screen. Raises `fakes.console.ConsoleRefused`."""
    told = setup.google.consent_screen
    screen = console.ConsentScreen(
        user_type=console.UserType[told.user_type.name],
        publishing_status=console.PublishingStatus[told.publishing_status.name],
        app_name=told.app_name,
        support_email=setup.google.accounts[0].address if setup.google.accounts else "",
        authorized_domains=told.authorized_domains,
        test_users=told.test_users,  # the guide adds them in step 6, but owners sign in before that
        verified=told.verified,
    )
    with google.world.lock:
        google.console.configure_consent_screen(project, screen)
    return [
        (
            "consent screen",
            f"{told.app_name}: {told.user_type}, {told.publishing_status}{', verified' if told.verified else ''}",
        ),
        ("authorized domains", _listed(told.authorized_domains)),
    ]


def create_client(google: SimulatedGoogle, setup: Setup, project: Project) -> tuple[OAuthClient, Facts]:
    """Step 3, second half: the OAuth client. Raises `fakes.console.ConsoleRefused`."""
    told = setup.google.client
    name = setup.google.consent_screen.app_name
    type_ = ClientType[told.type.name]
    with google.world.lock:
        if type_ is ClientType.WEB:
            client = google.console.create_web_client(project, name, told.javascript_origins, told.redirect_uris)
        else:
            client = google.console.create_other_client(project, name, type_)
        _govern_client(google, setup.google.organisation, client.client_id)
        if told.state is ClientState.DISABLED:
            google.console.disable_client(client.client_id)
        if told.state is ClientState.DELETED:
            google.console.delete_client(client.client_id)
    return client, [
        ("client", f"{told.type} application" + ("" if told.state is ClientState.ACTIVE else f", {told.state}")),
        ("JavaScript origins", _listed(client.javascript_origins)),
        ("redirect URIs", _listed(client.redirect_uris)),
        ("client id", client.client_id),
        ("client secret", "made, not shown" if client.secrets else "none: a client of this type has no secret"),
    ]


def _govern_client(google: SimulatedGoogle, organisation: Organisation | None, client_id: str) -> None:
    """Let the organisation's administrator decide about the client, now that it has an id."""
    if organisation is None:
        return
    access = workspace.AppAccess[organisation.app_access.name]
    listed = organisation.imap_clients
    google.world.change_workspace(
        organisation.domain,
        apps={} if access is workspace.AppAccess.UNRESTRICTED else {client_id: access},
        imap_clients=None if listed == ANY else frozenset(client_id if one == SAME else one for one in listed),
    )


def _is_member(account: GoogleAccount, organisation: Organisation) -> bool:
    return account.address.lower().endswith("@" + organisation.domain.lower())


def _switches(account: Account) -> str:
    """Tell what is on; Google leaves a consumer no choice about IMAP, whatever the setup says."""
    return f"IMAP {'on' if account.imap_on else 'off'}, POP {'on' if account.pop else 'off'}"


def _peculiarities(account: GoogleAccount) -> list[str]:
    told = {
        "no Gmail": not account.gmail,
        "suspended": account.suspended,
        "in Advanced Protection": account.advanced_protection,
        "folders instead of labels": account.classic,
        "an app password": account.app_password is not None,
    }
    return [words for words, is_so in told.items() if is_so]


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(texts) or "none"
