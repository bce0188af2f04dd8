"""What the flows need from outside, as Protocols: clock, tokens, mail in, mail out, store.

Cut by need: adapters in `google` and `store` fit them without importing this file's names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from gmailsync.deciding_ports import Activities, Decisions, Knowledge, Records, Switches
from gmailsync.errors import GmailSyncError, PopError
from gmailsync.model.alert import Alert, AlertId, NewAlert
from gmailsync.model.audit import Audit
from gmailsync.model.email import (
    AttemptId,
    Email,
    EmailId,
    EmailStatus,
    FetchedMessage,
    NewEmail,
    SendEvent,
)
from gmailsync.model.failure import Failure, FailureId, NewFailure
from gmailsync.model.folder import Cursor, FolderState, Listed, Outcome, Placement
from gmailsync.model.grant import Grant, IssuedToken, RenewalId, SignInAttempt, TokenOwner, TokenResponse
from gmailsync.model.lease import Holder, Lease, Worker
from gmailsync.model.mailbox import Mailbox, MailboxId, NewMailbox
from gmailsync.model.maildrop import Fate, Offered
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
        r"""EXAMINE a folder: read only, nothing becomes \Seen. `ALL_MAIL` and `SENT` are found by their special use.

        `FolderMissing` when Gmail does not know it.
        """
        ...

    def listing(self, first: int = 1, last: int | None = None, since: date | None = None) -> dict[int, Listed]:
        """Return the open folder's messages by UID, ascending, as two different questions name them.

        With `since`, those that arrived before that day may be left out.
        """
        ...

    def describe(self, uids: Iterable[int], *, dated: bool = False) -> dict[int, Listed]:
        """Ask by FETCH about these messages, with `dated` also when they arrived; those it leaves out are missing."""
        ...

    def changes(self, modseq: int, last: int) -> dict[int, Listed]:
        """Return flags and labels of the messages up to `last` that changed since that modification sequence."""
        ...

    def uids(self, first: int = 1, last: int | None = None, since: date | None = None) -> list[int]:
        """Return the UIDs from `first` to `last` as SEARCH names them, ascending."""
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


class Why(StrEnum):
    """What a connection in IDLE has to tell: a hint when to look, and never what there is to see.

    OPENED: from now on changes are told; what came before is not. RENEWED: the server has shown that it still listens.
    UNSUPPORTED: the server has no IDLE. After LOST and UNSUPPORTED the mailbox is not watched any more.
    """

    OPENED = "opened"
    CHANGED = "changed"
    RENEWED = "renewed"
    LOST = "lost"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A reason to turn to a mailbox. `error` is what a lost connection was lost by, None otherwise."""

    address: str
    why: Why
    error: GmailSyncError | None = None


class MailWatch(Protocol):
    """Connections that wait in IDLE, one for an address, watched by one thread."""

    @property
    def watched(self) -> Set[str]:
        """The addresses whose connection stands or is being set up."""
        ...

    def open(self, endpoint: Endpoint, address: str, token: Secret, folder: str) -> None:
        """Connect, and begin to sign in and to watch a folder. Raises `NetworkError`; the rest tells `wait`."""
        ...

    def wait(self, until: datetime) -> list[WakeUp]:
        """Return what the connections tell, as soon as one does; nothing when it is `until` by the clock."""
        ...

    def drop(self, address: str) -> None:
        """Log out, if the address is watched, and hear no more of it."""
        ...


class MailDrop(Protocol):
    """One signed-in POP session. Calls raise `MailServerError` or `NetworkError`."""

    @property
    def lets_go_of_what_was_read(self) -> bool:
        """True when a message that was read is not shown by later sessions, as with Gmail (but for `recent`)."""
        ...

    def listing(self) -> list[Offered]:
        """Return what the session shows: of a large mailbox the oldest part of what nobody has read by POP."""
        ...

    def retrieve(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | PopError]]:
        """Read whole messages in this order, with CRLF at the end of each line; for one that is refused, why.

        They have to be taken to the end, or the session is of no more use.
        """
        ...

    def top(self, number: int) -> bytes:
        """Read the header of a message, without any effect on what later sessions show."""
        ...

    def delete(self, numbers: Sequence[int]) -> None:
        """Mark messages as deleted; they are when the session has ended well."""
        ...

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        ...


