"""One IMAP conversation that signs in, opens a folder and waits in IDLE (RFC 2177): bytes in, bytes out, no socket.

What it hears is a hint that somebody should look, never the truth about the folder: nothing is read here. Sockets and
time are `gmailsync.google.idle`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from imapclient import imap_utf7

from gmailsync.errors import GmailSyncError, ImapError
from gmailsync.google.imap_refusals import refused
from gmailsync.google.lines import clean
from gmailsync.google.sasl import XOAUTH2, base64_text, xoauth2
from gmailsync.model.secret import Secret
from gmailsync.ports import Why

_LONGEST_LINE = 65_536
"""Bytes of a line that are waited for; where nothing is fetched, no honest server sends so long a one."""

_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}\Z")
_NEWS = re.compile(rb"(?:\d+ (?:EXISTS|EXPUNGE|FETCH)\b|VANISHED\b)", re.IGNORECASE)
"""What says that the folder is no longer as it was (RFC 3501 section 7.3 and 7.4, RFC 7162 section 3.2.10)."""


class Stage(Enum):
    """How far the conversation has come; each is named for what was said last."""

    CONNECTED = auto()
    SIGNING_IN = auto()
    ASKING = auto()
    OPENING = auto()
    BEGINNING = auto()
    IDLING = auto()
    RENEWING = auto()
    LEAVING = auto()
    OVER = auto()


_AFTER_OK: Mapping[Stage, Stage] = MappingProxyType(
    {
        Stage.CONNECTED: Stage.SIGNING_IN,
        Stage.SIGNING_IN: Stage.ASKING,
        Stage.ASKING: Stage.OPENING,
        Stage.OPENING: Stage.BEGINNING,
        # Not from BEGINNING or IDLING: who ends an IDLE unasked would have us begin the next in a tight loop.
        Stage.RENEWING: Stage.BEGINNING,
        Stage.LEAVING: Stage.OVER,
    }
)
_TELLING = frozenset({Stage.BEGINNING, Stage.IDLING, Stage.RENEWING})
"""When untagged data is news: before, it describes the folder as it was opened."""


class IdleTalk:
    """The client's side. `to_send` is what is to go out next; `error` is what ended the conversation, None otherwise.

    `stage` OVER means that nothing more is said on either side: the connection is to be closed.
    """

    def __init__(self, address: str, token: Secret, folder: str) -> None:
        self.stage = Stage.CONNECTED
        self.to_send = bytearray()
        self.error: GmailSyncError | None = None
        self._address = address
        self._folder = folder
        self._sign_in = [base64_text(xoauth2(address, token))]
        self._can_idle = False
        self._has_idled = False
        self._count = 0
        self._tag = b""
        self._arrived = bytearray()
        self._skip = 0

    def receive(self, data: bytes) -> list[Why]:
        """Take bytes as they arrived, and return what they tell, each thing once, in the order it came."""
        self._arrived += data
        told: list[Why] = []
        while self.stage is not Stage.OVER and (line := self._take_line()) is not None:
            why = self._hear(line)
            if why is not None and why not in told:
                told.append(why)
        if len(self._arrived) > _LONGEST_LINE:
            told += self.break_off(ImapError("Gmail sent a line without an end to a session in IDLE"))
        return told

    def renew(self) -> None:
        """End the IDLE, to begin another: the answer proves that somebody still listens at the other end."""
        self.stage = Stage.RENEWING
        self.to_send += b"DONE\r\n"

    def leave(self) -> None:
        """Log out; before the sign-in is over there is nothing to log out of."""
        if self.stage in (Stage.CONNECTED, Stage.SIGNING_IN):
            self.stage = Stage.OVER
        elif self.stage not in (Stage.LEAVING, Stage.OVER):
            if self.stage in (Stage.BEGINNING, Stage.IDLING):
                self.to_send += b"DONE\r\n"
            self._enter(Stage.LEAVING)

    def break_off(self, error: GmailSyncError) -> list[Why]:
        """Take note that the connection is gone, or is to be closed; it is told unless we were leaving anyway."""
        told = [] if self.stage in (Stage.LEAVING, Stage.OVER) else [Why.LOST]
        if told:
            self.error = error
        self.stage = Stage.OVER
        return told

    # --- what arrives ---

    def _take_line(self) -> bytes | None:
        """Return the next line without its end; None when more bytes are needed. Literals are passed over."""
        skipped = min(self._skip, len(self._arrived))
        del self._arrived[:skipped]
        self._skip -= skipped
        end = -1 if self._skip else self._arrived.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._arrived[:end]).rstrip(b"\r")
        del self._arrived[: end + 1]
        if literal := _LITERAL.search(line):
            self._skip = int(literal[1])
        return line

    def _hear(self, line: bytes) -> Why | None:
        if line.startswith(b"+"):
            return self._go_ahead()
        tag, _, rest = line.partition(b" ")
        if tag == b"*":
            return self._untagged(rest)
        return self._completed(rest) if tag == self._tag else None

    def _go_ahead(self) -> Why | None:
        """Answer a continuation request: the token, an empty line to the challenge of a refusal, or nothing in IDLE."""
        if self.stage is Stage.SIGNING_IN:
            self.to_send += (self._sign_in.pop() if self._sign_in else "").encode() + b"\r\n"
        if self.stage is not Stage.BEGINNING:
            return None
        self.stage = Stage.IDLING
        before, self._has_idled = self._has_idled, True
        return Why.RENEWED if before else Why.OPENED

    def _untagged(self, rest: bytes) -> Why | None:
        condition = rest[:4].strip().upper()
        if condition == b"BYE":
            return next(iter(self.break_off(refused(clean(rest), self._address))), None)
        if self.stage is Stage.CONNECTED:
            return self._completed(rest)
        if self.stage is Stage.ASKING and rest.upper().startswith(b"CAPABILITY "):
            self._can_idle = b"IDLE" in rest.upper().split()
        return Why.CHANGED if self.stage in _TELLING and _NEWS.match(rest) else None

    def _completed(self, rest: bytes) -> Why | None:
        """Go on after a command that was carried out; after any other, take leave."""
        after = _AFTER_OK.get(self.stage) if rest.upper().startswith(b"OK") else None
        if after is not None and (self._can_idle or self.stage is not Stage.ASKING):
            self._enter(after)
            return None
        if after is not None:
            self._enter(Stage.LEAVING)
            return Why.UNSUPPORTED
        if self.stage is not Stage.LEAVING:
            self.error = self._complaint(rest)
        gone = self.stage is Stage.LEAVING
        self._enter(Stage.OVER if gone else Stage.LEAVING)
        return None if gone else Why.LOST

    def _complaint(self, rest: bytes) -> GmailSyncError:
        line = clean(rest)
        if line.upper().startswith(("NO", "BAD")):
            return refused(line, self._address)
        return ImapError("Gmail ended an IDLE that goes on", server_line=line)

    # --- what is said ---

    def _enter(self, stage: Stage) -> None:
        """Say what a stage begins with."""
        self.stage = stage
        match stage:
            case Stage.SIGNING_IN:
                self._say(f"AUTHENTICATE {XOAUTH2}")
            case Stage.ASKING:
                self._say("CAPABILITY")
            case Stage.OPENING:
                self._say("EXAMINE " + _quoted(self._folder))
            case Stage.BEGINNING:
                self._say("IDLE")
            case Stage.LEAVING:
                self._say("LOGOUT")

    def _say(self, command: str) -> None:
        self._count += 1
        self._tag = b"I%d" % self._count
        self.to_send += self._tag + b" " + command.encode() + b"\r\n"


def _quoted(folder: str) -> str:
    """Return a folder's name as a quoted string in modified UTF-7 (RFC 3501 section 5.1.3)."""
    name: bytes = imap_utf7.encode(folder)
    return '"' + name.decode("ascii").replace("\\", r"\\").replace('"', r"\"") + '"'
