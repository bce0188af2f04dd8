"""What can happen to a world after it was set up, as plain data: time passes, people and administrators act.

An event is a frozen value; `parse` makes it of a mapping with one key, as a setup file has it, and
`to_json` gives that mapping back. A key that a setup file also has (`app_access: blocked`) says the
new value of a setting; a key that says what was done (`password_changed: alice@contoso.com`) names
whom it befell. What befalls a client or its project concerns the one client that a history is of.
How an event happens is the business of `fakes.history`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from fakes.clients import ClientChange
from fakes.console import PublishingStatus
from fakes.durations import duration, told
from fakes.workspace import AppAccess

SAME = "same"
"""Stands for the client of the history."""

ANY = "any"
"""Stands for the absence of an allow-list."""


class AccountChange(StrEnum):
    """What befalls an account, or is done by its owner."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event, not a password
    APP_REMOVED = "app_removed"
    APP_REMOVED_BY_ADMINISTRATOR = "app_removed_by_administrator"
    SUSPENDED = "account_suspended"
    REACTIVATED = "account_reactivated"
    DELETED = "account_deleted"
    IMAP_TURNED_ON = "imap_turned_on"
    IMAP_TURNED_OFF = "imap_turned_off"
    POP_TURNED_ON = "pop_turned_on"
    POP_TURNED_OFF = "pop_turned_off"
    TEST_USER_ADDED = "test_user_added"
    TEST_USER_REMOVED = "test_user_removed"


class Policy(StrEnum):
    """A switch of the Admin console."""

    GMAIL_RESTRICTED = "gmail_restricted"
    IMAP = "imap_allowed"
    POP = "pop_allowed"


DEEDS: Mapping[AccountChange, str] = MappingProxyType(
    {
        AccountChange.PASSWORD_CHANGED: "{} changes the Google password",
        AccountChange.APP_REMOVED: "{} removes the app from the Google account",
        AccountChange.APP_REMOVED_BY_ADMINISTRATOR: "an administrator removes the app from {}",
        AccountChange.SUSPENDED: "an administrator suspends {}",
        AccountChange.REACTIVATED: "an administrator reactivates {}",
        AccountChange.DELETED: "the account {} is deleted",
        AccountChange.IMAP_TURNED_ON: "{} turns IMAP on in Gmail",
        AccountChange.IMAP_TURNED_OFF: "{} turns IMAP off in Gmail",
        AccountChange.POP_TURNED_ON: "{} turns POP on in Gmail",
        AccountChange.POP_TURNED_OFF: "{} turns POP off in Gmail",
        AccountChange.TEST_USER_ADDED: "{} is added to the test users",
        AccountChange.TEST_USER_REMOVED: "{} is removed from the test users",
    }
)
"""What befalls an account, as sentences about its address."""

CLIENT_STATES: Mapping[str, ClientChange] = MappingProxyType(
    {
        "disabled": ClientChange.DISABLE,
        "enabled": ClientChange.ENABLE,
        "deleted": ClientChange.DELETE,
        "restored": ClientChange.RESTORE,
    }
)
"""The words for what was done to a client."""


