"""The pages over a real database and a simulated Google, on the machine's time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

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
def gmailsync(cli, google, tmp_path):
    """Run commands, with the default profile `Gmail` that leads back to port 8400 and a mailbox of Alice."""
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
