"""Addresses in header fields: lists as others write them, and the single one that we write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import getaddresses

from gmailsync.errors import BadInput
from gmailsync.mime.storable import storable

# What we write ourselves: RFC 5322's mailbox without its obsolete forms; Gmail has no other addresses.
_ATOM = r"[!#-'*+/-9=?A-Z^-~-]+"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_MAILBOX = re.compile(rf'(?:(?:"((?:[^"\\]|\\.)*)"|([^"(),:;<>@\[\\\]]*?))\s*<({_ADDRESS})>)|({_ADDRESS})')
_PLAIN_MAILBOX = re.compile(rf'(?:"[^"\\<>]*"|[^"(),:;<>@\[\\\]]*) ?<({_ADDRESS})>|({_ADDRESS})')
_QUOTED_PAIR = re.compile(r"\\(.)")


def addresses(fields: Mapping[str, str], *names: str) -> list[str]:
    """Return the bare addresses of these fields, in their order."""
    values = [fields[name] for name in names if name in fields]
    plain = [_plain_addresses(value) for value in values]
    if None not in plain:
        return [address for found in plain for address in found or ()]
    return [address for _name, address in getaddresses(values) if "@" in address]


def _plain_addresses(value: str) -> list[str] | None:
    """Return the addresses of a list without any subtlety, as nearly all are; None for another. Ten times faster."""
    found = [_PLAIN_MAILBOX.fullmatch(part.strip()) for part in value.split(",")]
    return None if None in found else [mailbox[1] or mailbox[2] for mailbox in found if mailbox]


def bare_address(field: str, text: str) -> str:
    """Return the address in `alice@example.com` or `Alice <alice@example.com>`, or raise `BadInput` for `field`."""
    return name_and_address(field, text)[1]


def name_and_address(field: str, text: str) -> tuple[str, str]:
    """Return name and address, strictly: the stdlib's parser would drop what comes after it, a second recipient say."""
    found = _MAILBOX.fullmatch(one_line(field, text).strip())
    if not found:
        raise BadInput(field, text, "must be an address such as bob@example.com or Bob <bob@example.com>")
    quoted, plain, named, bare = found.groups(default="")
    return _QUOTED_PAIR.sub(r"\1", quoted) or plain, named or bare


def one_line(field: str, text: str) -> str:
    """Return `text`, or raise `BadInput` for `field` where it is more than a line that can be stored and shown."""
    if text != storable(text):
        raise BadInput(field, text, "must be one line without control characters")
    return text
