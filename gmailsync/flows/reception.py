"""The incoming half of Test & Enable: connect, sign in, look at the mail, find the test message; by IMAP or by POP.

Each method returns its evidence as a sentence, or raises; they are called in this order.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from typing import Protocol

from gmailsync.errors import PopTooSoon, TestMessageMissing
from gmailsync.mime.headers import read_headers
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.maildrop import Offered
from gmailsync.model.profile import IncomingProtocol, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import MailDrop, MailSource, Ports
from gmailsync.rules.popping import BETWEEN_LOOKS

ARRIVAL_DEADLINE = timedelta(seconds=120)
"""How long the test message may take from Gmail's SMTP to where it is read."""
ARRIVAL_POLL = timedelta(seconds=2)
"""How long to wait between two looks for it; by POP, where each is a sign-in, twice as long each time."""

_FULL = 200
"""Messages from which on a POP session may show a part only, and what is new is not in it (google.md 4.3)."""
_NEWEST = 50
"""How many of the newest messages are looked through for the test message."""


class Reception(Protocol):
    """How mail of one mailbox is read."""

    def connection(self) -> str:
        """Connect without signing in."""
        ...

    def sign_in(self, token: Secret) -> str:
        """Sign in."""
        ...

    def mail(self) -> str:
        """Look at the mail there is."""
        ...

    def test_message(self, message_id: str) -> str:
        """Wait for the test message. `TestMessageMissing` when it does not come."""
        ...


def reception(ports: Ports, mailbox: Mailbox, profile: ServerProfile, sessions: ExitStack) -> Reception:
    """Return the way that the profile's protocol reads the mailbox; sessions end with `sessions`."""
    by_protocol = PopReception if profile.protocol is IncomingProtocol.POP else ImapReception
    return by_protocol(ports, mailbox, profile, sessions)


class ImapReception:
    """Reading by IMAP, in one session."""

    _source: MailSource

    def __init__(self, ports: Ports, mailbox: Mailbox, profile: ServerProfile, sessions: ExitStack) -> None:
        self._ports = ports
        self._address = mailbox.address
        self._others = [folder for folder in mailbox.folders if folder != "INBOX"]
        self._endpoint = profile.incoming
        self._sessions = sessions

    def connection(self) -> str:
        """Return the greeting."""
        return self._ports.mail.imap_greeting(self._endpoint)

    def sign_in(self, token: Secret) -> str:
        """Sign in, and stay so."""
        self._source = self._sessions.enter_context(self._ports.mail.imap(self._endpoint, self._address, token))
        return f"signed in as {self._address}"

    def mail(self) -> str:
        """Open the Inbox, where the test message comes, and the other folders that are read."""
        folder = self._source.open_folder("INBOX")
        for name in self._others:
            self._source.open_folder(name)
        also = f"; there are {', '.join(self._others)}" if self._others else ""
        return f"{folder.exists} messages, UIDVALIDITY {folder.uidvalidity}{also}"

    def test_message(self, message_id: str) -> str:
        """Look into the Inbox again and again."""
        deadline = self._ports.clock.now() + ARRIVAL_DEADLINE
        while True:
            self._source.open_folder("INBOX")
            if uids := self._source.find_message_id(message_id):
                return f"UID {uids[-1]} in the Inbox"
            if self._ports.clock.now() >= deadline:
                raise TestMessageMissing(f"the test message is not in the Inbox after {_seconds(ARRIVAL_DEADLINE)}")
            self._ports.clock.sleep(ARRIVAL_POLL)


class PopReception:
    """Reading by POP: a session shows what was there when it began, so that each look is a session of its own.

    Nothing is fetched, so that the sync finds everything, but for the headers by TOP, which is no fetch to Gmail.
    """

    _token: Secret
    _drop: MailDrop

    def __init__(self, ports: Ports, mailbox: Mailbox, profile: ServerProfile, sessions: ExitStack) -> None:
        self._ports = ports
        self._mailbox = mailbox
        self._endpoint = profile.incoming
        self._first_session = sessions.enter_context(ExitStack())
        self._recent = mailbox.pop_recent
        self._looked_at: set[str] = set()

    def connection(self) -> str:
        """Return the greeting."""
        return self._ports.mail.pop_greeting(self._endpoint)

    def sign_in(self, token: Secret) -> str:
        """Sign in; Gmail lets in also whom POP is closed to."""
        self._token = token
        self._drop = self._first_session.enter_context(self._session(recent=self._recent))
        return f"signed in as {'recent:' if self._recent else ''}{self._mailbox.address}"

    def mail(self) -> str:
        """List the mail that POP shows, and end the session: Gmail lets in one at a time."""
        listed = self._drop.listing()
        self._first_session.close()
        self._recent = self._recent or len(listed) >= _FULL
        self._looked_at = {one.uidl for one in listed}
        return f"{len(listed)} messages shown by POP"

    def test_message(self, message_id: str) -> str:
        """Look again at longer and longer intervals.

        Where a session shows so much that it may not show all, the look is by `recent:`. When Gmail refuses to be asked
        again so soon, which it seldom does, the last look is five minutes later.
        """
        wait, deadline = ARRIVAL_POLL, self._ports.clock.now() + ARRIVAL_DEADLINE
        while self._ports.clock.now() < deadline:
            try:
                if found := self._find(message_id):
                    return f"{found.uidl} shown by POP"
            except PopTooSoon:
                return self._last_look(message_id)
            self._ports.clock.sleep(wait)
            wait *= 2
        raise self._missing(deadline)

    def _last_look(self, message_id: str) -> str:
        refused_at = self._ports.clock.now()
        self._ports.clock.sleep(BETWEEN_LOOKS)
        if found := self._find(message_id):
            return f"{found.uidl} shown by POP"
        raise self._missing(refused_at)

    def _find(self, message_id: str) -> Offered | None:
        """Look through the newest messages that no earlier look showed; they come oldest first."""
        with self._session(recent=self._recent) as drop:
            for one in reversed(drop.listing()[-_NEWEST:]):
                if one.uidl in self._looked_at:
                    continue
                self._looked_at.add(one.uidl)
                if read_headers(drop.top(one.number)).message_id == message_id:
                    return one
        return None

    def _session(self, *, recent: bool) -> AbstractContextManager[MailDrop]:
        return self._ports.mail.pop(self._endpoint, self._mailbox.address, self._token, recent=recent)

    def _missing(self, since: datetime) -> TestMessageMissing:
        waited = self._ports.clock.now() - since
        return TestMessageMissing(
            f"POP does not show the test message after {_seconds(waited)}",
            advice="See whether another program reads this account by POP, or use: mailbox set ADDRESS --pop-recent",
        )


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():.0f} seconds"
