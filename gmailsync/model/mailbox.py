"""The mailbox: a Gmail address that is kept in step (step 5 of the guide)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from gmailsync.model.profile import ProfileId

MailboxId = NewType("MailboxId", int)


class DeliveryMethod(StrEnum):
    """How incoming or outgoing email of a mailbox is carried."""

    NONE = "none"
    SERVER_SIDE_SYNC = "server_side_sync"


class Approval(StrEnum):
    """Whether an administrator has approved the address."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class MailboxKind(StrEnum):
    """Whose mail a mailbox brings: one person's, or that of a queue which several people work on."""

    USER = "user"
    QUEUE = "queue"


class Acceptance(StrEnum):
    """Which messages become emails (the guide's "Automatically track incoming folder items" option)."""

    ALL = "all"
    RESPONSES = "responses"  # those in response to a stored email
    PEOPLE = "people"  # those from leads, contacts and accounts
    RECORDS = "records"  # those from any record that is email enabled
    NONE = "none"


ALL_MAIL, SENT = "\\All", "\\Sent"
"""Folders named by their special use (RFC 6154), whatever language Gmail shows them in."""


class TestStatus(StrEnum):
    """How the last Test & Enable ended for one direction."""

    __test__ = False  # pytest: not a test class

    NOT_RUN = "not_run"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """What an administrator enters to make a mailbox. `profile_id` None: no profile yet."""

    address: str
    profile_id: ProfileId | None
    incoming: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC
    outgoing: DeliveryMethod = DeliveryMethod.SERVER_SIDE_SYNC
    approval: Approval = Approval.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox(NewMailbox):
    """A stored mailbox. Mail moves in a direction only while that direction is enabled."""

    id: MailboxId
    incoming_status: TestStatus = TestStatus.NOT_RUN
    outgoing_status: TestStatus = TestStatus.NOT_RUN
    incoming_enabled: bool = False
    outgoing_enabled: bool = False
    last_success: datetime | None = None
