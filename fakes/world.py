"""The world behind every simulated server: accounts, their mail, projects, grants and tokens, a clock and a journal.

A message sent by SMTP is there for IMAP; a revoked grant stops both. Ids come from counters and
time from the clock, so the same calls give the same bytes. Every verb takes `lock`; whoever
calls several that belong together holds it around them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from fakes import submission
from fakes.clock import Clock, VirtualClock
from fakes.console import Console
from fakes.faults import Faults
from fakes.faults.addresses import faults_of
from fakes.gmail.mail import MailStore, Message
from fakes.grants import AccessToken, Grants
from fakes.ids import HEX, Ids
from fakes.journal import Journal, Party
from fakes.workspace import Workspace

MAIL_SCOPE = "https://mail.google.com/"
MODIFY_SCOPE = "https://www.googleapis.com/auth/gmail.modify"

OPENS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"imap": frozenset({MAIL_SCOPE}), "smtp": frozenset({MAIL_SCOPE, MODIFY_SCOPE})}
)
"""Which scopes open which protocol; any one of them is enough (google.md 2.14)."""


class Refusal(StrEnum):
    """Why a mail server does not let somebody in (google.md 3.3)."""

    BAD_TOKEN = "bad token"  # noqa: S105 - a reason, not a token
    NO_GMAIL = "no Gmail"
    IMAP_OFF = "IMAP off"
    IMAP_OFF_IN_DOMAIN = "IMAP off in the domain"
    IMAP_NOT_FOR_CLIENT = "client not on the IMAP allow-list"


class SignInRefused(Exception):
    """A sign-in by XOAUTH2 or OAUTHBEARER fails; the server says it in its protocol's words."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(slots=True, eq=False)
class Account:
    """A Google account. `gmail` is false for one without the Gmail service; `imap` and `pop` are the owner's switches.

    `organisation` is the Workspace domain; None for a consumer's account. `advanced_protection` is for
    owners enrolled in Google's programme of that name. `suspended` is an administrator's doing.
    """

    address: str
    name: str
    sub: str
    imap: bool
    pop: bool
    gmail: bool
    organisation: str | None
    mail: MailStore
    advanced_protection: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Departed:
    """A message that left for somebody who has no account in this world."""

    sender: str
    recipient: str
    raw: bytes


