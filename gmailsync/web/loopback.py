"""What counts as this machine: names the page answers to, and redirect URIs that lead back to it."""

from __future__ import annotations

from enum import Enum
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCALHOST = "localhost"
HTTP_PORT = 80


class Landing(Enum):
    """Where Google's answer arrives, seen from this page."""

    HERE = "here"
    OTHER_PORT = "other_port"
    ELSEWHERE = "elsewhere"


def is_loopback(host: str) -> bool:
    """Tell whether a host is `localhost` or an address of the loopback interface (RFC 6761 section 6.3)."""
    try:
        return host.lower() == LOCALHOST or ip_address(host).is_loopback
    except ValueError:
        return False


def names_this_machine(host_header: str) -> bool:
    """Tell whether a Host header names this machine.

    A page of the internet can let its own name resolve to 127.0.0.1 (DNS rebinding), and only the header tells. Any
    port will do: it may have been forwarded.
    """
    try:
        return is_loopback(urlsplit(f"//{host_header}").hostname or "")
    except ValueError:
        return False


def landing(redirect_uri: str, port: int) -> Landing:
    """Tell whether a browser on this machine comes back from Google to the page that listens on `port`."""
    parts = urlsplit(redirect_uri)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        return Landing.ELSEWHERE
    return Landing.HERE if port_of(redirect_uri) == port else Landing.OTHER_PORT


def port_of(http_url: str) -> int:
    """Return the port that an http URL leads to."""
    return urlsplit(http_url).port or HTTP_PORT
