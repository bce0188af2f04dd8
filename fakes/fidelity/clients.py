"""The client matrix: programs and libraries that know nothing of us, and what each has shown against the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a client comes from, which is also how its version is read."""

    PYTHON = "Python"
    PYPI = "PyPI"
    NPM = "npm"
    DEBIAN = "Debian"


@dataclass(frozen=True, slots=True)
class Client:
    """A client, the oldest version it is run in, and what it has shown.

    `tested_by` is how the names of its tests begin, from the folder `tests` on.
    """

    name: str
    version: str
    origin: Origin
    speaks: str
    signs_in_by: str
    showed: str
    tested_by: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a client, or which client, is not run, and why."""

    client: str
    matter: str
    reason: str


_CLIENTS = "interop/clients"
_IN_PYTHON = f"{_CLIENTS}/test_python_clients.py::test_"
_IN_NODE = f"{_CLIENTS}/test_node_clients.py::test_"
_TOKEN = "XOAUTH2, OAUTHBEARER"  # noqa: S105 - mechanisms, not a secret
_APP_PASSWORD = "app password"  # noqa: S105 - a way to sign in, not a secret

CLIENTS = (
    Client(
        "imaplib",
        "3.11",
        Origin.PYTHON,
        "IMAP",
        _TOKEN,
        "reads, appends, flags and expunges; refused, it says its credentials again",
        f"{_IN_PYTHON}imaplib_",
    ),
    Client("poplib", "3.11", Origin.PYTHON, "POP", _TOKEN, "reads byte for byte; UIDL", f"{_IN_PYTHON}poplib_"),
    Client(
        "smtplib",
        "3.11",
        Origin.PYTHON,
        "SMTP",
        _TOKEN,
        "sends by 465 and 587; refused, it says its credentials again",
        f"{_IN_PYTHON}smtplib_",
    ),
    Client(
        "IMAPClient",
        "4.1.0",
        Origin.PYPI,
        "IMAP",
        _TOKEN,
        "reads; X-GM-RAW, X-GM-LABELS, IDLE",
        f"{_IN_PYTHON}imapclient_",
    ),
    Client(
        "IMAPClient",
        "4.1.0",
        Origin.PYPI,
        "IMAP",
        _APP_PASSWORD,
        "its own live test under Gmail's name: 41 tests pass, 12 skip themselves, 6 are left out",
        f"{_CLIENTS}/test_imapclient_livetest.py::test_",
    ),
    Client(
        "aioimaplib",
        "2.0.3",
        Origin.PYPI,
        "IMAP",
        "XOAUTH2",
        "reads; IDLE; refused, it says nothing and gives up by its timeout",
        f"{_IN_PYTHON}aioimaplib_",
    ),
    Client(
        "imap-tools",
        "1.16.0",
        Origin.PYPI,
        "IMAP",
        "XOAUTH2",
        "reads, flags, makes a folder and moves into it",
        f"{_IN_PYTHON}imap_tools_",
    ),
    Client(
        "emailproxy",
        "2026.7.3",
        Origin.PYPI,
        "OAuth, IMAP, SMTP",
        "XOAUTH2",
        "consent with PKCE and exchange, then a password client reads and sends by one grant",
        f"{_CLIENTS}/test_emailproxy.py::test_",
    ),
    Client(
        "curl",
        "7.88.1",
        Origin.DEBIAN,
        "IMAP, POP, SMTP",
        _TOKEN,
        "reads and sends by all three",
        "fakes/test_shell_curl.py::test_curl_",
    ),
    Client(
        "msmtp",
        "1.8.23",
        Origin.DEBIAN,
        "SMTP",
        _TOKEN,
        "sends by 465 and 587",
        f"{_CLIENTS}/test_msmtp_mpop.py::test_msmtp_",
    ),
    Client(
        "mpop",
        "1.4.18",
        Origin.DEBIAN,
        "POP",
        _TOKEN,
        "reads each message once, by UIDL",
        f"{_CLIENTS}/test_msmtp_mpop.py::test_mpop_",
    ),
    Client(
        "isync",
        "1.4.4",
        Origin.DEBIAN,
        "IMAP",
        _APP_PASSWORD,
        "synchronises both ways: mail, flags, expunges, a new folder",
        f"{_CLIENTS}/test_mbsync.py::test_",
    ),
    Client(
        "offlineimap3",
        "0.0~git20211018",
        Origin.DEBIAN,
        "OAuth, IMAP",
        "XOAUTH2",
        "refreshes at the token endpoint; synchronises both ways with labels",
        f"{_CLIENTS}/test_offlineimap.py::test_",
    ),
    Client(
        "getmail6",
        "6.18.11",
        Origin.DEBIAN,
        "IMAP, POP",
        "XOAUTH2 (IMAP), app password (POP)",
        "reads each message once, by UID and UIDL; Gmail's own items",
        f"{_CLIENTS}/test_getmail.py::test_",
    ),
    Client(
        "imapflow",
        "2.10.2",
        Origin.NPM,
        "IMAP",
        "OAUTHBEARER",
        "ID; reads, flags, and waits in IDLE",
        f"{_IN_NODE}imapflow_",
    ),
    Client(
        "nodemailer",
        "10.6.0",
        Origin.NPM,
        "OAuth, SMTP",
        "XOAUTH2",
        "sends by 465 and 587; refused, it refreshes and repeats AUTH on the same connection",
        f"{_IN_NODE}nodemailer_",
    ),
    Client(
        "poplib",
        "0.1.7",
        Origin.NPM,
        "POP",
        _APP_PASSWORD,
        "reads; its own test of TLS passes",
        f"{_IN_NODE}poplib",
    ),
    Client(
        "Authlib",
        "1.9.9",
        Origin.PYPI,
        "OAuth",
        "code with PKCE",
        "discovery, ID token by the key set, state and nonce",
        "interop/test_authlib.py::test_",
    ),
    Client(
        "google-auth-oauthlib",
        "1.5.0",
        Origin.PYPI,
        "OAuth",
        "code with PKCE",
        "ID token by Google's certificates, refresh, revocation",
        "interop/test_google_auth_oauthlib.py::test_",
    ),
    Client(
        "google-auth-library",
        "10.9.1",
        Origin.NPM,
        "OAuth",
        "code with PKCE",
        "ID token, tokeninfo, refresh, revocation",
        "interop/test_node.py::test_",
    ),
    Client(
        "openid-client",
        "6.8.9",
        Origin.NPM,
        "OAuth",
        "code with PKCE",
        "discovery, ID token by the key set, refresh, revocation, a denial",
        "interop/test_node.py::test_",
    ),
)

LEFT_OUT = (
    LeftOut("IMAPClient", "`test_subscriptions`", "expects a new label not to be subscribed to; here every label is"),
    LeftOut("IMAPClient", "both tests of timeouts", "they take an answer within a millisecond for impossible"),
    LeftOut("IMAPClient", "`test_fetch`, twice", "it takes an Envelope for a sequence, which it has ceased to be"),
    LeftOut("IMAPClient", "`test_move` without UIDs", "imaplib of Python 3.11 has no such command"),
    LeftOut("poplib of npm", "its other tests", "they want port 110, STLS or APOP; `sasl.js` spoils its base64"),
    LeftOut("isync", "XOAUTH2", "it comes from a plug-in of Cyrus SASL that Debian keeps with KDE"),
    LeftOut("getmail6", "XOAUTH2 by POP", "the version in Debian has it for IMAP only"),
    LeftOut("swaks", "all", "it knows no tokens, and its TLS wants Perl modules besides"),
)
