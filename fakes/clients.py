"""OAuth clients of every application type, as values: their secrets, saved addresses and life (google.md 2.12).

A change gives a changed copy, or `ConsoleRefused` where the console would not do it. Who keeps
the copies is `fakes.console`; what a client's state means to a request, `fakes.oauth` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from fakes.forms import ConsoleRefused, is_local

SECRET_LIMIT = 2
"""Secrets of one client, so that one can be rotated in before the other goes."""
RESTORABLE = timedelta(days=30)
"""How long after its deletion a client can be had back."""
IDLE_LIFE = timedelta(days=184)
"""After how long without use Google deletes a client by itself: "6 months", of which the longest are taken.

A refresh token that is not used for six months is so seen to die before the client of its app is gone.
"""


class ClientType(StrEnum):
    """The application type, which is chosen once; its words are those of the console."""

    WEB = "Web application"
    DESKTOP = "Desktop app"
    TV = "TVs and Limited Input devices"
    ANDROID = "Android"


class ClientState(StrEnum):
    """Whether Google serves the client at all."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class ClientChange(StrEnum):
    """What an administrator does to the life of a client."""

    DISABLE = "disable"
    ENABLE = "enable"
    DELETE = "delete"
    RESTORE = "restore"


LIFE: Mapping[tuple[ClientState, ClientChange], ClientState] = MappingProxyType(
    {
        (ClientState.ACTIVE, ClientChange.DISABLE): ClientState.DISABLED,
        (ClientState.DISABLED, ClientChange.ENABLE): ClientState.ACTIVE,
        (ClientState.ACTIVE, ClientChange.DELETE): ClientState.DELETED,
        (ClientState.DISABLED, ClientChange.DELETE): ClientState.DELETED,
        (ClientState.DELETED, ClientChange.RESTORE): ClientState.ACTIVE,
    }
)
"""The life of a client; a pair that is missing is refused."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """One secret of a client; a disabled one is refused and can be enabled again."""

    text: str = field(repr=False)
    created_at: datetime
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SavedRedirects:
    """Redirect URIs as they were saved once, and from when on Google goes by them."""

    effective_from: datetime
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """An OAuth client. `secrets` and `saves` are in the order they were made.

    Only a web client has `javascript_origins` and redirect URIs of its own; every type but Android has a secret.
    `last_used` begins as the moment of creation.
    """

    name: str
    client_id: str
    secrets: tuple[ClientSecret, ...]
    saves: tuple[SavedRedirects, ...]
    last_used: datetime
    javascript_origins: tuple[str, ...] = ()
    type: ClientType = ClientType.WEB
    state: ClientState = ClientState.ACTIVE
    deleted_at: datetime | None = None

    @property
    def client_secret(self) -> str:
        """The secret that an administrator copies: the newest that is enabled, or the newest when none is.

        Empty for a type that has none.
        """
        offered = [secret for secret in self.secrets if secret.enabled] or self.secrets
        return offered[-1].text if offered else ""

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """The redirect URIs that the console shows: those saved last, effective or not."""
        return self.saves[-1].uris

    def effective_redirect_uris(self, now: datetime) -> tuple[str, ...]:
        """Return the redirect URIs that Google goes by; empty while the first are on their way."""
        effective = [save.uris for save in self.saves if save.effective_from <= now]
        return effective[-1] if effective else ()

    def may_redirect_to(self, uri: str, now: datetime) -> bool:
        """Tell whether Google sends an owner's browser there for this client.

        An installed app may use any port and path of its own machine; it has no other redirect URIs, so that those
        of a web page never match (google.md 7.1, row 4). The schemes of mobile apps are not imitated.
        """
        if self.type is ClientType.WEB:
            return uri in self.effective_redirect_uris(now)
        parts = urlsplit(uri)
        return self.type is ClientType.DESKTOP and parts.scheme == "http" and is_local(parts.hostname or "")

    def up_to_date(self, now: datetime) -> OAuthClient:
        """Return the client as time has left it: deleted by Google when it was not used for six months."""
        idle_until = self.last_used + IDLE_LIFE
        if self.state is ClientState.DELETED or now < idle_until:
            return self
        return replace(self, state=ClientState.DELETED, deleted_at=idle_until)

    def changed(self, change: ClientChange, now: datetime) -> OAuthClient:
        """Return the client after a step of its life. Google's words for a step it refuses are not known."""
        state = LIFE.get((self.state, change))
        if state is None:
            raise ConsoleRefused(f"Cannot {change.value} a client that is {self.state.value}.", stand_in=True)
        if self.deleted_at and now >= self.deleted_at + RESTORABLE:
            raise ConsoleRefused(f"A client can be restored for {RESTORABLE.days} days.", stand_in=True)
        if change is ClientChange.RESTORE:
            return replace(self, state=state, deleted_at=None, last_used=now)  # a client had back is not idle again
        return replace(self, state=state, deleted_at=now if state is ClientState.DELETED else None)

    def with_secret(self, secret: ClientSecret) -> OAuthClient:
        """Return the client with one more secret, beside the one it has."""
        if not self.secrets:
            raise ConsoleRefused(f"A client of type {self.type.value} has no secret.", stand_in=True)
        if len(self.secrets) >= SECRET_LIMIT:
            raise ConsoleRefused(f"A client has at most {SECRET_LIMIT} secrets.", stand_in=True)
        return replace(self, secrets=(*self.secrets, secret))

    def with_switched_secret(self, text: str, *, enabled: bool) -> OAuthClient:
        """Return the client with this secret enabled or disabled."""
        known = self._known(text)
        return replace(
            self, secrets=tuple(replace(one, enabled=enabled) if one == known else one for one in self.secrets)
        )

    def without_secret(self, text: str) -> OAuthClient:
        """Return the client without this secret, which cannot be its only one."""
        known = self._known(text)
        if len(self.secrets) == 1:
            raise ConsoleRefused("A client has at least one secret.", stand_in=True)
        return replace(self, secrets=tuple(one for one in self.secrets if one != known))

    def downloaded_json(self, project_id: str) -> dict[str, dict[str, str | list[str]]]:
        """Return the JSON file that the console offers for download (google.md 2.13); `installed` is from memory."""
        told: dict[str, str | list[str]] = {
            "client_id": self.client_id,
            "project_id": project_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        }
        if self.secrets:
            told["client_secret"] = self.client_secret
        if self.type is ClientType.DESKTOP:
            told["redirect_uris"] = ["http://localhost"]
        if self.redirect_uris:
            told["redirect_uris"] = list(self.redirect_uris)
        if self.javascript_origins:
            told["javascript_origins"] = list(self.javascript_origins)
        return {"web" if self.type is ClientType.WEB else "installed": told}

    def _known(self, text: str) -> ClientSecret:
        """Return the secret with this text; ValueError, which does not repeat it, when there is none."""
        for secret in self.secrets:
            if secret.text == text:
                return secret
        raise ValueError(f"client {self.client_id} has no such secret")
