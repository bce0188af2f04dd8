"""The world behind every simulated server: accounts, their mail, projects, grants and tokens, a clock and a journal.

A message sent by SMTP is there for IMAP; a revoked grant stops both. Ids come from counters and
time from the clock, so the same calls give the same bytes. Every verb takes `lock`; whoever
calls several that belong together holds it around them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from fakes import admission
from fakes.accounts import Account, require_place
from fakes.admission import Refusal, SignInRefused, unspaced
from fakes.clock import Clock, VirtualClock
from fakes.console import Console
from fakes.faults import Faults
from fakes.faults.addresses import faults_of
from fakes.gmail.classic import ClassicStore
from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message
from fakes.gmail.popping import Disposition, Popping, PopWindow
from fakes.grants import Death, Grants
from fakes.ids import LOWER, Ids
from fakes.journal import Journal, Party
from fakes.limits import OverVolume
from fakes.post import Departed, PostOffice
from fakes.unusual import Unusual
from fakes.visits import Visit, Visits
from fakes.workspace import ROOT, Workspace, Workspaces


class World:
    """Everything the simulated Google knows. `seed` decides every id and token.

    `unusual` is the seed of legal but unusual behaviour (`fakes.unusual`); None is for none.
    """

    def __init__(self, *, clock: Clock | None = None, seed: int = 0, unusual: int | None = None) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.seed = seed
        self.lock = threading.RLock()
        self.journal = Journal(self.clock)
        self.ids = Ids(seed)
        self.console = Console(self.clock, self.ids, self.note)
        self.grants = Grants(self.clock, self.ids, self.note)
        self.faults = Faults(seed, self.lock, self.note)
        self.unimitated: list[str] = []
        self.workspaces = Workspaces(self.clock, self.note)
        self.visits = Visits()
        self.grants.on_end = self.visits.review
        self.unusual = None if unusual is None else Unusual(unusual)
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
        unit: str = ROOT,
        classic: bool = False,
    ) -> Account:
        """Create an account with an empty mailbox; `pop` turns POP on for all mail.

        A `classic` one has folders instead of labels, as plain IMAP servers do (`fakes.gmail.classic`). One such as
        alice+timeout@contoso.com brings the faults that its tag names (`faults.addresses`).
        ValueError when the address is taken or is none, or the unit is none or of no organisation.
        """
        with self.lock:
            require_place(organisation, unit)
            local, at, domain = address.rpartition("@")
            if not (local and at and domain) or address.split() != [address]:
                raise ValueError(f"not an email address: {address!r}")
            if address.lower() in self._accounts:
                raise ValueError(f"there is an account {address} already")
            mail = (ClassicStore if classic else MailStore)(self.clock, self.ids)
            popping = Popping(PopWindow.ALL_MAIL if pop else PopWindow.DISABLED)
            account = Account(address, name, self.ids.sub(), imap, popping, gmail, organisation, mail, unit)
            self._accounts[address.lower()] = account
            self.note(f"account {address} was added")
            for fault in faults_of(address):
                self.faults.install(fault)
            return account

    def account(self, address: str) -> Account | None:
        """Find an account by its address, whatever the case."""
        return self._accounts.get(address.lower())

    def workspace(self, account: Account) -> Workspace | None:
        """Return the policies over the account that Google goes by now; None for one without an organisation."""
        return self.workspaces.effective(account.organisation) if account.organisation else None

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every account by its address in lower case, in the order added."""
        return MappingProxyType(self._accounts)

    def set_app_password(self, address: str, app_password: str | None = None) -> str:
        """Let the owner make an app password, 16 letters, or take the given one; return it.

        ValueError without such an account, for one in Advanced Protection, which has none (google.md 6), and for
        what is not 16 small letters. Two-step verification is on from then on, since Google wants it for this.
        """
        with self.lock:
            account = self._known(address)
            if account.advanced_protection:
                raise ValueError(f"{account.address} is in Advanced Protection, which allows no app passwords")
            given = self.ids.text("app password", LOWER[:26], 16) if app_password is None else unspaced(app_password)
            if not re.fullmatch("[a-z]{16}", given):
                raise ValueError("an app password has 16 small letters")
            account.two_step, account.app_password = True, given
            self.note(f"{account.address} has an app password")
            self.visits.review()
            return given

    def change_password(self, address: str, password: str | None = None) -> None:
        """Let the owner change the password: app passwords and refresh tokens that open Gmail die.

        ValueError without such an account.
        """
        with self.lock:
            account = self._known(address)
            account.password, account.app_password = password, None
            self.note(f"the password of {account.address} was changed")
            self.grants.change_password(account.address)
            self.visits.review()

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
            self.visits.review()

    # --- administrators ---

    @property
    def workspace_effective_after(self) -> timedelta:
        """How long Google takes to go by policies that an administrator saves: "up to 24 h" (google.md 6)."""
        return self.workspaces.effective_after

    @workspace_effective_after.setter
    def workspace_effective_after(self, delay: timedelta) -> None:
        self.workspaces.effective_after = delay

    def set_workspace(self, domain: str, workspace: Workspace) -> None:
        """Let an administrator save the organisation's policies."""
        with self.lock:
            self.workspaces.save(domain, workspace)

    def change_workspace(self, domain: str, **changes: Any) -> None:
        """Let an administrator save some policies, named as in `Workspace`, and leave the others as saved last."""
        with self.lock:
            self.workspaces.save(domain, replace(self.workspaces.saved(domain), **changes))

    def move_account(self, address: str, unit: str) -> None:
        """Let an administrator move the account to another organisational unit.

        ValueError without such an account, or when the unit is none or the account has no organisation.
        """
        with self.lock:
            account = self._known(address)
            require_place(account.organisation, unit)
            account.unit = unit
            self.note(f"account {account.address} was moved to the organisational unit {unit}")

    def switch_gmail(self, address: str, *, on: bool) -> None:
        """Let an administrator give or take the Gmail service, or a licence that has it.

        Grants and mail stay. ValueError without such an account.
        """
        with self.lock:
            account = self._known(address)
            account.gmail = on
            self.note(f"the Gmail service of {account.address} was turned {'on' if on else 'off'}")
            self.visits.review()

    def set_pop(self, address: str, *, window: PopWindow | None = None, disposition: Disposition | None = None) -> None:
        """Let the owner change the POP settings in Gmail; None leaves one as it is. ValueError without such an account.

        "For all mail" offers everything outside Spam and Trash again, fetched before or not.
        """
        with self.lock:
            account = self._known(address)
            if window is not None:
                account.popping.choose(window, account.mail)
                self.note(f"the owner of {account.address} set POP to {window.value}")
            if disposition is not None:
                account.popping.disposition = disposition
                self.note(f"the owner of {account.address} set that fetched mail is to {disposition.value}")

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
            self.visits.review()

    def sign_in(self, protocol: str, user: str, access_token: str) -> Account:
        """Return the account that this token opens for `protocol`, "imap", "pop" or "smtp".

        Raises SignInRefused. Gmail gives one answer to an expired, revoked, too narrow or foreign
        token (google.md 3.3); the journal says which it was.
        """
        with self.lock:
            account, token = self.account(user), self.grants.access_token(access_token)
            workspace = self.workspace(account) if account else None
            if refused := admission.by_token(protocol, user, token, account, workspace):
                refusal, why = refused
                self.note(f"{protocol} sign-in as {user} refused: {why}")
                raise SignInRefused(refusal)
            return self._known(user)

    def sign_in_with_password(self, protocol: str, user: str, password: str) -> Account:
        """Return the account that this password opens for `protocol`, "imap", "pop" or "smtp".

        Only an app password does, written with or without blanks. Raises SignInRefused; the journal says why.
        """
        with self.lock:
            account = self.account(user)
            workspace = self.workspace(account) if account else None
            if refusal := admission.by_password(protocol, account, password, workspace):
                self.note(f"{protocol} sign-in as {user} by password refused: {refusal.value}")
                raise SignInRefused(refusal)
            return self._known(user)

    def begin_visit(self, protocol: str, account: Account, access_token: str | None = None) -> Visit:
        """Count a session, "imap" or "pop", of an account that has just signed in: by this token, or its app password.

        It ends with its token, or the app password (google.md 3.4). That a suspension, the end of the Gmail service
        or of the account end it too is a stand-in: Google says nothing of sessions that are open then. Raises
        SignInRefused when the account has too many sessions, or its volume is used up.
        """
        with self.lock:
            now, limits = self.clock.now(), account.limits
            refusal = None
            if limits.over_volume is OverVolume.REFUSED and account.usage.is_shut(protocol, now):
                refusal = Refusal.OVER_VOLUME
            elif protocol == "imap" and len(self.visits.of(account.address, "imap")) >= limits.imap_connections:
                refusal = Refusal.TOO_MANY_CONNECTIONS
            if refusal:
                self.note(f"{protocol} sign-in as {account.address} refused: {refusal.value}")
                raise SignInRefused(refusal)
            token = self.grants.access_token(access_token) if access_token is not None else None
            app_password = account.app_password
            until: datetime | None = now + (limits.imap_session if protocol == "imap" else limits.pop_session)
            if access_token is not None:
                until = token.expires_at if token and limits.token_ends_session else None

            def good() -> bool:
                if self.account(account.address) is not account or account.suspended or not account.gmail:
                    return False
                if access_token is None:
                    return account.app_password == app_password
                return token is not None and token.death in (None, Death.EXPIRED)

            return self.visits.begin(Visit(protocol, account.address, now, until, good))

    def pop_refusal(self, account: Account) -> Refusal | None:
        """Return why the account may not use POP, the administrator's switch first; None when it may."""
        return admission.by_pop(account, self.workspace(account))

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

    @contextmanager
    def on_the_web(self, address: str) -> Iterator[MailStore]:
        """Give the account's mail to change as its owner does in a browser. ValueError without such an account.

        Sessions that have a folder open hear of it `web_delay` later, a setting of the mail.
        """
        with self.lock:
            account = self._known(address)
            with account.mail.changed_on_the_web():
                yield account.mail
            self.note(f"the owner of {account.address} changed mail on the web")

    def submit(self, sender: Account, recipients: Sequence[str], raw: bytes, *, returns: bool = True) -> None:
        """Do what Gmail does with a message it accepted by SMTP: see `PostOffice.submit`."""
        with self.lock:
            self.post.submit(sender, recipients, raw, returns=returns)
