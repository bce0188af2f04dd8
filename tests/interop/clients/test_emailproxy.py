"""emailproxy (email-oauth2-proxy): a client that knows passwords only gets in by OAuth, without knowing.

It asks for consent at the first sign-in, keeps the refresh token, and renews the access token by its own clock.
"""

from __future__ import annotations

import imaplib
import smtplib
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from fakes.google import LOCAL_REDIRECT

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
LOCAL_PASSWORD = "a password of the proxy's own"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def awaited(process: subprocess.Popen[str], words: str) -> str:
    """Return what a program says after these words."""
    for line in process.stdout:
        if (found := line.partition(words))[1]:
            return found[2].strip()
    raise AssertionError(f"the proxy ended without saying {words!r}")


class Proxy:
    """A running proxy: where it listens, and what it says."""

    def __init__(self, program, setup) -> None:
        self.imap, self.smtp, self.redirect = free_port(), free_port(), free_port()
        settings = program.write(
            "emailproxy.config",
            f"[IMAP-{self.imap}]\nserver_address = imap.gmail.com\nserver_port = 993\nlocal_address = 127.0.0.1\n\n"
            f"[SMTP-{self.smtp}]\nserver_address = smtp.gmail.com\nserver_port = 587\n"
            "server_starttls = True\nlocal_address = 127.0.0.1\n\n"
            f"[{ALICE}]\npermission_url = https://accounts.google.com/o/oauth2/v2/auth\n"
            "token_url = https://oauth2.googleapis.com/token\noauth2_scope = https://mail.google.com/\n"
            f"redirect_uri = {LOCAL_REDIRECT}\nredirect_listen_address = http://127.0.0.1:{self.redirect}\n"
            f"client_id = {setup.client.client_id}\nclient_secret = {setup.client.client_secret}\nuse_pkce = True\n",
        )
        self.process = program.start(
            sys.executable, "-m", "emailproxy", "--no-gui", "--local-server-auth", "--config-file", settings
        )
        awaited(self.process, "Initialised")

    def consent(self, google) -> None:
        """Let Alice open the address that the proxy shows, and follow Google's redirect to it."""
        url = awaited(self.process, f"authenticate account {ALICE}: ")
        redirected = urlsplit(google.give_consent(url, ALICE))
        urllib.request.urlopen(f"http://127.0.0.1:{self.redirect}{redirected.path}?{redirected.query}").close()


@pytest.fixture
def proxy(program, setup):
    """Run the proxy between a client and Google."""
    running = Proxy(program, setup)
    yield running
    running.process.kill()
    running.process.communicate()


def test_a_password_client_reads_and_sends_by_oauth(proxy, google, arrived, incoming, outgoing):
    """After one consent for both; the password is the proxy's own, and opens what it has stored."""
    with ThreadPoolExecutor() as pool:
        consent = pool.submit(proxy.consent, google)
        with imaplib.IMAP4("127.0.0.1", proxy.imap) as client:
            client.login(ALICE, LOCAL_PASSWORD)
            client.select("INBOX")
            fetched = client.fetch("1", "(BODY.PEEK[])")[1][0][1]
        consent.result()
    with smtplib.SMTP("127.0.0.1", proxy.smtp) as client:
        client.login(ALICE, LOCAL_PASSWORD)
        client.sendmail(ALICE, [BOB], outgoing)

    assert fetched == incoming
    assert arrived(BOB) == [outgoing]


def test_the_refusal_of_an_expired_token_reaches_the_client(proxy, google):
    """The proxy goes by its own clock, by which the token is good; it leaves the challenge to its client to answer."""
    with ThreadPoolExecutor() as pool:
        consent = pool.submit(proxy.consent, google)
        with imaplib.IMAP4("127.0.0.1", proxy.imap) as client:
            client.login(ALICE, LOCAL_PASSWORD)
        consent.result()
    google.clock.advance(timedelta(hours=2))

    client = imaplib.IMAP4("127.0.0.1", proxy.imap, timeout=10)
    with pytest.raises(imaplib.IMAP4.error, match=r"\[AUTHENTICATIONFAILED\] Invalid credentials"):
        client.authenticate("PLAIN", lambda _: f"\0{ALICE}\0{LOCAL_PASSWORD}".encode())
    client.shutdown()  # by hand, since the proxy has hung up
