r"""The simulated Google in one `with`: a world, the servers in front of it, and the verbs that tests and tools use.

with SimulatedGoogle() as google:
    google.add_account("alice@contoso.com")
    google.deliver("alice@contoso.com", b"Subject: hello\r\n\r\nhello\r\n")
    ... let a client dial by google.network ...
    google.check()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

from fakes import consent, tls
from fakes.accounts import Account
from fakes.admission import MAIL_SCOPE
from fakes.clock import Clock
from fakes.console import ConsentScreen, Console, OAuthClient, Project, PublishingStatus, UserType
from fakes.faults import Faults
from fakes.forms import top_private_domain
from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message
from fakes.gmail.popping import Disposition, PopWindow
from fakes.gmail.seeding import SeedMessage, Unreadable, read_messages
from fakes.grants import AuthorizationCode, AuthRequest
from fakes.journal import Journal
from fakes.limits import Limits
from fakes.network import NetworkMap
from fakes.oauth.handler import handle
from fakes.oauth.http import Request, Response
from fakes.shell import Converse, Shell
from fakes.workspace import ROOT
from fakes.world import World

ENVIRONMENT = "https://contoso.crm.dynamics.com"
"""The business system of the examples."""

REDIRECT_PATH = "/_grid/cmds/dlg_gmailoauth.aspx"
"""The page that the guide has registered as redirect URI."""

LOCAL_REDIRECT = f"http://localhost:8400{REDIRECT_PATH}"
"""The same page where a command at a keyboard waits for the redirect."""

TESTER = "100000000000-tester.apps.googleusercontent.com"
"""The client of tokens that no application asked for."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What an administrator has after the steps at Google: a project and its web client."""

    project: Project
    client: OAuthClient


@dataclass(frozen=True, slots=True)
class SeedReport:
    """How many messages were delivered, and what was left out and why."""

    delivered: int
    skipped: tuple[Unreadable, ...]


