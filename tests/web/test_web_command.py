"""`gmailsync web` over real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from gmailsync.web.loopback import Landing, landing

ALICE = "alice@contoso.com"
CALLBACK = "/_grid/cmds/dlg_gmailoauth.aspx"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def serving(port, network_file):
    """Run the command until the block ends; it must end well."""
    script = [sys.executable, "-m", "gmailsync", "--network", network_file, "web", "--port", str(port)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as running:
        ready = running.stdout.readline()
        try:
            assert ready == f"http://127.0.0.1:{port}/ is ready; stop with Ctrl-C\n"
            yield running
        finally:
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "", "stopped\n")


def test_an_owner_goes_from_the_list_to_a_stored_grant(gmailsync, google, tmp_path, port):
    """List, button, Google's pages, answer; then Test & Enable finds a mailbox that works."""
    environment = f"http://localhost:{port}"
    project = google.correct_setup().project
    client = google.console.create_web_client(project, "here", [], [environment + CALLBACK])
    (tmp_path / "here.json").write_text(json.dumps(client.downloaded_json(project.id)))
    gmailsync("profile", "add", "Here", "--client-json", tmp_path / "here.json", "--environment", environment)
    gmailsync("mailbox", "set", ALICE, "--profile", "Here")
    network_file = google.network.write(tmp_path / "network.json")

    with serving(port, network_file), requests.Session() as browser:
        listed = browser.get(f"{environment}/")
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', listed.text))
        to_google = browser.post(f"{environment}/sign-in", data=form, allow_redirects=False)
        result = browser.get(google.give_consent(to_google.headers["Location"], ALICE))

    assert form["mailbox"] == ALICE
    assert 'role="note"' not in listed.text
    assert re.fullmatch(rf"{environment}/signed-in/\d+", result.url)
    assert f"{ALICE} is signed in to Gmail." in result.text
    gmailsync("mailbox", "approve", ALICE)
    assert gmailsync("--network", network_file, "mailbox", "test", ALICE, "--enable").status == 0


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
