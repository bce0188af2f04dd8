"""The command line against the simulated Google, from the server profile to synced mail."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
import requests

from fakes.clock import LiveClock
from fakes.gmail.generator import generate
from fakes.gmail.popping import PopWindow
from fakes.google import REDIRECT_PATH, SimulatedGoogle

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"


@pytest.fixture
def google():
    """Run a simulated Google with two accounts, on the time that the commands go by."""
    with SimulatedGoogle(clock=LiveClock()) as running:
        running.add_account(ALICE)
        running.add_account(BOB)
        yield running
    running.check()


@pytest.fixture
def gmailsync(cli, google, tmp_path, monkeypatch):
    """Run commands over the simulated network, with the profile `Gmail` and a mailbox of Alice."""
    google.network.write(tmp_path / "network.json")
    monkeypatch.setenv("GMAILSYNC_NETWORK", str(tmp_path / "network.json"))
    setup = google.correct_setup()
    (tmp_path / "client.json").write_text(json.dumps(setup.client.downloaded_json(setup.project.id)))
    environment = "https://contoso.crm.dynamics.com"
    added = cli(
        "profile", "add", "Gmail", "--client-json", tmp_path / "client.json", "--environment", environment, "--default"
    )  # fmt: skip
    assert added.status == 0
    assert cli("mailbox", "add", ALICE).status == 0
    return cli


@pytest.fixture
def signed_in(gmailsync, google):
    """Let Alice sign in, and approve her address."""
    url = gmailsync("mailbox", "sign-in", ALICE, "--no-wait").out.strip()
    finished = gmailsync("mailbox", "sign-in", ALICE, "--response", google.give_consent(url, ALICE))
    assert (finished.status, finished.out) == (0, f"{ALICE} is signed in\n")
    assert gmailsync("mailbox", "approve", ALICE).status == 0


def sha256s(messages):
    return sorted(hashlib.sha256(raw).hexdigest() for raw in messages)


def program(*arguments):
    """Start a command in a process of its own."""
    script = [sys.executable, "-m", "gmailsync", *arguments]
    return subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


# --- The whole way ---------------------------------------------------------------------------


@pytest.mark.usefixtures("signed_in")
def test_mail_moves_both_ways_exact_to_the_byte(gmailsync, google):
    """Tested, enabled, synced: what lay in Gmail is stored, what was queued has arrived."""
    mail = list(generate(3, 25, to=ALICE))
    for raw in mail:
        google.deliver(ALICE, raw)
    tested = gmailsync("mailbox", "test", ALICE, "--enable", "--json")
    gmailsync("email", "send", "--from", ALICE, "--to", BOB, "--subject", "Offer", "--body", "As promised.")

    synced = gmailsync("sync", "--json")

    assert (tested.status, tested.json["ok"], len(tested.json["stages"])) == (0, True, 11)
    assert (synced.status, synced.json) == (
        0,
        [
            {
                "mailbox": ALICE,
                "ok": True,
                "incoming": {
                    "new": 25,
                    "known": 0,
                    "test_messages": 1,
                    "refused": 0,
                    "left_out": 0,
                    "skipped_until": None,
                },
                "outgoing": {"sent": 1, "found": 0, "deferred": 0, "failed": 0, "in_doubt": 0},
                "errors": [],
                "under_way": None,
            }
        ],
    )
    emails = gmailsync("email", "list", "--json").json
    assert sorted(email["sha256"] for email in emails if email["direction"] == "incoming") == sha256s(mail)
    [sent] = [email for email in emails if email["direction"] == "outgoing"]
    [arrived] = google.account(BOB).mail.messages()
    assert sent["status"] == "sent"
    assert sent["message_id"].encode() in arrived.raw
    standing = gmailsync("status", "--json").json["mailboxes"][0]
    audited = gmailsync("audit", "--json")
    numbers = {"server": 26, "stored": 25, "set_aside": 1, "missing": 0, "extra": 0, "proven": True}
    assert (standing["state"], standing["audit"]) == ("healthy", None)
    assert (audited.status, audited.json[0] | numbers) == (0, audited.json[0])
    assert gmailsync("status", "--json").json["mailboxes"][0]["audit"]["at"] == audited.json[0]["at"]
    assert "25 of 25" in gmailsync("audit").out


@pytest.mark.usefixtures("signed_in")
def test_a_sync_by_pop_says_when_the_next_look_is_possible(gmailsync, google):
    """Within five minutes of the last one nothing is done, which is no failure."""
    google.set_pop(ALICE, window=PopWindow.ALL_MAIL)
    [mail] = generate(3, 1, to=ALICE)
    google.deliver(ALICE, mail)
    profile = gmailsync("profile", "set", "Gmail", "--protocol", "pop", "--json").json
    tested = gmailsync("mailbox", "test", ALICE, "--enable")
    first = gmailsync("sync", "--json").json[0]["incoming"]

    again, shown = gmailsync("sync", "--json"), gmailsync("sync")

    assert profile["incoming"] == {"location": "pop.gmail.com", "port": 995}
    assert (tested.status, first["new"], first["skipped_until"]) == (0, 1, None)
    assert (again.status, again.json[0]["incoming"]["new"]) == (0, 0)
    assert again.json[0]["incoming"]["skipped_until"].endswith("Z")
    assert (shown.status, "the next look is possible from" in shown.err) == (0, True)


@pytest.mark.usefixtures("signed_in")
def test_a_second_sync_brings_only_what_is_new(gmailsync, google):
    """Nothing is stored twice."""
    gmailsync("mailbox", "test", ALICE, "--enable")
    first, second = generate(4, 2, to=ALICE)
    google.deliver(ALICE, first)
    gmailsync("sync")
    google.deliver(ALICE, second)

    synced = gmailsync("sync", ALICE, "--json")

    assert synced.json[0]["incoming"]["new"] == 1
    assert sorted(email["sha256"] for email in gmailsync("email", "list", "--json").json) == sha256s([first, second])


@pytest.mark.usefixtures("signed_in")
def test_an_email_is_read_back_exact_to_the_byte(gmailsync, google, tmp_path):
    """`--raw` writes octets, whatever they are."""
    gmailsync("mailbox", "test", ALICE, "--enable")
    raw = b"Message-ID: <1@example.com>\nSubject: \xff\xfe\r\n\r\n\x00\x80 odd\rbytes\n"
    google.deliver(ALICE, raw)
    gmailsync("sync")

    shown = subprocess.run(
        [sys.executable, "-m", "gmailsync", "email", "show", "1", "--raw"], capture_output=True, check=True
    )

    assert shown.stdout == raw


# --- What goes wrong -------------------------------------------------------------------------


@pytest.mark.usefixtures("signed_in")
def test_imap_that_is_off_fails_at_its_stage_until_it_is_on(gmailsync, google):
    """The customer's error at the customer's step, with the fix; success resolves the alert."""
    google.account(ALICE).imap = False
    failed = gmailsync("mailbox", "test", ALICE, "--enable", "--json")
    alerts = gmailsync("alert", "list", "--json").json
    google.account(ALICE).imap = True

    passed = gmailsync("mailbox", "test", ALICE, "--enable")

    stages = {stage["name"]: stage for stage in failed.json["stages"]}
    assert failed.status == 1
    assert (stages["IMAP sign-in"]["state"], stages["IMAP sign-in"]["code"]) == ("failed", "imap.disabled")
    assert "not enabled for IMAP" in stages["IMAP sign-in"]["message"]
    assert stages["Inbox opened"]["state"] == "skipped"
    assert [alert["code"] for alert in alerts] == ["imap.disabled"]
    assert (passed.status, "✗" in passed.out) == (0, False)
    assert gmailsync("alert", "list").out == "no alerts\n"


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    ("option", "value", "stage", "code"),
    [
        ("--incoming-port", "994", "IMAP connection", "network.connect-failed"),
        ("--incoming-location", "imap.gmial.com", "IMAP connection", "network.host-not-found"),
        ("--outgoing-port", "25", "SMTP connection", "network.connect-failed"),
        ("--client-secret", "GOCSPX-of-another-client", "access token", "oauth.client-refused"),
    ],
)
def test_a_wrong_profile_fails_as_it_fails_outside(gmailsync, option, value, stage, code):
    """At the stage where a customer sees it, with the same code, and in words for people."""
    gmailsync("profile", "set", "Gmail", option, value)

    ran = gmailsync("mailbox", "test", ALICE, "--json")
    shown = gmailsync("mailbox", "test", ALICE)

    failed = [(one["name"], one["code"]) for one in ran.json["stages"] if one["state"] == "failed"]
    assert (ran.status, shown.status, failed) == (1, 1, [(stage, code)])
    assert f"{stage} failed [{code}]" in shown.out
    assert value not in ran.out or not value.startswith("GOCSPX")


@pytest.mark.usefixtures("signed_in")
def test_a_revoked_grant_is_named_by_the_next_sync(gmailsync, google):
    """One open alert, exit status 1, and the way out."""
    gmailsync("mailbox", "test", ALICE, "--enable")
    for client_id in {grant["client_id"] for grant in gmailsync("profile", "list", "--json").json}:
        google.world.grants.revoke_account(ALICE, client_id)

    ran = gmailsync("sync")

    assert ran.status == 1
    assert "Ask the owner to sign in to Gmail again" in ran.err
    assert [alert["code"] for alert in gmailsync("alert", "list", "--json").json] == ["oauth.grant-dead"]


@pytest.mark.usefixtures("signed_in")
def test_the_end_of_a_sign_in_to_an_app_in_testing_is_forecast(gmailsync):
    """Google announces seven days, and every overview says so."""
    shown = gmailsync("mailbox", "show", ALICE, "--json").json
    [standing] = gmailsync("status", "--json").json["mailboxes"]

    assert standing["forecast"] == shown["forecast"]
    assert shown["forecast"] == {"at": shown["signed_in"]["refresh_expires_at"], "reason": "testing", "days": 6}
    for ran in (gmailsync("status"), gmailsync("mailbox", "show", ALICE)):
        assert "in 6 days (testing)" in ran.out


def test_an_owner_who_cancels_is_not_signed_in(gmailsync, google):
    """Exit status 1 and an alert; no grant is stored."""
    url = gmailsync("mailbox", "sign-in", ALICE, "--no-wait", "--json").json["url"]

    ran = gmailsync("mailbox", "sign-in", ALICE, "--response", google.give_consent(url, ALICE, deny=True))

    assert ran.status == 1
    assert ran.err.startswith("error: ")
    assert gmailsync("mailbox", "show", ALICE, "--json").json["signed_in"] is None
    assert [alert["code"] for alert in gmailsync("alert", "list", "--json").json] == ["sign-in.denied"]


def test_an_owner_who_leaves_the_box_unticked_is_not_signed_in(gmailsync, google):
    """Without the mail scope a grant is useless, and is given back to Google."""
    url = gmailsync("mailbox", "sign-in", ALICE, "--no-wait").out.strip()

    ran = gmailsync(
        "mailbox", "sign-in", ALICE, "--response", google.give_consent(url, ALICE, untick=["https://mail.google.com/"])
    )

    assert ran.status == 1
    assert "tick the box" in ran.err


def test_another_account_than_the_mailboxs_is_refused(gmailsync, google):
    """Bob's consent opens no mailbox of Alice."""
    url = gmailsync("mailbox", "sign-in", ALICE, "--no-wait").out.strip()

    ran = gmailsync("mailbox", "sign-in", ALICE, "--response", google.give_consent(url, BOB))

    assert ran.status == 1
    assert f"{BOB} signed in, but the mailbox is {ALICE}" in ran.err


