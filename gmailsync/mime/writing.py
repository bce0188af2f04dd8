"""The messages that we write: what would not arrive as it was meant is refused."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from gmailsync.errors import BadInput
from gmailsync.mime.addresses import name_and_address, one_line

_OUR_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
"""RFC 5322's msg-id without its obsolete forms."""

_NEEDS_QUOTING = re.compile(r'["\\]')


def compose(
    *,
    sender: str,
    to: Sequence[str],
    subject: str,
    body: str,
    message_id: str,
    date: datetime,
    cc: Sequence[str] = (),
    attachments: Sequence[Path] = (),
) -> bytes:
    """Write an email, with CRLF line ends, ready for SMTP and for keeping.

    Addresses may carry names (`Bob <bob@example.com>`); `date` is aware. Raises `BadInput` for what would not arrive
    as it was meant, such as a line break in the subject, and for a file that cannot be read.
    """
    if not _OUR_MESSAGE_ID.fullmatch(message_id):
        raise BadInput("Message-ID", message_id, "must be <id@host> in printable ASCII")
    # Our own lines: the stdlib's folds an email in two where a name is long, and decodes a subject that looks encoded.
    fields = {
        "From": _phrase_and_address(name_and_address("from", sender)),
        "To": ",\r\n ".join(_phrase_and_address(name_and_address("to", recipient)) for recipient in to),
        "Cc": ",\r\n ".join(_phrase_and_address(name_and_address("cc", recipient)) for recipient in cc),
        "Subject": _encoded("Subject", one_line("subject", subject)),
        "Date": format_datetime(date),
        "Message-ID": message_id,
    }
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(_body_text(body))
    for path in attachments:
        _attach(message, path)
    header = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value or name == "Subject")
    return header.encode("ascii") + message.as_bytes()


def _phrase_and_address(mailbox: tuple[str, str]) -> str:
    """Write a name and address (RFC 5322 section 3.4); the name as a quoted string where it can be one."""
    name, address = mailbox
    if not name:
        return address
    if _fits(name):
        quoted = _NEEDS_QUOTING.sub(r"\\\g<0>", name)
        return f'"{quoted}" <{address}>'
    return f"{_encoded('To', name)} <{address}>"


def _encoded(field: str, text: str) -> str:
    """Write a text as it is, or as encoded words (RFC 2047) over as many lines as it takes."""
    return text if _fits(text) else Header(text, "utf-8", header_name=field).encode(linesep="\r\n")


def _fits(text: str) -> bool:
    """Tell whether a text fits a line of 78 characters and will be read as it is."""
    return text.isascii() and len(text) <= 60 and "=?" not in text


def _body_text(body: str) -> str:
    try:
        body.encode()
    except UnicodeEncodeError as error:
        raise BadInput("body", body[error.start : error.end], "must be text that UTF-8 can carry") from error
    return body


def _attach(message: EmailMessage, path: Path) -> None:
    """Attach a file by its name's type; mail within mail as plain octets, since base64 may not wrap it otherwise."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput("attach", str(path), f"cannot be read: {error.strerror}") from error
    kind, encoding = mimetypes.guess_type(path.name)
    main, _, sub = (kind or "").partition("/")
    if encoding or main in ("", "message", "multipart"):
        main, sub = "application", "octet-stream"
    message.add_attachment(content, maintype=main, subtype=sub, filename=one_line("attach", path.name))
