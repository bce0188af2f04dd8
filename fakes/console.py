"""The Google Cloud console, as far as OAuth needs it: projects, consent screens, test users, web clients.

What the console refuses on saving, it refuses here, with Google's words where they are known
(google.md 2.12). What Google does *later* with these settings is decided in `fakes.oauth`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from urllib.parse import SplitResult, unquote, urlsplit

from publicsuffixlist import PublicSuffixList

from fakes.ids import DIGITS, Ids

TEST_USER_LIMIT = 100
"""Test users of a project in Testing; a slot stays used when its user is removed (google.md 2.12)."""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
"""The hosts that may use plain HTTP and need no public domain."""

PUBLIC_DOMAIN = "must end with a public top-level domain (such as .com or .org)"
PRIVATE_DOMAIN = "must use a domain that is a valid top private domain"


class UserType(StrEnum):
    """Who may use the app at all."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class PublishingStatus(StrEnum):
    """How far an External app is published."""

    TESTING = "testing"
    PRODUCTION = "production"


class ConsoleRefused(Exception):
    """The console did not save. The text is Google's, unless `stand_in` says that Google's words are not known."""

    def __init__(self, text: str, *, stand_in: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.stand_in = stand_in


@dataclass(frozen=True, slots=True)
class ConsentScreen:
    """Branding and audience of a project. `authorized_domains` are top private domains such as `contoso.com`."""

    user_type: UserType = UserType.EXTERNAL
    publishing_status: PublishingStatus = PublishingStatus.TESTING
    app_name: str = ""
    support_email: str = ""
    authorized_domains: tuple[str, ...] = ()
    test_users: tuple[str, ...] = ()
    verified: bool = False

    @property
    def testing(self) -> bool:
        """Whether the app is External and in Testing: test users only, refresh tokens for seven days."""
        return self.user_type is UserType.EXTERNAL and self.publishing_status is PublishingStatus.TESTING

    def is_test_user(self, address: str) -> bool:
        """Tell whether the address is on the list of test users."""
        return address.lower() in {user.lower() for user in self.test_users}


@dataclass(frozen=True, slots=True)
class WebClient:
    """An OAuth client of type Web application."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    javascript_origins: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()

    def downloaded_json(self, project_id: str) -> dict[str, dict[str, str | list[str]]]:
        """Return the JSON file that the console offers for download (google.md 2.13)."""
        web: dict[str, str | list[str]] = {
            "client_id": self.client_id,
            "project_id": project_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_secret": self.client_secret,
        }
        if self.redirect_uris:
            web["redirect_uris"] = list(self.redirect_uris)
        if self.javascript_origins:
            web["javascript_origins"] = list(self.javascript_origins)
        return {"web": web}


@dataclass(slots=True)
class Project:
    """A Google Cloud project. `organisation` is the Workspace domain that owns it; None for a consumer's project.

    `new_users` are the addresses that consented while the app was unverified and in production; they are counted for
    the life of the project.
    """

    id: str
    number: str
    name: str
    organisation: str | None = None
    consent_screen: ConsentScreen | None = None
    new_users: set[str] = field(default_factory=set)
    clients: dict[str, WebClient] = field(default_factory=dict)
    test_user_slots: set[str] = field(default_factory=set)


class Console:
    """Every project of the world. Callers hold the world's lock."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.projects: dict[str, Project] = {}

    def create_project(self, name: str, *, organisation: str | None = None) -> Project:
        """Create a project; its id is made from the name, its number is 12 digits."""
        project_id = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "project"
        if project_id in self.projects:
            project_id += "-" + self._ids.text("project id", DIGITS, 6)
        project = Project(project_id, self._ids.project_number(), name, organisation)
        self.projects[project_id] = project
        return project

    def configure_consent_screen(self, project: Project, screen: ConsentScreen) -> None:
        """Save the consent screen. `ConsoleRefused` when the console would not, and then nothing is changed."""
        if screen.user_type is UserType.INTERNAL and project.organisation is None:
            # The console greys the option out, so that there are no words to quote.
            raise ConsoleRefused("Internal: only for a project of a Google Cloud organization.", stand_in=True)
        for domain in screen.authorized_domains:
            if domain != top_private_domain(domain):
                raise ConsoleRefused(f"Invalid domain: {domain} {PRIVATE_DOMAIN}.", stand_in=True)
        for client in project.clients.values():
            _require_authorized(screen, [*client.redirect_uris, *client.javascript_origins])
        slots = project.test_user_slots | {user.lower() for user in screen.test_users}
        if len(slots) > TEST_USER_LIMIT:
            raise ConsoleRefused(f"The user limit of {TEST_USER_LIMIT} test users is reached.", stand_in=True)
        project.test_user_slots = slots
        project.consent_screen = screen

    def add_test_user(self, project: Project, address: str) -> None:
        """Add one test user. `ConsoleRefused` when there is no consent screen yet or the 100 slots are used up."""
        screen = _configured(project)
        if not screen.is_test_user(address):
            self.configure_consent_screen(project, replace(screen, test_users=(*screen.test_users, address)))

    def create_web_client(
        self,
        project: Project,
        name: str,
        javascript_origins: Sequence[str] = (),
        redirect_uris: Sequence[str] = (),
    ) -> WebClient:
        """Create a web client with a fresh id and secret. `ConsoleRefused` carries the console's words."""
        screen = _configured(project)
        for origin in javascript_origins:
            _check_origin(origin)
        for uri in redirect_uris:
            _check_redirect(uri)
        _require_authorized(screen, [*redirect_uris, *javascript_origins])
        client = WebClient(
            name,
            self._ids.client_id(project.number),
            self._ids.client_secret(),
            tuple(javascript_origins),
            tuple(redirect_uris),
        )
        project.clients[client.client_id] = client
        return client

    def client(self, client_id: str) -> tuple[Project, WebClient] | None:
        """Find a client of any project by its id, which is compared exactly."""
        for project in self.projects.values():
            if client_id in project.clients:
                return project, project.clients[client_id]
        return None


# --- rules of the forms ----------------------------------------------------------------------


@cache
def _public_suffixes() -> PublicSuffixList:
    """Return the list, read once and not before it is needed: that takes a while."""
    return PublicSuffixList(accept_unknown=False)


def top_private_domain(host: str) -> str | None:
    """Return public suffix plus one label, such as `contoso.com`; None when the host has no such domain."""
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", host):
        return None
    suffix = _public_suffixes().privatesuffix(host.lower())
    return str(suffix) if suffix else None


def is_local(host: str) -> bool:
    """Tell whether Google treats the host as the developer's own machine."""
    return host.lower() in LOCAL_HOSTS


def is_ip(host: str) -> bool:
    """Tell whether the host is a raw IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _configured(project: Project) -> ConsentScreen:
    if project.consent_screen is None:
        raise ConsoleRefused(
            "To create an OAuth client ID, you must first configure your consent screen.", stand_in=True
        )
    return project.consent_screen


def _check_redirect(uri: str) -> None:
    """Check one authorized redirect URI by google.md 2.12."""
    parts = _check_common("Invalid Redirect", uri)
    if parts.fragment or uri.endswith("#"):
        raise ConsoleRefused("Invalid Redirect: must not contain a fragment", stand_in=True)
    if re.search(r"/\.\.|\\\.\.", unquote(parts.path)):
        raise ConsoleRefused("Invalid Redirect: must not contain a path traversal", stand_in=True)
    if re.search(r"%(?![0-9A-Fa-f]{2})|%00|%C0%80", uri, re.IGNORECASE):
        raise ConsoleRefused("Invalid Redirect: must not contain invalid percent-encoding", stand_in=True)


def _check_origin(uri: str) -> None:
    """Check one authorized JavaScript origin by google.md 2.12."""
    parts = _check_common("Invalid Origin", uri)
    if parts.path or parts.query or parts.fragment:
        raise ConsoleRefused('Invalid Origin: URIs must not contain a path or end with "/"')


def _check_common(label: str, uri: str) -> SplitResult:
    """Check what redirect URIs and origins have in common, and return the URI in its parts."""
    if re.search(r"\s", uri):
        raise ConsoleRefused(f"{label}: cannot contain whitespace", stand_in=label != "Invalid Origin")
    if "*" in uri:
        raise ConsoleRefused(f"{label}: must not contain wildcard", stand_in=True)
    if not uri.isascii() or not uri.isprintable():
        raise ConsoleRefused(f"{label}: must not contain non-printable characters", stand_in=True)
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConsoleRefused(f"{label}: must be a valid URI", stand_in=True) from None
    if parts.scheme not in ("http", "https"):
        raise ConsoleRefused(f"{label}: must use either http or https as the scheme", stand_in=True)
    if not host:
        raise ConsoleRefused(f"{label}: must contain a domain", stand_in=label != "Invalid Redirect")
    if "@" in parts.netloc:
        raise ConsoleRefused(f"{label}: must not contain user information", stand_in=True)
    if not is_local(host):
        _check_public(label, parts.scheme, host)
    return parts


def _check_public(label: str, scheme: str, host: str) -> None:
    """Check the host of a URI that is not on the developer's own machine."""
    if is_ip(host):
        raise ConsoleRefused(f"{label}: {PUBLIC_DOMAIN}. {label}: {PRIVATE_DOMAIN}.")
    if _public_suffixes().publicsuffix(host.lower()) is None:
        raise ConsoleRefused(f"{label}: {PUBLIC_DOMAIN}.")
    if top_private_domain(host) in (None, "googleusercontent.com"):
        raise ConsoleRefused(f"{label}: {PRIVATE_DOMAIN}.")
    if scheme == "http":
        raise ConsoleRefused(f"{label}: must use https unless the host is localhost", stand_in=True)


def _require_authorized(screen: ConsentScreen, uris: Iterable[str]) -> None:
    """Every host lies under an authorized domain (google.md 2.12); localhost needs none."""
    for uri in uris:
        host = urlsplit(uri).hostname or ""
        if not is_local(host) and top_private_domain(host) not in screen.authorized_domains:
            raise ConsoleRefused(f"Invalid domain: {host} is not under an authorized domain.", stand_in=True)