def test_signing_out_takes_the_grant_back_at_google(gmailsync, google, signed_in):
    """Google refuses the old tokens from then on."""
    out = gmailsync("mailbox", "sign-out", ALICE)

    assert (out.status, out.out) == (0, f"{ALICE} is signed out\n")
    assert gmailsync("mailbox", "list", "--json").json[0]["signed_in"] is None


# --- Waiting for the owner -------------------------------------------------------------------


def test_the_sign_in_waits_for_the_browser_and_ends_with_the_grant(gmailsync, google):
    """The redirect is served on this machine; the page says that it worked."""
    port = free_port()
    project = next(iter(google.console.projects.values()))
    redirect_uri = f"http://localhost:{port}{REDIRECT_PATH}"
    client = google.console.create_web_client(project, "local", [f"http://localhost:{port}"], [redirect_uri])
    gmailsync(
        "profile", "set", "Gmail", "--client-id", client.client_id, "--client-secret", client.client_secret,
        "--environment", f"http://localhost:{port}",
    )  # fmt: skip

    with program("mailbox", "sign-in", ALICE, "--timeout", "60") as waiting:
        url = waiting.stdout.readline().strip()
        stray = requests.get(f"{redirect_uri}?state=forged&code=x", timeout=10)
        page = requests.get(google.give_consent(url, ALICE), timeout=10)
        out, err = waiting.communicate(timeout=60)

    assert stray.status_code == 400
    assert (page.status_code, "You are signed in" in page.text) == (200, True)
    assert (waiting.returncode, out, err) == (0, f"{ALICE} is signed in\n", "")


