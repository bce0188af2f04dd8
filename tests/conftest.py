"""Fixtures and marks for every test."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import settings

from gmailsync.cli import main
from gmailsync.store.opening import open_database

REQUIRE_PACKAGES = "GMAILSYNC_REQUIRE_PACKAGES"
"""Set in CI: a missing system package then fails the test instead of skipping it."""

PROGRAMS = {
    "curl": "curl",
    "chromium": "chromium",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-pop3d": "/usr/lib/dovecot/pop3",
    "getmail6": "getmail",
    "isync": "mbsync",
    "mpop": "mpop",
    "msmtp": "msmtp",
    "nodejs": "node",
    "npm": "npm",
    "offlineimap3": "offlineimap",
    "swaks": "swaks",
}
"""Debian package -> the program that shows it is there."""

KILL_POINTS = "kill points: "
"""How the properties of tests begin that tell at how many points they killed the process."""

settings.register_profile("default", deadline=None, print_blob=True)
settings.load_profile("default")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose system package is missing."""
    for mark in item.iter_markers("needs_package"):
        package = mark.args[0]
        if shutil.which(PROGRAMS[package]):
            continue
        reason = f"needs the system package {package} (Debian: apt-get install {package})"
        if os.environ.get(REQUIRE_PACKAGES):
            pytest.fail(reason)
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell at how many points the crash matrix killed the process, by scenario and database."""
    counted: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.getreports("passed"):
        database = "PostgreSQL" if "[postgresql" in report.nodeid else "SQLite"
        for name, number in report.user_properties:
            if name.startswith(KILL_POINTS):
                counted[name.removeprefix(KILL_POINTS), database] += int(number)
    if counted:
        terminalreporter.write_sep("=", f"killed at {counted.total()} points")
        for (scenario, database), number in sorted(counted.items()):
            terminalreporter.write_line(f"{number:5} {scenario}, {database}")


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory) -> Path:
    """Make a home with an empty database and its key once; a copy of it takes a tenth of the time."""
    home = tmp_path_factory.mktemp("made_home")
    key = Fernet.generate_key()
    (home / "key").write_bytes(key)
    open_database(f"sqlite:///{home / 'gmailsync.db'}", lambda _new: key).close()
    return home


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys) -> Callable[..., Ran]:
    """Run `gmailsync` in this process, with a home of its own."""
    for variable in ("GMAILSYNC_DATABASE_URL", "GMAILSYNC_NETWORK", "GMAILSYNC_KEY", "GMAILSYNC_DEBUG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GMAILSYNC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    return run
