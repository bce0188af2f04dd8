"""A setup's Google half, made in a simulated Google: accounts, project, consent screen, client."""

from __future__ import annotations

from fakes import console
from fakes.console import OAuthClient, Project
from fakes.google import SimulatedGoogle
from gmailsync.model.setup import GoogleAccount, Organisation, Setup
from gmailsync.simulation.facts import Facts


def add_accounts(google: SimulatedGoogle, setup: Setup) -> Facts:
    """Step 1: make the accounts with their switches. An organisation's administrator overrules a user's switch."""
    found: Facts = []
    organisation = setup.google.organisation
    for account in setup.google.accounts:
        member = organisation if organisation and _is_member(account, organisation) else None
        forbidden = member is not None and not member.imap_allowed
        google.add_account(
            account.address,
            imap=account.imap and not forbidden,
            pop=account.pop,
            organisation=member.domain if member else None,
        )
        imap = f"IMAP off by the administrator of {member.domain}" if member and forbidden else _switch(account)
        found.append((account.address, imap))
    return found


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
    )
    with google.world.lock:
        google.console.configure_consent_screen(project, screen)
    return [
        ("consent screen", f"{told.app_name}: {told.user_type}, {told.publishing_status}"),
        ("authorized domains", _listed(told.authorized_domains)),
    ]


def create_client(google: SimulatedGoogle, setup: Setup, project: Project) -> tuple[OAuthClient, Facts]:
    """Step 3, second half: the OAuth client. Raises `fakes.console.ConsoleRefused`."""
    told = setup.google.client
    with google.world.lock:
        client = google.console.create_web_client(
            project, setup.google.consent_screen.app_name, told.javascript_origins, told.redirect_uris
        )
    return client, [
        ("client", f"{told.type} application"),
        ("JavaScript origins", _listed(told.javascript_origins)),
        ("redirect URIs", _listed(told.redirect_uris)),
        ("client id", client.client_id),
        ("client secret", "made, not shown"),
    ]


def _is_member(account: GoogleAccount, organisation: Organisation) -> bool:
    return account.address.lower().endswith("@" + organisation.domain.lower())


def _switch(account: GoogleAccount) -> str:
    return f"IMAP {'on' if account.imap else 'off'}, POP {'on' if account.pop else 'off'}"


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(texts) or "none"
