"""What Gmail changes in a message submitted by SMTP (google.md 5.5), on the bytes, so that the rest stays exact."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr, quote

from fakes.gmail import headers

ORIGINAL = b"X-Google-Original-"
"""What Gmail puts before the name of a field that it replaced."""

_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]*[^<>@\s.]>")


def accepted(
    raw: bytes,
    *,
    address: str,
    name: str,
    now: datetime,
    fresh_id: Callable[[], str],
    own: Collection[str] = (),
) -> bytes:
    """Return the message as it lies in the sender's Sent.

    A `From` that is neither the account's address nor one of its `own` others, in small letters, is replaced and kept
    in `X-Google-Original-From`;
    a Message-ID that is missing or has a bad domain is replaced by `<fresh_id()>`, the original
    kept in `X-Google-Original-Message-ID`; a missing Date is added. The trace headers that Gmail
    adds (Received, X-Gm-Message-State and so on) are left out. Everything else keeps its bytes.
    """
    header, body = headers.split(raw)
    if header.strip() and not any(headers.fields(header)):
        header, body = b"\r\n", raw  # a message without any header field: all of it is body
    header = _with_own_from(header, address, name, {address.lower(), *own})
    header = _with_good_message_id(header, fresh_id)
    if "date" not in headers.first_values(header):
        header = b"Date: " + format_datetime(now).encode() + b"\r\n" + header
    return header + body


def without_bcc(raw: bytes) -> bytes:
    """Return the message as its recipients get it: without Bcc, and otherwise the same bytes."""
    header, body = headers.split(raw)
    return _named(b"bcc").sub(b"", header) + body


def mailbox(display: str, address: str) -> str:
    """Return display name and address for a From field. The name may be an encoded word already; it stays one."""
    if not display.isascii():
        display = Header(display, "utf-8").encode()
    if display.startswith("=?"):
        return f"{display} <{address}>"
    if not address.isascii():  # which formataddr refuses
        return f'"{quote(display)}" <{address}>' if display else address
    return formataddr((display, address))


def _with_own_from(header: bytes, address: str, name: str, own: Collection[str]) -> bytes:
    value = headers.first_values(header).get("from")
    if value is None:
        return b"From: " + mailbox(name, address).encode() + b"\r\n" + header
    display, given = parseaddr(" ".join(value.decode("utf-8", "replace").split()))
    if given.lower() in own:
        return header
    return b"From: " + mailbox(display, address).encode() + b"\r\n" + _renamed(b"from", header)


def _with_good_message_id(header: bytes, fresh_id: Callable[[], str]) -> bytes:
    if _MESSAGE_ID.fullmatch(headers.text(headers.first_values(header), "message-id")):
        return header
    return b"Message-ID: <" + fresh_id().encode() + b">\r\n" + _renamed(b"message-id", header)


def _renamed(name: bytes, header: bytes) -> bytes:
    return _named(name).sub(lambda match: ORIGINAL + match[0], header)


def _named(name: bytes) -> re.Pattern[bytes]:
    """Match the whole fields of this name, with their folded lines."""
    return re.compile(rb"^" + re.escape(name) + rb"[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)", re.I | re.M)
