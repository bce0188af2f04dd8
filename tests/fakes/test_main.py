"""`python -m fakes`, as another process; the consent over real HTTPS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fakes.__main__ import main
from fakes.fidelity import page
from fakes.google import LOCAL_REDIRECT, SimulatedGoogle

ALICE = "alice@contoso.com"
MAIL = "https://mail.google.com/"
MODIFY = "https://www.googleapis.com/auth/gmail.modify"


@pytest.fixture
def network_file(google: SimulatedGoogle, gmail_account: object, tmp_path: Path) -> Path:
    """Write the file by which another process finds the simulation."""
    return google.network.write(tmp_path / "net.json")


@pytest.fixture
def url(google: SimulatedGoogle, gmail_account: object) -> str:
    """Return what an application shows to Alice, who is a test user."""
    parameters = {
        "client_id": google.correct_setup().client.client_id,
        "redirect_uri": LOCAL_REDIRECT,
        "response_type": "code",
        "scope": f"{MAIL} {MODIFY}",
        "state": "s 1&",
    }
    return "https://accounts.google.com/o/oauth2/v2/auth?" + urlencode(parameters)


def fakes(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `python -m fakes`."""
    command = [sys.executable, "-W", "error", "-m", "fakes", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_consent_prints_the_redirected_url_and_nothing_else(url, network_file) -> None:
    """On stdout, for a script to take up."""
    run = fakes("consent", url, "--as", ALICE, "--network", network_file)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(LOCAL_REDIRECT + "?")
    parameters = parse_qs(urlsplit(run.stdout.strip()).query)
    assert parameters["state"] == ["s 1&"]
    assert parameters["code"][0].startswith("4/0A")


def test_an_owner_may_deny(url, network_file) -> None:
    """Google redirects with access_denied; that is an answer, not a failure."""
    run = fakes("consent", url, "--as", ALICE, "--deny", "--network", network_file)

    assert run.returncode == 0
    assert parse_qs(urlsplit(run.stdout).query)["error"] == ["access_denied"]


def test_an_owner_may_leave_a_scope_out(url, network_file) -> None:
    """The code is for the scopes that stayed ticked."""
    run = fakes("consent", url, "--as", ALICE, "--untick", MODIFY, "--network", network_file)

    assert parse_qs(urlsplit(run.stdout.strip()).query)["scope"] == [MAIL]


def test_where_google_stops_the_owner_it_says_so_in_one_line(google, url, network_file) -> None:
    """Exit status 1, Google's code and words on stderr, nothing on stdout."""
    google.add_account("mallory@example.com")

    run = fakes("consent", url, "--as", "mallory@example.com", "--network", network_file)

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(
        "error: Google: Error 403: access_denied: Contoso CRM has not completed the Google verification process"
    )
    assert run.stderr.count("\n") == 1


def test_who_has_no_account_is_stopped(url, network_file) -> None:
    """The accounts that there are, are named."""
    run = fakes("consent", url, "--as", "nobody@contoso.com", "--network", network_file)

    assert run.returncode == 1
    assert "nobody@contoso.com" in run.stderr
    assert ALICE in run.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["consent", "URL", "--as", ALICE, "--network", "nowhere.json"], "network file nowhere.json: No such file"),
        (["consent", "URL", "--as", ALICE], "required: --network"),
        (["consent"], "required: URL, --as"),
        (["fault"], "required: COMMAND"),
        (["consent", "URL", "--as", ALICE, "--deny", "--untick", "x", "--network", "f"], "not allowed with"),
    ],
)
def test_bad_usage_is_one_line_and_exit_status_2(arguments, complaint) -> None:
    """No usage text, no traceback."""
    run = fakes(*arguments)

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("error: ")
    assert complaint in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (["https://accounts.example.com/"], "not a URL of accounts.google.com"),
        (["URL", "--untick", "https://www.googleapis.com/auth/drive"], "no checkbox for"),
    ],
)
def test_what_makes_no_sense_at_googles_pages_is_bad_usage(url, network_file, changed, complaint) -> None:
    """Another host's URL, or a scope that nobody asked for."""
    arguments = [url if word == "URL" else word for word in changed]

    run = fakes("consent", *arguments, "--as", ALICE, "--network", network_file)

    assert run.returncode == 2
    assert complaint in run.stderr


def test_a_simulation_that_has_stopped_is_told(google, url, network_file) -> None:
    """Exit status 1: the usage was right, nobody answered."""
    google.stop()

    run = fakes("consent", url, "--as", ALICE, "--network", network_file)

    assert run.returncode == 1
    assert run.stderr.startswith("error: no simulation answers")


def test_fidelity_prints_the_page_of_the_reference() -> None:
    """In Markdown, on stdout, ready to be kept."""
    run = fakes("fidelity")

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == page.render()


def test_ctrl_c_is_one_line(capsys, monkeypatch):
    """Exit status 130, as shells count: 128 plus SIGINT."""

    class Interrupting:
        def write(self, _text):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", Interrupting())

    assert main(["fidelity"]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