def test_the_sign_in_ends_badly_when_the_owner_cancels(gmailsync, google):
    """The attempt is used up, so there is nothing left to wait for."""
    port = free_port()
    gmailsync("profile", "set", "Gmail", "--environment", f"http://localhost:{port}")

    with program("mailbox", "sign-in", ALICE, "--timeout", "60") as waiting:
        state = waiting.stdout.readline().partition("state=")[2].partition("&")[0].strip()
        answer = f"http://localhost:{port}{REDIRECT_PATH}?state={state}&error=access_denied"
        page = requests.get(answer, timeout=10)
        _, err = waiting.communicate(timeout=60)

    assert (page.status_code, waiting.returncode) == (400, 1)
    assert err.startswith("error: the owner did not agree")


def test_the_sign_in_ends_when_another_process_stores_the_grant(gmailsync, google):
    """Where no browser reaches this machine, the answer is brought by hand."""
    with program("mailbox", "sign-in", ALICE, "--timeout", "60", "--json") as waiting:
        hint, url = waiting.stderr.readline(), waiting.stderr.readline().strip()
        gmailsync("mailbox", "sign-in", ALICE, "--response", google.give_consent(url, ALICE))
        out, _ = waiting.communicate(timeout=60)

    assert waiting.returncode == 0
    assert json.loads(out)["mailbox"] == ALICE
    assert "--response URL" in hint


def test_the_sign_in_does_not_wait_for_ever(gmailsync):
    """An owner who does not come back is a fault that was found."""
    ran = gmailsync("mailbox", "sign-in", ALICE, "--timeout", "0")

    assert ran.status == 1
    assert "did not come back" in ran.err


def test_ctrl_c_ends_the_wait_with_one_line(gmailsync):
    """Exit status 130, no traceback."""
    with program("mailbox", "sign-in", ALICE) as waiting:
        waiting.stdout.readline()
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=60)

    assert waiting.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in err


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
