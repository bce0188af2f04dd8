"""Watching mailboxes: a cycle of each when Gmail says that something changed, and every few minutes whatever it says.

IDLE is a hint. It does not dependably tell of flags, it watches one folder, and between two connections it tells
nothing; so a mailbox is looked at again as soon as a connection stands. That IDLE cannot be had is nobody's alert:
what is wrong with a mailbox is for its cycles to find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gmailsync.errors import GmailSyncError, NotFound, StoreError
from gmailsync.flows import cycle, forecasts, tokens
from gmailsync.flows.cycle import Cycle
from gmailsync.flows.lookup import active_profile
from gmailsync.model.profile import IncomingProtocol
from gmailsync.ports import MailWatch, Ports, Why
from gmailsync.rules import reconnecting

INBOX = "INBOX"
"""The folder that a connection watches: where mail arrives. Others wait for the next look."""

EVERY = timedelta(minutes=5)
"""How long after a look a mailbox is looked at again, when nothing has happened."""

APART = timedelta(seconds=5)
"""How long after a look a hint has to wait: a mailbox in which much happens is not signed in to without a pause."""

ASK_AGAIN = timedelta(hours=1)
"""When it is tried again to watch a mailbox that cannot be: its server has no IDLE, or its mail is not read by IMAP."""


@dataclass(slots=True)
class _Post:
    """What is known of a mailbox: when to look at it, when to watch it again, and when the last look was over.

    `healthy` tells whether that look could read its mail; else to sign in for IDLE is in vain. `losses` counts the
    connections in a row that did not last until they were renewed.
    """

    look_at: datetime
    open_at: datetime
    looked_at: datetime | None = None
    healthy: bool = False
    losses: int = 0


class Watching:
    """Many mailboxes, all in the thread that calls `step` again and again, or takes from `looks`.

    `only` are addresses, of which the first look takes all; without them it is whatever is enabled, also later.
    `jitter` throws dice from 0 to 1.
    """

    def __init__(
        self,
        ports: Ports,
        watch: MailWatch,
        jitter: Callable[[], float],
        *,
        every: timedelta = EVERY,
        only: Sequence[str] = (),
    ) -> None:
        self._ports = ports
        self._watch = watch
        self._jitter = jitter
        self._every = every
        self._only = only
        self._now = ports.clock.now()
        self._survey_at = self._now
        self._posts: dict[str, _Post] = {}
        for address in only:
            self._add(address)

    def looks(self, tell: Callable[[StoreError], None]) -> Iterator[Cycle]:
        """Step for ever. While the database cannot be used, `tell` that, and try again after ever longer pauses.

        What was under way then begins anew, as after any other end of this program.
        """
        failures = 0
        while True:
            try:
                yield from self.step()
                failures = 0
            except StoreError as error:
                failures += 1
                tell(error)
                self._ports.clock.sleep(reconnecting.pause(failures, self._jitter()))

    def step(self) -> Iterator[Cycle]:
        """Wait until there is something to do, and do it; each cycle is told when it has ended.

        The connections are heard after each that takes time, so that none is lost to the length of a round.
        """
        self._tell_time()
        self._hear(self._next())
        if self._now < self._next():
            return
        self._survey()
        for address in [address for address, post in self._posts.items() if self._now >= post.look_at]:
            if (looked := self._look(address)) is not None:
                yield looked
            self._hear(self._now)
        for address in [address for address in self._to_open() if self._now >= self._posts[address].open_at]:
            self._open(address)
            self._hear(self._now)

    def _next(self) -> datetime:
        """Return when there is something to do, whatever the connections tell."""
        looks = [post.look_at for post in self._posts.values()]
        return min([self._survey_at, *looks, *(self._posts[address].open_at for address in self._to_open())])

    def _to_open(self) -> list[str]:
        watched = self._watch.watched
        return [address for address, post in self._posts.items() if post.healthy and address not in watched]

    # --- what is told ---

    def _hear(self, until: datetime) -> None:
        """Wait for what connections tell, and note what follows from it."""
        wake_ups = self._watch.wait(until)
        self._tell_time()
        for wake_up in wake_ups:
            post = self._posts.get(wake_up.address)
            if post is None:
                continue
            match wake_up.why:
                case Why.OPENED | Why.CHANGED:
                    post.look_at = min(post.look_at, (post.looked_at or self._now) + APART)
                case Why.RENEWED:
                    post.losses = 0
                case Why.LOST:
                    self._put_off(post)
                case Why.UNSUPPORTED:
                    post.open_at = self._now + ASK_AGAIN

    def _tell_time(self) -> None:
        """Take the time; a clock that was put back makes all due that it would otherwise put off."""
        before, self._now = self._now, self._ports.clock.now()
        if self._now < before:
            self._survey_at = self._now
            for post in self._posts.values():
                post.look_at = post.open_at = self._now

    def _put_off(self, post: _Post) -> None:
        post.losses += 1
        post.open_at = self._now + reconnecting.pause(post.losses, self._jitter())

    # --- what is done ---

    def _survey(self) -> None:
        """Find out which mailboxes there are to watch: some were enabled or disabled meanwhile."""
        due = cycle.due(self._ports)
        for address in due:
            if address not in self._posts and (not self._only or address in self._only):
                self._add(address)
        for address, post in list(self._posts.items()):
            if address not in due and post.looked_at is not None:
                self._watch.drop(address)
                del self._posts[address]
        if self._now >= self._survey_at:
            self._survey_at = self._now + self._every
            forecasts.watch_others(self._ports, due)

    def _add(self, address: str) -> None:
        self._posts[address] = _Post(self._now, self._now)

    def _look(self, address: str) -> Cycle | None:
        """Run a cycle; None when the mailbox is gone."""
        post = self._posts[address]
        try:
            looked = cycle.run(self._ports, address)
        except NotFound:
            looked = None
        self._tell_time()
        post.looked_at, post.look_at = self._now, self._now + self._every
        incoming = looked.incoming if looked else None
        if looked is None or looked.under_way is None:
            post.healthy = incoming is not None and not incoming.errors
        return looked

    def _open(self, address: str) -> None:
        """Watch a mailbox, if it is one to be watched."""
        post = self._posts[address]
        post.open_at = self._now + ASK_AGAIN
        try:
            with self._ports.store.begin() as tx:
                mailbox = tx.mailboxes.get(address)
                profile = active_profile(tx, mailbox)
            if mailbox.incoming_enabled and profile.protocol is IncomingProtocol.IMAP:
                token = tokens.access_token(self._ports, mailbox)
                self._watch.open(profile.incoming, address, token, INBOX)
        except GmailSyncError:
            self._put_off(post)