class SimulatedGoogle:
    """Google in this process. `seed` decides every id and token; `clock` stands still unless another is given.

    `unusual` is a seed, too: with it all servers behave in legal but unusual ways. The verbs hold the world's lock, so
    they may be used while clients are connected.
    """

    def __init__(self, *, clock: Clock | None = None, seed: int = 0, unusual: int | None = None) -> None:
        self.world = World(clock=clock, seed=seed, unusual=unusual)
        self._shell = Shell(self.world)

    # --- running ---

    def start(self) -> Self:
        """Listen; clients may connect as soon as this returns. RuntimeError when started before."""
        self._shell.start()
        return self

    def stop(self) -> None:
        """Drop every connection and free the ports. Harmless when not running; the world stays to be looked at."""
        self._shell.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def network(self) -> NetworkMap:
        """The map from Google's host names to the ports listening here. RuntimeError when not running."""
        if not self._shell.hosts:
            raise RuntimeError("the simulated Google is not running; start() it or enter its `with`")
        return NetworkMap(str(tls.ca_file()), dict(self._shell.hosts))

    def listen(self, converse: Converse) -> str:
        """Let clients converse with something else too; return its loopback address. RuntimeError when not running."""
        return self._shell.open(converse)

    def settle(self, patience: float = 30.0) -> None:
        """Wait until every client has left and what they said last is done, such as the last words of one that died.

        TimeoutError when one is still there after `patience` seconds of real time. Harmless when not running.
        """
        self._shell.settle(patience)

    def check(self) -> None:
        """Raise AssertionError naming what a client asked for that is not imitated, idle faults, our own failures."""
        if complaints := self.complaints():
            raise AssertionError("the simulated Google could not answer truly:\n" + "\n".join(complaints))

    def complaints(self) -> list[str]:
        """Return what `check` complains of, each in one line or with a traceback."""
        with self.world.lock:
            complaints = [f"not imitated: {asked}" for asked in self.world.unimitated]
        complaints += [f"the fault {name!r} never fired" for name in self.world.faults.unfired()]
        return complaints + [f"failed: {failure}" for failure in self._shell.failures]

    # --- the world ---

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.world.clock

    @property
    def console(self) -> Console:
        """The Cloud console."""
        return self.world.console

    @property
    def faults(self) -> Faults:
        """What is to go wrong, and how often it has."""
        return self.world.faults

    @property
    def journal(self) -> Journal:
        """Everything that crossed a wire, secrets cut out."""
        return self.world.journal

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
        """Create an account with an empty mailbox, as `World.add_account` does; ValueError as there."""
        return self.world.add_account(
            address,
            name=name,
            imap=imap,
            pop=pop,
            gmail=gmail,
            organisation=organisation,
            unit=unit,
            classic=classic,
        )

    def set_app_password(self, address: str, app_password: str | None = None) -> str:
        """Let the owner make an app password, with which mail clients sign in without OAuth; return it.

        ValueError as `World.set_app_password` has it.
        """
        return self.world.set_app_password(address, app_password)

    def account(self, address: str) -> Account | None:
        """Find an account by its address, whatever the case."""
        return self.world.account(address)

    def set_pop(self, address: str, *, window: PopWindow | None = None, disposition: Disposition | None = None) -> None:
        """Let the owner change the POP settings in Gmail; None leaves one as it is. ValueError without such an account.

        "For all mail" offers everything outside Spam and Trash again, fetched before or not.
        """
        self.world.set_pop(address, window=window, disposition=disposition)

    def deliver(self, address: str, raw: bytes, *, spam: bool = False) -> Message:
        """Let a message arrive in the account's Inbox or Spam, as these bytes, unless its filters say otherwise.

        ValueError when there is no such account.
        """
        return self.world.deliver(address, raw, spam=spam)

    def reject(self, address: str, reply: str) -> None:
        """Let an address outside, or with `@domain` a whole domain, refuse mail: the sender gets a bounce.

        `reply` is what the other server says, such as `550 5.1.1 User unknown`. ValueError for one that is not final.
        """
        with self.world.lock:
            self.world.post.reject(address, reply)

    def set_limits(self, address: str, **changes: Any) -> Limits:
        """Change some limits of the account, named as in `Limits`; return them all. ValueError without such an account.

        From now on they hold, for sessions that are open too; what was counted so far stays counted.
        """
        with self.world.lock:
            account = self.world.account(address)
            if account is None:
                raise ValueError(f"there is no account {address} in this world")
            account.limits = replace(account.limits, **changes)
            return account.limits

    def on_the_web(self, address: str) -> AbstractContextManager[MailStore]:
        """Give the account's mail to change as its owner does in a browser; see `World.on_the_web`."""
        return self.world.on_the_web(address)

    def seed(
        self, address: str, path: Path | str, *, deliver: Callable[[str, SeedMessage], object] | None = None
    ) -> SeedReport:
        """Deliver every message of an mbox file, a Maildir or a folder of `.eml` files, byte for byte.

        Each keeps its flags, and its Date for the time of arrival, unless that lies before 1970 or in the future.
        What cannot be read is named in the report and left out. `deliver` takes each message in the world's place.
        Raises ValueError when there is no such account, or when `path` is none of the three.
        """
        deliver = deliver or self._deliver_seed
        delivered, skipped = 0, []
        for found in read_messages(Path(path)):
            if isinstance(found, Unreadable):
                skipped.append(found)
                continue
            deliver(address, found)
            delivered += 1
        return SeedReport(delivered, tuple(skipped))

    def access_token(self, address: str, *, scopes: Sequence[str] = (MAIL_SCOPE,)) -> str:
        """Return a fresh access token of the account, as if its owner had signed in to an app of the tester's own.

        For trying out mail clients without any OAuth of theirs. ValueError when there is no such account.
        """
        with self.world.lock:
            if self.account(address) is None:
                raise ValueError(f"there is no account {address} in this world")
            grants = self.world.grants
            asked = AuthRequest(TESTER, "http://localhost", tuple(scopes))
            issued = grants.issue_code(asked, address, asked.scopes)
            code = cast("AuthorizationCode", grants.code(issued))  # never None: it was issued in the line above
            return grants.redeem(code, testing=False).access.text

    def give_consent(self, url: str, as_: str, *, deny: bool = False, untick: Sequence[str] = ()) -> str:
        """Play the owner of `as_` at the authorization URL, without a browser; return the URL of the redirect.

        Raises as `fakes.consent.give_consent` does: ConsentStopped where Google stops the owner.
        """
        return consent.give_consent(url, as_, self._send, deny=deny, untick=untick)

    def correct_setup(self, environment: str = ENVIRONMENT, *, addresses: Sequence[str] | None = None) -> Setup:
        """Do right what the guide has an administrator do at Google: project, consent screen, web client, test users.

        The app is External and in Testing. The addresses are its test users; None for every account there is. The
        client may redirect to the environment's page and to the same page on localhost. Raises ConsoleRefused for an
        environment that the console would not take.
        """
        host = urlsplit(environment).hostname or ""
        screen = ConsentScreen(
            user_type=UserType.EXTERNAL,
            publishing_status=PublishingStatus.TESTING,
            app_name="Contoso CRM",
            support_email="admin@contoso.com",
            authorized_domains=(top_private_domain(host) or host,),
            test_users=tuple(addresses if addresses is not None else self.world.accounts),
        )
        with self.world.lock:
            project = self.console.create_project("Contoso mail")
            self.console.configure_consent_screen(project, screen)
            client = self.console.create_web_client(
                project, "gmailsync", [environment], [environment + REDIRECT_PATH, LOCAL_REDIRECT]
            )
        return Setup(project, client)

    def _deliver_seed(self, address: str, found: SeedMessage) -> None:
        arrived = found.internal_date or self.clock.now()  # with a date of its own nobody filters or answers it
        self.world.deliver(address, found.raw, flags=found.flags, internal_date=arrived)

    def _send(self, request: Request) -> Response:
        return handle(self.world, request)
