"""Bounces: the reports in which Gmail tells a sender that a message was not delivered (google.md 5.6, RFC 3464).

Words, order of the header fields and parts are those of real reports. The HTML part has Google's words in a form of
our own, and the icon is a single dot. No report about an address outside ASCII has been seen: it is as RFC 6533 has it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

from fakes.gmail import headers
from fakes.ids import HEX
from fakes.post import addresses

DAEMON = "mailer-daemon@googlemail.com"

NO_SUCH_USER = (
    "550-5.1.1 The email account that you tried to reach does not exist. Please try",
    "550-5.1.1 double-checking the recipient's email address for typos or",
    "550-5.1.1 unnecessary spaces. Learn more at",
    "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser",
)
INACTIVE = (
    "550-5.2.1 The email account that you tried to reach is inactive. For more",
    "550-5.2.1 information, go to",
    "550 5.2.1  https://support.google.com/mail/?p=DisabledUser",
)

REPLY = re.compile(r"5\d\d(?:[ -](?P<status>5\.\d{1,3}\.\d{1,3}))?(?: [^\r\n]*)?")
"""A reply by which another server refuses for good: code, perhaps an enhanced code, and text (RFC 3463)."""

_LINK = re.compile(r"https?://[^\s<>\"]+")

# A transparent dot.
_ICON = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

_PDT = timezone(timedelta(hours=-7))
_PST = timezone(timedelta(hours=-8))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one recipient does not get a message.

    `response` is what the last server said, line by line; `host` is its name when it is another's than Google's.
    Without a `status` the machine-readable part stays empty, as in real reports about a broken alias.
    """

    recipient: str
    title: str
    explanation: str
    response: tuple[str, ...]
    status: str = ""
    host: str = ""
    link: str = ""


def no_such_user(recipient: str) -> Failure:
    """Return the failure of mail to somebody who has no account in a domain whose mail is here."""
    return _not_found(recipient, NO_SUCH_USER, "5.1.1", link="https://support.google.com/mail/?p=NoSuchUser")


def inactive(recipient: str) -> Failure:
    """Return the failure of mail to an account that an administrator has suspended."""
    return Failure(
        recipient, "Message not delivered", _problem(recipient), INACTIVE, "5.2.1",
        link="https://support.google.com/mail/?p=DisabledUser",
    )  # fmt: skip


def no_such_domain(recipient: str, query: str) -> Failure:
    """Return the failure of mail to a domain that is not in the DNS; `query` is the number that Google gives it."""
    host = addresses.domain(recipient)
    response = (
        f"DNS Error: {query} DNS type 'mx' lookup of {host} responded with code NXDOMAIN",
        f"Domain name not found: {host}",
    )
    why = f"because the domain {host} couldn't be found. Check for typos or unnecessary spaces and try again."
    # The status stands so in real reports, although the failure is for good.
    return Failure(recipient, "Address not found", _undelivered(recipient, why), response, "4.0.0")


def refused_outside(recipient: str, reply: str) -> Failure:
    """Return the failure of mail that another server refused by this reply, one line. ValueError for another reply."""
    match = REPLY.fullmatch(reply)
    if match is None:
        raise ValueError(f"not a reply that refuses mail for good, such as '550 5.1.1 User unknown': {reply!r}")
    status = match["status"] or "5.0.0"
    host = f"mx.{addresses.domain(recipient)}."
    link = found[0] if (found := _LINK.search(reply)) else ""
    if status.startswith("5.1.") or not match["status"]:
        return _not_found(recipient, (reply,), status, host=host, link=link)
    return Failure(recipient, "Message not delivered", _problem(recipient), (reply,), status, host, link)


def broken_alias(recipient: str, error: str) -> Failure:
    """Return the failure of mail that cannot leave through the alias's own SMTP server."""
    why = (
        "You're sending this from a different address or alias using the 'Send mail as' feature. The settings for your "
        "'Send mail as' account are misconfigured or out of date. Check those settings and try resending."
    )
    return Failure(
        recipient, "Message not delivered", why, (error,), link="https://support.google.com/mail/?p=CustomFromDenied"
    )


