"""`python -m fakes` acts on a running simulation by its door; and serves one, which is another process here."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.__main__ import main
from fakes.calling import Caller
from fakes.google import SimulatedGoogle
from fakes.network import NetworkMap
from fakes.standalone import Standalone

ALICE = "alice@contoso.com"
RAW = b"From: bob@example.com\r\nSubject: hello\r\n\r\nhello\r\n"


@pytest.fixture
def network_file(google: SimulatedGoogle, gmail_account: object, tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """Serve a world with Alice in it, and name its network file by the variable."""
    with Standalone(google) as served:
        file = served.network.write(tmp_path / "net.json")
        monkeypatch.setenv("GMAILSYNC_NETWORK", str(file))
        yield file


@pytest.fixture
def run(capsys) -> Callable[..., SimpleNamespace]:
    """Run a command in this process; return exit status, stdout and stderr."""

    def run(*arguments: object) -> SimpleNamespace:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exited:
            status = exited.code
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, out=out, err=err)

    return run


def test_the_clock_is_moved(google, network_file, run) -> None:
    """The time is printed."""
    before = google.clock.now()

    ran = run("clock", "+8d")

    assert (ran.status, ran.err) == (0, "")
    assert (google.clock.now() - before).days == 8
    assert ran.out == f"{google.clock.now().isoformat()}\n" == run("clock").out


def test_the_network_file_may_be_given(google, network_file, run, monkeypatch) -> None:
    """In place of the variable."""
    monkeypatch.delenv("GMAILSYNC_NETWORK")

    assert run("clock", "--network", network_file).status == 0
    missing = run("clock")

    assert missing.status == 2
    assert missing.err == "error: the following arguments are required: --network (or GMAILSYNC_NETWORK)\n"


def test_a_fault_is_added_shown_and_removed(google, network_file, run) -> None:
    """By the words of the fault in Python; how often it fired is shown."""
    added = run("fault", "add", "imap", "FETCH", "reset", "--times", "2", "--account", ALICE, "--optional")

    [fault] = google.faults.list()
    assert added.out == "fault 'imap FETCH reset' was added\n"
    assert (fault.times, fault.account, fault.optional) == (2, ALICE, True)
    assert run("fault", "list").out.splitlines()[1].split()[3:] == ["imap", "FETCH", "reset", "2", ALICE, "0"]
    assert json.loads(run("fault", "list", "--json").out)[0]["fired"] == 0
    assert run("fault", "remove", "imap FETCH reset").status == 0
    assert run("fault", "list").out == "no fault\n"


def test_mail_is_delivered_and_shown(google, network_file, run, tmp_path, monkeypatch) -> None:
    """Files and standard input, byte for byte."""
    (tmp_path / "one.eml").write_bytes(RAW)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"Subject: two\r\n\r\n\xff")))

    delivered = run("deliver", ALICE, tmp_path / "one.eml", "-")

    shown = run("mail", ALICE)
    assert delivered.out == f"2 delivered to {ALICE}\n"
    assert [message.raw for message in google.account(ALICE).mail.messages()] == [RAW, b"Subject: two\r\n\r\n\xff"]
    assert shown.out.splitlines()[1].endswith("bob@example.com  hello")
    assert [mail["subject"] for mail in json.loads(run("mail", ALICE, "--json").out)] == ["hello", "two"]


def test_a_token_is_printed_and_nothing_else(google, network_file, run) -> None:
    """For a script to take up."""
    token = run("token", ALICE).out.strip()

    assert google.world.sign_in("imap", ALICE, token).address == ALICE
    assert token not in run("grants").out
    assert run("grants").out.splitlines()[-1].startswith("access token")


def test_accounts_and_what_befalls_them(google, network_file, run) -> None:
    """Added, listed, given an app password, and then something happens."""
    added = run("account", "add", "bob@contoso.com", "--pop", "--organisation", "contoso.com")
    password = run("account", "app-password", "bob@contoso.com").out.strip()
    google.correct_setup()
    happened = run("event", "imap_turned_off", ALICE)
    rotated = run("event", "secret_rotated", '{"disable_old": true}')

    assert added.out == "account bob@contoso.com was added\n"
    assert google.account("bob@contoso.com").app_password == password
    assert happened.out == f"{ALICE} turns IMAP off in Gmail\n"
    assert rotated.out == "the client gets another secret, and the old one is disabled\n"
    assert run("account", "list").out.splitlines()[1].split() == [ALICE, "no", "disabled", "no", "0"]


def test_console_and_journal_are_shown(google, network_file, run) -> None:
    """The client's id and secret, and what crossed the wire, each entry under its number."""
    client = google.correct_setup().client
    google.deliver(ALICE, RAW)

    console, journal = run("console").out, run("journal").out

    assert f"id      {client.client_id}\n" in console
    assert f"secret  {client.client_secret}\n" in console
    assert len(journal.splitlines()) == len(google.journal.entries)
    assert journal.splitlines()[-1].endswith(f"mail for {ALICE} was delivered: {len(RAW)} bytes, \\Inbox")
    assert run("journal", "--after", "1").out.splitlines() == journal.splitlines()[1:]
    assert json.loads(run("console", "--json").out)["projects"][0]["clients"][0]["client_id"] == client.client_id


