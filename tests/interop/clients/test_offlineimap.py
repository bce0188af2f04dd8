"""OfflineIMAP with its type for Gmail, under Google's own host names; it refreshes its token at Google itself."""

from __future__ import annotations

import os

import pytest

ALICE = "alice@contoso.com"

pytestmark = pytest.mark.needs_package("offlineimap3")


@pytest.fixture
def offlineimap(program, setup):
    """Return how to synchronise once with labels, given a refresh token."""

    def sync(refresh_token: str):
        settings = program.write(
            "offlineimaprc",
            "[general]\naccounts = gmail\nmaxsyncaccounts = 1\nui = basic\n"
            f"metadata = {program.home}/state\n\n"
            "[Account gmail]\nlocalrepository = near\nremoterepository = far\nsynclabels = yes\n\n"
            f"[Repository near]\ntype = GmailMaildir\nlocalfolders = {program.home}/mail\n\n"
            "[Repository far]\ntype = Gmail\nauth_mechanisms = XOAUTH2\nmaxconnections = 1\n"
            f"remoteuser = {ALICE}\nsslcacertfile = {program.ca_file}\n"
            f"oauth2_client_id = {setup.client.client_id}\noauth2_client_secret = {setup.client.client_secret}\n"
            f"oauth2_request_url = https://oauth2.googleapis.com/token\noauth2_refresh_token = {refresh_token}\n"
            "folderfilter = lambda name: name == 'INBOX'\n",
        )
        return program.run("offlineimap", "-c", settings, "-o")

    return sync


def test_offlineimap_keeps_both_sides_alike_with_labels(offlineimap, program, google, refresh_token, incoming):
    """Labels come as a field of the header; what changes in it, and new mail here, goes to Gmail."""
    mail = google.account(ALICE).mail
    mail.add_labels(next(iter(mail.messages())).gm_msgid, ["Work"])

    first = offlineimap(refresh_token)
    (file,) = (program.home / "mail/INBOX/new").iterdir()
    fetched = file.read_bytes()
    file.write_bytes(fetched.replace(b"X-Keywords: Work", b"X-Keywords: Done,Work"))
    os.utime(file, (later := file.stat().st_mtime + 60, later))
    file.rename(program.home / "mail/INBOX/cur" / file.name.replace(":2,", ":2,S"))
    program.write("mail/INBOX/new/1.local:2,", b"Subject: from here\n\nhello\n")
    second = offlineimap(refresh_token)

    assert (first.returncode, first.stderr) == (0, b"")
    assert fetched.replace(b"X-Keywords: Work\n", b"") == incoming.replace(b"\r\n", b"\n")
    assert (second.returncode, second.stderr) == (0, b"")
    changed, added = mail.messages()
    assert (changed.flags, changed.labels) == ({"\\Seen"}, {"\\Inbox", "Work", "Done"})
    assert (b"Subject: from here\r\n" in added.raw, added.labels) == (True, {"\\Inbox"})


def test_offlineimap_is_refused_a_new_token(offlineimap, program, google, setup, refresh_token):
    """Once the grant is gone: it tells the status of the token endpoint, and makes nothing."""
    google.world.grants.revoke(refresh_token)

    run = offlineimap(refresh_token)

    assert run.returncode == 1
    assert b"HTTP Error 400: Bad Request" in run.stdout
    assert not (program.home / "mail/INBOX").exists()
