"""The setup: what a customer has at Google and here, in the order of the seven steps of the guide.

A setup may be wrong, and often is: it says what the customer did, not what they should have
done. `correct_setup` is the setup of somebody who followed the guide to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList
from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator, Strict
from pydantic.dataclasses import dataclass

from gmailsync.model.mailbox import DeliveryMethod
from gmailsync.model.profile import CALLBACK_PATH, IncomingProtocol
from gmailsync.model.secret import Secret

SAME = "same"
"""In a setup file: the client id or secret that the Google console made in step 3."""

EXAMPLE_ADDRESS = "alice@contoso.com"
"""The mailbox of a setup that names none."""


class UserType(StrEnum):
    """Who may use the app: the organisation's own people, or anybody with a Google account."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class PublishingStatus(StrEnum):
    """Whether an External app is open to its test users only, or to all."""

    TESTING = "testing"
    PRODUCTION = "production"


class ClientType(StrEnum):
    """The application type of the OAuth client."""

    WEB = "web"


class AppAccess(StrEnum):
    """What the organisation's administrator lets third-party apps do."""

    UNRESTRICTED = "unrestricted"


# --- Types of single values ------------------------------------------------------------------


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("a text that is not empty")
    if not value.isprintable():
        raise ValueError("a text of printable characters on one line")
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", value):
        raise ValueError(f"an email address such as {EXAMPLE_ADDRESS}")
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"(?:[a-zA-Z0-9-]{1,63}\.)+[a-zA-Z0-9-]{2,63}", value):
        raise ValueError("a domain such as contoso.com, without scheme and path")
    return value


def _environment(value: str) -> str:
    """Return the base URL without a slash at its end; `https`, or `http` for this machine only."""
    allowed = "a URL such as https://contoso.crm.dynamics.com, without path (http only for localhost)"
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError as error:
        raise ValueError(allowed) from error
    local = url.hostname in {"localhost", "127.0.0.1", "::1"}
    if url.scheme != "https" and not (url.scheme == "http" and local):
        raise ValueError(allowed)
    bare = url.path in {"", "/"} and not (url.query or url.fragment or url.username is not None or port == 0)
    if not bare or not (local or re.fullmatch(r"(?:[a-zA-Z0-9-]{1,63}\.)+[a-zA-Z0-9-]{2,63}", url.hostname or "")):
        raise ValueError(allowed)
    return value.rstrip("/")


def _none_for_same(value: object) -> object:
    return None if value == SAME else value


def _secret(value: object) -> Secret | None:
    if value is None or value == SAME:
        return None
    if isinstance(value, str) and value.strip():
        return Secret(value)
    raise ValueError(f"{SAME}, or the client secret as text")


OnOff = Annotated[bool, Strict()]
Text = Annotated[str, AfterValidator(_text)]
Address = Annotated[str, AfterValidator(_address)]
Domain = Annotated[str, AfterValidator(_domain)]
Environment = Annotated[str, AfterValidator(_environment)]


# --- The setup -------------------------------------------------------------------------------

_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


@dataclass(frozen=True, config=_STRICT)
class GoogleAccount:
    """Step 1: a Google account and the switches in its Gmail settings."""

    address: Address
    imap: OnOff = True
    pop: OnOff = False


@dataclass(frozen=True, config=_STRICT)
class Organisation:
    """The Google Workspace organisation; where there is none, the accounts are personal ones."""

    domain: Domain
    imap_allowed: OnOff = True
    app_access: AppAccess = AppAccess.UNRESTRICTED


@dataclass(frozen=True, config=_STRICT)
class ConsentScreen:
    """Step 3: the OAuth consent screen; its test users are step 6."""

    user_type: UserType
    publishing_status: PublishingStatus
    app_name: Text
    authorized_domains: tuple[Text, ...]
    test_users: tuple[Address, ...]


@dataclass(frozen=True, config=_STRICT)
class WebClient:
    """Step 3: the OAuth client. The console judges origins and redirect URIs, not this file."""

    type: ClientType
    javascript_origins: tuple[Text, ...]
    redirect_uris: tuple[Text, ...]


def _accounts_once(entries: tuple[GoogleAccount, ...]) -> tuple[GoogleAccount, ...]:
    _refuse_twice(entry.address for entry in entries)
    return entries


@dataclass(frozen=True, config=_STRICT)
class Google:
    """Steps 1 to 3 and 6: everything that lies at Google."""

    accounts: Annotated[tuple[GoogleAccount, ...], AfterValidator(_accounts_once)]
    project: Text
    consent_screen: ConsentScreen
    client: WebClient
    organisation: Organisation | None = None


@dataclass(frozen=True, config=_STRICT)
class SetupProfile:
    """Step 4: the server profile. `None`: what the console made, which a file writes as `same`."""

    name: Text
    protocol: IncomingProtocol = IncomingProtocol.IMAP
    client_id: Annotated[Text | None, BeforeValidator(_none_for_same)] = None
    client_secret: Annotated[Secret | None, PlainValidator(_secret)] = field(default=None, repr=False)


@dataclass(frozen=True, config=_STRICT)
class SetupMailbox:
    """Step 5: a mailbox that uses the profile."""

    address: Address
    incoming: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC
    outgoing: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC
    approved: OnOff = True


def _mailboxes_once(entries: tuple[SetupMailbox, ...]) -> tuple[SetupMailbox, ...]:
    if not entries:
        raise ValueError("at least one mailbox")
    _refuse_twice(entry.address for entry in entries)
    return entries


@dataclass(frozen=True, config=_STRICT)
class Setup:
    """A customer's whole setup. `environment` is the base URL of the business system."""

    environment: Environment
    google: Google
    profile: SetupProfile
    mailboxes: Annotated[tuple[SetupMailbox, ...], AfterValidator(_mailboxes_once)]


def correct_setup(environment: str, addresses: Iterable[str] = (EXAMPLE_ADDRESS,)) -> Setup:
    """Return the setup of somebody who followed the guide: an External app in testing, IMAP on."""
    environment = environment.rstrip("/")
    mailboxes = tuple(addresses)
    name = _first_label(environment)
    domain = top_private_domain(environment)
    return Setup(
        environment=environment,
        google=Google(
            accounts=tuple(GoogleAccount(address) for address in mailboxes),
            project=f"{name}-mail",
            consent_screen=ConsentScreen(
                user_type=UserType.EXTERNAL,
                publishing_status=PublishingStatus.TESTING,
                app_name=f"{name.capitalize()} CRM",
                authorized_domains=(domain,) if domain else (),
                test_users=mailboxes,
            ),
            client=WebClient(
                type=ClientType.WEB,
                javascript_origins=(environment,),
                redirect_uris=(environment + CALLBACK_PATH,),
            ),
        ),
        profile=SetupProfile(name="Gmail"),
        mailboxes=tuple(SetupMailbox(address) for address in mailboxes),
    )


def top_private_domain(environment: str) -> str | None:
    """Return what the consent screen wants under Authorized domains, such as `dynamics.com`.

    None for this machine, which needs no authorised domain (google.md 2.12).
    """
    return _public_suffixes().privatesuffix((urlsplit(environment).hostname or "").lower())


@cache
def _public_suffixes() -> PublicSuffixList:
    """Return the list, read once: that takes a while."""
    return PublicSuffixList()


def _first_label(environment: str) -> str:
    return (urlsplit(environment).hostname or "").split(".")[0]


def _refuse_twice(addresses: Iterable[str]) -> None:
    seen: set[str] = set()
    for address in addresses:
        if address.lower() in seen:
            raise ValueError(f"each address once, and {address} is there twice")
        seen.add(address.lower())