# --- the events ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimePasses:
    """Nothing happens for a while."""

    duration: timedelta

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        length = told(self.duration)
        return f"{length} {'passes' if length.startswith('1 ') else 'pass'}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"after": told(self.duration)}


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Something befalls one account."""

    change: AccountChange
    address: str

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        return DEEDS[self.change].format(self.address)

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {self.change.value: self.address}


@dataclass(frozen=True, slots=True)
class PolicySwitched:
    """An administrator turns a policy of the organisation on or off."""

    policy: Policy
    on: bool

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        if self.policy is Policy.GMAIL_RESTRICTED:
            return f"an administrator {'restricts Gmail to trusted apps' if self.on else 'opens Gmail to all apps'}"
        return f"an administrator turns {self.policy.name} {'on' if self.on else 'off'} for the organisation"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {self.policy.value: self.on}


@dataclass(frozen=True, slots=True)
class AppAccessSet:
    """An administrator decides about the app; `UNRESTRICTED` takes an earlier decision back."""

    access: AppAccess

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        if self.access is AppAccess.UNRESTRICTED:
            return "an administrator takes back what was decided about the app"
        return f"an administrator marks the app as {self.access.value}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"app_access": self.access.value}


@dataclass(frozen=True, slots=True)
class UnconfiguredAppsSet:
    """An administrator decides about all apps that nobody decided about."""

    access: AppAccess

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        return f"an administrator makes apps that nobody decided about {self.access.value}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"unconfigured_apps": self.access.value}


@dataclass(frozen=True, slots=True)
class ImapClientsSet:
    """An administrator lists the client ids that may use IMAP; None: there is no list any more."""

    clients: tuple[str, ...] | None

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        if self.clients is None:
            return "an administrator lets all clients use IMAP"
        return f"an administrator lets only these clients use IMAP: {', '.join(self.clients) or 'none'}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"imap_clients": ANY if self.clients is None else list(self.clients)}


@dataclass(frozen=True, slots=True)
class Published:
    """The app is published, or moved back to testing."""

    status: PublishingStatus

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        published = self.status is PublishingStatus.PRODUCTION
        return "the app is published" if published else "the app is moved back to testing"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"publishing_status": self.status.value}


@dataclass(frozen=True, slots=True)
class Verified:
    """Google verifies the app, or takes that back."""

    on: bool

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        return "Google verifies the app" if self.on else "Google takes the app's verification back"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"verified": self.on}


@dataclass(frozen=True, slots=True)
class ClientChanged:
    """The client is disabled, enabled, deleted or restored."""

    change: ClientChange

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        return f"the client is {self._word}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"client": self._word}

    @property
    def _word(self) -> str:
        return next(word for word, change in CLIENT_STATES.items() if change is self.change)


@dataclass(frozen=True, slots=True)
class SecretRotated:
    """The client gets another secret; `disable_old` tells that the one of before is refused from now on."""

    disable_old: bool = False

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        return f"the client gets another secret{', and the old one is disabled' if self.disable_old else ''}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"secret_rotated": {"disable_old": self.disable_old}}


@dataclass(frozen=True, slots=True)
class RedirectsEdited:
    """Other redirect URIs are saved in place of the client's."""

    uris: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The event without its full stop."""
        return f"the client's redirect URIs are now: {', '.join(self.uris) or 'none'}"

    def to_json(self) -> dict[str, object]:
        """Return the event as `parse` takes it."""
        return {"redirect_uris": list(self.uris)}


Event = (
    TimePasses
    | AccountChanged
    | PolicySwitched
    | AppAccessSet
    | UnconfiguredAppsSet
    | ImapClientsSet
    | Published
    | Verified
    | ClientChanged
    | SecretRotated
    | RedirectsEdited
)
"""Everything that can happen."""


# --- as data ---------------------------------------------------------------------------------


_Choice = TypeVar("_Choice", bound=StrEnum)


def parse(told: object) -> Event:
    """Return the event that a mapping with one key tells. ValueError names field, value and what is allowed."""
    if not isinstance(told, Mapping) or len(told) != 1:
        raise ValueError(f"event: {told!r}: one key with its value, such as {{after: 8 days}}")
    ((key, value),) = told.items()
    if key not in _READERS:
        raise ValueError(f"event: {key!r}: one of {', '.join(_READERS)}")
    return _READERS[key](str(key), value)


def _switch(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key}: {value!r}: true or false")
    return value


def _text(key: str, value: object, allowed: str = "a text") -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key}: {value!r}: {allowed}")
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{key}: {value!r}: a list of texts")
    return tuple(_text(key, one) for one in value)


def _choice(key: str, value: object, kind: type[_Choice], *but: _Choice) -> _Choice:
    allowed = [one for one in kind if one not in but]
    if value not in [one.value for one in allowed]:
        raise ValueError(f"{key}: {value!r}: one of {', '.join(allowed)}")
    return kind(str(value))


def _time(key: str, value: object) -> Event:
    try:
        return TimePasses(duration(_text(key, value, "a duration such as 8 days")))
    except ValueError as error:
        raise ValueError(f"{key}: {str(error).partition(': ')[2]}") from error


def _account(key: str, value: object) -> Event:
    return AccountChanged(AccountChange(key), _text(key, value, "an email address"))


def _imap_clients(key: str, value: object) -> Event:
    return ImapClientsSet(None if value == ANY else _texts(key, value))


def _client(key: str, value: object) -> Event:
    if not isinstance(value, str) or value not in CLIENT_STATES:
        raise ValueError(f"{key}: {value!r}: one of {', '.join(CLIENT_STATES)}")
    return ClientChanged(CLIENT_STATES[value])


def _rotation(key: str, value: object) -> Event:
    if not isinstance(value, Mapping) or set(value) - {"disable_old"}:
        raise ValueError(f"{key}: {value!r}: a mapping with disable_old")
    return SecretRotated(_switch(f"{key}.disable_old", value.get("disable_old", False)))


_READERS: Mapping[str, Callable[[str, Any], Event]] = MappingProxyType(
    {
        "after": _time,
        **{change.value: _account for change in AccountChange},
        "app_access": lambda key, value: AppAccessSet(_choice(key, value, AppAccess, AppAccess.SPECIFIC)),
        "unconfigured_apps": lambda key, value: UnconfiguredAppsSet(
            _choice(key, value, AppAccess, AppAccess.SPECIFIC, AppAccess.TRUSTED)
        ),
        **{policy.value: lambda key, value: PolicySwitched(Policy(key), _switch(key, value)) for policy in Policy},
        "imap_clients": _imap_clients,
        "publishing_status": lambda key, value: Published(_choice(key, value, PublishingStatus)),
        "verified": lambda key, value: Verified(_switch(key, value)),
        "client": _client,
        "secret_rotated": _rotation,
        "redirect_uris": lambda key, value: RedirectsEdited(_texts(key, value)),
    }
)