def report(failure: Failure, *, to: str, original: bytes, now: datetime, fresh: Callable[[str, int], str]) -> bytes:
    """Return the report about one recipient, addressed to the sender, with the original message in it.

    `fresh(alphabet, length)` gives texts that look random, for Message-ID and boundaries.
    """
    when = format_pacific(now)
    message_id = headers.text(headers.first_values(headers.split(original)[0]), "message-id")
    # RFC 6533 sections 3 to 5: other types for what is not in ASCII.
    international = not failure.recipient.isascii()
    kind = "global-delivery-status" if international else "delivery-status"
    enclosed = "global" if international and not headers.split(original)[0].isascii() else "rfc822"
    eight_bit = ("Content-Transfer-Encoding: 8bit",) if international else ()
    whole, related, alternative = (_boundary(original, fresh) for _ in range(3))
    name = ".".join(fresh(HEX, length) for length in (8, 8, 6, 4))
    head = [
        f'Content-Type: multipart/report; boundary="{whole}"; report-type={kind}',
        f"To: {to}",
        "Return-Path: <>",
        "Auto-Submitted: auto-replied",
        f"Message-ID: <{name}.GMR@mx.google.com>",
        f"Date: {when}",
        f"From: Mail Delivery Subsystem <{DAEMON}>",
        "Subject: Delivery Status Notification (Failure)",
        *([f"In-Reply-To: {message_id}", f"References: {message_id}"] if message_id else []),
        f"X-Failed-Recipients: {failure.recipient}",
    ]
    lines = [
        *head, "",
        f"--{whole}", f'Content-Type: multipart/related; boundary="{related}"', "",
        f"--{related}", f'Content-Type: multipart/alternative; boundary="{alternative}"', "",
        f"--{alternative}", 'Content-Type: text/plain; charset="UTF-8"', *eight_bit, "", *_plain(failure), "",
        f"--{alternative}", 'Content-Type: text/html; charset="UTF-8"', *eight_bit, "", *_html(failure), "",
        f"--{alternative}--",
        f"--{related}", 'Content-Type: image/png; name="icon.png"',
        'Content-Disposition: attachment; filename="icon.png"', "Content-Transfer-Encoding: base64",
        "Content-ID: <icon.png>", "", _ICON, "",
        f"--{related}--",
        f"--{whole}", f"Content-Type: message/{kind}", *eight_bit, "", *_status(failure, to, message_id, when), "",
        f"--{whole}", f"Content-Type: message/{enclosed}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + original + f"\r\n--{whole}--\r\n".encode()


def format_pacific(when: datetime) -> str:
    """Return a time as Google's servers write it, in California's: `Wed, 23 Jul 2025 07:27:29 -0700 (PDT)`."""
    when = when.astimezone(UTC)
    # From the second Sunday of March to the first of November, at 2 o'clock: 15 U.S.C. 260a.
    begins = _first_sunday(when.year, 3) + timedelta(days=7, hours=10)
    ends = _first_sunday(when.year, 11) + timedelta(hours=9)
    zone, name = (_PDT, "PDT") if begins <= when < ends else (_PST, "PST")
    return f"{format_datetime(when.astimezone(zone))} ({name})"


def _first_sunday(year: int, month: int) -> datetime:
    first = datetime(year, month, 1, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7)


def _not_found(recipient: str, response: tuple[str, ...], status: str, host: str = "", link: str = "") -> Failure:
    why = "because the address couldn't be found, or is unable to receive mail."
    return Failure(recipient, "Address not found", _undelivered(recipient, why), response, status, host, link)


def _undelivered(recipient: str, why: str) -> str:
    return f"Your message wasn't delivered to {recipient} {why}"


def _problem(recipient: str) -> str:
    return f"There was a problem delivering your message to {recipient}. See the technical details below."


def _said_by(failure: Failure) -> str:
    return "The response from the remote server was:" if failure.host else "The response was:"


def _plain(failure: Failure) -> list[str]:
    """Return the text for people; it begins with an empty line."""
    learn = [f"Learn more here: {failure.link}"] if failure.link else []
    if learn and failure.host:
        learn.append("(Warning: This link will take you to a third-party site)")
    return [
        "", f"** {failure.title} **", "", failure.explanation, "",
        *([*learn, ""] if learn else []),
        _said_by(failure), "", *failure.response,
    ]  # fmt: skip


def _html(failure: Failure) -> list[str]:
    """Return the same for people who see pictures."""
    learn = f'<p><a href="{html.escape(failure.link)}">LEARN MORE</a></p>' if failure.link else ""
    response = "<br/>".join(html.escape(line) for line in failure.response)
    return [
        "<html>", "<body>", '<img alt="Error Icon" src="cid:icon.png">',
        f"<h2>{failure.title}</h2>", f"<p>{html.escape(failure.explanation, quote=False)}</p>",
        *([learn] if learn else []),
        f"<p>{_said_by(failure)}</p>", f'<p style="font-family:monospace">{response}</p>', "</body>", "</html>",
    ]  # fmt: skip


def _status(failure: Failure, sender: str, message_id: str, when: str) -> list[str]:
    """Return the text for machines (RFC 3464 section 2): about the message, an empty line, about the recipient."""
    if not failure.status:
        return []
    first, *more = failure.response
    return [
        "Reporting-MTA: dns; googlemail.com",
        f"Received-From-MTA: dns; {sender}",
        f"Arrival-Date: {when}",
        *([f"X-Original-Message-ID: {message_id}"] if message_id else []),
        "",
        f"Final-Recipient: {'rfc822' if failure.recipient.isascii() else 'utf-8'}; {failure.recipient}",
        "Action: failed",
        f"Status: {failure.status}",
        *([f"Remote-MTA: dns; {failure.host} ({_server(failure)})"] if failure.host else []),
        f"Diagnostic-Code: smtp; {first}",
        *(f" {line}" for line in more),
        f"Last-Attempt-Date: {when}",
    ]


def _server(failure: Failure) -> str:
    """Describe the other server; its address is one that documentation may use (RFC 5737)."""
    return f"192.0.2.1, the server for the domain {addresses.domain(failure.recipient)}."


def _boundary(original: bytes, fresh: Callable[[str, int], str]) -> str:
    """Return a boundary as Gmail makes them that does not stand in the message."""
    while (boundary := f"000000000000{fresh(HEX, 16)}").encode() in original:
        pass
    return boundary
