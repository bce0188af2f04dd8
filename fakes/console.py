"""The Google Cloud console, as far as OAuth needs it: projects, consent screens, test users, OAuth clients.

What the console refuses on saving, it refuses here (google.md 2.12); which addresses it takes is
decided in `fakes.forms`, what becomes of a client in `fakes.clients`. What Google does *later* with
these settings is decided in `fakes.oauth`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from fakes.clients import IDLE_LIFE, ClientChange, ClientSecret, ClientState, ClientType, SavedRedirects
from fakes.clients import OAuthClient as OAuthClient  # for callers of the console, as is ConsoleRefused below
from fakes.clock import Clock
from fakes.forms import PRIVATE_DOMAIN, check_origin, check_redirect, is_local, top_private_domain
from fakes.forms import ConsoleRefused as ConsoleRefused
from fakes.ids import DIGITS, Ids

TEST_USER_LIMIT = 100
"""Test users of a project in Testing; a slot stays used when its user is removed (google.md 2.12)."""


class UserType(StrEnum):
    """Who may use the app at all."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class PublishingStatus(StrEnum):
    """How far an External app is published."""

    TESTING = "testing"
    PRODUCTION = "production"


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
    clients: dict[str, OAuthClient] = field(default_factory=dict)
    test_user_slots: set[str] = field(default_factory=set)


