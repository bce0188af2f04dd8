"""What counts as this machine: names that pages answer to, and redirect URIs that lead back to it."""

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


def leads_here(redirect_uri: str) -> bool:
    """Tell whether a browser on this machine is sent back to this machine, without TLS."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def landing(redirect_uri: str, port: int) -> Landing:
    """Tell whether a browser on this machine comes back from Google to the page that listens on `port`."""
    if not leads_here(redirect_uri):
        return Landing.ELSEWHERE
    return Landing.HERE if port_of(redirect_uri) == port else Landing.OTHER_PORT


def address_of(loopback_host: str) -> str:
    """Return the address to listen on for what a browser sends to this host."""
    return "127.0.0.1" if loopback_host.lower() == LOCALHOST else loopback_host


def port_of(http_url: str) -> int:
    """Return the port that an http URL leads to."""
    return urlsplit(http_url).port or HTTP_PORT
