"""The audit: what the server has against what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailsync.model.mailbox import MailboxId


@dataclass(frozen=True, slots=True)
class Audit:
    """What one audit of a mailbox found, counted in messages of the folders that it reads.

    Of the `server`'s messages `stored` are emails, `set_aside` become none (test messages, and those not accepted),
    `failed` wait in the failure ledger, and `given_up` stand in it and are not tried any more. `missing` had no trace
    here, `extra` were noted here and are not on the server, and `changed` are other messages than noted, or of another
    size. What was amiss is mended where it can be: `mended` counts that, and the other numbers are those after it.
    """

    mailbox_id: MailboxId
    at: datetime
    server: int = 0
    stored: int = 0
    set_aside: int = 0
    failed: int = 0
    given_up: int = 0
    missing: int = 0
    extra: int = 0
    changed: int = 0
    mended: int = 0

    @property
    def expected(self) -> int:
        """How many of the server's messages should be emails."""
        return self.server - self.set_aside - self.given_up

    @property
    def is_proven(self) -> bool:
        """True when every message on the server that should be an email is one."""
        return self.stored == self.expected and not (self.missing or self.extra or self.changed)
