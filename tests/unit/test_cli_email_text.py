"""What `gmailsync email show` says of an email that came in."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing

import pytest

from gmailsync.app import open_store
from gmailsync.config import read_settings
from gmailsync.mime.headers import read_headers
from gmailsync.model.email import Direction, EmailStatus, NewEmail

ADDRESS = "alice@contoso.com"
PICTURE = b"\x89PNG"
RAW = b"""From: bob@example.com
Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=iso-8859-1

<p>caf\xc3\xa9 \x1b[31mred<script>alert(1)</script></p>
--b
Content-Type: application/x-msdownload; name="run.exe"
Content-Transfer-Encoding: base64

iVBORw==
--b--
""".replace(b"\n", b"\r\n")


@pytest.fixture
def email(cli):
    """Store an email from outside, and return its id."""
    cli("profile", "add", "Gmail", "--client-id", "1-a.apps.googleusercontent.com", "--client-secret", "s", "--default")
    cli("mailbox", "add", ADDRESS)
    new = NewEmail(
        mailbox_id=1,
        direction=Direction.INCOMING,
        status=EmailStatus.RECEIVED,
        headers=read_headers(RAW),
        raw=RAW,
        sha256=hashlib.sha256(RAW).hexdigest(),
        gmail_message_id=1,
        gmail_thread_id=1,
    )
    with closing(open_store(read_settings(os.environ))) as store, store.begin() as tx:
        [number] = tx.emails.add_incoming([new])
    return number


def test_people_see_the_text_its_doubt_and_what_is_attached(cli, email):
    """Nothing of it steers their terminal."""
    shown = cli("email", "show", email).out

    assert "日本" in shown
    assert "café [31mred\n" in shown
    assert "declared is another charset" in shown
    assert "run.exe" in shown
    assert "blocked extension" in shown
    assert "\x1b" not in shown
    assert "alert" not in shown


def test_programs_get_text_html_and_attachments(cli, email):
    """In one document, without the attachments' bytes."""
    document = cli("email", "show", email, "--json").json

    assert document["text"] == "café [31mred"
    assert (document["text_from"], document["doubts"], document["charset"]) == ("html", ["mislabelled"], "utf-8")
    assert document["html"] == "<p>café [31mred</p>"
    assert document["attachments"] == [
        {
            "number": 1,
            "name": "run.exe",
            "type": "application/x-msdownload",
            "size": 4,
            "sha256": hashlib.sha256(PICTURE).hexdigest(),
            "content_id": None,
            "inline": False,
            "notes": ["blocked_extension"],
        }
    ]


def test_an_attachment_is_written_into_a_new_file_only(cli, email, tmp_path):
    """What comes by mail replaces nothing."""
    file = tmp_path / "picture.png"

    written = cli("email", "show", email, "--attachment", 1, "--output", file)
    again = cli("email", "show", email, "--raw", "--output", file)

    assert written.status == 0
    assert again.status == 2
    assert "cannot be written: File exists" in again.err
    assert file.read_bytes() == PICTURE


def test_html_and_the_message_itself_are_written_as_they_are(cli, email, tmp_path):
    """The one made safe, the other exact to the byte."""
    cli("email", "show", email, "--raw", "--output", tmp_path / "mail.eml")

    assert cli("email", "show", email, "--html").out == "<p>café [31mred</p>"
    assert (tmp_path / "mail.eml").read_bytes() == RAW


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--attachment", 2], "this email has 1"),
        (["--raw", "--html"], "give only one of"),
        (["--output", "x"], "needs --raw, --html or --attachment"),
    ],
)
def test_what_makes_no_sense_is_refused(cli, email, options, told):
    """In one line that says what would."""
    ran = cli("email", "show", email, *options)

    assert ran.status == 2
    assert told in ran.err
