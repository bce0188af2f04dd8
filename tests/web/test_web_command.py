"""`gmailsync web` over real sockets."""

from __future__ import annotations

import re
import socket

import pytest
import requests

from gmailsync.rules.loopback import Landing, landing

ALICE = "alice@contoso.com"
CALLBACK = "/_grid/cmds/dlg_gmailoauth.aspx"


def test_an_owner_goes_from_the_list_to_a_stored_grant(serving, redirect_here, gmailsync, google, tmp_path):
    """List, button, Google's pages, answer; then Test & Enable finds a mailbox that works."""
    with serving(), requests.Session() as browser:
        listed = browser.get(f"{redirect_here}/")
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', listed.text))
        to_google = browser.post(f"{redirect_here}/sign-in", data=form, allow_redirects=False)
        result = browser.get(google.give_consent(to_google.headers["Location"], ALICE))

    assert form["mailbox"] == ALICE
    assert 'role="note"' not in listed.text
    assert re.fullmatch(rf"{redirect_here}/signed-in/\d+", result.url)
    assert f"{ALICE} is signed in to Gmail." in result.text
    gmailsync("mailbox", "approve", ALICE)
    assert gmailsync("--network", tmp_path / "network.json", "mailbox", "test", ALICE, "--enable").status == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104 - refused
def test_only_this_machine_may_be_listened_on(cli, host):
    """One line says why; nothing is opened."""
    ran = cli("web", "--host", host)

    assert ran.status == 2
    assert ran.err.startswith(f"error: host: {host!r}: 127.0.0.1, ::1 or localhost")
    assert ran.err.count("\n") == 1


def test_a_port_that_is_taken_is_told(cli, port):
    """With what to do."""
    with socket.create_server(("127.0.0.1", port)):
        ran = cli("web", "--port", port)

    assert ran.status == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use. " in ran.err
    assert "--port" in ran.err


@pytest.mark.parametrize(
    ("uri", "lands"),
    [
        (f"http://localhost:8400{CALLBACK}", Landing.HERE),
        (f"http://[::1]:8400{CALLBACK}", Landing.HERE),
        (f"http://localhost{CALLBACK}", Landing.OTHER_PORT),
        (f"https://localhost:8400{CALLBACK}", Landing.ELSEWHERE),
        (f"http://localhost.contoso.com:8400{CALLBACK}", Landing.ELSEWHERE),
    ],
)
def test_where_google_sends_the_owner_back_to(uri, lands):
    """Only plain http on this machine and this port comes here."""
    assert landing(uri, 8400) is lands