class World:
    """Everything the simulated Google knows. `seed` decides every id and token."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.lock = threading.RLock()
        self.journal = Journal(self.clock)
        self.ids = Ids(seed)
        self.console = Console(self.clock, self.ids, self.note)
        self.grants = Grants(self.clock, self.ids, self.note)
        self.faults = Faults(seed, self.lock, self.note)
        self.outside: list[Departed] = []
        self.unimitated: list[str] = []
        self.workspaces: dict[str, Workspace] = {}
        self._accounts: dict[str, Account] = {}

    def note(self, text: str) -> None:
        """Write down something that happened in the world without crossing a wire."""
        self.journal.note("world", "world", Party.WORLD, Party.WORLD, text)

    # --- accounts ---

    def add_account(
        self,
        address: str,
        *,
        name: str = "",
        imap: bool = True,
        pop: bool = False,
        gmail: bool = True,
        organisation: str | None = None,
    ) -> Account:
        """Create an account with an empty mailbox. ValueError when the address is taken or is none.

        One such as alice+timeout@contoso.com brings the faults that its tag names (`faults.addresses`).
        """
        with self.lock:
            local, at, domain = address.rpartition("@")
            if not (local and at and domain) or address.split() != [address]:
                raise ValueError(f"not an email address: {address!r}")
            if address.lower() in self._accounts:
                raise ValueError(f"there is an account {address} already")
            mail = MailStore(self.clock, self.ids)
            account = Account(address, name, self.ids.sub(), imap, pop, gmail, organisation, mail)
            self._accounts[address.lower()] = account
            self.note(f"account {address} was added")
            for fault in faults_of(address):
                self.faults.install(fault)
            return account

    def account(self, address: str) -> Account | None:
        """Find an account by its address, whatever the case."""
        return self._accounts.get(address.lower())

    def workspace(self, account: Account) -> Workspace | None:
        """Return the policies over the account: its organisation's, or those of a new one; None for a consumer."""
        return self.workspaces.get(account.organisation, Workspace()) if account.organisation else None

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every account by its address in lower case, in the order added."""
        return MappingProxyType(self._accounts)

    def change_password(self, address: str) -> None:
        """Let the owner change the password: refresh tokens that open Gmail die. ValueError without such an account."""
        with self.lock:
            account = self._known(address)
            self.note(f"the password of {account.address} was changed")
            self.grants.change_password(account.address)

    def remove_app(self, address: str, client_id: str, *, by_administrator: bool = False) -> bool:
        """Let the owner, or an administrator, take away the client's app; False when it had no grant."""
        with self.lock:
            if not self.grants.granted(address, client_id):
                return False
            self.note(f"{'an administrator' if by_administrator else 'the owner'} removed {client_id} from {address}")
            return self.grants.revoke_account(address, client_id, by_administrator=by_administrator)

    def suspend_account(self, address: str) -> None:
        """Let an administrator suspend the account: nothing it gave works until it is reactivated.

        ValueError without such an account.
        """
        self._set_suspended(address, True)

    def reactivate_account(self, address: str) -> None:
        """Undo a suspension; tokens that did not die meanwhile work again. ValueError without such an account."""
        self._set_suspended(address, False)

    def delete_account(self, address: str) -> None:
        """Delete the account with its mail and every grant. ValueError without such an account."""
        with self.lock:
            account = self._accounts.pop(self._known(address).address.lower())
            for fault in faults_of(account.address):
                self.faults.discard(fault.name)
            self.note(f"account {account.address} was deleted")
            self.grants.delete_account(account.address)

    def _known(self, address: str) -> Account:
        account = self.account(address)
        if account is None:
            raise ValueError(f"there is no account {address} in this world")
        return account

    def _set_suspended(self, address: str, suspended: bool) -> None:
        with self.lock:
            account = self._known(address)
            account.suspended = suspended
            self.note(f"account {account.address} was {'suspended' if suspended else 'reactivated'}")

    def sign_in(self, protocol: str, user: str, access_token: str) -> Account:
        """Return the account that this token opens for `protocol`, "imap" or "smtp".

        Raises SignInRefused. Gmail gives one answer to an expired, revoked, too narrow or foreign
        token (google.md 3.3); the journal says which it was.
        """
        with self.lock:
            token = self.grants.access_token(access_token)
            account = self.account(user)
            if fault := _token_fault(token, protocol, user):
                self.note(f"{protocol} sign-in as {user} refused: {fault}")
                raise SignInRefused(Refusal.BAD_TOKEN)
            if account is not None and account.suspended:
                # Gmail's words are not known; these are google.md 3.3's stand-in.
                self.note(f"{protocol} sign-in as {user} refused: the account is suspended")
                raise SignInRefused(Refusal.BAD_TOKEN)
            if account is None or not account.gmail:
                self.note(f"{protocol} sign-in as {user} refused: the account has no Gmail")
                raise SignInRefused(Refusal.NO_GMAIL)
            if protocol == "imap" and token and (refusal := self._imap_policy(account, token.client_id)):
                self.note(f"{protocol} sign-in as {user} refused: {refusal.value}")
                raise SignInRefused(refusal)
            if protocol == "imap" and not account.imap:
                self.note(f"{protocol} sign-in as {user} refused: IMAP is off for the account")
                raise SignInRefused(Refusal.IMAP_OFF)
            return account

    def _imap_policy(self, account: Account, client_id: str) -> Refusal | None:
        """Return why the account's organisation keeps the app from IMAP; None when it does not."""
        workspace = self.workspace(account)
        if workspace is None or workspace.allows_imap(client_id):
            return None
        return Refusal.IMAP_NOT_FOR_CLIENT if workspace.imap else Refusal.IMAP_OFF_IN_DOMAIN

    # --- mail ---

    def deliver(
        self, address: str, raw: bytes, *, flags: Iterable[str] = (), internal_date: datetime | None = None
    ) -> Message:
        r"""Let a message arrive in the account's Inbox, as these bytes. ValueError when there is no such account.

        `flags` and `internal_date` are for mail that has a past elsewhere; None means that it arrives now.
        """
        with self.lock:
            account = self._known(address)
            message = account.mail.add(raw, labels=["\\Inbox"], flags=flags, internal_date=internal_date)
            self.note(f"mail for {account.address} was delivered: {len(raw)} bytes")
            return message

    def submit(self, sender: Account, recipients: Sequence[str], raw: bytes) -> None:
        r"""Do what Gmail does with a message it accepted by SMTP (google.md 5.5).

        The sender's Sent gets the message with the account's own From, a Message-ID and a Date;
        each recipient with an account here gets the same bytes without Bcc. Mail to oneself is one
        message with both labels, as in Gmail, and unread. What is for others goes to `outside`.
        """
        with self.lock:
            sent = submission.accepted(
                raw, address=sender.address, name=sender.name, now=self.clock.now(), fresh_id=self._message_id
            )
            copy = submission.without_bcc(sent)
            others = {recipient.lower(): recipient for recipient in recipients}
            to_self = others.pop(sender.address.lower(), None) is not None
            sender.mail.add(
                sent, labels=["\\Sent", "\\Inbox"] if to_self else ["\\Sent"], flags=[] if to_self else ["\\Seen"]
            )
            self.note(f"mail of {sender.address} was sent: {len(sent)} bytes, {len(recipients)} recipients")
            for address in others.values():
                if self.account(address):
                    self.deliver(address, copy)
                else:
                    self.outside.append(Departed(sender.address, address, copy))
                    self.note(f"mail for {address} left for outside: {len(copy)} bytes")

    def _message_id(self) -> str:
        """Return a Message-ID as mx.google.com makes them, without its brackets."""
        parts = [self.ids.text("message id", HEX, length) for length in (8, 8, 5, 4)]
        return ".".join(parts) + "@mx.google.com"


def _token_fault(token: AccessToken | None, protocol: str, user: str) -> str | None:
    """Return what is wrong with the token for this sign-in, in words for the journal; None when it is good."""
    if token is None:
        return "no such access token"
    if token.death is not None:
        return f"the access token is dead: {token.death.value}"
    if not OPENS[protocol].intersection(token.scopes):
        return f"the access token's scopes do not open {protocol}: {' '.join(token.scopes)}"
    if token.address.lower() != user.lower():
        return f"the access token belongs to {token.address}"
    return None
