"""Addresses in header fields: lists as others write them, and the single one that we write."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gmailsync.errors import BadInput
from gmailsync.mime.addresslist import mailboxes
from gmailsync.mime.storable import storable

# What we write ourselves: RFC 5322's mailbox without its obsolete forms; Gmail has no other addresses.
_ATOM = r"[!#-'*+/-9=?A-Z^-~-]+"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_MAILBOX = re.compile(rf'(?:(?:"((?:[^"\\]|\\.)*)"|([^"(),:;<>@\[\\\]]*?))\s*<({_ADDRESS})>)|({_ADDRESS})')
_PLAIN_MAILBOX = re.compile(rf'("[^"\\<>]*"|[^"(),:;<>@\[\\\]]*) ?<({_ADDRESS})>|({_ADDRESS})')
_ANY_ADDRESS = re.compile(_ADDRESS)
_LOOKED_THROUGH = 1_000
"""Characters of such a text: searching one without end would take for ever."""

_QUOTED_PAIR = re.compile(r"\\(.)")


def addresses(fields: Mapping[str, str], *names: str) -> list[str]:
    """Return the bare addresses of these fields, in their order."""
    return [address for name in names if name in fields for _name, address in named_addresses(fields[name])]


def named_addresses(value: str) -> list[tuple[str, str]]:
    """Return (name, address) of each address in a field; encoded words in the names stay as they are."""
    plain = _plain_addresses(value)
    return mailboxes(value) if plain is None else plain


def legible_addresses(text: str) -> list[str]:
    """Return what looks like an address in a text that is no list of them: two without a comma, say."""
    return _ANY_ADDRESS.findall(text[:_LOOKED_THROUGH])


def _plain_addresses(value: str) -> list[tuple[str, str]] | None:
    """Return what is in a list without any subtlety, as nearly all are; None for another. Ten times faster."""
    found: list[tuple[str, str]] = []
    for part in value.split(","):
        mailbox = _PLAIN_MAILBOX.fullmatch(part.strip())
        if mailbox is None:
            return None
        name, named, bare = mailbox.groups()
        found.append(("", bare) if bare else (name.strip('" '), named))
    return found


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
