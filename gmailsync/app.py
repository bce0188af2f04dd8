"""The composition root: the one place that joins flows, Google, database and clock.

The libraries that talk to Google are imported when an `App` is opened: whoever only looks at the database need not
wait for them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gmailsync.clock import SystemClock, clock_of
from gmailsync.config import Settings
from gmailsync.ports import Clock, MailWatch, Ports, Progress
from gmailsync.store.database import Database
from gmailsync.store.keys import load_key
from gmailsync.store.opening import open_database
from gmailsync.workers import SystemWorkers

if TYPE_CHECKING:
    from gmailsync.google.network import Network


def open_store(settings: Settings) -> Database:
    """Open the database that the settings name, making a new one with a key when there is none.

    Raises `BadInput` and `StoreError`, after which everything is as it was.
    """
    return open_database(settings.database_url, lambda new: load_key(settings.home, settings.environ, create=new))


@dataclass(frozen=True, slots=True)
class App:
    """An opened gmailsync: what the flows need, over one database and one network. Closes at the end of `with`."""

    ports: Ports
    close: Callable[[], None]
    watch: Callable[[], AbstractContextManager[MailWatch]]
    """Opens connections that wait for mail, for one thread."""

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        network: Network | None = None,
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Open the database (see `open_store`) and make ready for Google.

        `network` goes before the settings' network file, and without either it is the internet; a simulation also
        hands over its clock, here or in its network file.
        """
        from gmailsync.google.connector import GmailConnector
        from gmailsync.google.idle import IdleWatch
        from gmailsync.google.network import Network
        from gmailsync.google.oauth import GoogleOAuth

        if network is None:
            network = Network.from_file(settings.network_file) if settings.network_file else Network.internet()
            clock = clock or clock_of(settings.network_file)
        database = open_store(settings)
        ports = Ports(
            store=database,
            clock=clock or SystemClock(),
            oauth=GoogleOAuth(network),
            mail=GmailConnector(network),
            progress=progress or Unseen(),
            workers=SystemWorkers(),
            fresh_message_id=fresh_message_id,
        )
        return cls(ports, database.close, partial(IdleWatch, network, ports.clock))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Unseen:
    """Progress that nobody watches."""

    def start(self, label: str, total: int) -> None:
        """Draw nothing."""

    def advance(self, done: int = 1) -> None:
        """Draw nothing."""


def fresh_message_id(domain: str) -> str:
    """Return a Message-ID that nobody has used: 128 random bits at the sender's domain (RFC 5322 section 3.6.4).

    The domain has to be a real one: Gmail replaces a Message-ID whose domain it does not like.
    """
    return f"<{secrets.token_hex(16)}@{domain}>"
