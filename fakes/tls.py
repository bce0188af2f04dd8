"""TLS under Google's own host names: one throw-away authority and one certificate for the whole process.

A client is pointed at the authority's file and verifies as it verifies Google. The authority's private key never leaves
memory, and its file disappears with the process, so that nobody is left trusting it.
"""

from __future__ import annotations

import atexit
import os
import ssl
import tempfile
from functools import cache
from pathlib import Path

import trustme

HOSTS = (
    "accounts.google.com",
    "oauth2.googleapis.com",
    "openidconnect.googleapis.com",
    "www.googleapis.com",
    "imap.gmail.com",
    "pop.gmail.com",
    "smtp.gmail.com",
)
"""Every name the simulated Google answers under."""


@cache
def authority() -> trustme.CA:
    """Return the process's certificate authority."""
    return trustme.CA(organization_name="Simulated Google", organization_unit_name="for tests only")


@cache
def ca_file() -> Path:
    """Return the authority's certificate as a PEM file, which is removed when the process ends."""
    with tempfile.NamedTemporaryFile(prefix="simulated-google-ca-", suffix=".pem", delete=False) as file:
        file.write(authority().cert_pem.bytes())
    path = Path(file.name)
    atexit.register(_remove, path, os.getpid())
    return path


@cache
def server_context() -> ssl.SSLContext:
    """Return the context all servers share: TLS 1.2 or newer, one certificate with all of Google's names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority().issue_cert(*HOSTS).configure_cert(context)
    return context


def _remove(path: Path, owner: int) -> None:
    """Remove the file, unless this is a forked child, whose parent still needs it."""
    if os.getpid() == owner:
        path.unlink(missing_ok=True)