def test_check_fails_where_something_could_not_be_answered_truly(google, network_file, run) -> None:
    """Exit status 1, for scripts."""
    fine = run("check")
    google.faults.add("imap", "NOOP", "reset", name="idle")
    idle = run("check")
    google.faults.remove("idle")

    assert (fine.status, fine.out) == (0, "nothing to complain of\n")
    assert (idle.status, idle.out) == (1, "the fault 'idle' never fired\n")


def test_evidence_is_kept_while_it_runs(google, network_file, run, tmp_path) -> None:
    """In a file of its own."""
    ran = run("evidence", tmp_path / "evidence.json")

    assert ran.status == 0
    assert json.loads((tmp_path / "evidence.json").read_text())["seed"] == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["clock", "8 days"], "by: '8 days': a length such as 8d"),
        (["fault", "add", "imap", "NOPE", "reset"], "when: 'NOPE' is not possible"),
        (["fault", "add", "imap", "FETCH"], "the following arguments are required: WHAT"),
        (["deliver", ALICE, "nowhere.eml"], "nowhere.eml: No such file or directory"),
        (["mail", "nobody@contoso.com"], "there is no account nobody@contoso.com"),
        (["event", "paused", "1 day"], "event: 'paused': one of after"),
        (["journal", "--after", "x"], "argument --after: invalid int value: 'x'"),
        (["clock", "--network", "nowhere.json"], "network file nowhere.json: No such file"),
        (["nothing"], "argument COMMAND: invalid choice: 'nothing'"),
    ],
)
def test_bad_usage_is_one_line_and_exit_status_2(network_file, run, arguments, complaint) -> None:
    """With what is allowed."""
    ran = run(*arguments)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {complaint}")
    assert ran.err.count("\n") == 1


def test_what_the_console_refuses_is_exit_status_1(google, network_file, run) -> None:
    """The usage was right."""
    google.correct_setup()

    ran = run("event", "client", "restored")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("error: the Google console: ")


def test_a_simulation_that_has_stopped_is_told(google, network_file, run) -> None:
    """Exit status 1: the usage was right, nobody answered."""
    google.stop()

    ran = run("clock")

    assert ran.status == 1
    assert ran.err.startswith(f"error: no simulation answers as {network_file} says")


def test_a_network_file_without_a_door_is_told(google, gmail_account, run, tmp_path) -> None:
    """Such as one that a test wrote."""
    ran = run("clock", "--network", google.network.write(tmp_path / "net.json"))

    assert ran.status == 2
    assert ran.err.startswith("error: network file: door: missing")


# --- serving ---------------------------------------------------------------------------------


def serving(*options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "fakes", *map(str, options), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_serves_without_the_product_and_plays_it_again(tmp_path) -> None:
    """Accounts, mail and a correct set-up; another process acts on it; of the evidence all that is done again."""
    mail, file, kept = tmp_path / "mail", tmp_path / "net.json", tmp_path / "evidence.json"
    mail.mkdir()
    (mail / "1.eml").write_bytes(RAW)

    with serving("--mail", f"{ALICE}={mail}", "--seed", "3", "--network-file", file, "--evidence", kept) as running:
        told = json.loads(running.stdout.readline())
        door = Caller(NetworkMap.read(file))
        door.post("clock", told={"by": "8d"})
        token = door.post("tokens", told={"address": ALICE})
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)
    (mail / "1.eml").unlink()
    with serving("serve", "--replay", kept, "--network-file", file) as running:
        again = json.loads(running.stdout.readline())
        door = Caller(NetworkMap.read(file))
        state, now = door.get("state"), door.get("clock")["now"]
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)

    evidence = json.loads(kept.read_text(encoding="utf-8"))
    assert (running.returncode, err) == (0, "stopped\n")
    assert told["accounts"] == [{"address": ALICE, "imap": True, "pop": "disabled", "messages": 1}]
    assert again["clients"] == told["clients"]
    assert state == evidence["state"]
    assert now > evidence["clock"]["ended"]
    assert token["access_token"] not in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--mail", "x"], "mail: 'x': ADDRESS=PATH is needed"),
        (["--account", "x"], "not an email address: 'x'"),
        (["--mail", "a@b.c=/nowhere"], "/nowhere"),
        (["--replay", "nowhere.json"], "evidence nowhere.json: No such file"),
        (["serve", "--network-file", "/nowhere/net.json"], "/nowhere"),
    ],
)
def test_what_cannot_be_served_is_one_line(run, options, complaint) -> None:
    """Exit status 2, before anything is served."""
    ran = run(*options)

    assert (ran.status, ran.out) == (2, "")
    assert complaint in ran.err
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
