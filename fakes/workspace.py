"""An organisation's policies in the Admin console: which apps may have its data, and who may use IMAP and POP.

They are plain data; an administrator's change is another `Workspace` in `World.workspaces`. What a
policy leads to is said where it is met: at the pages, at the token endpoint, at IMAP and POP (google.md 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fakes.grants import GMAIL_PREFIXES, SIGN_IN_SCOPES


class AppAccess(StrEnum):
    """What an administrator has decided for one app, by its client id, or for all apps nobody decided about."""

    UNRESTRICTED = "unrestricted"
    """Any scope but those of a restricted service: what an app nobody decided about has, unless that is forbidden."""
    LIMITED = "limited"
    """The same for one app; for apps nobody decided about, only to learn who somebody is."""
    BLOCKED = "blocked"
    TRUSTED = "trusted"
    """Any scope; no list of test users, no limit of new users and no choice between scopes."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The policies of one organisation; the defaults are those of a new one.

    `gmail_restricted` keeps Gmail's scopes for Trusted apps. `imap_clients` are the client ids that
    may use IMAP; None when the administrator keeps no such list. `access_contact` is what users of a blocked
    app are told to visit, in the administrator's words.
    """

    apps: Mapping[str, AppAccess] = field(default_factory=dict)
    unconfigured_apps: AppAccess = AppAccess.UNRESTRICTED
    gmail_restricted: bool = False
    imap: bool = True
    pop: bool = True
    imap_clients: frozenset[str] | None = None
    access_contact: str = "your administrator"

    def __post_init__(self) -> None:
        if self.unconfigured_apps is AppAccess.TRUSTED:
            raise ValueError("only an app that is named can be trusted")

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
            case AppAccess.LIMITED if not configured:
                return not beyond_sign_in
            case _:
                return not (self.gmail_restricted and any(scope.startswith(GMAIL_PREFIXES) for scope in beyond_sign_in))

    def allows_imap(self, client_id: str) -> bool:
        """Tell whether the app may fetch mail by IMAP."""
        return self.imap and (self.imap_clients is None or client_id in self.imap_clients)
