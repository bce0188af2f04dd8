"""Commands that need no Google: profiles, mailboxes, outbox, alerts, status, database."""

from __future__ import annotations

import io
import json
import stat
import sys
from datetime import UTC, datetime
from email import message_from_string, policy

import pytest

from gmailsync.app import open_store
from gmailsync.clock import SystemClock
from gmailsync.config import read_settings
from gmailsync.flows.leases import LEASE
from gmailsync.model.alert import Level, NewAlert
from gmailsync.model.lease import Worker

SECRET = "GOCSPX-very-secret"
CLIENT_ID = "1-a.apps.googleusercontent.com"
ADDRESS = "alice@contoso.com"


@pytest.fixture
def gmail_profile(cli):
    """Make the default server profile `Gmail`."""
    assert cli("profile", "add", "Gmail", "--client-id", CLIENT_ID, "--client-secret", SECRET, "--default").status == 0


@pytest.fixture
def mailbox(cli, gmail_profile):
    """Make the mailbox of Alice."""
    assert cli("mailbox", "add", ADDRESS).status == 0


@pytest.fixture
def claimed(mailbox, tmp_path):
    """Let another process be at work on the mailbox."""
    store = open_store(read_settings({}, home=tmp_path / "home"))
    worker = Worker("mail7", 123, "elsewhere", "")
    since = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
    with store.begin() as tx:
        tx.leases.claim(tx.mailboxes.get(ADDRESS).id, worker, since, SystemClock().now() + LEASE)
    store.close()


# --- Server profiles -------------------------------------------------------------------------


def test_a_new_profile_is_shown_with_what_filled_in(cli):
    """Locations, ports and redirect URI need not be typed; the secret is never shown."""
    ran = cli("profile", "add", "Gmail", "--client-id", CLIENT_ID, "--client-secret", SECRET, "--json")

    assert ran.json == {
        "name": "Gmail",
        "server_type": "gmail",
        "authentication": "gmail_oauth",
        "client_id": CLIENT_ID,
        "environment": "http://localhost:8400",
        "redirect_uri": "http://localhost:8400/_grid/cmds/dlg_gmailoauth.aspx",
        "protocol": "imap",
        "incoming": {"location": "imap.gmail.com", "port": 993},
        "outgoing": {"location": "smtp.gmail.com", "port": 587},
        "start_date": None,
        "is_default": False,
        "active": True,
        "mailboxes": 0,
    }


@pytest.mark.usefixtures("gmail_profile")
@pytest.mark.parametrize("command", [("list",), ("list", "--json"), ("show", "Gmail"), ("show", "Gmail", "--json")])
def test_no_command_shows_the_secret(cli, command):
    """Whatever is printed can be pasted into a ticket."""
    ran = cli("profile", *command)

    assert CLIENT_ID in ran.out
    assert SECRET not in ran.out + ran.err


def test_the_secret_can_come_from_a_file(cli, tmp_path):
    """So that it stands in no list of processes."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    ran = cli("profile", "add", "Gmail", "--client-id", CLIENT_ID, "--client-secret-file", tmp_path / "secret")

    assert ran.status == 0


def test_the_secret_can_come_from_standard_input(cli, monkeypatch):
    """A password manager may pipe it in."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}\n"))

    assert cli("profile", "add", "Gmail", "--client-id", CLIENT_ID, "--client-secret-file", "-").status == 0


