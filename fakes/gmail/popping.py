"""What the owner of an account set for POP, and which messages POP clients have fetched already (google.md 4.3).

POP shows no folders but one list, oldest first: all mail outside Spam and Trash, sent mail too. Callers hold the
world's lock.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fakes.gmail.folders import INBOX, JUNK, TRASH
from fakes.gmail.mail import MailStore
from fakes.gmail.message import SEEN, Message

BATCH = 265
"""Messages that one session lists; a client reconnects for more (google.md 4.3, seen in one thread)."""

RECENT = timedelta(days=30)
"""How far back the user name `recent:…` looks."""

LOGIN_DELAY = timedelta(seconds=300)
"""The time between two sign-ins that CAPA announces (RFC 2449 section 6.5)."""


class PopWindow(StrEnum):
    """Which mail POP offers, by the names of the Gmail API (`PopSettings.accessWindow`)."""

    DISABLED = "disabled"
    FROM_NOW_ON = "fromNowOn"
    ALL_MAIL = "allMail"


class Disposition(StrEnum):
    """What becomes of Gmail's copy once POP has fetched it, by the names of the Gmail API (`PopSettings`)."""

    LEAVE_IN_INBOX = "leaveInInbox"
    MARK_READ = "markRead"
    ARCHIVE = "archive"
    TRASH = "trash"


@dataclass(slots=True, eq=False)
class Popping:
    """The POP side of one account.

    `earlier` are the messages that were there when POP was turned on for mail from then on; `popped` those that a
    client has fetched. `in_use` while a session holds the mailbox. `off_told_at_sign_in` makes Gmail say that POP is
    off in answer to AUTH or PASS, as in older logs, instead of to the first command about mail. `keeps_login_delay`
    refuses who comes back within LOGIN_DELAY, which Gmail seldom does. `batch` is how many messages a session lists.
    """

    window: PopWindow = PopWindow.DISABLED
    disposition: Disposition = Disposition.LEAVE_IN_INBOX
    earlier: frozenset[int] = frozenset()
    popped: set[int] = field(default_factory=set)
    in_use: bool = False
    signed_in_at: datetime | None = None
    off_told_at_sign_in: bool = False
    keeps_login_delay: bool = False
    batch: int = BATCH

    @property
    def on(self) -> bool:
        """Tell whether the owner has turned POP on."""
        return self.window is not PopWindow.DISABLED

    def choose(self, window: PopWindow, mail: MailStore) -> None:
        """Let the owner choose the window. "For all mail" offers everything again, also what was fetched before."""
        self.window = window
        if window is PopWindow.ALL_MAIL:
            self.earlier = frozenset()
            self.popped.clear()
        elif window is PopWindow.FROM_NOW_ON:
            self.earlier = frozenset(message.gm_msgid for message in mail.messages())

    def offered(self, mail: MailStore, now: datetime, *, recent: bool) -> Sequence[Message]:
        """Return what a session that begins now sees, oldest first.

        A batch of what nobody has fetched yet; in recent mode everything of the last 30 days. That mode has no
        batches [recall]: it takes nothing out of the list, so a second session would see the same batch again.
        """
        shown = (
            message
            for message in mail.messages()
            if not message.labels & {TRASH, JUNK} and message.gm_msgid not in self.earlier
        )
        if recent:
            return sorted((message for message in shown if message.internal_date >= now - RECENT), key=_age)
        return heapq.nsmallest(
            self.batch, (message for message in shown if message.gm_msgid not in self.popped), key=_age
        )

    def too_soon(self, now: datetime) -> bool:
        """Tell whether Gmail refuses a sign-in now because the one before was a moment ago."""
        return self.keeps_login_delay and self.signed_in_at is not None and now - self.signed_in_at < LOGIN_DELAY

    def consume(self, mail: MailStore, gm_msgids: Iterable[int]) -> None:
        """Take these messages out of every later session's list, and do with them what the owner chose.

        What has been deleted meanwhile by other ways is passed over.
        """
        for gm_msgid in gm_msgids:
            try:
                message = mail.message(gm_msgid)
            except KeyError:
                continue
            self.popped.add(gm_msgid)
            match self.disposition:
                case Disposition.MARK_READ:
                    mail.set_flags(gm_msgid, message.flags | {SEEN})
                case Disposition.ARCHIVE:
                    mail.remove_labels(gm_msgid, [INBOX])
                case Disposition.TRASH:
                    mail.add_labels(gm_msgid, [TRASH])


def _age(message: Message) -> int:
    """Order by X-GM-MSGID, whose upper bits are the time of arrival."""
    return message.gm_msgid
