"""The world behind every simulated server: accounts, their mail, projects, grants and tokens, a clock and a journal.

A message sent by SMTP is there for IMAP; a revoked grant stops both. Ids come from counters and
time from the clock, so the same calls give the same bytes. Every verb takes `lock`; whoever
calls several that belong together holds it around them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from fakes.clock import Clock, VirtualClock
from fakes.console import Console
from fakes.gmail.mail import MailStore, Message
from fakes.grants import AccessToken, Grants
from fakes.ids import Ids
from fakes.journal import Journal, Party
from fakes.post import Departed, PostOffice, PostSettings
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
    `post` is what the owner has set up about mail: filters, aliases, a vacation responder.
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
    post: PostSettings = field(default_factory=PostSettings)


class World:
    """Everything the simulated Google knows. `seed` decides every id and token."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.lock = threading.RLock()
        self.journal = Journal(self.clock)
        self.ids = Ids(seed)
        self.console = Console(self.clock, self.ids, self.note)
        self.grants = Grants(self.clock, self.ids, self.note)
        self.unimitated: list[str] = []
        self.workspaces: dict[str, Workspace] = {}
        self._accounts: dict[str, Account] = {}
        self.post = PostOffice(self.clock, self.ids, self.note, self._accounts)

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
        """Create an account with an empty mailbox. ValueError when the address is taken or is none."""
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

    @property
    def outside(self) -> list[Departed]:
        """What left for people who have no account in this world, oldest first."""
        return self.post.outside

    def deliver(
        self,
        address: str,
        raw: bytes,
        *,
        flags: Iterable[str] = (),
        internal_date: datetime | None = None,
        spam: bool = False,
    ) -> Message:
        r"""Let a message arrive, as these bytes, at the account that gets mail for the address.

        It comes to the Inbox unless a filter of the owner's says otherwise, or to Spam. With an `internal_date` it is
        mail that has a past elsewhere: it lies in the Inbox under its `flags`, and nobody filters or answers it.
        ValueError when there is no such account.
        """
        with self.lock:
            holder = self.post.holder(address) or self._known(address)
            if internal_date is None and not flags:
                return self.post.arrive(holder, raw, spam=spam)
            message = holder.mail.add(raw, labels=["\\Inbox"], flags=flags, internal_date=internal_date)
            self.note(f"mail for {holder.address} was delivered: {len(raw)} bytes")
            return message

    def submit(self, sender: Account, recipients: Sequence[str], raw: bytes, *, returns: bool = True) -> None:
        """Do what Gmail does with a message it accepted by SMTP: see `PostOffice.submit`."""
        with self.lock:
            self.post.submit(sender, recipients, raw, returns=returns)


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
