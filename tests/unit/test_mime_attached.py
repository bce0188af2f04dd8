"""The files of a message by name, type and size, as they are told when it is stored."""

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.mime.attached import read_outline
from gmailsync.mime.body import read_content
from gmailsync.model.content import AttachedFile

CORPUS = os.environ.get("GMAILSYNC_CORPUS", "")

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
WORDS = st.sampled_from([
    b"\r\n", b"\r\n\r\n", b"\r\n--b\r\n", b"\r\n--b--\r\n", b"=", b"AAAA", b"\xff", b"Content-Type: text/html\r\n",
    b"Content-Type: multipart/related; boundary=b\r\n", b"Content-Type: multipart/mixed; name=x; boundary=b\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x\r\n",
    b"Content-Disposition: attachment; filename=run.exe\r\n",
])  # fmt: skip


def names_and_sizes(files):
    return [(file.media_type, file.size) for file in files]


@pytest.mark.parametrize(
    ("encoding", "body", "size"),
    [
        ("base64", base64.b64encode(b"x" * 40), 40),
        ("base64", base64.encodebytes(b"x" * 200).replace(b"\n", b"\r\n"), 200),
        ("BASE64", base64.b64encode(b"x" * 41) + b"\r\n\r\n", 41),
        ("base64", b"", 0),
        ("quoted-printable", b"=41=42=\r\nC", 3),
        ("8bit", b"\xff" * 9, 9),
    ],
)
def test_a_size_is_that_of_the_file_itself(encoding, body, size):
    """In whatever way it was encoded to travel."""
    fields = f'--b\r\nContent-Type: application/pdf; name="a/b.pdf"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'

    outline = read_outline(MIXED + fields.encode() + body + b"\r\n--b--\r\n")

    assert outline.files == (AttachedFile("b.pdf", "application/pdf", size),)
    assert outline.longest_text == 5


def test_a_file_alone_is_a_file():
    """Without any text beside it."""
    outline = read_outline(b"Content-Disposition: attachment; filename=run.exe\r\nContent-Type: a/b\r\n\r\nMZ")

    assert outline.files == (AttachedFile("run.exe", "a/b", 2),)


def test_plain_mail_is_not_read_any_further():
    """All of it counts as its text."""
    raw = b"Subject: hello\r\n\r\n--b\r\n"

    assert read_outline(raw).files == ()
    assert read_outline(raw).longest_text == len(raw)


@given(words=st.lists(WORDS, max_size=15))
def test_any_bytes_have_an_outline(words):
    """Of as many files as are read later, by the same types."""
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n" + b"".join(words)

    assert [file.media_type for file in read_outline(raw).files] == [
        file.media_type for file in read_content(raw).attachments
    ]


@pytest.mark.skipif(not CORPUS, reason="GMAILSYNC_CORPUS names no folder of messages")
def test_real_mail_has_the_files_that_are_read_later():
    """With their sizes: those that are named or stand beside others."""
    for path in sorted(Path(CORPUS).rglob("*")):
        raw = path.read_bytes() if path.is_file() else b""
        found = read_outline(raw).files

        assert not found or names_and_sizes(found) == names_and_sizes(read_content(raw).attachments), path
