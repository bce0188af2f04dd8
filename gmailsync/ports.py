"""What the flows need from outside, as Protocols: clock, tokens, mail in, mail out, store.

Cut by need: adapters in `google` and `store` fit them without importing this file's names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gmailsync.deciding_ports import Activities, Decisions, Knowledge, Records, Switches
from gmailsync.model.alert import Alert, AlertId, NewAlert
from gmailsync.model.email import (
    AttemptId,
    Email,
    EmailId,
    EmailStatus,
    FetchedMessage,
    NewEmail,
    SendEvent,
)
from gmailsync.model.folder import Cursor, FolderState, Placement
from gmailsync.model.grant import Grant, IssuedToken, RenewalId, SignInAttempt, TokenOwner, TokenResponse
from gmailsync.model.lease import Holder, Lease, Worker
from gmailsync.model.mailbox import Mailbox, MailboxId, NewMailbox
from gmailsync.model.profile import Endpoint, NewProfile, ProfileId, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.model.trial import Trial


class Clock(Protocol):
    """Where all of gmailsync learns what time it is."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def sleep(self, delay: timedelta) -> None:
        """Wait."""
        ...


class Workers(Protocol):
    """The running programs that may work for the same mailboxes."""

    def me(self) -> Worker:
        """Return the one that asks."""
        ...

    def is_gone(self, worker: Worker) -> bool:
        """Tell whether the worker has certainly ended; False when that cannot be told from here."""
        ...


# --- Google ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consent:
    """The trip to Google's consent page: where to send the owner, and what proves the way back."""

    url: str
    state: str
    code_verifier: Secret


class OAuthClient(Protocol):
    """Google's OAuth 2.0 for web server applications. Calls raise `OAuthError` or `NetworkError`."""

    def begin(self, profile: ServerProfile, login_hint: str, language: str = "") -> Consent:
        """Return a fresh consent URL with PKCE (S256), state, offline access and forced consent.

        Google's pages are in `language`, or else in the browser's or the account's.
        """
        ...

    def exchange(self, profile: ServerProfile, code: Secret, attempt: SignInAttempt) -> TokenResponse:
        """Redeem an authorization code."""
        ...

    def refresh(self, profile: ServerProfile, refresh_token: Secret) -> TokenResponse:
        """Redeem a refresh token. `GrantDead` when Google says it is no longer good."""
        ...

    def revoke(self, token: Secret) -> None:
        """Take a grant back at Google."""
        ...


