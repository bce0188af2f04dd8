"""The directory: whom the business system knows, so that an address in a message means somebody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

RecordId = NewType("RecordId", int)


class RecordKind(StrEnum):
    """What a record is, in the order in which one of several senders with the same address is chosen."""

    USER = "user"
    CONTACT = "contact"
    ACCOUNT = "account"
    LEAD = "lead"
    EQUIPMENT = "equipment"
    TEAM = "team"
    BUSINESS_UNIT = "business_unit"
    QUEUE = "queue"
    OTHER = "other"  # a table of the customer's own that is email enabled


PEOPLE = frozenset({RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.LEAD})
"""Whom `Acceptance.PEOPLE` accepts mail from."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record as the business system tells of it; `key` is its id there, unique together with `kind`.

    `email_enabled`: the record's table takes part in email at all. `owner_key` is the key of the user that owns the
    record (of a user: None), `parent_key` that of the account a contact belongs to, `queue_key` that of the queue which
    a user's own work goes to. None: the business system did not say.
    """

    kind: RecordKind
    key: str
    name: str
    addresses: tuple[str, ...] = ()
    active: bool = True
    email_enabled: bool = True
    owner_key: str | None = None
    parent_key: str | None = None
    queue_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(NewRecord):
    """A record of the stored directory."""

    id: RecordId
