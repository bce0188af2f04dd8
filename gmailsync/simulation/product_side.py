"""A setup's half on this side, made with the program's own flows: profile, mailboxes, sign-ins, Test & Enable."""

from __future__ import annotations

from fakes.consent import ConsentStopped
from fakes.console import OAuthClient
from fakes.google import SimulatedGoogle
from gmailsync.errors import GmailSyncError
from gmailsync.flows import administration, sign_in
from gmailsync.flows.test_and_enable import test_and_enable
from gmailsync.model.history import AppAccess, PublishingStatus
from gmailsync.model.profile import GMAIL_INCOMING, NewProfile
from gmailsync.model.secret import Secret
from gmailsync.model.setup import Organisation, Setup, SetupMailbox, UserType
from gmailsync.ports import Ports
from gmailsync.simulation import facts
from gmailsync.simulation.facts import Facts, StepFailed


def create_profile(ports: Ports, setup: Setup, client: OAuthClient) -> Facts:
    """Step 4: the server profile, with the client of step 3 where the setup says `same`."""
    told = setup.profile
    if told.client_secret is None and not client.client_secret:
        raise StepFailed(
            [
                ("client secret", f"a client of type {client.type} has none, and a server profile needs one"),
                ("what to do", "create a client of type Web application"),
            ]
        )
    profile = administration.add_profile(
        ports,
        NewProfile(
            name=told.name,
            client_id=told.client_id or client.client_id,
            client_secret=told.client_secret or Secret(client.client_secret),
            environment=setup.environment,
            protocol=told.protocol,
            incoming=GMAIL_INCOMING[told.protocol],
            read_from=told.start_date,
        ),
    )
    return [
        ("profile", f"{profile.name} (type {profile.server_type}, authentication {profile.authentication})"),
        ("client id", profile.client_id if told.client_id else "the one of step 3"),
        ("incoming", f"{profile.incoming} ({profile.protocol}), filled in by itself"),
        ("outgoing", f"{profile.outgoing} (SMTP), filled in by itself"),
        ("redirect URI", profile.redirect_uri),
    ]


def configure_mailboxes(ports: Ports, google: SimulatedGoogle, setup: Setup) -> Facts:
    """Step 5: make, approve and sign in every mailbox. Raises `StepFailed` when an owner does not get in."""
    found: Facts = []
    failed = False
    for told in setup.mailboxes:
        _add(ports, setup, told)
        try:
            found.append((told.address, _sign_in(ports, google, told.address)))
        except ConsentStopped as stopped:
            found += facts.of_page(stopped, told.address)
            failed = True
        except GmailSyncError as error:
            found += facts.of_error(error, told.address)
            failed = True
    if failed:
        raise StepFailed(found)
    return found


def _add(ports: Ports, setup: Setup, told: SetupMailbox) -> None:
    administration.add_mailbox(
        ports,
        told.address,
        profile=setup.profile.name,
        incoming=told.incoming,
        outgoing=told.outgoing,
        folders=told.folders,
        labels=told.labels,
        read_from=told.start_date,
        kind=told.kind,
        acceptance=told.acceptance,
        pop_recent=told.pop_recent,
        pop_delete=told.pop_delete,
    )
    if told.approved:
        administration.approve(ports, told.address)


def _sign_in(ports: Ports, google: SimulatedGoogle, address: str) -> str:
    """Let the owner sign in to Gmail, and return what was granted."""
    attempt = sign_in.begin(ports, address)
    grant = sign_in.finish(ports, google.give_consent(attempt.url, address))
    until = f", good until {grant.refresh_expires_at:%Y-%m-%d}" if grant.refresh_expires_at else ""
    return f"signed in to Gmail, granted {' '.join(sorted(grant.scopes))}; refresh token kept encrypted{until}"


def check_test_users(setup: Setup) -> Facts:
    """Step 6: while an External app is in testing, every owner has to be a test user. Raises `StepFailed`.

    People of an organisation that trusts the app need not be (google.md 2.8 and 6).
    """
    screen = setup.google.consent_screen
    if screen.user_type is UserType.INTERNAL:
        return [("test users", "not needed: the app is Internal")]
    if screen.publishing_status is PublishingStatus.PRODUCTION:
        return [("test users", "not needed: the app is in production")]
    listed = {address.lower() for address in screen.test_users}
    found: Facts = []
    missing = False
    for mailbox in setup.mailboxes:
        if mailbox.address.lower() in listed:
            found.append((mailbox.address, "is a test user"))
        elif _is_trusting(setup.google.organisation, mailbox.address):
            found.append((mailbox.address, "need not be a test user: the organisation trusts the app"))
        else:
            found.append((mailbox.address, "is not a test user"))
            missing = True
    if missing:
        advice = "add every owner under Test users in the Google console, then let them sign in"
        raise StepFailed([*found, ("what to do", advice)])
    return [*found, ("in force since", "step 3, as owners sign in in step 5")]


def _is_trusting(organisation: Organisation | None, address: str) -> bool:
    """Tell whether the owner belongs to an organisation that marked the app as trusted."""
    if organisation is None or organisation.app_access is not AppAccess.TRUSTED:
        return False
    return address.lower().endswith(f"@{organisation.domain.lower()}")


def test_and_enable_all(ports: Ports, setup: Setup) -> Facts:
    """Step 7: every stage of Test & Enable for every mailbox. Raises `StepFailed` when a stage fails."""
    trials = [test_and_enable(ports, told.address, enable=True) for told in setup.mailboxes]
    found = [fact for trial in trials for fact in facts.of_trial(trial)]
    if not all(trial.ok for trial in trials):
        raise StepFailed(found)
    return found
