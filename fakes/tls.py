"""TLS under Google's own host names: one throw-away authority and one certificate for the whole process.

A client is pointed at the authority's file and verifies as it verifies Google. The authority's private key never leaves
memory, and its file disappears with the process, so that nobody is left trusting it.
"""

from __future__ import annotations

import atexit
import os
import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fakes.clock import Clock
from fakes.faults import Faults, Where
from fakes.faults.effects import TlsFlaw, WrongTls
from fakes.faults.fault import TLS

if TYPE_CHECKING:
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

COMMON_NAME = "imap.gmail.com"
"""The subject's name, as Google's certificates have one [recall]; OfflineIMAP trusts none without it."""


@cache
def authority() -> trustme.CA:
    """Return the process's certificate authority."""
    return _new_authority("Simulated Google", "for tests only")


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
    authority().issue_cert(*HOSTS, common_name=COMMON_NAME).configure_cert(context)
    return context


def context_for(where: Where, faults: Faults, clock: Clock) -> ssl.SSLContext:
    """Return the context for the next connection: the one that all share, unless a fault wants another."""
    hit = faults.meets(where, TLS, f"{where} tls") if faults.armed else None
    if hit is None or not isinstance(hit.effect, WrongTls):
        return server_context()
    return flawed_context(hit.effect.flaw, clock.now())


def flawed_context(flaw: TlsFlaw, now: datetime) -> ssl.SSLContext:
    """Return a context that a careful client refuses. `now` is the world's time, by which a certificate expires."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    match flaw:
        case TlsFlaw.EXPIRED:
            # By the world's time, and by the machine's, by which clients judge.
            end = min(now, datetime.now(UTC)) - timedelta(days=1)
            expired = authority().issue_cert(*HOSTS, not_before=end - timedelta(days=90), not_after=end)
            expired.configure_cert(context)
        case TlsFlaw.WRONG_NAME:
            authority().issue_cert("mail.example.com").configure_cert(context)
        case TlsFlaw.UNKNOWN_CA:
            _new_authority("Unknown").issue_cert(*HOSTS).configure_cert(context)
        case TlsFlaw.OLD_VERSION:
            authority().issue_cert(*HOSTS).configure_cert(context)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # old is what it is to be
                context.set_ciphers("DEFAULT@SECLEVEL=0")  # below it OpenSSL 3 speaks no TLS 1.1
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def _new_authority(name: str, unit: str | None = None) -> trustme.CA:
    # Imported here because a world without servers needs no certificate.
    import trustme

    return trustme.CA(organization_name=name, organization_unit_name=unit)


def _remove(path: Path, owner: int) -> None:
    """Remove the file, unless this is a forked child, whose parent still needs it."""
    if os.getpid() == owner:
        path.unlink(missing_ok=True)
