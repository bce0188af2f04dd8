from __future__ import annotations

import errno
import subprocess
import sys

import pytest


class Broken:
    """A stdout that fails in a way nobody foresaw."""

    encoding = "utf-8"

    def write(self, _text):
        raise RuntimeError("out of\nluck")

    def flush(self):
        pass


class Interrupting(Broken):
    """A stdout in the middle of which somebody presses Ctrl-C."""

    def write(self, _text):
        raise KeyboardInterrupt


def test_help_lists_every_command(cli):
    """A newcomer who types the bare name sees what there is."""
    ran = cli()

    assert ran.status == 0
    for command in (
        "alert", "db", "demo", "email", "mailbox", "profile", "runbook", "setup", "simulate", "status", "sync"
    ):  # fmt: skip
        assert f"  {command} " in ran.out


@pytest.mark.parametrize("noun", ["profile", "mailbox", "email", "alert", "db", "setup", "runbook"])
def test_a_noun_alone_shows_its_commands(cli, noun):
    """Looking around is no error."""
    ran = cli(noun)

    assert ran.status == 0
    assert f"Usage: gmailsync {noun}" in ran.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nonsense"], "nonsense"),
        (["profile", "nonsense"], "nonsense"),
        (["profile", "add"], "NAME"),
        (["mailbox", "add", "alice@contoso.com", "--incoming", "pop"], "--incoming"),
        (["mailbox", "add", "alice@contoso.com", "--colour", "red"], "--colour"),
        (["mailbox", "add", "alice"], "address: 'alice'"),
        (["mailbox", "show", "alice@contoso.com"], "alice@contoso.com"),
        (["mailbox", "add", "alice@contoso.com", "--folder", "\\Trash"], r"folder: '\\Trash'"),
        (["mailbox", "add", "alice@contoso.com", "--label", "Work"], "label: 'Work'"),
        (["mailbox", "add", "alice@contoso.com", "--start-date", "soon"], "start date: 'soon'"),
        (["profile", "add", "Gmail"], "client id"),
        (["profile", "add", "Gmail", "--client-id", "x"], "client secret"),
        (["profile", "add", "Gmail", "--client-id", "x", "--client-secret", "y", "--incoming-port", "0"], "port: '0'"),
        (["profile", "set", "Gmail", "--outgoing-port", "smtp"], "port: 'smtp'"),
        (["mailbox", "sign-in", "alice@contoso.com", "--timeout", "-1"], "timeout: '-1'"),
        (["email", "show", "12"], "12"),
        (["email", "show", "99999999999999999999"], "99999999999999999999"),
        (["email", "show", "12", "--attachment", "0"], "attachment: '0': a whole number from 1"),
        (["simulate", "--seed", "many"], "seed: 'many': a whole number from 0"),
        (["record", "import"], "FILE"),
        (["setting", "reset", "neverLog"], "setting: 'neverLog': no setting has this name; did you mean never-log?"),
        (["alert", "dismiss", "12"], "12"),
        (["email", "cancel", "0"], "0"),
        (["sync", "alice@contoso.com"], "alice@contoso.com"),
        (["--network", "nowhere.json", "sync"], "nowhere.json"),
        (["--database", "mysql://x", "status"], "mysql"),
        (["setup", "apply", "nowhere.yaml"], "nowhere.yaml"),
        (["simulate", "--mail", "alice@contoso.com"], "ADDRESS=PATH"),
        (["simulate", "--mail", "alice@contoso.com=/nowhere"], "nowhere"),
        (["runbook", "show", "nonsense"], "nonsense"),
        (["runbook", "run", "setup_to_sync", "-p", "messages"], "KEY"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_usage_is_one_line_that_names_what_is_wrong(cli, arguments, named):
    """Exit status 2, nothing on stdout, never a traceback."""
    ran = cli(*arguments)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert named in ran.err


def test_the_unforeseen_is_one_line_too(cli, monkeypatch):
    """The traceback is there for whoever asks for it."""
    monkeypatch.setattr(sys, "stdout", Broken())

    ran = cli("--version")

    assert ran.status == 1
    assert ran.err == "error: internal: RuntimeError: out of luck (run with GMAILSYNC_DEBUG=1 for the traceback)\n"


def test_the_traceback_can_be_asked_for(cli, monkeypatch):
    """GMAILSYNC_DEBUG shows it below the line."""
    monkeypatch.setenv("GMAILSYNC_DEBUG", "1")
    monkeypatch.setattr(sys, "stdout", Broken())

    ran = cli("--version")

    assert "Traceback" in ran.err


def test_ctrl_c_is_exit_status_130_and_one_line(cli, monkeypatch):
    """As shells count: 128 plus SIGINT."""
    monkeypatch.setattr(sys, "stdout", Interrupting())

    ran = cli("--version")

    assert (ran.status, ran.err) == (130, "error: interrupted\n")


def test_a_server_cannot_paint_the_terminal(cli, tmp_path):
    """Control characters of a bad value do not reach the terminal."""
    ran = cli("mailbox", "add", "a\x1b[31m\nb@contoso.com")

    assert "\x1b" not in ran.err
    assert ran.err.count("\n") == 1


def test_help_imports_nothing_heavy():
    """`gmailsync --help` answers at once: libraries are loaded by the commands that need them."""
    script = "import sys; from gmailsync.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    heavy = {"sqlalchemy", "alembic", "imapclient", "google_auth_oauthlib", "requests", "cryptography", "fakes"}
    assert heavy.isdisjoint(ran.stderr.split())


def run_in_a_process(script, **options):
    """Run a script that calls the command, in a process of its own; options are those of `subprocess.run`."""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, **options)


def test_ctrl_c_while_the_modules_are_loaded_is_no_traceback():
    """A command that was mistyped is stopped before anything of it runs."""
    script = """
import sys
class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Pressed())
from gmailsync.__main__ import main
sys.exit(main())
"""

    ran = run_in_a_process(script)

    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "error: interrupted\n")


@pytest.mark.parametrize("encoding", ["latin-1", "cp932"])
def test_a_terminal_that_cannot_show_a_character_is_shown_its_number(encoding):
    """An old terminal or a log of another charset fails no command."""
    script = "import typer\nfrom gmailsync import cli\ncli._prepare_output()\ntyper.echo('smile \\U0001f600')"

    ran = run_in_a_process(script, env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)})

    assert (ran.returncode, ran.stdout) == (0, "smile \\U0001f600\n")


def test_json_is_json_in_every_charset():
    """What the charset lacks is escaped as JSON has it, which every reader of JSON undoes."""
    script = "from gmailsync.cli.output import show_json\nshow_json('caf\\u00e9 \\U0001f600')"

    ran = run_in_a_process(script, env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)})

    assert ran.stdout == '"caf\\u00e9 \\ud83d\\ude00"\n'


class Full(Broken):
    """A stdout on a disk that is full."""

    def write(self, _text):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_named(cli, monkeypatch):
    """It is no mistake of this program."""
    monkeypatch.setattr(sys, "stdout", Full())

    ran = cli("--version")

    assert (ran.status, ran.err) == (1, "error: output: cannot be written: No space left on device\n")


def test_a_closed_output_stops_no_command():
    """As a scheduler does that wants no output; what it does is done."""
    ran = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m gmailsync --version >&-', sys.executable],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert (ran.returncode, ran.stderr) == (0, "")
