"""What happened to a setup since mail moved, and what the customer saw in the end.

An event is a mapping with one key, in a setup file `- {after: 8 days}`. A key that a setup has elsewhere
(`app_access: blocked`) says the new value; one that says what was done (`password_changed: ADDRESS`), whom it befell.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

from gmailsync.model.values import STRICT, Address, Duration, ImapClients, OnOff, Text, duration


class PublishingStatus(StrEnum):
    """Whether an External app is open to its test users only, or to all."""

    TESTING = "testing"
    PRODUCTION = "production"


class AppAccess(StrEnum):
    """What the organisation's administrator decided about the app."""

    UNRESTRICTED = "unrestricted"
    LIMITED = "limited"
    BLOCKED = "blocked"
    TRUSTED = "trusted"


class UnconfiguredApps(StrEnum):
    """What the organisation's administrator lets apps do that nobody decided about."""

    UNRESTRICTED = "unrestricted"
    LIMITED = "limited"
    BLOCKED = "blocked"


class ClientChange(StrEnum):
    """What was done to the client."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    DELETED = "deleted"
    RESTORED = "restored"


@dataclass(frozen=True, config=STRICT)
class Rotation:
    """Another secret for the client; `disable_old`: the one of before is refused from now on."""

    disable_old: OnOff = False


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Event:
    """One thing that happened; exactly one of its fields is set.

    `after` is time in which the program keeps synchronizing, `paused` time in which it does not.
    """

    after: Duration | None = None
    paused: Duration | None = None
    password_changed: Address | None = None
    app_removed: Address | None = None
    app_removed_by_administrator: Address | None = None
    account_suspended: Address | None = None
    account_reactivated: Address | None = None
    account_deleted: Address | None = None
    imap_turned_on: Address | None = None
    imap_turned_off: Address | None = None
    pop_turned_on: Address | None = None
    pop_turned_off: Address | None = None
    test_user_added: Address | None = None
    test_user_removed: Address | None = None
    app_access: AppAccess | None = None
    unconfigured_apps: UnconfiguredApps | None = None
    gmail_restricted: OnOff | None = None
    imap_allowed: OnOff | None = None
    pop_allowed: OnOff | None = None
    imap_clients: ImapClients | None = None
    publishing_status: PublishingStatus | None = None
    verified: OnOff | None = None
    client: ClientChange | None = None
    secret_rotated: Rotation | None = None
    redirect_uris: tuple[Text, ...] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self._set()) != 1:
            raise ValueError("one event with its value, such as {after: 8 days}; several events are several list items")
        return self

    def _set(self) -> list[str]:
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]

    @property
    def key(self) -> str:
        """What happened, as a setup file has it."""
        return self._set()[0]

    @property
    def value(self) -> object:
        """To whom, or how."""
        return getattr(self, self.key)

    @property
    def time(self) -> timedelta | None:
        """How much time passes; None for an event that takes none."""
        text = self.after or self.paused
        return None if text is None else duration(text)

    def as_data(self) -> dict[str, Any]:
        """Return the event as plain data, a mapping with one key."""
        told: dict[str, Any] = _EVENT.dump_python(self, mode="json", exclude_none=True)
        return told


_EVENT = TypeAdapter(Event)

ACCOUNT_KEYS = frozenset(
    {
        "password_changed",
        "app_removed",
        "app_removed_by_administrator",
        "account_suspended",
        "account_reactivated",
        "account_deleted",
        "imap_turned_on",
        "imap_turned_off",
        "pop_turned_on",
        "pop_turned_off",
    }
)
"""Events that befall an account of the setup."""

POLICY_KEYS = frozenset(
    {"app_access", "unconfigured_apps", "gmail_restricted", "imap_allowed", "pop_allowed", "imap_clients"}
)
"""Events that only an organisation's administrator makes."""


# --- What the customer saw -------------------------------------------------------------------


class ExpectedStep(StrEnum):
    """Where the customer saw it: at one of the seven steps, or in the history after them."""

    IMAP = "imap"
    PROJECT = "project"
    CONSENT_SCREEN = "consent_screen"
    PROFILE = "profile"
    SIGN_IN = "sign_in"
    TEST_USERS = "test_users"
    TEST_AND_ENABLE = "test_and_enable"
    HISTORY = "history"

    @property
    def number(self) -> int:
        """The number of the step in the guide; the history comes after the seven."""
        return list(ExpectedStep).index(self) + 1


def _code(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", value):
        raise ValueError("an error code such as oauth.grant-dead, or Google's own such as redirect_uri_mismatch")
    return value


@dataclass(frozen=True, config=STRICT)
class Expectation:
    """What the customer saw: where it failed, with which code, or both."""

    step: ExpectedStep | None = None
    code: Annotated[str, AfterValidator(_code)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.step is None and self.code is None:
            raise ValueError("step, code or both, such as {step: history, code: oauth.grant-dead}")
        return self