class MailConnector(Protocol):
    """Opens sessions with Gmail. Each step raises its own error, so that a test can name it."""

    def imap(self, endpoint: Endpoint, address: str, token: Secret) -> AbstractContextManager[MailSource]:
        """Connect and sign in by XOAUTH2; log out at the end."""
        ...

    def imap_greeting(self, endpoint: Endpoint) -> str:
        """Connect by TLS, return the server's greeting, and leave."""
        ...

    def pop(
        self, endpoint: Endpoint, address: str, token: Secret, *, recent: bool = False
    ) -> AbstractContextManager[MailDrop]:
        """Connect and sign in by XOAUTH2; `recent` shows the last 30 days, whoever read them.

        Only an end without an error makes the server let go of what was read or deleted.
        """
        ...

    def pop_greeting(self, endpoint: Endpoint) -> str:
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

    def fold(self, batch: Sequence[NewEmail]) -> list[EmailId | None]:
        """Find stored emails that are the same messages as those of one mailbox, read by the other protocol.

        One that came by POP gets Gmail's ids, thread and labels. In the place of each stands its number, or None.
        """
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

    def known(self, mailbox_id: MailboxId, gmail_ids: Collection[int]) -> dict[int, tuple[EmailId, tuple[str, ...]]]:
        """Return {Gmail's message id: number and labels} of the mailbox's emails among these ids."""
        ...

    def relabel(self, labels: Mapping[EmailId, tuple[str, ...]]) -> None:
        """Store the labels that emails have now."""
        ...

    def sent(self, mailbox_id: MailboxId, batch: Sequence[NewEmail]) -> dict[str, EmailId]:
        """Return the outgoing emails that messages found in Sent are, by Message-ID."""
        ...

    def identify(self, email_id: EmailId, gmail_message_id: int | None, gmail_thread_id: int | None) -> None:
        """Note Gmail's ids of an email that had none, so that it is known wherever it lies."""
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

    def outcomes(
        self, mailbox_id: MailboxId, cursor: Cursor, first: int = 1, last: int | None = None
    ) -> dict[int, Outcome]:
        """Return what became of each UID from `first` to `last` under the cursor's UIDVALIDITY."""
        ...

    def count(self, mailbox_id: MailboxId, cursor: Cursor, below: int) -> int:
        """Return how many messages under the cursor's UIDVALIDITY are placed with a UID less than `below`."""
        ...

    def placements(self, mailbox_id: MailboxId, cursor: Cursor, uids: Collection[int]) -> dict[int, Placement]:
        """Return the placements of these UIDs under the cursor's UIDVALIDITY; those without one are left out."""
        ...

    def remove(self, mailbox_id: MailboxId, cursor: Cursor, uids: Collection[int]) -> None:
        """Forget the placements of messages that are gone; an email that lies nowhere any more has no labels."""
        ...

    def settle(self, failure_id: FailureId, outcome: Outcome, email_id: EmailId | None) -> None:
        """Note what became of a message that was in the failure ledger, wherever it lies."""
        ...

    def forget_former(self, mailbox_id: MailboxId, cursor: Cursor) -> None:
        """Forget what lay in the folder under any other UIDVALIDITY than the cursor's, now that all is read."""
        ...

    def reopen(self, mailbox_id: MailboxId, folder: str) -> None:
        """Let the folder be read once more for what was left out of it; what is stored is not fetched again."""
        ...


class Failures(Protocol):
    """The failure ledger: messages that could not be fetched or read; a place in a mailbox has one entry at most."""

    def note(self, failure: NewFailure, now: datetime) -> FailureId:
        """Enter a message into the ledger; one that is there already has failed once more."""
        ...

    def get(self, failure_id: FailureId) -> Failure:
        """Return the entry with its bytes, or raise `NotFound`."""
        ...

    def select(self, mailbox_id: MailboxId | None = None) -> list[Failure]:
        """Return the entries in the order they were made, without their bytes."""
        ...

    def due(self, mailbox_id: MailboxId, now: datetime) -> list[Failure]:
        """Return the entries of the mailbox whose next try has come, without their bytes."""
        ...

    def make_due(self, failure_ids: Collection[FailureId], now: datetime) -> None:
        """Let the next sync try these again, however often they failed."""
        ...

    def remove(self, failure_id: FailureId) -> None:
        """Take an entry off the ledger; in the same transaction its placement becomes something else."""
        ...

    def counts(self) -> dict[MailboxId, int]:
        """Return how many entries each mailbox has; mailboxes without are left out."""
        ...


class Fates(Protocol):
    """What became of messages by their unique-ids, which POP knows them by."""

    def known(self, mailbox_id: MailboxId, uidls: Collection[str]) -> dict[str, Outcome]:
        """Return what became of those of the unique-ids that were seen before."""
        ...

    def save(self, mailbox_id: MailboxId, fates: Sequence[Fate]) -> None:
        """Store what became of messages; commit it with the emails."""
        ...

    def settle(self, failure_id: FailureId, outcome: Outcome, email_id: EmailId | None) -> None:
        """Note what became of a message that was in the failure ledger."""
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


class Audits(Protocol):
    """Outcomes of audits."""

    def save(self, audit: Audit) -> None:
        """Keep the last audit of the mailbox."""
        ...

    def all(self) -> dict[MailboxId, Audit]:
        """Return the last audit of every mailbox that had one."""
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
    def failures(self) -> Failures:
        """The failure ledger."""
        ...

    @property
    def fates(self) -> Fates:
        """What became of messages that were read by POP."""
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
    def audits(self) -> Audits:
        """Outcomes of audits."""
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