def test_client_id_and_secret_can_come_from_googles_download(cli, tmp_path):
    """The console offers them as a JSON file."""
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"web": {"client_id": CLIENT_ID, "client_secret": SECRET, "project_id": "p"}}))

    assert cli("profile", "add", "Gmail", "--client-json", file, "--json").json["client_id"] == CLIENT_ID


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"installed": {"client_id": "x", "client_secret": "y"}}', "Web application"),
        ('{"web": {"client_id": "x"}}', "client_secret"),
        ("[]", "client_secret"),
        ("no json", "JSON"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_another_file_than_a_web_clients_is_refused(cli, tmp_path, content, told):
    """A Desktop client would fail at the redirect; the complaint says what to make instead."""
    file = tmp_path / "client.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    ran = cli("profile", "add", "Gmail", "--client-json", file)

    assert ran.status == 2
    assert told in ran.err


@pytest.mark.parametrize(
    "options",
    [
        ("--client-json", "client.json", "--client-id", "x"),
        ("--client-id", "x", "--client-secret", "y", "--client-secret-file", "secret"),
    ],
)
def test_two_ways_at_once_are_refused(cli, tmp_path, monkeypatch, options):
    """Nobody could tell which of them was meant."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.json").write_text(json.dumps({"web": {"client_id": CLIENT_ID, "client_secret": SECRET}}))
    (tmp_path / "secret").write_text(SECRET)

    ran = cli("profile", "add", "Gmail", *options)

    assert ran.status == 2
    assert "give either" in ran.err


@pytest.mark.usefixtures("gmail_profile")
def test_setting_a_port_keeps_the_location(cli):
    """Only what is named changes."""
    ran = cli("profile", "set", "Gmail", "--outgoing-port", "465", "--name", "Contoso", "--json")

    assert ran.json["outgoing"] == {"location": "smtp.gmail.com", "port": 465}
    assert (ran.json["name"], ran.json["is_default"]) == ("Contoso", True)


@pytest.mark.usefixtures("gmail_profile")
def test_a_profile_can_rest(cli):
    """Deactivated and activated again."""
    cli("profile", "deactivate", "Gmail")
    assert cli("profile", "show", "Gmail", "--json").json["active"] is False

    cli("profile", "activate", "Gmail")
    assert cli("profile", "show", "Gmail", "--json").json["active"] is True


@pytest.mark.usefixtures("gmail_profile")
def test_a_removed_profile_is_gone(cli):
    """And its name is free."""
    assert cli("profile", "remove", "Gmail").status == 0
    assert cli("profile", "list", "--json").json == []
    assert cli("profile", "show", "Gmail").status == 2


@pytest.mark.usefixtures("mailbox")
def test_a_profile_that_mailboxes_use_is_removed_only_on_purpose(cli):
    """Their mail would stop, and the client secret is gone with it."""
    refused = cli("profile", "remove", "Gmail")

    assert refused.status == 2
    assert refused.err == "error: profile: 'Gmail': 1 mailbox uses it; add --yes to remove it and stop their mail\n"
    assert cli("profile", "remove", "Gmail", "--yes").status == 0
    assert cli("mailbox", "show", ADDRESS, "--json").json["state"] == "no_profile"


# --- Mailboxes -------------------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
def test_a_new_mailbox_waits_for_its_owner_and_for_approval(cli):
    """It has the default profile, and moves no mail."""
    shown = cli("mailbox", "show", ADDRESS, "--json").json

    assert shown == {
        "address": ADDRESS,
        "profile": "Gmail",
        "incoming": "server_side_sync",
        "outgoing": "server_side_sync",
        "kind": "user",
        "acceptance": "all",
        "approval": "pending",
        "folders": ["INBOX"],
        "labels": [],
        "start_date": None,
        "pop_recent": False,
        "pop_delete": False,
        "incoming_status": "not_run",
        "outgoing_status": "not_run",
        "incoming_enabled": False,
        "outgoing_enabled": False,
        "signed_in": None,
        "forecast": None,
        "refresh_tokens": None,
        "last_success": None,
        "state": "not_signed_in",
        "last_test": None,
    }


@pytest.mark.usefixtures("mailbox")
def test_what_is_read_of_a_mailbox_is_chosen(cli):
    """Folders, labels and a start date, which `none` takes away again."""
    chosen = cli(
        *("mailbox", "set", ADDRESS, "--folder", "INBOX", "--folder", "\\All", "--label", "Work"),
        *("--start-date", "2026-01-31", "--json"),
    ).json
    freed = cli("mailbox", "set", ADDRESS, "--any-label", "--start-date", "none", "--json").json

    assert [chosen[key] for key in ("folders", "labels", "start_date")] == [
        ["INBOX", "\\All"],
        ["Work"],
        "2026-01-31T00:00:00Z",
    ]
    assert [freed[key] for key in ("folders", "labels", "start_date")] == [["INBOX", "\\All"], [], None]


@pytest.mark.usefixtures("mailbox")
def test_mail_is_deleted_at_gmail_for_queues_only(cli):
    """A person's own mail stays, whatever is asked; and a queue that deletes cannot become a person's."""
    refused = cli("mailbox", "set", ADDRESS, "--pop-delete")
    queue = cli("mailbox", "set", ADDRESS, "--kind", "queue", "--pop-delete", "--pop-recent", "--json").json
    back = cli("mailbox", "set", ADDRESS, "--kind", "user")

    assert (refused.status, refused.err) == (2, "error: pop delete: 'on': only for a mailbox of kind queue\n")
    assert (queue["kind"], queue["pop_delete"], queue["pop_recent"]) == ("queue", True, True)
    assert back.status == 2
    assert "deleted once stored" in cli("mailbox", "show", ADDRESS).out


@pytest.mark.usefixtures("mailbox")
def test_mailboxes_are_approved_set_and_rejected(cli):
    """Each verb shows what the mailbox has become."""
    assert cli("mailbox", "approve", ADDRESS, "--json").json["approval"] == "approved"
    assert cli("mailbox", "set", ADDRESS, "--outgoing", "none", "--json").json["outgoing"] == "none"
    assert cli("mailbox", "reject", ADDRESS, "--json").json["approval"] == "rejected"
    assert cli("mailbox", "disable", ADDRESS, "--json").json["incoming_enabled"] is False
    assert ADDRESS in cli("mailbox", "list").out


@pytest.mark.usefixtures("mailbox")
def test_enabling_before_a_test_fails_with_the_command_to_run(cli):
    """It ran and found a fault: exit status 1."""
    cli("mailbox", "approve", ADDRESS)

    ran = cli("mailbox", "enable", ADDRESS)

    assert ran.status == 1
    assert f"gmailsync mailbox test {ADDRESS} --enable" in ran.err


@pytest.mark.usefixtures("mailbox")
def test_a_mailbox_with_emails_is_removed_only_on_purpose(cli):
    """Stored mail is not lost by a slip."""
    cli("email", "send", "--from", ADDRESS, "--to", "bob@example.com")

    refused = cli("mailbox", "remove", ADDRESS)
    assert refused.status == 2
    assert "1 stored emails; add --yes" in refused.err

    assert cli("mailbox", "remove", ADDRESS, "--yes").status == 0
    assert cli("mailbox", "list", "--json").json == []


@pytest.mark.usefixtures("mailbox")
def test_status_names_what_is_missing(cli):
    """One line per mailbox, with the shape that programs rely on."""
    assert cli("status", "--json").json == {
        "mailboxes": [
            {
                "address": ADDRESS,
                "state": "not_signed_in",
                "incoming": "not_tested",
                "outgoing": "not_tested",
                "last_success": None,
                "pending": 0,
                "alerts": 0,
                "failures": 0,
                "audit": None,
                "forecast": None,
                "refresh_tokens": None,
            }
        ]
    }
    assert "not_signed_in" in cli("status").out


@pytest.mark.usefixtures("mailbox")
def test_a_sync_without_enabled_mailboxes_says_so(cli):
    """There is nothing to do, and how to get on."""
    ran = cli("sync")

    assert ran.status == 0
    assert "mailbox test ADDRESS --enable" in ran.out


@pytest.mark.usefixtures("mailbox")
def test_a_sync_of_a_mailbox_that_is_not_enabled_is_a_fault(cli):
    """Whoever names it expects mail of it."""
    ran = cli("sync", ADDRESS, "--json")

    assert ran.status == 1
    [cycle] = ran.json
    assert (cycle["ok"], cycle["incoming"], cycle["errors"][0]["code"]) == (False, None, "mailbox.not-ready")


# --- Emails ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
def test_a_queued_email_waits_until_it_is_canceled(cli, tmp_path):
    """It can be listed, shown, read to the byte, and taken back once."""
    (tmp_path / "body.txt").write_text("Hello Bob\n")
    (tmp_path / "offer.pdf").write_bytes(b"%PDF")
    sent = cli(
        "email", "send", "--from", ADDRESS, "--to", "Bob <bob@example.com>", "--to", "eve@example.com",
        "--subject", "Offer", "--body-file", tmp_path / "body.txt", "--attach", tmp_path / "offer.pdf", "--json",
    )  # fmt: skip

    assert (sent.json["status"], sent.json["to"]) == ("pending", ["bob@example.com", "eve@example.com"])
    number = sent.json["id"]
    assert cli("email", "list", "--json").json == [sent.json]
    assert cli("email", "list", "--mailbox", ADDRESS, "--status", "sent", "--json").json == []
    assert "Offer" in cli("email", "list").out
    assert "Offer" in cli("email", "show", number).out
    message = message_from_string(cli("email", "show", number, "--raw").out, policy=policy.default)
    assert message["Subject"] == "Offer"
    assert [part.get_filename() for part in message.iter_attachments()] == ["offer.pdf"]
    assert cli("status", "--json").json["mailboxes"][0]["pending"] == 1

    assert cli("email", "cancel", number).status == 0
    again = cli("email", "cancel", number)
    assert again.status == 2
    assert "canceled" in again.err
    assert cli("email", "retry", number).status == 2


@pytest.mark.usefixtures("mailbox")
def test_two_texts_at_once_are_refused(cli, tmp_path):
    """Nobody could tell which of them was meant."""
    (tmp_path / "body.txt").write_text("one")

    ran = cli(
        "email", "send", "--from", ADDRESS, "--to", "bob@example.com",
        "--body", "two", "--body-file", tmp_path / "body.txt",
    )  # fmt: skip

    assert ran.status == 2


# --- Alerts ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
def test_an_alert_is_listed_with_its_advice_until_it_is_dismissed(cli, tmp_path):
    """What happened, what the server said, what to do."""
    store = open_store(read_settings({}, home=tmp_path / "home"))
    with store.begin() as tx:
        mailbox = tx.mailboxes.get(ADDRESS)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        tx.alerts.open(NewAlert(mailbox.id, Level.ERROR, "imap.disabled", "IMAP is off", "Turn it on.", "NO off"), now)
    store.close()

    [alert] = cli("alert", "list", "--json").json
    assert (alert["mailbox"], alert["code"], alert["server_line"]) == (ADDRESS, "imap.disabled", "NO off")
    shown = cli("alert", "list", "--mailbox", ADDRESS).out
    assert "to do: Turn it on." in shown
    assert "seen once, last at" in shown

    assert cli("alert", "dismiss", alert["id"]).status == 0
    assert cli("alert", "list").out == "no alerts\n"
    assert "dismissed" in cli("alert", "list", "--all").out


# --- Database --------------------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
def test_a_current_database_needs_no_upgrade(cli):
    """The command may be run any time."""
    assert cli("db", "upgrade").out == "the database is up to date\n"


@pytest.mark.usefixtures("mailbox")
def test_another_key_is_refused_and_nothing_is_touched(cli, tmp_path, monkeypatch):
    """Exit status 2, and the database is as it was."""
    before = (tmp_path / "home" / "gmailsync.db").read_bytes()
    monkeypatch.setenv("GMAILSYNC_KEY", "bm90LXRoZS1rZXktdGhhdC10aGlzLXdhcy1tYWRlLXc=")

    ran = cli("status")

    assert ran.status == 2
    assert "key" in ran.err
    assert (tmp_path / "home" / "gmailsync.db").read_bytes() == before


@pytest.mark.usefixtures("mailbox")
def test_key_and_database_are_the_owners_alone(tmp_path):
    """Nobody else on the machine reads mail or tokens."""
    for name in ("key", "gmailsync.db"):
        assert stat.S_IMODE((tmp_path / "home" / name).stat().st_mode) == 0o600


# --- Setup files -----------------------------------------------------------------------------

SETUP = f"""
environment: https://contoso.crm.dynamics.com
profile: {{name: Contoso, client_id: {CLIENT_ID}, client_secret: {SECRET}}}
mailboxes:
  - {{address: alice@contoso.com}}
  - {{address: bob@contoso.com, outgoing: none, approved: off}}
"""


def test_a_setup_file_becomes_a_profile_and_mailboxes(cli, tmp_path):
    """Everything but the owners' sign-in is there."""
    (tmp_path / "setup.yaml").write_text(SETUP)

    ran = cli("setup", "apply", tmp_path / "setup.yaml", "--json")

    assert ran.json["profile"]["name"] == "Contoso"
    assert [(m["address"], m["outgoing"], m["approval"]) for m in ran.json["mailboxes"]] == [
        ("alice@contoso.com", "server_side_sync", "approved"),
        ("bob@contoso.com", "none", "pending"),
    ]
    assert SECRET not in ran.out


def test_a_setup_file_is_applied_whole_or_not_at_all(cli, tmp_path):
    """A name that is taken refuses all of it; people are told how to get on otherwise."""
    (tmp_path / "setup.yaml").write_text(SETUP)
    assert "next: gmailsync mailbox sign-in bob@contoso.com" in cli("setup", "apply", tmp_path / "setup.yaml").out
    cli("profile", "remove", "Contoso", "--yes")
    cli("mailbox", "remove", "alice@contoso.com")

    ran = cli("setup", "apply", tmp_path / "setup.yaml")

    assert ran.status == 2
    assert cli("profile", "list", "--json").json == []
    assert [m["address"] for m in cli("mailbox", "list", "--json").json] == ["bob@contoso.com"]


@pytest.mark.usefixtures("claimed")
def test_a_sync_leaves_a_mailbox_to_the_sync_under_way(cli):
    """It says whose, on one line; that is no failure."""
    ran = cli("sync", ADDRESS)

    assert (ran.status, ran.err) == (
        0,
        f"another sync of {ADDRESS} is under way since 09:30 UTC (process 123 on mail7)\n",
    )


@pytest.mark.usefixtures("claimed")
def test_a_program_reads_which_sync_is_under_way(cli):
    """Nothing was done, and nothing failed."""
    ran = cli("sync", ADDRESS, "--json")

    [document] = ran.json
    assert (ran.status, ran.err) == (0, "")
    assert (document["ok"], document["incoming"], document["outgoing"]) == (True, None, None)
    assert document["under_way"] == {"since": "2026-01-01T09:30:00Z", "host": "mail7", "pid": 123}
