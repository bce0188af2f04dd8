"""The setup: what a customer has at Google and here, in the order of the seven steps of the guide.

A setup may be wrong, and often is: it says what the customer did, not what they should have
done. `correct_setup` is the setup of somebody who followed the guide to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from publicsuffixlist import PSLFILE, PublicSuffixList
from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from gmailsync.model.history import (
    ACCOUNT_KEYS,
    POLICY_KEYS,
    AppAccess,
    Event,
    Expectation,
    PublishingStatus,
    UnconfiguredApps,
)
from gmailsync.model.mailbox import Acceptance, DeliveryMethod, MailboxKind
from gmailsync.model.profile import CALLBACK_PATH, IncomingProtocol
from gmailsync.model.values import (
    ANY,
    EXAMPLE_ADDRESS,
    STRICT,
    Address,
    AppPassword,
    ClientId,
    ClientSecret,
    Domain,
    Environment,
    ImapClients,
    Name,
    OnOff,
    StartDate,
    Text,
)

MOST_EVENTS = 100
"""Of a history; more would be another story."""


class UserType(StrEnum):
    """Who may use the app: the organisation's own people, or anybody with a Google account."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class ClientType(StrEnum):
    """The application type of the OAuth client."""

    WEB = "web"
    DESKTOP = "desktop"
    TV = "tv"
    ANDROID = "android"


