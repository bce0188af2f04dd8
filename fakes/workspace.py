"""An organisation's policies in the Admin console: which apps may have its data, and who may use IMAP and POP.

They are plain data; an administrator's change is another `Workspace`, saved in `Workspaces`. What a
policy leads to is said where it is met: at the pages, at the token endpoint, at IMAP and POP (google.md 6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fakes.clock import Clock
from fakes.gmail.filters import Criteria
from fakes.grants import GMAIL_PREFIXES, SIGN_IN_SCOPES

ROOT = "/"
"""The organisational unit that is the organisation itself."""


class AppAccess(StrEnum):
    """What an administrator has decided for one app, by its client id, or for all apps nobody decided about."""

    UNRESTRICTED = "unrestricted"
    """Any scope but those of a restricted service: what an app nobody decided about has, unless that is forbidden."""
    LIMITED = "limited"
    """The same for one app; for apps nobody decided about, only to learn who somebody is."""
    SPECIFIC = "specific"
    """"Specific Google data": the scopes named for the app, also those of a restricted service, and no others."""
    BLOCKED = "blocked"
    TRUSTED = "trusted"
    """Any scope; no list of test users, no limit of new users and no choice between scopes."""


class Reauthentication(StrEnum):
    """How Google calls a session that is over: `error_subtype` of the answer (google.md 2.7).

    Both are seen; when Google says which is not known, so the organisation's policy tells.
    """

    INVALID = "invalid_rapt"
    REQUIRED = "rapt_required"


@dataclass(frozen=True, slots=True)
class Unit:
    """What an organisational unit decides about IMAP and POP; None leaves it to the unit above.

    `imap_clients` belongs to the decision for IMAP: the client ids that may use it, None for any.
    """

    imap: bool | None = None
    pop: bool | None = None
    imap_clients: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.imap_clients is not None and not self.imap:
            raise ValueError("a list of IMAP clients goes with IMAP on")


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A compliance rule that rejects outgoing mail; `text` is what the administrator wants the sender to read."""

    criteria: Criteria
    text: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """The policies of one organisation; the defaults are those of a new one.

    `specific_scopes` are the scopes of each app whose access is SPECIFIC. `gmail_restricted` keeps Gmail's scopes for
    apps that are named for them. `imap`, `pop` and `imap_clients` are decided for the whole organisation;
    `imap_clients` are the client ids that may use IMAP, None when the administrator keeps no such list. `units` decide
    for less, each by its path such as "/Sales". `content_rules` hold outgoing mail back. `access_contact` is what users
    of a blocked app are told to visit, in the administrator's words. `cloud_session` is how long a sign-in lasts for
    Google Cloud's scopes, None for ever; `cloud_session_over` what Google calls its end.
    """

    apps: Mapping[str, AppAccess] = field(default_factory=dict)
    specific_scopes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unconfigured_apps: AppAccess = AppAccess.UNRESTRICTED
    gmail_restricted: bool = False
    imap: bool = True
    pop: bool = True
    imap_clients: frozenset[str] | None = None
    units: Mapping[str, Unit] = field(default_factory=dict)
    content_rules: tuple[ContentRule, ...] = ()
    access_contact: str = "your administrator"
    cloud_session: timedelta | None = None
    cloud_session_over: Reauthentication = Reauthentication.INVALID

    def __post_init__(self) -> None:
        if self.unconfigured_apps in (AppAccess.TRUSTED, AppAccess.SPECIFIC):
            raise ValueError(f"only an app that is named can be {self.unconfigured_apps.value}")
        for path in self.units:
            require_unit(path)
            if path == ROOT:
                raise ValueError("the organisation itself decides by the policy's own fields")

    def trusts(self, client_id: str) -> bool:
        """Tell whether the administrator marked the app as Trusted."""
        return self.apps.get(client_id) is AppAccess.TRUSTED

    def allows(self, client_id: str, scopes: Iterable[str], *, internal: bool = False) -> bool:
        """Tell whether users may give these scopes to the app.

        An `internal` app is the organisation's own and no third party's: it may, unless it is named and not Trusted.
        """
        configured = client_id in self.apps
        if self.trusts(client_id) or (internal and not configured):
            return True
        beyond_sign_in = [scope for scope in scopes if scope not in SIGN_IN_SCOPES]
        match self.apps.get(client_id, self.unconfigured_apps):
            case AppAccess.BLOCKED:
                return False
            case AppAccess.SPECIFIC:
                # That signing in needs no naming is from memory.
                return self.specific_scopes.get(client_id, frozenset()).issuperset(beyond_sign_in)
            case AppAccess.LIMITED if not configured:
                return not beyond_sign_in
            case _:
                return not (self.gmail_restricted and any(scope.startswith(GMAIL_PREFIXES) for scope in beyond_sign_in))

    def allows_imap(self, unit: str = ROOT) -> bool:
        """Tell whether IMAP is on for the people of the unit."""
        return bool(self._imap(unit).imap)

    def allows_imap_client(self, client_id: str, unit: str = ROOT) -> bool:
        """Tell whether the allow-list of the unit, if there is one, has the app."""
        clients = self._imap(unit).imap_clients
        return clients is None or client_id in clients

    def allows_pop(self, unit: str = ROOT) -> bool:
        """Tell whether POP is on for the people of the unit."""
        return next((bool(decided.pop) for decided in self._deciding(unit) if decided.pop is not None), self.pop)

    def _imap(self, unit: str) -> Unit:
        """Return the nearest decision about IMAP, which has its list of clients with it."""
        whole = Unit(self.imap, imap_clients=self.imap_clients if self.imap else None)
        return next((decided for decided in self._deciding(unit) if decided.imap is not None), whole)

    def _deciding(self, unit: str) -> Iterator[Unit]:
        """Yield what the unit and those above it decide, the nearest first, without the organisation itself."""
        while unit.strip("/"):
            if unit in self.units:
                yield self.units[unit]
            unit = unit.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class SavedWorkspace:
    """Policies as they were saved once, and from when on Google goes by them."""

    effective_from: datetime
    workspace: Workspace