class Console:
    """Every project of the world. Callers hold the world's lock.

    `effective_after` may be set to what Google takes, "5 minutes to a few hours", before it goes by
    redirect URIs that were saved (google.md 2.6). `tell` gets a sentence for the journal about every
    change in a client's life.
    """

    def __init__(self, clock: Clock, ids: Ids, tell: Callable[[str], object] = lambda _: None) -> None:
        self._clock = clock
        self._ids = ids
        self._tell = tell
        self.effective_after = timedelta(0)
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
            if client.state is ClientState.DELETED:
                continue
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

    def remove_test_user(self, project: Project, address: str) -> None:
        """Take an address off the list of test users; its slot stays used. ValueError when it is not on the list."""
        screen = _configured(project)
        if not screen.is_test_user(address):
            raise ValueError(f"{address} is not a test user of {project.name}")
        left = tuple(user for user in screen.test_users if user.lower() != address.lower())
        self.configure_consent_screen(project, replace(screen, test_users=left))

    def create_web_client(
        self,
        project: Project,
        name: str,
        javascript_origins: Sequence[str] = (),
        redirect_uris: Sequence[str] = (),
    ) -> OAuthClient:
        """Create a web client with a fresh id and secret. `ConsoleRefused` carries the console's words."""
        _check_addresses(project, javascript_origins, redirect_uris)
        return self._made(project, name, ClientType.WEB, javascript_origins, redirect_uris)

    def create_other_client(self, project: Project, name: str, type_: ClientType) -> OAuthClient:
        """Create a client of a type that asks for no addresses; Android's has no secret either.

        ValueError for a web client, `ConsoleRefused` when there is no consent screen yet.
        """
        if type_ is ClientType.WEB:
            raise ValueError("a web client has addresses: create_web_client")
        _configured(project)
        return self._made(project, name, type_)

    def _made(
        self,
        project: Project,
        name: str,
        type_: ClientType,
        javascript_origins: Sequence[str] = (),
        redirect_uris: Sequence[str] = (),
    ) -> OAuthClient:
        client = OAuthClient(
            name,
            self._ids.client_id(project.number),
            () if type_ is ClientType.ANDROID else (self._fresh_secret(),),
            (self._saved(redirect_uris),),
            self._clock.now(),
            tuple(javascript_origins),
            type_,
        )
        project.clients[client.client_id] = client
        return client

    def client(self, client_id: str) -> tuple[Project, OAuthClient] | None:
        """Find a client of any project by its id, which is compared exactly; its state is brought up to date."""
        for project in self.projects.values():
            if client_id in project.clients:
                return project, self._up_to_date(project, project.clients[client_id])
        return None

    def note_use(self, client_id: str) -> None:
        """Remember that Google served the client now. ValueError when there is none."""
        project, client = self._known(client_id)
        project.clients[client_id] = replace(client, last_used=self._clock.now())

    def _up_to_date(self, project: Project, client: OAuthClient) -> OAuthClient:
        """Let Google delete a client that was not used for six months; the notice by mail is left out."""
        current = client.up_to_date(self._clock.now())
        if current is not client:
            project.clients[client.client_id] = current
            self._tell(
                f"client {client.client_id} was deleted by Google: not used since {client.last_used:%Y-%m-%d}, "
                f"{IDLE_LIFE.days} days ago or more; it can be restored for a while"
            )
        return current

    def edit_web_client(
        self,
        client_id: str,
        *,
        javascript_origins: Sequence[str] | None = None,
        redirect_uris: Sequence[str] | None = None,
    ) -> OAuthClient:
        """Save other addresses of a client; None leaves them. `ConsoleRefused` carries the console's words.

        Google goes by the redirect URIs of before until `effective_after` has passed.
        """
        project, client = self._known(client_id)
        if client.type is not ClientType.WEB:
            raise ConsoleRefused(f"A client of type {client.type.value} has no such addresses.", stand_in=True)
        origins = client.javascript_origins if javascript_origins is None else tuple(javascript_origins)
        uris = client.redirect_uris if redirect_uris is None else tuple(redirect_uris)
        _check_addresses(project, origins, uris)
        saves = client.saves if uris == client.redirect_uris else (*client.saves, self._saved(uris))
        return self._keep(replace(client, javascript_origins=origins, saves=saves), "was edited")

    # --- the life of a client ---

    def disable_client(self, client_id: str) -> OAuthClient:
        """Disable a client: `disabled_client` until it is enabled."""
        return self._change(client_id, ClientChange.DISABLE, "was disabled")

    def enable_client(self, client_id: str) -> OAuthClient:
        """Enable a disabled client; its refresh tokens work again."""
        return self._change(client_id, ClientChange.ENABLE, "was enabled")

    def delete_client(self, client_id: str) -> OAuthClient:
        """Delete a client: `deleted_client` from now on, unless it is restored within 30 days."""
        return self._change(client_id, ClientChange.DELETE, "was deleted")

    def restore_client(self, client_id: str) -> OAuthClient:
        """Restore a deleted client with its secrets and tokens. `ConsoleRefused` when the 30 days are over."""
        return self._change(client_id, ClientChange.RESTORE, "was restored")

    def add_secret(self, client_id: str) -> ClientSecret:
        """Give a client a second secret; both are good. `ConsoleRefused` when it has two."""
        secret = self._fresh_secret()
        self._keep(self._known(client_id)[1].with_secret(secret), "has got another secret")
        return secret

    def disable_secret(self, client_id: str, secret: str) -> None:
        """Disable one of a client's secrets. ValueError when it has no such secret."""
        self._keep(self._known(client_id)[1].with_switched_secret(secret, enabled=False), "has a secret disabled")

    def enable_secret(self, client_id: str, secret: str) -> None:
        """Enable a disabled secret. ValueError when the client has no such secret."""
        self._keep(self._known(client_id)[1].with_switched_secret(secret, enabled=True), "has a secret enabled again")

    def destroy_secret(self, client_id: str, secret: str) -> None:
        """Take one of two secrets away for good. `ConsoleRefused` for the only one, ValueError for an unknown one."""
        self._keep(self._known(client_id)[1].without_secret(secret), "has a secret destroyed")

    def _change(self, client_id: str, change: ClientChange, done: str) -> OAuthClient:
        return self._keep(self._known(client_id)[1].changed(change, self._clock.now()), done)

    def _known(self, client_id: str) -> tuple[Project, OAuthClient]:
        found = self.client(client_id)
        if found is None:
            raise ValueError(f"there is no client {client_id} in this console")
        return found

    def _keep(self, client: OAuthClient, done: str) -> OAuthClient:
        """Put the changed copy in the old one's place."""
        self._known(client.client_id)[0].clients[client.client_id] = client
        self._tell(f"client {client.client_id} {done}")
        return client

    def _fresh_secret(self) -> ClientSecret:
        return ClientSecret(self._ids.client_secret(), self._clock.now())

    def _saved(self, uris: Sequence[str]) -> SavedRedirects:
        return SavedRedirects(self._clock.now() + self.effective_after, tuple(uris))


def _configured(project: Project) -> ConsentScreen:
    if project.consent_screen is None:
        raise ConsoleRefused(
            "To create an OAuth client ID, you must first configure your consent screen.", stand_in=True
        )
    return project.consent_screen


def _check_addresses(project: Project, origins: Sequence[str], redirect_uris: Sequence[str]) -> None:
    """Check a client's addresses, each by itself and against the consent screen."""
    screen = _configured(project)
    for origin in origins:
        check_origin(origin)
    for uri in redirect_uris:
        check_redirect(uri)
    _require_authorized(screen, [*redirect_uris, *origins])


def _require_authorized(screen: ConsentScreen, uris: Iterable[str]) -> None:
    """Every host lies under an authorized domain (google.md 2.12); localhost needs none."""
    for uri in uris:
        host = urlsplit(uri).hostname or ""
        if not is_local(host) and top_private_domain(host) not in screen.authorized_domains:
            raise ConsoleRefused(f"Invalid domain: {host} is not under an authorized domain.", stand_in=True)
