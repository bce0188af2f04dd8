"""A mailbox as it is read by POP: what a session shows, and what became of each message by its unique-id."""

from __future__ import annotations

from dataclasses import dataclass

from gmailsync.model.email import EmailId
from gmailsync.model.failure import FailureId
from gmailsync.model.folder import Outcome


@dataclass(frozen=True, slots=True)
class Offered:
    """A message that a POP session shows. `number` is good for this session alone, `uidl` for ever (RFC 1939)."""

    number: int
    uidl: str
    size: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the message with this unique-id. `size` counts octets as the server told them.

    `email_id` stands with `STORED` and only there, `failure_id` with `FAILED`.
    """

    uidl: str
    outcome: Outcome
    email_id: EmailId | None = None
    failure_id: FailureId | None = None
    size: int = 0
