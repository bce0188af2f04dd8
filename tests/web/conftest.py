"""The pages over a real database and a simulated Google, on the machine's time."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask.testing import FlaskClient

from fakes.clock import LiveClock
from fakes.google import SimulatedGoogle
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.google.network import Network
from gmailsync.model.grant import Grant
from gmailsync.web.pages import create_pages

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
CALLBACK = "/_grid/cmds/dlg_gmailoauth.aspx"
PORT = 8400
FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture
def google() -> Iterator[SimulatedGoogle]:
    with SimulatedGoogle(clock=LiveClock()) as running:
        running.add_account(ALICE)
        running.add_account(BOB)
        yield running
    running.check()


@pytest.fixture
def gmailsync(cli, made_home, google, tmp_path):
    """Run commands, with the default profile `Gmail` that leads back to port 8400 and a mailbox of Alice."""
    shutil.copytree(made_home, tmp_path / "home")
    setup = google.correct_setup()
    (tmp_path / "client.json").write_text(json.dumps(setup.client.downloaded_json(setup.project.id)))
    assert cli("profile", "add", "Gmail", "--client-json", tmp_path / "client.json", "--default").status == 0
    assert cli("mailbox", "add", ALICE).status == 0
    return cli


@pytest.fixture
def application(gmailsync, google, tmp_path) -> Iterator[App]:
    network = Network.from_file(google.network.write(tmp_path / "network.json"))
    with App.open(read_settings(os.environ), network=network) as opened:
        yield opened


class Browser:
    """A browser on this machine that has the pages open."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, **headers: str):
        return self.client.get(url, headers=headers, base_url=f"http://localhost:{PORT}")

    def form_token(self) -> str:
        return FORM_TOKEN.search(self.get("/").text)[1]

    def press(self, address: str = ALICE, *, token: str | None = None, **headers: str):
        """Press the mailbox's button."""
        form = {"mailbox": address, "form_token": self.form_token() if token is None else token}
        return self.client.post("/sign-in", data=form, headers=headers, base_url=f"http://localhost:{PORT}")


@pytest.fixture
def pages(application):
    return create_pages(application.ports, PORT)


@pytest.fixture
def browser(pages) -> Browser:
    return Browser(pages.test_client())


@pytest.fixture
def grant_of(application):
    """Look up a mailbox's grant."""

    def look_up(address: str = ALICE) -> Grant | None:
        with application.ports.store.begin() as tx:
            return tx.grants.get(tx.mailboxes.get(address).id)

    return look_up


# --- The command itself ----------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    """Name a port of this machine that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
    return number


@pytest.fixture
def redirect_here(gmailsync, google, tmp_path, port) -> str:
    """Let Google send the owner of Alice's mailbox back to the free port; return the environment."""
    environment = f"http://localhost:{port}"
    project = google.correct_setup().project
    client = google.console.create_web_client(project, "here", [], [environment + CALLBACK])
    (tmp_path / "here.json").write_text(json.dumps(client.downloaded_json(project.id)))
    gmailsync("profile", "add", "Here", "--client-json", tmp_path / "here.json", "--environment", environment)
    assert gmailsync("mailbox", "set", ALICE, "--profile", "Here").status == 0
    return environment


@pytest.fixture
def serving(google, tmp_path, port) -> Callable[[], AbstractContextManager[None]]:
    """Run `gmailsync web` on the free port as long as a block runs; it must end well."""
    network_file = google.network.write(tmp_path / "network.json")
    script = [sys.executable, "-m", "gmailsync", "--network", network_file, "web", "--port", str(port)]

    @contextmanager
    def run() -> Iterator[None]:
        with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            ready = running.stdout.readline()
            try:
                yield
            finally:
                running.send_signal(signal.SIGINT)
                out, err = running.communicate(timeout=60)
        assert ready == f"http://127.0.0.1:{port}/ is ready; stop with Ctrl-C\n"
        assert (running.returncode, out, err) == (0, "", "stopped\n")

    return run
