"""What Gmail takes for a host name, a path, an address and a chunk: the patterns of its strictness (google.md 5.3)."""

from __future__ import annotations

import re

HOST_NAME = re.compile(r"[a-z0-9.:\[\]-]+", re.IGNORECASE | re.ASCII)
"""What Gmail takes after EHLO: no underscore, no blank, nothing but ASCII (google.md 5.3)."""

PATH = re.compile(r"(?:FROM|TO):<([^<>\s]*)>(?: (.*))?", re.IGNORECASE)
"""Path and parameters: Gmail takes no blank before the path and no display name in it (google.md 5.3)."""

ADDRESS = re.compile(r"[!-?A-~]+@(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[^\[\]]+\])", re.IGNORECASE | re.ASCII)
"""Local part, @, domain or address literal (RFC 5321 section 4.1.2)."""

_BEYOND_ASCII = "\u00a1-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
"""Characters but no half ones, which stand for octets that are no UTF-8."""

INTERNATIONAL_ADDRESS = re.compile(
    rf"[!-?A-~{_BEYOND_ASCII}]+@(?:[a-z0-9_{_BEYOND_ASCII}-]+(?:\.[a-z0-9_{_BEYOND_ASCII}-]+)*|\[[^\[\]]+\])",
    re.IGNORECASE,
)
"""The same, in a transaction that began with SMTPUTF8 (RFC 6531 section 3.3)."""

CHUNK = re.compile(r"(\d{1,20})( +LAST)?", re.IGNORECASE | re.ASCII)
"""The argument of BDAT (RFC 3030 section 2)."""


def is_address(path: str, international: bool) -> bool:
    """Tell whether a path is an address, in a transaction that began with SMTPUTF8 or in another."""
    return bool((INTERNATIONAL_ADDRESS if international else ADDRESS).fullmatch(path))