class ClientState(StrEnum):
    """Whether Google serves the client."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


# --- The setup -------------------------------------------------------------------------------


@dataclass(frozen=True, config=STRICT)
class GoogleAccount:
    """Step 1: a Google account and the switches in its Gmail settings.

    `gmail` is off for an account without the Gmail service, such as one without a licence; `name` may be empty.
    `app_password` opens IMAP and POP without OAuth. A `classic` account has folders instead of labels, as no Gmail
    has; it is for trying out plain mail clients.
    """

    address: Address
    imap: OnOff = True
    pop: OnOff = False
    name: Name = ""
    gmail: OnOff = True
    suspended: OnOff = False
    advanced_protection: OnOff = False
    classic: OnOff = False
    app_password: AppPassword = field(default=None, repr=False)


@dataclass(frozen=True, config=STRICT)
class Organisation:
    """The Google Workspace organisation; where there is none, the accounts are personal ones.

    `app_access` is about the client of this setup; `UNRESTRICTED` means that nobody decided about it, so that
    `unconfigured_apps` holds. `imap_clients` is `ANY` where the administrator keeps no such list.
    """

    domain: Domain
    imap_allowed: OnOff = True
    pop_allowed: OnOff = True
    imap_clients: ImapClients = ANY
    app_access: AppAccess = AppAccess.UNRESTRICTED
    unconfigured_apps: UnconfiguredApps = UnconfiguredApps.UNRESTRICTED
    gmail_restricted: OnOff = False


@dataclass(frozen=True, config=STRICT)
class ConsentScreen:
    """Step 3: the OAuth consent screen; its test users are step 6."""

    user_type: UserType
    publishing_status: PublishingStatus
    app_name: Text
    authorized_domains: tuple[Text, ...]
    test_users: tuple[Address, ...]
    verified: OnOff = False


@dataclass(frozen=True, config=STRICT)
class OAuthClient:
    """Step 3: the OAuth client. The console judges origins and redirect URIs, which only a web client has."""

    type: ClientType
    javascript_origins: tuple[Text, ...]
    redirect_uris: tuple[Text, ...]
    state: ClientState = ClientState.ACTIVE


def _accounts_once(entries: tuple[GoogleAccount, ...]) -> tuple[GoogleAccount, ...]:
    _refuse_twice(entry.address for entry in entries)
    return entries


@dataclass(frozen=True, config=STRICT)
class Google:
    """Steps 1 to 3 and 6: everything that lies at Google."""

    accounts: Annotated[tuple[GoogleAccount, ...], AfterValidator(_accounts_once)]
    project: Text
    consent_screen: ConsentScreen
    client: OAuthClient
    organisation: Organisation | None = None


@dataclass(frozen=True, config=STRICT)
class SetupProfile:
    """Step 4: the server profile. A client id or secret of None is what the console made; a file writes `same`."""

    name: Text
    protocol: IncomingProtocol = IncomingProtocol.IMAP
    client_id: ClientId = None
    client_secret: ClientSecret = field(default=None, repr=False)
    start_date: StartDate = None


@dataclass(frozen=True, config=STRICT)
class SetupMailbox:
    """Step 5: a mailbox that uses the profile, and what is read of it."""

    address: Address
    incoming: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC
    outgoing: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC
    approved: OnOff = True
    kind: MailboxKind = MailboxKind.USER
    acceptance: Acceptance = Acceptance.ALL
    folders: tuple[Text, ...] = ("INBOX",)
    labels: tuple[Text, ...] = ()
    start_date: StartDate = None
    pop_recent: OnOff = False
    pop_delete: OnOff = False


def _mailboxes_once(entries: tuple[SetupMailbox, ...]) -> tuple[SetupMailbox, ...]:
    if not entries:
        raise ValueError("at least one mailbox")
    _refuse_twice(entry.address for entry in entries)
    return entries


def _not_too_many(events: tuple[Event, ...]) -> tuple[Event, ...]:
    if len(events) > MOST_EVENTS:
        raise ValueError(f"at most {MOST_EVENTS} events")
    return events


@dataclass(frozen=True, config=STRICT)
class Setup:
    """A customer's whole setup. `environment` is the base URL of the business system.

    `history` is what happened since mail moved, `expect` what the customer saw in the end.
    """

    environment: Environment
    google: Google
    profile: SetupProfile
    mailboxes: Annotated[tuple[SetupMailbox, ...], AfterValidator(_mailboxes_once)]
    history: Annotated[tuple[Event, ...], AfterValidator(_not_too_many)] = ()
    expect: Expectation | None = None


def correct_setup(
    environment: str,
    addresses: Iterable[str] = (EXAMPLE_ADDRESS,),
    protocol: IncomingProtocol = IncomingProtocol.IMAP,
) -> Setup:
    """Return the setup of somebody who followed the guide: an External app in testing, IMAP on, and POP if by POP."""
    environment = environment.rstrip("/")
    mailboxes = tuple(addresses)
    by_pop = protocol is IncomingProtocol.POP
    name = _first_label(environment)
    domain = top_private_domain(environment)
    return Setup(
        environment=environment,
        google=Google(
            accounts=tuple(GoogleAccount(address, pop=by_pop) for address in mailboxes),
            project=f"{name}-mail",
            consent_screen=ConsentScreen(
                user_type=UserType.EXTERNAL,
                publishing_status=PublishingStatus.TESTING,
                app_name=f"{name.capitalize()} CRM",
                authorized_domains=(domain,) if domain else (),
                test_users=mailboxes,
            ),
            client=OAuthClient(
                type=ClientType.WEB,
                javascript_origins=(environment,),
                redirect_uris=(environment + CALLBACK_PATH,),
            ),
        ),
        profile=SetupProfile(name="Gmail", protocol=protocol),
        mailboxes=tuple(SetupMailbox(address) for address in mailboxes),
    )


def contradictions(setup: Setup) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Tell which parts of a setup do not go together, and what would be allowed there."""
    for number, account in enumerate(setup.google.accounts):
        if account.advanced_protection and account.app_password is not None:
            yield ("google", "accounts", number, "app_password"), "none: Advanced Protection allows no app passwords"
    accounts = {account.address.lower(): account.address for account in setup.google.accounts}
    for number, event in enumerate(setup.history):
        path = ("history", number, event.key)
        if event.key in ACCOUNT_KEYS and str(event.value).lower() not in accounts:
            yield path, f"an account of the setup: {', '.join(accounts.values())}"
        if event.key in POLICY_KEYS and setup.google.organisation is None:
            yield path, "only with google.organisation: personal accounts have no administrator"
        if event.key == "redirect_uris" and setup.google.client.type is not ClientType.WEB:
            yield path, "only a client of type web has redirect URIs"


def top_private_domain(environment: str) -> str | None:
    """Return what the consent screen wants under Authorized domains, such as `dynamics.com`.

    None for this machine, which needs no authorised domain (google.md 2.12).
    """
    host = (urlsplit(environment).hostname or "").lower()
    return _public_suffixes(host.rpartition(".")[2]).privatesuffix(host)


@cache
def _public_suffixes(top: str) -> PublicSuffixList:
    """Return the list, of which the lines about one top-level domain are enough: reading all of it takes a while."""
    if not top.isascii() or top.startswith("xn--"):  # written in two ways
        return PublicSuffixList()
    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    return PublicSuffixList([line for line in lines if line.rpartition(".")[2] == top])


def _first_label(environment: str) -> str:
    return (urlsplit(environment).hostname or "").split(".")[0]


def _refuse_twice(addresses: Iterable[str]) -> None:
    seen: set[str] = set()
    for address in addresses:
        if address.lower() in seen:
            raise ValueError(f"each address once, and {address} is there twice")
        seen.add(address.lower())
