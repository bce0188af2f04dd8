from __future__ import annotations

import mailbox
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.gmail.seeding import SeedMessage, Unreadable, read_messages

MESSAGE = b"From: bob@example.com\r\nSubject: hi\r\n\r\nline\nbare\rNUL\x00\xff"


def raws(path: Path) -> list[bytes]:
    """Return the bytes of the messages that could be read."""
    return [found.raw for found in read_messages(path) if isinstance(found, SeedMessage)]


def test_a_folder_of_eml_files_is_read_by_name(tmp_path: Path) -> None:
    """Bytes stay as they are; other files are no mail, and folders within are not looked into."""
    (tmp_path / "b.eml").write_bytes(MESSAGE)
    (tmp_path / "a.EML").write_bytes(b"first")
    (tmp_path / "README").write_bytes(b"no mail")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "c.eml").write_bytes(b"hidden")

    assert raws(tmp_path) == [b"first", MESSAGE]


def test_equal_files_are_separate_messages(tmp_path: Path) -> None:
    """Two files with the same bytes are two messages."""
    (tmp_path / "a.eml").write_bytes(MESSAGE)
    (tmp_path / "b.eml").write_bytes(MESSAGE)

    assert raws(tmp_path) == [MESSAGE, MESSAGE]


def test_a_maildir_is_read_with_its_flags(tmp_path: Path) -> None:
    """Cur and new together by name; tmp and hidden files are no mail."""
    for folder in ("cur", "new", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "cur" / "2.host:2,FRS").write_bytes(b"second")
    (tmp_path / "cur" / "3.host:2,").write_bytes(b"third")
    (tmp_path / "new" / "1.host").write_bytes(b"first")
    (tmp_path / "tmp" / "0.host").write_bytes(b"half")
    (tmp_path / "new" / ".nfs").write_bytes(b"hidden")

    found = [(seed.raw, seed.flags) for seed in read_messages(tmp_path) if isinstance(seed, SeedMessage)]

    assert found == [
        (b"first", frozenset()),
        (b"second", frozenset({"\\Flagged", "\\Answered", "\\Seen"})),
        (b"third", frozenset()),
    ]


def test_what_cannot_be_read_is_named_and_passed_over(tmp_path: Path) -> None:
    """An empty file, a folder with a mail's name and a link to nowhere stop nobody."""
    (tmp_path / "a.eml").touch()
    (tmp_path / "b.eml").mkdir()
    (tmp_path / "c.eml").symlink_to(tmp_path / "gone")
    (tmp_path / "d.eml").write_bytes(MESSAGE)

    found = list(read_messages(tmp_path))

    assert found == [
        Unreadable(tmp_path / "a.eml", "the file is empty"),
        Unreadable(tmp_path / "b.eml", "not a file"),
        Unreadable(tmp_path / "c.eml", "No such file or directory"),
        SeedMessage(MESSAGE, str(tmp_path / "d.eml")),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    """Permissions are no reason to stop."""
    (tmp_path / "a.eml").write_bytes(MESSAGE)
    (tmp_path / "a.eml").chmod(0)

    assert list(read_messages(tmp_path)) == [Unreadable(tmp_path / "a.eml", "Permission denied")]


def test_an_mbox_is_cut_at_its_postmarks(tmp_path: Path) -> None:
    """The blank line before a postmark is the format's, `>From ` stays, and so does From within a paragraph."""
    path = tmp_path / "mail.mbox"
    path.write_bytes(
        b"From bob@example.com Mon Jan  5 09:00:00 2026\nSubject: one\n\n>From here\nFrom there on\n\n"
        b"From carol@example.com Mon Jan  5 09:00:01 2026\nSubject: two\n\nno blank line behind\n"
        b"From dave@example.com Mon Jan  5 09:00:02 2026\r\nSubject: three\r\n\r\n\r\n\r\n"
    )

    assert raws(path) == [
        b"Subject: one\n\n>From here\nFrom there on\n",
        b"Subject: two\n\nno blank line behind\n",
        b"Subject: three\r\n\r\n\r\n",
    ]


def test_an_empty_message_in_an_mbox_is_named(tmp_path: Path) -> None:
    """A postmark with nothing behind it is counted and passed over."""
    path = tmp_path / "mail.mbox"
    path.write_bytes(b"From a Mon Jan  5 09:00:00 2026\n\nFrom b Mon Jan  5 09:00:00 2026\nSubject: two\n\n")

    assert list(read_messages(path)) == [
        Unreadable(path, "message 1 is empty"),
        SeedMessage(b"Subject: two\n", f"{path}#2"),
    ]


@pytest.mark.parametrize("name", ["nothing", "empty", "text"])
def test_what_is_no_mail_at_all_is_refused(tmp_path: Path, name: str) -> None:
    """A path that is none of the three is the caller's mistake, said in one sentence that names it."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_bytes(b"Subject: one message, but no mbox\n\n")

    with pytest.raises(ValueError, match=str(tmp_path / name)):
        read_messages(tmp_path / name)


@pytest.mark.parametrize(
    ("date", "when"),
    [
        (b"Mon, 05 Jan 2026 10:00:00 +0100", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        (b"Mon, 05 Jan 2026 10:00:00", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        (b"yesterday", None),
        (b"Mon, 99 Jan 99999 10:00:00 +9999", None),
        (b"\xff", None),
    ],
)
def test_the_date_of_a_seed_is_what_it_says(date: bytes, when: datetime | None) -> None:
    """A Date that is none gives None instead of an error."""
    assert SeedMessage(b"Date: " + date + b"\r\n\r\n", "x").internal_date == when


# Python's writer changes CRLF and quotes "From ", so bodies here have neither.
bodies = st.lists(st.text("abc >.\n", max_size=40).map(lambda text: text.encode() + b"\n"), max_size=4)


@given(bodies)
def test_an_mbox_by_the_standard_library_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]
) -> None:
    """What `mailbox.mbox` wrote comes back byte for byte."""
    path = tmp_path_factory.mktemp("mbox") / "mail.mbox"
    written = [b"Subject: x\n\n" + body for body in bodies]
    box = mailbox.mbox(path)
    for raw in written:
        box.add(raw)
    box.close()

    assert (raws(path) if written else []) == written
