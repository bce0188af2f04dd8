"""What the flows need of the store for what administrators and owners set up, as Protocols."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gmailsync.model.grant import Grant, IssuedToken, RenewalId, SignInAttempt, TokenOwner
from gmailsync.model.lease import Holder, Lease, Worker
from gmailsync.model.mailbox import Mailbox, MailboxId, NewMailbox
from gmailsync.model.profile import NewProfile, ProfileId, ServerProfile


class Profiles(Protocol):
    """Server profiles in one transaction."""

    def add(self, profile: NewProfile) -> ServerProfile:
        """Store a profile; as default it takes the place of the former one. `AlreadyExists` by name."""
        ...

    def get(self, name: str, *, to_save: bool = False) -> ServerProfile:
        """Return the profile of that name or raise `NotFound`.

        With `to_save` nobody else changes it until the transaction ends, so that it can be saved changed.
        """
        ...

    def by_id(self, profile_id: ProfileId) -> ServerProfile:
        """Return the profile or raise `NotFound`."""
        ...

    def default(self) -> ServerProfile | None:
        """Return the default profile for new mailboxes."""
        ...

    def all(self) -> list[ServerProfile]:
        """Return every profile by name."""
        ...

    def save(self, profile: ServerProfile) -> None:
        """Store changed fields; as default it takes the place of the former one."""
        ...

    def remove(self, profile_id: ProfileId) -> None:
        """Remove the profile; its mailboxes stay, without a profile."""
        ...

    def mailbox_count(self, profile_id: ProfileId) -> int:
        """Return how many mailboxes use the profile."""
        ...


class Mailboxes(Protocol):
    """Mailboxes in one transaction; addresses are compared without regard to case."""

    def add(self, mailbox: NewMailbox) -> Mailbox:
        """Store a mailbox. `AlreadyExists` by address."""
        ...

    def get(self, address: str, *, to_save: bool = False) -> Mailbox:
        """Return the mailbox or raise `NotFound`.

        With `to_save` nobody else changes it until the transaction ends, so that it can be saved changed.
        """
        ...

    def by_id(self, mailbox_id: MailboxId, *, to_save: bool = False) -> Mailbox:
        """Return the mailbox or raise `NotFound`; `to_save` as in `get`."""
        ...

    def all(self) -> list[Mailbox]:
        """Return every mailbox by address."""
        ...

    def save(self, mailbox: Mailbox) -> None:
        """Store changed fields."""
        ...

    def succeeded(self, mailbox_id: MailboxId, at: datetime) -> None:
        """Note that a cycle proved the mailbox to be in step."""
        ...

    def remove(self, mailbox_id: MailboxId) -> None:
        """Remove the mailbox with its grant, emails, cursors and alerts."""
        ...


class Leases(Protocol):
    """Who runs a mailbox's cycle just now."""

    def claim(
        self, mailbox_id: MailboxId, worker: Worker, now: datetime, until: datetime, *, over: int | None = None
    ) -> Lease | None:
        """Take the lease with a new fence, when none stands at `now` or the one that stands has the fence `over`.

        One that would last for more than twice as long as ours does not stand: a clock far ahead wrote it.
        """
        ...

    def holder(self, mailbox_id: MailboxId) -> Holder | None:
        """Return who has the lease, also when its time is over; `NotFound` without the mailbox."""
        ...

    def keep(self, lease: Lease, until: datetime) -> bool:
        """Renew the lease; False when it was taken over. Nobody takes it before this transaction ends."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back, unless it was taken over."""
        ...

    def revoke(self, mailbox_id: MailboxId) -> None:
        """Take the lease away from whoever holds it, so that they write nothing any more."""
        ...


class Grants(Protocol):
    """Grants and the sign-ins that lead to them; tokens and verifiers are encrypted at rest."""

    def get(self, mailbox_id: MailboxId) -> Grant | None:
        """Return the mailbox's grant."""
        ...

    def all(self) -> dict[MailboxId, Grant]:
        """Return every grant by its mailbox."""
        ...

    def save(self, grant: Grant) -> None:
        """Store the grant, replacing an earlier one; a renewal of that one comes too late from now on."""
        ...

    def remove(self, mailbox_id: MailboxId) -> None:
        """Forget the grant."""
        ...

    def begin_renewal(self, mailbox_id: MailboxId, now: datetime, until: datetime) -> RenewalId | None:
        """Take the lease on redeeming the refresh token; None without a grant or while another one has it."""
        ...

    def end_renewal(self, mailbox_id: MailboxId, renewal: RenewalId) -> bool:
        """Give the lease back; False when it was lost meanwhile."""
        ...

    def note_issued(self, token: IssuedToken) -> None:
        """Remember that Google issued a refresh token."""
        ...

    def forget_issued(self, owner: TokenOwner) -> None:
        """Count none of the owner's tokens any more: Google confirmed that they are revoked."""
        ...

    def count_issued(self, now: datetime, account: str | None = None) -> dict[TokenOwner, int]:
        """Return how many tokens may live at `now`, of each owner or of the account's; owners of none are left out."""
        ...

    def begin_sign_in(self, attempt: SignInAttempt) -> None:
        """Remember a trip to the consent page."""
        ...

    def take_sign_in(self, state: str, now: datetime) -> SignInAttempt | None:
        """Return the waiting attempt and burn it; None when unknown, used or past its time."""
        ...
