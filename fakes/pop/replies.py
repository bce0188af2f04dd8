"""What the server says, in Gmail's words where they are known (google.md 4.1, 4.2)."""

from __future__ import annotations

from fakes.actions import LONGEST_NOTE, Speech
from fakes.journal import summary
from fakes.wire import dot_block

GREETING = "+OK Gpop ready for requests from {peer} {session}"
WELCOME = "+OK Welcome."
SEND_PASS = "+OK send PASS"  # noqa: S105 - a reply, not a password
FAREWELL = "+OK Farewell."
CAPABILITIES_FOLLOW = "+OK Capability list follows"
MESSAGE_FOLLOWS = "+OK message follows"
OK = "+OK"

BAD_COMMAND = "-ERR bad command"
"""Also a stand-in, because Google's words are not known: for arguments that are none, and for SASL that is no SASL."""
NOT_NOW = "-ERR Command not understood"
"""Seen for UIDL after a failed sign-in."""
NO_SUCH_MESSAGE = "-ERR no such message"
"""A stand-in, from the examples of RFC 1939 section 5: Google's words are not known."""

BAD_CREDENTIALS = "-ERR [AUTH] Username and password not accepted."
APP_PASSWORD_NEEDED = (
    "-ERR [AUTH] Application-specific password required: "  # noqa: S105 - a reply, not a password
    "https://support.google.com/accounts/answer/185833"
)
WEB_LOGIN_NEEDED = "-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754"
POP_OFF = (
    "-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page and "
    "enable your account for POP access."
)
POP_OFF_IN_DOMAIN = (
    "-ERR [SYS/PERM] POP access is disabled for your domain. Please contact your domain administrator for questions "
    "about this feature."
)
IN_USE = "-ERR [IN-USE] Unable to lock maildrop: mailbox is locked by another POP session"
OVER_VOLUME = "-ERR [AUTH] Account exceeded pop command or bandwidth limits (Failure)"
TOO_SOON = "-ERR [LOGIN-DELAY] Minimum time between logins not met"

SIGNED_OUT_CAPABILITIES = (
    "USER",
    "RESP-CODES",
    "EXPIRE 0",
    "LOGIN-DELAY 300",
    "TOP",
    "UIDL",
    "X-GOOGLE-RICO",
    "SASL PLAIN XOAUTH2 OAUTHBEARER",
)
SIGNED_IN_CAPABILITIES = (
    "USER",
    "RESP-CODES",
    "PIPELINING",
    "EXPIRE 0",
    "LOGIN-DELAY 300",
    "TOP",
    "UIDL",
    "X-GOOGLE-RICO",
)
"""Gmail's own lists. Nobody outside Google knows what X-GOOGLE-RICO does and no client asks for it; one that did would
be told of by `check()`."""


class Replies(Speech):
    """What POP has to say besides single lines."""

    def lines(self, first: str, lines: list[str]) -> None:
        """Say a multi-line response of lines that are for people or programs to read."""
        text = "\r\n".join(lines)
        self.line(first)
        self._add(dot_block(text.encode()))
        shown = "\n".join(lines)
        cut = f"{shown[:LONGEST_NOTE]}… ({len(lines)} lines)" if len(shown) > LONGEST_NOTE else shown
        self._note(f"{cut}\n.".lstrip())

    def message(self, text: bytes) -> None:
        """Say a message or the top of one; the journal gets its size and hash."""
        self.line(MESSAGE_FOLLOWS)
        self._add(dot_block(text))
        self._note(summary(text))
