from __future__ import annotations

import socket

import pytest
import requests

from gmailsync.cli.redirect import served
from gmailsync.cli.runbook import joined
from gmailsync.errors import BadInput, ConsentDenied, NetworkError
from gmailsync.rules.loopback import leads_here

PATH = "/_grid/cmds/dlg_gmailoauth.aspx"


@pytest.fixture
def redirect_uri():
    """Name a port of this machine that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}{PATH}"


def get(url):
    answer = requests.get(url, timeout=10)
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        (f"http://localhost:8400{PATH}", True),
        (f"http://127.0.0.1{PATH}", True),
        (f"http://[::1]:8400{PATH}", True),
        (f"https://localhost:8400{PATH}", False),
        (f"https://contoso.crm.dynamics.com{PATH}", False),
        (f"http://localhost.contoso.com{PATH}", False),
    ],
)
def test_only_this_machines_own_page_is_served(uri, local):
    """A business system on another machine has a page of its own."""
    assert leads_here(uri) is local


def test_the_answer_is_handed_over_as_the_browser_brought_it(redirect_uri):
    """The query reaches the sign-in unchanged, and the owner reads how it went."""
    brought = []

    with served(redirect_uri, lambda url: brought.append(url) or "You are <signed> in."):
        status, page = get(f"{redirect_uri}?state=s&code=4/0A%2Fb")

    assert brought == [f"{redirect_uri}?state=s&code=4/0A%2Fb"]
    assert status == 200
    assert "You are &lt;signed&gt; in." in page


def test_each_address_of_this_machine_is_listened_on_as_written():
    """The browser goes to exactly the address in the redirect URI; IPv6 has one of its own."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
            port = server.getsockname()[1]
    except OSError:
        pytest.skip("this machine has no IPv6")
    redirect_uri = f"http://[::1]:{port}{PATH}"

    with served(redirect_uri, lambda _: "You are signed in."):
        status, page = get(f"{redirect_uri}?state=s&code=c")

    assert (status, "You are signed in." in page) == (200, True)


def test_another_path_is_not_found(redirect_uri):
    """Browsers ask for icons; that must not disturb the sign-in."""
    brought = []

    with served(redirect_uri, lambda url: brought.append(url) or ""):
        status, _ = get(redirect_uri.replace(PATH, "/favicon.ico"))

    assert (status, brought) == (404, [])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BadInput("response", "(cut)", "x"), "not an answer"),
        (ConsentDenied("the owner did not agree"), "did not agree"),
    ],
)
def test_a_refusal_is_shown_to_the_owner(redirect_uri, error, told):
    """Together with what to do."""

    def refuse(_url):
        raise error

    with served(redirect_uri, refuse):
        status, page = get(f"{redirect_uri}?state=s&error=access_denied")

    assert status == 400
    assert told in page


def test_a_port_that_is_taken_is_told_with_another_way(redirect_uri):
    """The sign-in can be finished by hand."""
    with served(redirect_uri, lambda _: ""), pytest.raises(NetworkError) as trouble, served(redirect_uri, lambda _: ""):
        pass

    assert "--response" in trouble.value.advice


@pytest.mark.parametrize(
    ("words", "parsed"),
    [
        (["run", "x"], ["run", "x"]),
        (["-p", "messages", "12", "x"], ["-p", "messages=12", "x"]),
        (["-p", "messages=12", "x"], ["-p", "messages=12", "x"]),
        (["-p", "number", "-3"], ["-p", "number=-3"]),
        (["-p", "a", "b", "-p", "c", "d=e"], ["-p", "a=b", "-p", "c=d=e"]),
        (["-p", "a"], ["-p", "a"]),
        (["-p"], ["-p"]),
    ],
)
def test_a_parameter_takes_two_words(words, parsed):
    """KEY and VALUE, as papermill has it, or KEY=VALUE."""
    assert list(joined(words)) == parsed
