"""mbsync (isync), which keeps a Maildir and an account alike; it signs in by an app password.

Its XOAUTH2 comes from a plug-in of Cyrus SASL that Debian keeps with KDE, and is left out.
"""

from __future__ import annotations

import re

import pytest

ALICE = "alice@contoso.com"
APP_PASSWORD = "abcdefghijklmnop"

pytestmark = pytest.mark.needs_package("isync")

TUID = re.compile(rb"X-TUID: [^\r\n]+\r?\n")
"""A field that mbsync adds, by which it knows again what it stored."""


@pytest.fixture
def mbsync(program):
    """Return how to synchronise once."""
    (program.home / "mail").mkdir()

    def sync(password: str = APP_PASSWORD):
        tunnel = program.write("tunnel", f"#!/bin/sh\n{program.tunnel('imap.gmail.com:993')}\n")
        settings = program.write(
            "mbsyncrc",
            f"IMAPAccount gmail\nHost imap.gmail.com\nUser {ALICE}\nPass {password}\n"
            f'Tunnel "sh {tunnel}"\nSSLType IMAPS\nCertificateFile {program.ca_file}\nAuthMechs LOGIN\n\n'
            "IMAPStore far\nAccount gmail\n\n"
            f"MaildirStore near\nPath {program.home}/mail/\nInbox {program.home}/mail/INBOX\nSubFolders Verbatim\n\n"
            "Channel all\nFar :far:\nNear :near:\nPatterns INBOX Work\nCreate Both\nExpunge Both\nSyncState *\n",
        )
        return program.run("mbsync", "--config", settings, "--all")

    return sync


@pytest.fixture
def near(program):
    """Return how to list the messages of a folder of the Maildir."""
    return lambda folder="INBOX": [
        file for part in ("cur", "new") for file in sorted((program.home / "mail" / folder / part).iterdir())
    ]


def synced(run) -> bool:
    return (run.returncode, run.stderr) == (0, b"")


def test_mbsync_keeps_both_sides_alike(mbsync, near, google, incoming, outgoing, program):
    """Mail, flags and expunges go either way, by UIDs; a folder made here is a label there."""
    mail = google.account(ALICE).mail

    assert synced(mbsync())
    (fetched,) = near()
    assert TUID.sub(b"", fetched.read_bytes()) == incoming.replace(b"\r\n", b"\n")

    fetched.rename(program.home / "mail/INBOX/cur" / f"{fetched.name.partition(':')[0]}:2,FS")
    for part in ("cur", "new", "tmp"):
        (program.home / "mail/Work" / part).mkdir(parents=True)
    program.write("mail/Work/new/1.local", outgoing.replace(b"\r\n", b"\n"))
    assert synced(mbsync())
    first, second = mail.messages()
    assert (first.flags, first.labels) == ({"\\Seen", "\\Flagged"}, {"\\Inbox", "\\Starred"})
    assert (TUID.sub(b"", second.raw), second.labels) == (outgoing, {"Work"})

    near()[0].unlink()
    google.deliver(ALICE, b"Subject: another\r\n\r\n")
    assert synced(mbsync())
    assert [message.labels for message in mail.messages()] == [{"\\Starred"}, {"Work"}, {"\\Inbox"}]
    assert len(near()) == 1


def test_mbsync_is_refused(mbsync):
    """It tells our words, and fetches nothing."""
    run = mbsync("wrongwrongwrong!")

    assert run.returncode == 1
    assert b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)" in run.stderr
