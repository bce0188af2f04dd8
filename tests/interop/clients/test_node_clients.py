"""imapflow, nodemailer and poplib, from npm: each runs a program of its own and reports what it saw."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from threading import Timer

import pytest

ALICE = "alice@contoso.com"
BOB = "bob@contoso.com"
PATIENCE = 60.0

pytestmark = [pytest.mark.needs_package("nodejs"), pytest.mark.needs_package("npm")]


@pytest.fixture
def report(google, node) -> Callable:
    """Return how to run a program with settings, doing something once it says that it idles."""

    def run(program: str, settings: dict, *, meanwhile: Callable[[], object] | None = None):
        with node.start(google, program) as process:
            killer = Timer(PATIENCE, process.kill)
            killer.start()
            process.stdin.write(json.dumps(settings) + "\n")
            process.stdin.flush()
            try:
                for heard in map(json.loads, process.stdout):
                    if "done" in heard:
                        return heard["done"]
                    meanwhile()
            finally:
                killer.cancel()
        raise AssertionError("the program ended without a report; its complaint is on stderr")

    return run


def test_imapflow_reads_and_hears_of_new_mail(google, token, report, arrived, incoming):
    """It says ID, signs in by OAUTHBEARER, and is told in IDLE."""
    seen = report(
        "imapflow.mjs",
        {"user": ALICE, "accessToken": token, "badToken": "ya29.bad"},
        meanwhile=lambda: google.deliver(ALICE, b"Subject: another\r\n\r\n"),
    )

    assert seen["server"]["vendor"] == "Google, Inc."
    assert base64.b64decode(seen["source"]) == incoming
    assert (seen["subject"], seen["type"], seen["count"]) == ("Grüße", "text/plain", 2)
    assert "AUTHENTICATE OAUTHBEARER" in str(google.journal.to_json())
    assert seen["refused"] == {
        "failed": True,
        "said": "Invalid credentials (Failure)",
        "code": "AUTHENTICATIONFAILED",
    }
    first, _ = google.account(ALICE).mail.messages()
    assert first.flags == {"\\Seen"}


def test_nodemailer_sends_and_renews_a_refused_token(google, setup, token, refresh_token, report, program, arrived):
    """By implicit TLS and by STARTTLS; it repeats AUTH on the connection on which it was refused."""
    seen = report(
        "nodemailer.mjs",
        {
            "user": ALICE,
            "to": BOB,
            "accessToken": token,
            "badToken": "ya29.bad",
            "clientId": setup.client.client_id,
            "clientSecret": setup.client.client_secret,
            "refreshToken": refresh_token,
            "ports": {port: program.port(f"smtp.gmail.com:{port}") for port in (465, 587)},
        },
    )

    assert all(reply.startswith("250 2.0.0 OK") for reply in seen["replies"])
    subjects = [line for raw in arrived(BOB) for line in raw.split(b"\r\n") if line.startswith(b"Subject:")]
    assert subjects == [b"Subject: by 465", b"Subject: renewed by 465", b"Subject: by 587", b"Subject: renewed by 587"]
    assert all(raw.endswith(b"\r\n\r\n.dotted\r\n") for raw in arrived(BOB))
    assert (seen["refused"]["code"], seen["refused"]["responseCode"]) == ("EAUTH", 535)
    assert "invalid_grant" in str(seen["unrenewed"])
    connections = {entry.session for entry in google.journal.entries if entry.channel == "smtp"}
    assert len(connections) == 6  # one for each message


def test_poplib_reads_by_an_app_password(google, report):
    """Its refusal holds our words. It takes all for ASCII, leaves dots doubled, and drops the last line's end."""
    google.deliver(ALICE, b"Subject: plain\r\n\r\nhello\r\n\r\nthe end\r\n")

    seen = report("poplib.mjs", {"user": ALICE, "password": "abcdefghijklmnop"})

    good = seen["good"]
    assert (good["signedIn"], good["count"]) == (True, 2)
    assert good["data"] == "Subject: plain\r\n\r\nhello\r\n\r\nthe end"
    assert (seen["bad"]["signedIn"], "[AUTH]" in seen["bad"]["said"]) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--login", "off"], ["CONNECT", "QUIT"]),
        (["--login", "on"], ["CONNECT", "LOGIN/PASS", "QUIT"]),
        (["--login", "on", "--download", "on"], ["CONNECT", "LOGIN/PASS", "LIST", "RETR", "DELE", "QUIT"]),
    ],
    ids=["connect", "login", "download"],
)
def test_poplibs_own_tests_pass(google, node, arguments, says):
    """Its `tls.js`: the others want port 110, STLS or APOP, which Gmail has not, and `sasl.js` spoils its base64."""
    mailbox = ["--host", "pop.gmail.com", "--port", "995", "--username", ALICE, "--password", "abcdefghijklmnop"]

    with node.start(google, "node_modules/poplib/tests/tls.js", *mailbox, *arguments) as process:
        said, _ = process.communicate(timeout=PATIENCE)

    assert re.findall(r"^(\S+) success", said, re.M) == says
    assert "failed" not in said
