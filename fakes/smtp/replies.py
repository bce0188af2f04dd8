"""What smtp.gmail.com says: every reply as data, in Google's words (google.md 5.1-5.3).

aiosmtpd decides *when* to refuse; `in_gmails_words` turns its own texts into Gmail's. A text that is not in the table
is an error here, never a reply that no Gmail ever gave.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HOSTNAME = "smtp.gmail.com"

SIZE_LIMIT = 35_882_577
"""The SIZE that Gmail announces, in octets: 25 MB of attachments after base64, and some."""

RECIPIENT_LIMIT = 100

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Reply:
    """One reply of one or more lines.

    `signed` replies end with `<session> - gsmtp`; a line that begins with a blank gives the two blanks before a URL
    that Gmail is known for. What an administrator's rule did is signed ` - gcdp <session> - gsmtp`.
    After a reply that `closes` the connection ends, whatever the client has sent already.
    """

    code: int
    enhanced: str
    lines: tuple[str, ...]
    signed: bool = True
    by_rule: bool = False
    closes: bool = False

    def render(self, session_id: str) -> str:
        """Return the reply as it goes over the wire, without the last CRLF. Every line repeats the enhanced code."""
        texts = [f"{self.enhanced} {line}" if self.enhanced else line for line in self.lines]
        if self.by_rule:
            texts[-1] += " - gcdp"
        if self.signed:
            texts[-1] += f" {session_id} - gsmtp"
        *more, last = texts
        return "\r\n".join([*(f"{self.code}-{text}" for text in more), f"{self.code} {last}"])


def _reply(code: int, enhanced: str, *lines: str) -> Reply:
    return Reply(code, enhanced, lines)


def _last(code: int, enhanced: str, *lines: str) -> Reply:
    return Reply(code, enhanced, lines, closes=True)


def _unsigned(code: int, enhanced: str, *lines: str) -> Reply:
    return Reply(code, enhanced, lines, signed=False)


BANNER = _reply(220, "", f"{HOSTNAME} ESMTP")
READY_FOR_TLS = _unsigned(220, "2.0.0", "Ready to start TLS")
ACCEPTED = _unsigned(235, "2.7.0", "Accepted")
SENDER_OK = _reply(250, "2.1.0", "OK")
RECIPIENT_OK = _reply(250, "2.1.5", "OK")
FLUSHED = _reply(250, "2.1.5", "Flushed")
DONE_NOTHING = _reply(250, "2.0.0", "OK")
# Gmail's words for a chunk that is not the last are not known; these are those of a command that is in order.
CHUNK_TAKEN = _reply(250, "2.0.0", "OK")
GO_AHEAD = _reply(354, "", "Go ahead")
CLOSING = _last(221, "2.0.0", "closing connection")
VERIFY = _reply(252, "2.1.5", "Send some mail, I'll try my best")
# Seen by several clients on 25, 465 and 587; the two blanks are Google's.
HELP = _reply(214, "2.0.0", " https://www.google.com/search?btnI&q=RFC+5321")

TEMPORARY_PROBLEM = _reply(421, "4.7.0", "Temporary system problem. Try again later.")
TOO_MANY_RECIPIENTS = _reply(
    452,
    "4.5.3",
    "Your message has too many recipients. For more information regarding Google's sending limits, visit"
    " https://support.google.com/mail/?p=TooManyRecipientsError",
)
CANNOT_DECODE = _reply(501, "5.5.2", "Cannot Decode response")
UNRECOGNIZED = _reply(502, "5.5.1", "Unrecognized command.")
TOO_MANY_UNRECOGNIZED = _last(502, "5.5.1", "Too many unrecognized commands, goodbye.")
HELO_FIRST = _reply(503, "5.5.1", "EHLO/HELO first.")
MAIL_FIRST = _reply(503, "5.5.1", "MAIL first.")
RCPT_FIRST = _reply(
    503,
    "5.5.1",
    "RCPT first. A mail transaction protocol command was issued out of",
    "sequence. For more information, go to",
    " https://support.google.com/a/answer/3221692 and review RFC 5321",
    "specifications.",
)
# Google's words for a second MAIL are not known; these are the ones that all replies of the family share.
OUT_OF_SEQUENCE = _reply(
    503,
    "5.5.1",
    "A mail transaction protocol command was issued out of",
    "sequence. For more information, go to",
    " https://support.google.com/a/answer/3221692 and review RFC 5321",
    "specifications.",
)
NO_IDENTITY_CHANGES = _reply(503, "5.7.0", "No identity changes permitted.")
UNRECOGNIZED_MECHANISM = _reply(504, "5.7.4", "Unrecognized Authentication Type.")
XOAUTH_ENDED = _reply(504, "5.7.4", "XOAUTH is no longer supported.")
STARTTLS_FIRST = _reply(
    530,
    "5.7.0",
    "Must issue a STARTTLS command first. For more information, go to",
    " https://support.google.com/a/answer/3221692 and review RFC 3207",
    "specifications.",
)
AUTHENTICATION_REQUIRED = _reply(
    530, "5.7.0", "Authentication Required. Learn more at", " https://support.google.com/mail/?p=WantAuthError"
)
WEB_LOGIN_REQUIRED = _reply(
    534,
    "5.7.9",
    "Please log in with your web browser and then try again. For more",
    "information, go to",
    " https://support.google.com/mail/?p=WebLoginRequired",
)
APP_PASSWORD_REQUIRED = _reply(
    534,
    "5.7.9",
    "Application-specific password required. For more information, go to",
    " https://support.google.com/mail/?p=InvalidSecondFactor",
)
TOO_MANY_ATTEMPTS = _reply(
    454,
    "4.7.0",
    "Too many login attempts, please try again later. Learn more at",
    " https://support.google.com/mail/answer/7126229",
)
TRY_AGAIN_LATER = _last(421, "4.7.0", "Try again later, closing connection.")
DAILY_LIMIT = _reply(
    550,
    "5.4.5",
    "Daily user sending limit exceeded. For more information on Gmail",
    "sending limits go to",
    " https://support.google.com/a/answer/166852",
)
BLOCKED = _reply(
    552,
    "5.7.0",
    "This message was blocked because its content presents a potential",
    "security issue. Please visit",
    " https://support.google.com/mail/?p=BlockedMessage to review our",
    "message content and attachment content guidelines.",
)
TOO_BIG = _reply(
    552,
    "5.2.3",
    "Your message exceeded Google's message size limits. Please visit",
    " https://support.google.com/mail/?p=MaxSizeError to view our size",
    "guidelines.",
)
SYNTAX_ERROR = _reply(
    555,
    "5.5.2",
    "Syntax error, cannot decode response. For more information, go to",
    " https://support.google.com/a/answer/3221692 and review RFC 5321",
    "specifications.",
)


def bad_credentials(wording: str) -> Reply:
    """Return the answer to a token or password that does not open the account; `wording` points to the help page."""
    return _reply(
        535,
        "5.7.8",
        f"Username and Password not accepted. {wording}",
        " https://support.google.com/mail/?p=BadCredentials",
    )


def refused_by_rule(text: str) -> Reply:
    """Return the answer to a message that an administrator's content rule holds back, in the administrator's words.

    Code and enhanced code are a stand-in; Google's documentation has only the end of the last line.
    """
    return Reply(550, "5.7.1", tuple(text.splitlines()) or ("",), by_rule=True)


def challenge(text: bytes) -> Reply:
    """Return a SASL challenge, `text` already in base64; empty for `334 ` with its blank (RFC 4954 section 4)."""
    return _unsigned(334, "", text.decode("ascii"))


def taken(unix_time: int) -> Reply:
    """Return the answer to the end of DATA."""
    return _reply(250, "2.0.0", f"OK  {unix_time}")


def hello(peer: str, capabilities: tuple[str, ...] = ()) -> Reply:
    """Return the answer to EHLO, or without capabilities the one to HELO."""
    if not capabilities:
        return _unsigned(250, "", f"{HOSTNAME} at your service")
    return _unsigned(250, "", f"{HOSTNAME} at your service, [{peer}]", *capabilities)


def bad_name(argument: str) -> Reply:
    """Return the answer to a blank, underscored or non-ASCII host name."""
    return _last(
        501,
        "5.5.4",
        f'HELO/EHLO argument "{_echoed(argument)}" invalid, closing connection.',
        " https://support.google.com/mail/?p=helo",
    )


def bad_recipient(address: str) -> Reply:
    """Return the answer to a recipient that is no address, as logged by `git send-email` in 2025."""
    return _bad_address("5.1.3", "recipient", address)


def bad_sender(address: str) -> Reply:
    """Return the answer to a sender that is no address (Google's list of SMTP errors)."""
    return _bad_address("5.1.7", "sender", address)


def _bad_address(enhanced: str, role: str, address: str) -> Reply:
    return _reply(
        553,
        enhanced,
        f"The {role} address <{_echoed(address)}> is not a valid RFC 5321 address. For more",
        "information, go to",
        " https://support.google.com/a/answer/3221692 and review RFC 5321",
        "specifications.",
    )


def _echoed(argument: str) -> str:
    """Return what a client sent as a reply may repeat it: without control characters, which could end the line."""
    return _CONTROLS.sub("?", argument)


AIOSMTPD: Mapping[str, Reply] = {
    "220 smtp": BANNER,
    "220 Ready to start TLS": READY_FOR_TLS,
    "354 End data with": GO_AHEAD,
    "500 Command line too long": SYNTAX_ERROR,  # a stand-in: Google's words are not known
    "500 Error: bad syntax": UNRECOGNIZED,
    "500 Error: command": UNRECOGNIZED,
    "500 Line too long": TOO_BIG,  # one line may be as long as a whole message, so this one is longer than any
    "501 ": SYNTAX_ERROR,
    "502 5.5.1 Too many unrecognized": TOO_MANY_UNRECOGNIZED,
    "503 Error: send": HELO_FIRST,
    "503 Error: need MAIL": MAIL_FIRST,
    "503 Error: need RCPT": RCPT_FIRST,
    "503 Error: nested MAIL": OUT_OF_SEQUENCE,
    "552 Error": TOO_BIG,
    "553 5.1.3 Error: malformed address": SYNTAX_ERROR,
    "555 ": SYNTAX_ERROR,
}
"""How aiosmtpd begins a reply -> what Gmail says there."""


def in_gmails_words(status: str) -> Reply:
    """Return Gmail's reply for one of aiosmtpd's. Raises LookupError for a text that has no counterpart."""
    for beginning, reply in AIOSMTPD.items():
        if status.startswith(beginning):
            return reply
    raise LookupError(f"no words of Gmail's are known for {status!r}")
