"""A Gmail and a Google made of a few dictionaries, for flows; the store is the real one on SQLite."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from itertools import count

import pytest
from hand_drop import HandDrop

from gmailsync.app import Unseen
from gmailsync.errors import FolderMissing, GmailSyncError
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import FolderState, Listed
from gmailsync.model.grant import SIGN_IN_SCOPES, Grant, SignInAttempt, TokenResponse
from gmailsync.model.lease import Lease, Worker
from gmailsync.model.mailbox import Approval, Mailbox, NewMailbox, TestStatus
from gmailsync.model.profile import GMAIL_INCOMING, Endpoint, IncomingProtocol, NewProfile, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import Consent, MailSource, Ports
from gmailsync.store.database import Database
from gmailsync.store.opening import open_database

ADDRESS = "alice@contoso.com"
CLIENT_ID = "1-a.apps.googleusercontent.com"


class HandClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, delay: timedelta) -> None:
        self.time += delay


@dataclass
class HandWorkers:
    """A machine of which the test says what runs on it."""

    pid: int = 1
    gone: set[int] = field(default_factory=set)
    unreturned: set[Lease] = field(default_factory=set)

    def me(self) -> Worker:
        return Worker("host", self.pid, "place", "start")

    def is_gone(self, worker: Worker) -> bool:
        return worker.pid in self.gone


@dataclass
class HandOAuth:
    """An authorization server that answers what the test put there; an exception there is raised."""

    exchanged: TokenResponse | GmailSyncError
    refreshed: TokenResponse | GmailSyncError
    revocation: GmailSyncError | None = None
    revoked: list[str] = field(default_factory=list)
    faults: list[GmailSyncError] = field(default_factory=list)  # what the next exchanges raise first
    refreshes: int = 0
    states: Iterator[int] = field(default_factory=lambda: count(1))

    def begin(self, profile: ServerProfile, login_hint: str, language: str = "") -> Consent:
        state = f"state-{next(self.states)}"
        return Consent(f"https://accounts.google.com/?hint={login_hint}&state={state}", state, Secret("verifier"))

    def exchange(self, profile: ServerProfile, code: Secret, attempt: SignInAttempt) -> TokenResponse:
        if self.faults:
            raise self.faults.pop(0)
        return _given(self.exchanged)

    def refresh(self, profile: ServerProfile, refresh_token: Secret) -> TokenResponse:
        self.refreshes += 1
        return _given(self.refreshed)

    def revoke(self, token: Secret) -> None:
        self.revoked.append(token.reveal())
        if self.revocation is not None:
            raise self.revocation


def _given(answer: TokenResponse | GmailSyncError) -> TokenResponse:
    if isinstance(answer, GmailSyncError):
        raise answer
    return answer


class HandGmail:
    """One Gmail account. `troubles` maps a step to what it raises, first come first served; None lets it pass.

    `lost` is accepted and then raises: the reply to the final dot got lost. `hidden` maps a UID to how many times
    FETCH leaves it out; `delivers` False keeps mail to oneself out of the Inbox.
    """

    def __init__(self) -> None:
        self.inbox: dict[int, FetchedMessage] = {}
        self.sent: list[bytes] = []
        self.uidvalidity = 1
        self.uidnext = 1
        self.troubles: dict[str, list[Exception | None]] = {}
        self.lost: list[Exception] = []
        self.hidden: dict[int, float] = {}
        self.delivers = True
        self.accepts_token: Callable[[str], bool] = lambda token: True
        self.token_refusal: GmailSyncError | None = None
        self.fetched: list[list[int]] = []
        self.after_fetch: Callable[[], None] = lambda: None
        self.filed_late: list[bytes] = []
        self.modseq: int | None = 1
        self.changed: dict[int, int] = {}  # UID to modification sequence
        self.unlisted: set[int] = set()  # UIDs that FETCH does not tell about
        self.uncounted = 0  # messages that EXISTS leaves out
        self.terse: set[int] = set()  # UIDs of which nothing else is told
        self.sizes: dict[int, int] = {}  # UIDs of which another size is told
        self.missing: set[str] = set()
        self.opened: list[str] = []
        self._ids = count(1000)

    def deliver(
        self, raw: bytes, *, gmail_message_id: int | None = None, arrived: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    ) -> FetchedMessage:
        number = next(self._ids) if gmail_message_id is None else gmail_message_id
        message = FetchedMessage(self.uidnext, raw, number, number, ("\\Inbox",), (), arrived)
        self.inbox[self.uidnext] = message
        self._note(self.uidnext)
        self.uidnext += 1
        return message

    def expunge(self, uid: int) -> None:
        del self.inbox[uid]

    def change(self, uid: int, **fields: object) -> None:
        """Change flags or labels of a message."""
        self.inbox[uid] = replace(self.inbox[uid], **fields)
        self._note(uid)

    def _note(self, uid: int) -> None:
        if self.modseq is not None:
            self.modseq += 1
            self.changed[uid] = self.modseq

    def renumber(self, uidvalidity: int) -> None:
        """Give every message of the Inbox another UID, as a server does that lost its UIDs."""
        messages = list(self.inbox.values())
        self.inbox.clear()
        self.uidvalidity, self.uidnext = uidvalidity, 1
        for message in messages:
            self.deliver(message.raw, gmail_message_id=message.gmail_message_id)

    def step(self, name: str) -> None:
        waiting = self.troubles.get(name, [])
        if waiting and (trouble := waiting.pop(0)) is not None:
            raise trouble

    # --- gmailsync.ports.MailConnector --------------------------------------------------------

    @contextmanager
    def imap(self, endpoint: Endpoint, address: str, token: Secret) -> Iterator[MailSource]:
        self._check(token)
        self.step("imap")
        yield HandSource(self)

    def imap_greeting(self, endpoint: Endpoint) -> str:
        self.step("imap_greeting")
        return "Gimap ready"

    def smtp_greeting(self, endpoint: Endpoint) -> str:
        self.step("smtp_greeting")
        return "smtp.gmail.com at your service"

    def smtp_sign_in(self, endpoint: Endpoint, address: str, token: Secret) -> str:
        self._check(token)
        self.step("smtp_sign_in")
        return "2.7.0 Accepted"

    def send(
        self,
        endpoint: Endpoint,
        address: str,
        token: Secret,
        recipients: Sequence[str],
        raw: bytes,
        before_data: Callable[[], None] = lambda: None,
    ) -> str:
        self._check(token)
        self.step("send")
        before_data()
        self.step("data")
        self.sent.append(raw)
        if address in recipients and self.delivers:
            self.deliver(raw)
        if self.lost:
            raise self.lost.pop(0)
        return "2.0.0 OK"

    def _check(self, token: Secret) -> None:
        if self.token_refusal is not None and not self.accepts_token(token.reveal()):
            raise self.token_refusal


class HandSource:
    """A session with `HandGmail` (see `gmailsync.ports.MailSource`)."""

    def __init__(self, gmail: HandGmail) -> None:
        self._gmail = gmail
        self._folder = ""

    def open_folder(self, name: str) -> FolderState:
        self._gmail.step("open_folder")
        gmail = self._gmail
        gmail.opened.append(name)
        if name in gmail.missing:
            raise FolderMissing(f"no folder {name}")
        self._folder = name
        return FolderState(name, gmail.uidvalidity, gmail.uidnext, len(gmail.inbox) - gmail.uncounted, gmail.modseq)

    def listing(self, first: int = 1, last: int | None = None, since: date | None = None) -> dict[int, Listed]:
        self._gmail.step("listing")
        return {uid: row for uid, row in self._rows().items() if uid >= first and (last is None or uid <= last)}

    def describe(self, uids: Iterable[int], *, dated: bool = False) -> dict[int, Listed]:
        rows = self._rows()
        return {uid: rows[uid] for uid in uids if uid in rows}

    def changes(self, modseq: int, last: int) -> dict[int, Listed]:
        self._gmail.step("changes")
        changed = self._gmail.changed
        return {uid: row for uid, row in self._rows().items() if changed.get(uid, 0) > modseq and uid <= last}

    def uids(
        self, first: int = 1, last: int | None = None, since: date | None = None, before: date | None = None
    ) -> list[int]:
        self._gmail.step("uids")
        arrived = {uid: message.internal_date.date() for uid, message in sorted(self._gmail.inbox.items())}
        return [
            uid
            for uid, day in arrived.items()
            if uid >= first and (last is None or uid <= last)
            if (since is None or day >= since) and (before is None or day < before)
        ]

    def _rows(self) -> dict[int, Listed]:
        return {
            uid: Listed(uid)
            if uid in self._gmail.terse
            else Listed(
                uid, self._gmail.sizes.get(uid, len(m.raw)), m.gmail_message_id, m.labels, m.flags, m.internal_date
            )
            for uid, m in sorted(self._gmail.inbox.items())
            if uid not in self._gmail.unlisted
        }

    def fetch(self, batches: Iterable[Sequence[int]]) -> Generator[list[FetchedMessage]]:
        for uids in batches:
            yield [*self._fetch(sorted(uids))] if uids else []

    def _fetch(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        self._gmail.step("fetch")
        self._gmail.fetched.append(list(uids))
        for uid in uids:
            if self._gmail.hidden.get(uid, 0) > 0:
                self._gmail.hidden[uid] -= 1
            elif uid in self._gmail.inbox:
                yield self._gmail.inbox[uid]
        self._gmail.after_fetch()

    def still_there(self, uids: Sequence[int]) -> set[int]:
        return self._gmail.inbox.keys() & set(uids)

    def hang_up(self) -> None:
        """Nothing is connected."""

    def find_message_id(self, message_id: str) -> list[int]:
        if self._folder == "INBOX":
            raws = {uid: message.raw for uid, message in self._gmail.inbox.items()}
        else:
            raws = dict(enumerate(self._gmail.sent, start=1))
            self._gmail.sent += self._gmail.filed_late
            self._gmail.filed_late = []
        return [uid for uid, raw in raws.items() if message_from_bytes(raw)["Message-ID"] == message_id]

    def sent_folder(self) -> str:
        self._gmail.step("sent_folder")
        return "[Gmail]/Sent Mail"


def tokens(number: int = 1, *, refresh: bool = True, email: str | None = ADDRESS, **changes: object) -> TokenResponse:
    answer = TokenResponse(
        access_token=Secret(f"access-{number}"),
        expires_in=3599,
        scopes=frozenset(SIGN_IN_SCOPES),
        refresh_token=Secret(f"refresh-{number}") if refresh else None,
        email=email,
    )
    return replace(answer, **changes)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def gmail() -> HandGmail:
    return HandGmail()


@pytest.fixture
def drop(gmail) -> HandDrop:
    """Give the hand-made Gmail a POP side."""
    drop = HandDrop()
    gmail.pop = drop.session
    return drop


@pytest.fixture
def token_answer() -> Callable[..., TokenResponse]:
    """Make what the token endpoint answers."""
    return tokens


@pytest.fixture
def oauth() -> HandOAuth:
    return HandOAuth(exchanged=tokens(1), refreshed=tokens(2, refresh=False, email=None))


@pytest.fixture
def store(made_home, tmp_path) -> Iterator[Database]:
    path = shutil.copy(made_home / "gmailsync.db", tmp_path / "test.db")
    database = open_database(f"sqlite:///{path}", lambda _new: (made_home / "key").read_bytes())
    yield database
    database.close()


@pytest.fixture
def ports(store, clock, oauth, gmail) -> Ports:
    numbers = count(1)
    return Ports(store, clock, oauth, gmail, Unseen(), HandWorkers(), lambda domain: f"<{next(numbers)}@{domain}>")


@pytest.fixture
def profile(store) -> ServerProfile:
    with store.begin() as tx:
        return tx.profiles.add(
            NewProfile("Gmail", CLIENT_ID, Secret("GOCSPX-s"), "https://contoso.crm.dynamics.com", is_default=True)
        )


@pytest.fixture
def by_pop(store, profile) -> ServerProfile:
    """Change the profile to POP."""
    changed = replace(profile, protocol=IncomingProtocol.POP, incoming=GMAIL_INCOMING[IncomingProtocol.POP])
    with store.begin() as tx:
        tx.profiles.save(changed)
    return changed


@pytest.fixture
def new_mailbox(store, profile) -> Mailbox:
    """Make a mailbox that nobody has approved or signed in to."""
    with store.begin() as tx:
        return tx.mailboxes.add(NewMailbox(ADDRESS, profile.id))


@pytest.fixture
def mailbox(store, clock, new_mailbox) -> Mailbox:
    """Make a mailbox that is approved, signed in, tested and enabled."""
    ready = replace(
        new_mailbox,
        approval=Approval.APPROVED,
        incoming_status=TestStatus.SUCCESS,
        outgoing_status=TestStatus.SUCCESS,
        incoming_enabled=True,
        outgoing_enabled=True,
    )
    grant = Grant(
        mailbox_id=ready.id,
        client_id=CLIENT_ID,
        scopes=frozenset(SIGN_IN_SCOPES),
        refresh_token=Secret("refresh-1"),
        access_token=Secret("access-1"),
        access_expires_at=clock.now() + timedelta(seconds=3599),
        granted_at=clock.now(),
    )
    with store.begin() as tx:
        tx.mailboxes.save(ready)
        tx.grants.save(grant)
    return ready
