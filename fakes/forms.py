"""Which addresses the console's forms take, and what it says when it refuses to save (google.md 2.12).

Redirect URIs and JavaScript origins are judged by themselves here; whether a consent screen
authorizes them is the business of `fakes.console`.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from publicsuffixlist import PSLFILE, PublicSuffixList

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
"""The hosts that may use plain HTTP and need no public domain."""

PUBLIC_DOMAIN = "must end with a public top-level domain (such as .com or .org)"
PRIVATE_DOMAIN = "must use a domain that is a valid top private domain"


class ConsoleRefused(Exception):
    """The console did not save. The text is Google's, unless `stand_in` says that Google's words are not known."""

    def __init__(self, text: str, *, stand_in: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.stand_in = stand_in


@cache
def _public_suffixes(top: str) -> PublicSuffixList:
    """Return the rules under one top-level domain, read when they are needed: all ten thousand take a while.

    Those of a domain that is not in ASCII are looked for among all, since they are written in two ways.
    """
    if top.startswith("xn--") or not top.isascii():
        return PublicSuffixList(accept_unknown=False)
    with Path(PSLFILE).open(encoding="utf-8") as rules:
        ours = [rule for rule in rules if f".{rule.strip()}".endswith(f".{top}")]
    return PublicSuffixList(ours, accept_unknown=False)


def _rules_for(host: str) -> PublicSuffixList:
    return _public_suffixes(host.lower().rpartition(".")[2])


def top_private_domain(host: str) -> str | None:
    """Return public suffix plus one label, such as `contoso.com`; None when the host has no such domain."""
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", host):
        return None
    suffix = _rules_for(host).privatesuffix(host.lower())
    return str(suffix) if suffix else None


def is_local(host: str) -> bool:
    """Tell whether Google treats the host as the developer's own machine."""
    return host.lower() in LOCAL_HOSTS


def is_ip(host: str) -> bool:
    """Tell whether the host is a raw IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def check_redirect(uri: str) -> None:
    """Check one authorized redirect URI by google.md 2.12."""
    parts = _check_common("Invalid Redirect", uri)
    if parts.fragment or uri.endswith("#"):
        raise ConsoleRefused("Invalid Redirect: must not contain a fragment", stand_in=True)
    if re.search(r"/\.\.|\\\.\.", unquote(parts.path)):
        raise ConsoleRefused("Invalid Redirect: must not contain a path traversal", stand_in=True)
    if re.search(r"%(?![0-9A-Fa-f]{2})|%00|%C0%80", uri, re.IGNORECASE):
        raise ConsoleRefused("Invalid Redirect: must not contain invalid percent-encoding", stand_in=True)


def check_origin(uri: str) -> None:
    """Check one authorized JavaScript origin by google.md 2.12."""
    parts = _check_common("Invalid Origin", uri)
    if parts.path or parts.query or parts.fragment:
        raise ConsoleRefused('Invalid Origin: URIs must not contain a path or end with "/"')


def _check_common(label: str, uri: str) -> SplitResult:
    """Check what redirect URIs and origins have in common, and return the URI in its parts."""
    if re.search(r"\s", uri):
        raise ConsoleRefused(f"{label}: cannot contain whitespace", stand_in=label != "Invalid Origin")
    if "*" in uri:
        raise ConsoleRefused(f"{label}: must not contain wildcard", stand_in=True)
    if not uri.isascii() or not uri.isprintable():
        raise ConsoleRefused(f"{label}: must not contain non-printable characters", stand_in=True)
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConsoleRefused(f"{label}: must be a valid URI", stand_in=True) from None
    if parts.scheme not in ("http", "https"):
        raise ConsoleRefused(f"{label}: must use either http or https as the scheme", stand_in=True)
    if not host:
        raise ConsoleRefused(f"{label}: must contain a domain", stand_in=label != "Invalid Redirect")
    if "@" in parts.netloc:
        raise ConsoleRefused(f"{label}: must not contain user information", stand_in=True)
    if not is_local(host):
        _check_public(label, parts.scheme, host)
    return parts


def _check_public(label: str, scheme: str, host: str) -> None:
    """Check the host of a URI that is not on the developer's own machine."""
    if is_ip(host):
        raise ConsoleRefused(f"{label}: {PUBLIC_DOMAIN}. {label}: {PRIVATE_DOMAIN}.")
    if _rules_for(host).publicsuffix(host.lower()) is None:
        raise ConsoleRefused(f"{label}: {PUBLIC_DOMAIN}.")
    if top_private_domain(host) in (None, "googleusercontent.com"):
        raise ConsoleRefused(f"{label}: {PRIVATE_DOMAIN}.")
    if scheme == "http":
        raise ConsoleRefused(f"{label}: must use https unless the host is localhost", stand_in=True)