class Workspaces:
    """The Admin consoles of every organisation of the world. Callers hold the world's lock.

    `effective_after` may be set to what Google takes, "up to 24 h", before it goes by policies that were saved
    (google.md 6). `tell` gets a sentence for the journal about every save.
    """

    def __init__(self, clock: Clock, tell: Callable[[str], object] = lambda _: None) -> None:
        self._clock = clock
        self._tell = tell
        self.effective_after = timedelta(0)
        self._saves: dict[str, list[SavedWorkspace]] = {}

    def save(self, domain: str, workspace: Workspace) -> None:
        """Save the organisation's policies; Google goes by those of before until `effective_after` has passed."""
        effective_from = self._clock.now() + self.effective_after
        self._saves.setdefault(domain.lower(), []).append(SavedWorkspace(effective_from, workspace))
        later = f", effective from {effective_from.isoformat()}" if self.effective_after else ""
        self._tell(f"an administrator of {domain} saved other policies{later}")

    def saved(self, domain: str) -> Workspace:
        """Return what the Admin console shows: the policies saved last, effective or not."""
        saves = self._saves.get(domain.lower())
        return saves[-1].workspace if saves else Workspace()

    def effective(self, domain: str) -> Workspace:
        """Return the policies that Google goes by; those of a new organisation while the first are on their way."""
        now = self._clock.now()
        effective = [save.workspace for save in self._saves.get(domain.lower(), []) if save.effective_from <= now]
        return effective[-1] if effective else Workspace()


def require_unit(path: str) -> None:
    """Raise ValueError unless this is the path of an organisational unit, such as "/" or "/Sales/Europe"."""
    if path != ROOT and not (path.startswith(ROOT) and all(path.split("/")[1:])):
        raise ValueError(f"not the path of an organisational unit: {path!r}")