class MailSource(Protocol):
    """One signed-in IMAP session. Calls raise `MailServerError` or `NetworkError`."""

    def open_folder(self, name: str) -> FolderState:
        r"""EXAMINE a folder: read only, nothing becomes \Seen."""
        ...

    def sizes_after(self, last_uid: int) -> dict[int, int]:
        """Return {UID: RFC822.SIZE} of every message of the open folder with a UID above `last_uid`."""
        ...

    def fetch(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        """Fetch whole messages of the open folder by BODY.PEEK[]; UIDs the server omits are not yielded."""
        ...

    def still_there(self, uids: Sequence[int]) -> set[int]:
        """Ask by SEARCH, a question other than FETCH, which of these UIDs exist."""
        ...

    def find_message_id(self, message_id: str) -> list[int]:
        """Return the UIDs in the open folder that carry this Message-ID."""
        ...

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        ...

    def sent_folder(self) -> str:
        r"""Return the name of the folder with the attribute \Sent, whatever language it is in."""
        ...


class MailConnector(Protocol):
    """Opens sessions with Gmail. Each step raises its own error, so that a test can name it."""

    def imap(self, endpoint: Endpoint, address: str, token: Secret) -> AbstractContextManager[MailSource]:
        """Connect and sign in by XOAUTH2; log out at the end."""
        ...

    def imap_greeting(self, endpoint: Endpoint) -> str:
        """Connect by TLS, return the server's greeting, and leave."""
        ...

    def smtp_greeting(self, endpoint: Endpoint) -> str:
        """Connect, secure the connection, return the EHLO answer's first line, and leave."""
        ...

    def smtp_sign_in(self, endpoint: Endpoint, address: str, token: Secret) -> str:
        """Sign in by XOAUTH2 without sending; return the server's reply."""
        ...

    def send(
        self,
        endpoint: Endpoint,
        address: str,
        token: Secret,
        recipients: Sequence[str],
        raw: bytes,
        before_data: Callable[[], None] = ...,
    ) -> str:
        """Submit one message and return Gmail's reply to the final dot.

        Raises `SendDeferred`, `SendRejected`, `TokenRefused`, `NetworkError` when nothing was
        accepted, and `SendInDoubt` when the reply to the final dot was lost. `before_data` is called when all but
        DATA is said; what it raises goes through, and nothing is sent.
        """
        ...


# --- Store -----------------------------------------------------------------------------------


class Profiles(Protocol):
    """Server profiles in one transaction."""

    def add(self, profile: NewProfile) -> ServerProfile:
        """Store a profile; as default it takes the place of the former one. `AlreadyExists` by name."""
        ...

    def get(self, name: str) -> ServerProfile:
        """Return the profile of that name or raise `NotFound`."""
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

    def get(self, address: str) -> Mailbox:
        """Return the mailbox or raise `NotFound`."""
        ...

    def by_id(self, mailbox_id: MailboxId) -> Mailbox:
        """Return the mailbox or raise `NotFound`."""
        ...

    def all(self) -> list[Mailbox]:
        """Return every mailbox by address."""
        ...

    def save(self, mailbox: Mailbox) -> None:
        """Store changed fields."""
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


class Emails(Protocol):
    """Stored emails and the outbox."""

    def add_incoming(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Store incoming emails; in the place of each stand its number, or None when it is stored already.

        That is told by its Gmail message id or, from a server without such ids, by its content.
        """
        ...

    def numbers_of(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Return the numbers of incoming emails that are stored already, told as by `add_incoming`; None: it is not."""
        ...

    def add_outgoing(self, email: NewEmail, sender: str, recipients: Iterable[str]) -> EmailId:
        """Put an email into the outbox as pending; `recipients` are the SMTP envelope's."""
        ...

    def get(self, email_id: EmailId) -> Email:
        """Return the email or raise `NotFound`."""
        ...

    def raw(self, email_id: EmailId) -> bytes:
        """Return the email's bytes, exact."""
        ...

    def envelope(self, email_id: EmailId) -> tuple[str, tuple[str, ...]]:
        """Return sender and recipients of the SMTP envelope of an outgoing email."""
        ...

    def select(self, mailbox_id: MailboxId | None = None) -> list[Email]:
        """Return emails in the order stored."""
        ...

    def count(self, mailbox_id: MailboxId, status: EmailStatus) -> int:
        """Return how many emails of the mailbox have this status."""
        ...

    def counts(self, statuses: Collection[EmailStatus]) -> dict[MailboxId, int]:
        """Return how many emails of each mailbox have one of these statuses; mailboxes without are left out."""
        ...

    def with_status(self, mailbox_id: MailboxId, status: EmailStatus) -> list[EmailId]:
        """Return the outgoing emails of this status, oldest first."""
        ...

    def known_gmail_ids(self, mailbox_id: MailboxId) -> set[int]:
        """Return the Gmail message ids stored for the mailbox."""
        ...

    def apply(self, email_id: EmailId, event: SendEvent) -> EmailStatus:
        """Move an outgoing email along its life. `ImpossibleTransition` when the event does not fit."""
        ...

    def begin_attempt(self, email_id: EmailId, now: datetime) -> AttemptId:
        """Claim a pending email and write down that it is about to be sent."""
        ...

    def finish_attempt(self, attempt: AttemptId, event: SendEvent, now: datetime, reply: str) -> EmailStatus:
        """Record how the attempt ended, with the server's reply."""
        ...

    def note_test_message(self, mailbox_id: MailboxId, message_id: str) -> None:
        """Remember the Message-ID of a test message, so that it does not become an email."""
        ...

    def is_test_message(self, mailbox_id: MailboxId, message_id: str) -> bool:
        """Tell whether Test & Enable sent this message."""
        ...


class Folders(Protocol):
    """How far the folders of mailboxes are read, and what became of each message in them."""

    def cursor(self, mailbox_id: MailboxId, folder: str) -> Cursor | None:
        """Return how far the folder was read; None before the first sync."""
        ...

    def save(self, mailbox_id: MailboxId, cursor: Cursor, placements: Sequence[Placement] = ()) -> None:
        """Store the placements, under the cursor's UIDVALIDITY, and then the cursor; commit both with the emails.

        `StoreError` when the cursor would pass a message that is only listed.
        """
        ...


class Alerts(Protocol):
    """Alerts in one transaction: at most one open alert per mailbox and code."""

    def open(self, alert: NewAlert, now: datetime) -> AlertId:
        """Open an alert, or count one more sighting of the open one with this code."""
        ...

    def resolve(self, mailbox_id: MailboxId, now: datetime, prefix: str = "") -> int:
        """Resolve the mailbox's open alerts whose code starts with `prefix`; return how many."""
        ...

    def resolve_code(self, mailbox_id: MailboxId, now: datetime, code: str) -> bool:
        """Resolve the mailbox's open alert of exactly this code; return whether there was one."""
        ...

    def dismiss(self, alert_id: AlertId, now: datetime) -> None:
        """Hide one alert. `NotFound` when there is none."""
        ...

    def select(self, *, open_only: bool = True, mailbox_id: MailboxId | None = None) -> list[Alert]:
        """Return alerts, newest first."""
        ...


class Trials(Protocol):
    """Outcomes of Test & Enable."""

    def save(self, trial: Trial, now: datetime) -> None:
        """Keep the last trial of the mailbox."""
        ...

    def last(self, mailbox_id: MailboxId) -> Trial | None:
        """Return the last trial."""
        ...


class Tx(Protocol):
    """One database transaction: short, and never open across the network."""

    @property
    def profiles(self) -> Profiles:
        """Server profiles."""
        ...

    @property
    def mailboxes(self) -> Mailboxes:
        """Mailboxes."""
        ...

    @property
    def leases(self) -> Leases:
        """Leases on mailboxes."""
        ...

    @property
    def grants(self) -> Grants:
        """Grants and sign-ins."""
        ...

    @property
    def emails(self) -> Emails:
        """Emails and outbox."""
        ...

    @property
    def folders(self) -> Folders:
        """Cursors and placements."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Alerts."""
        ...

    @property
    def trials(self) -> Trials:
        """Outcomes of Test & Enable."""
        ...

    @property
    def records(self) -> Records:
        """The directory."""
        ...

    @property
    def switches(self) -> Switches:
        """The settings of deciding."""
        ...

    @property
    def activities(self) -> Activities:
        """The business system's emails."""
        ...

    @property
    def knowledge(self) -> Knowledge:
        """What is known of a batch of messages."""
        ...

    @property
    def decisions(self) -> Decisions:
        """The decision trace."""
        ...


class Store(Protocol):
    """The database."""

    def begin(self) -> AbstractContextManager[Tx]:
        """Begin a transaction; it commits when the block ends and rolls back when it raises."""
        ...


class Progress(Protocol):
    """Where long work tells how far it is; a terminal draws a bar, tests and pipes draw nothing."""

    def start(self, label: str, total: int) -> None:
        """Work of `total` units begins."""
        ...

    def advance(self, done: int = 1) -> None:
        """`done` more units are finished."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a flow may touch."""

    store: Store
    clock: Clock
    oauth: OAuthClient
    mail: MailConnector
    progress: Progress
    workers: Workers
    fresh_message_id: Callable[[str], str]
