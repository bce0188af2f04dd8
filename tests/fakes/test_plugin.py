"""The pytest plugin, as somebody else's test suite has it: loaded by its entry point."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = """
def test_mail_arrives(google, gmail_account, google_network):
    google.deliver(gmail_account.address, b"Subject: hello\\r\\n\\r\\n")

    google_network.dial("imap.gmail.com", 993).close()
    assert [message.raw for message in gmail_account.mail.messages()] == [b"Subject: hello\\r\\n\\r\\n"]


def test_something_that_is_not_imitated(google):
    google.world.unimitated.append("smtp BDAT")
"""


def test_the_fixtures_work_in_another_suite(tmp_path: Path) -> None:
    """A fresh Google for each test; what it could not answer truly is an error at teardown."""
    (tmp_path / "test_theirs.py").write_text(SUITE)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )

    assert "2 passed, 1 error" in run.stdout
    assert "not imitated: smtp BDAT" in run.stdout


def test_the_plugin_costs_next_to_nothing_unless_it_is_used() -> None:
    """It loads in everybody's pytest, so it brings in neither servers nor cryptography."""
    program = "import sys, pytest, fakes.pytest_plugin; print([n for n in sys.modules if n in ('trustme', 'asyncio')])"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert run.stdout == "[]\n"
