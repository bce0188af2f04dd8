from __future__ import annotations

import base64
import hashlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmailsync.mime.body import read_content
from gmailsync.mime.flowed import unflowed
from gmailsync.mime.html import sanitised, text_of
from gmailsync.mime.transfer import octets
from gmailsync.model.content import Content, Doubt, Source

CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")

ODD_PIECES = [
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/alternative; boundary=c\n", b"\r\n",
    b"Content-Type: text/html; charset=iso-2022-jp\r\n", b"Content-Type: message/rfc822\r\n", b"\n--b\n", b"\n--b--\n",
    b"\r\n--c\r\n", b"--c--", b"Content-Transfer-Encoding: base64\r\n", b"\r\n\r\n", b"<p>", b"<a href=x>", b"</pre>",
    b"Content-Transfer-Encoding: quoted-printable\n", b"=E3=81", b"=\n", b"44G+", b"\x1b$B", b"\xff", b"&#0;", b"\x00",
    b"Content-Disposition: attachment; filename*=x'y'%ff\r\n", b"Content-Type: text/plain; format=flowed\r\n", b"> \n",
]  # fmt: skip


def read(*lines: str | bytes) -> Content:
    """Read a message of these lines."""
    return read_content(b"\r\n".join(line.encode() if isinstance(line, str) else line for line in lines))


def multipart(kind: str, *parts: str) -> str:
    """Write a multipart of these parts, whose boundary is its kind."""
    pieces = "".join(f"--{kind}\r\n{part}\r\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={kind}\r\n\r\n{pieces}--{kind}--\r\n"


PLAIN = "Content-Type: text/plain\r\n\r\nplain"
HTML = "Content-Type: text/html\r\n\r\n<p>rich <b>text</b></p>"
PICTURE = "Content-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw=="


# --- Promises --------------------------------------------------------------------------------


@given(st.binary() | st.lists(st.sampled_from(ODD_PIECES) | st.binary(max_size=8)).map(b"".join))
@example(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 30)
@example(b"Content-Type: multipart/mixed\n\n--\n--x\n")
def test_any_octets_have_content_that_can_be_stored_and_shown(raw: bytes) -> None:
    """Reading never fails; nothing in it steers a terminal or is refused by a database."""
    content = read_content(raw)

    for text in (content.text, content.html, *(attachment.name for attachment in content.attachments)):
        text.encode("utf-8")
        assert not any(ord(character) < 32 and character not in "\t\n" for character in text)
        assert not any(0x7F <= ord(character) < 0xA0 for character in text)
    assert all(attachment.name and "/" not in attachment.name for attachment in content.attachments)
    assert [attachment.number for attachment in content.attachments] == [*range(1, len(content.attachments) + 1)]


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_says_something_and_nearly_all_of_it_without_doubt() -> None:
    """Hundreds of real messages, broken and Japanese ones among them."""
    contents = [read_content(path.read_bytes()) for path in sorted(CORPUS.rglob("*.eml"))]

    assert sum(bool(content.text.strip()) for content in contents) > 0.97 * len(contents)
    assert sum(bool(content.doubts) for content in contents) < 0.03 * len(contents)
    assert sum("\ufffd" in content.text for content in contents) < 0.01 * len(contents)


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
        b"Content-Type: text/html\n\n" + b"<b>x</b>" * 50_000,
        b"Content-Type: text/html\n\n" + b"& " * 700_000,
        b"Content-Type: text/plain\nContent-Transfer-Encoding: 8bit" + b" " * 200_000 + b"x\n\n",
        b"Content-Type: text/plain; format=flowed\n\n" + b"flows on \n" * 200_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000,
        b"Content-Type: multipart/mixed\n\n" + b"--looks-like-one\n" + b"-- \n--\n" * 100_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"=" * 1_000_000,
        b"Content-Type: text/plain; " + b"; name*0=x" * 90_000 + b"\n\n",
    ],
)
def test_an_email_made_to_be_slow_is_not(raw: bytes) -> None:
    """Depth, number of parts and odd lines cost no more than their size."""
    start = time.process_time()

    read_content(raw)

    assert time.process_time() - start < 5


# --- What is chosen --------------------------------------------------------------------------


def test_plain_text_is_preferred_and_html_kept_beside_it() -> None:
    """The two say the same."""
    content = read(multipart("alternative", PLAIN, HTML))

    assert (content.text, content.source) == ("plain", Source.PLAIN)
    assert content.html.strip() == "<p>rich <b>text</b></p>"
    assert content.attachments == ()


def test_html_alone_is_read_as_text() -> None:
    """Also when the plain text beside it is empty."""
    empty = "Content-Type: text/plain\r\n\r\n \r\n"

    assert read(HTML).text == read(multipart("alternative", empty, HTML)).text == "rich text"
    assert read(HTML).source == Source.HTML


def test_texts_that_follow_each_other_are_joined() -> None:
    """A list's footer comes after what was written, whatever either is written in."""
    content = read(multipart("mixed", multipart("alternative", PLAIN, HTML), PICTURE, "\r\nfooter & more"))

    assert content.text == "plain\n\nfooter & more"
    assert "<pre>footer &amp; more</pre>" in content.html
    assert [attachment.media_type for attachment in content.attachments] == ["image/png"]


def test_pictures_of_the_html_are_attachments_with_their_id() -> None:
    """The HTML names them by Content-ID."""
    content = read(multipart("related", HTML, PICTURE))

    [picture] = content.attachments
    assert (picture.name, picture.content_id, picture.is_inline) == ("attachment-1.png", "pic@x", True)
    assert (picture.content, picture.size) == (b"\x89PNG", 4)
    assert picture.sha256 == hashlib.sha256(b"\x89PNG").hexdigest()


def test_a_signature_and_mail_within_mail_are_attachments() -> None:
    """What is signed is what the email says; mail within it has its subject for a name."""
    inner = "Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?Q?caf=C3=A9_a/b?=\r\n\r\ninner"
    signature = "Content-Type: application/pgp-signature\r\n\r\n-----BEGIN"

    content = read(multipart("signed", multipart("mixed", PLAIN, inner), signature))

    assert content.text == "plain"
    assert [attachment.name for attachment in content.attachments] == ["café a-b.eml", "attachment-2"]
    assert content.attachments[0].content.endswith(b"inner")


def test_a_text_with_a_name_is_shown_when_there_is_no_other() -> None:
    """Some programs give the body a filename; it stays a file as well."""
    named = 'Content-Type: text/plain; name="report.txt"\r\n\r\nsaid'

    alone, beside = read(multipart("mixed", named)), read(multipart("mixed", PLAIN, named))

    assert (alone.text, len(alone.attachments)) == ("said", 1)
    assert (beside.text, len(beside.attachments)) == ("plain", 1)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("..", "attachment-1"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("a\x1b[2J\x07.txt", "a[2J.txt"),
    ],
)
def test_a_filename_is_only_a_name(filename: str, name: str) -> None:
    """It leads nowhere, steers nothing, and shows the extension it has."""
    content = read(f'Content-Type: application/x-y\r\nContent-Disposition: attachment; filename="{filename}"', "", "x")

    assert [attachment.name for attachment in content.attachments] == [name]


# --- What is broken --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsaid",  # no end
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nsaid\n--b--\n",  # no empty line
        b"Content-Type: multipart/mixed\n\n--bound1\n\nsaid\n--bound1--\n",  # no boundary given
        b"Content-Type: multipart/mixed; boundary=other\n\n--bound1\n\nsaid\n--bound1--\n",  # a wrong one
        b"Content-Type: multipart/mixed; boundary=b\n\nsaid\n",  # no parts
        b"Content-Type: multipart/mixed\n boundary=b\n\n--b\n\nsaid\n--b--\n",  # no semicolon
        b"Content-Type: multipart/*; boundary=b\n\n--b\n\nsaid\n--b--\n",  # no type
        b"Content-Type: text\n\nsaid",
        b"Subject: x\r\nContent-Type: text/plain\r\n \r\nsaid\r\n",  # blanks in the empty line
        b"Content-Type: ; charset=utf-8\n\nsaid",
        b"Content-Transfer-Encoding: nonsense\n\nsaid",
        b'Content-Type: text/plain; charset="utf-8\n\nsaid',
    ],
)
def test_a_broken_structure_hides_nothing(raw: bytes) -> None:
    """What can be told apart is; otherwise it is shown as it stands."""
    assert read_content(raw).text.strip() == "said"


@pytest.mark.parametrize(
    ("body", "encoding", "decoded"),
    [
        (b"YWJj", "base64", b"abc"),
        (b"YWJ\r\njZA", "BASE64 ", b"abcd"),  # no padding
        (b"YQ==\r\nYg==", "base64", b"ab"),  # padding in the middle
        (b"YWJjZ", "base64", b"abc"),  # cut off
        (b"YW!\r\nJj", "base64", b"abc"),  # a line broken by an old server
        (b"YWJj\r\n\r\n___________\r\nUnsubscribe at x.example\r\n", "base64", b"abc"),  # a list's footer
        (b"this is a text\r\nby a wrong label\r\n", "base64", b"this is a text\r\nby a wrong label\r\n"),
        (b"a=3db= \r\nc=C3=a9=", "quoted-printable", b"a=bc\xc3\xa9"),
        (b"100=% =zz", "quoted-printable", b"100=% =zz"),
        (b"begin 644 a\n#86)C\n`\nend\n", "x-uuencode", b"begin 644 a\n#86)C\n`\nend\n"),
        (b"a=20", "8bit", b"a=20"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_go(body: bytes, encoding: str, decoded: bytes) -> None:
    """Also where they are broken in the ways that they usually are."""
    assert octets(body, encoding) == decoded


@given(st.binary())
def test_sound_base64_comes_back_exact(content: bytes) -> None:
    """Whatever was attached."""
    assert octets(base64.encodebytes(content), "base64") == content


def test_a_doubtful_charset_is_told() -> None:
    """The text says why it may not be what was meant."""
    content = read("Content-Type: text/plain; charset=iso-2022-jp", "", "日本語です".encode("euc_jp"))

    assert (content.text, content.charset, content.doubts) == ("日本語です", "euc_jp", (Doubt.MISLABELLED,))


def test_html_may_say_itself_what_charset_it_is_in() -> None:
    """Where the header does not."""
    html = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250"><p>kůň</p>'

    assert read("Content-Type: text/html", "", html.encode("cp1250")).text == "kůň"


# --- Flowed, HTML ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "deletes_space", "shown"),
    [
        ("one \ntwo\nthree", False, "one two\nthree"),
        ("ein \nzwei", True, "einzwei"),
        ("> quoted \n> more\n>> deeper", False, "> quoted more\n>> deeper"),
        ("> quoted \nanswer", False, "> quoted \nanswer"),  # another depth ends the paragraph
        (" >not quoted\n From here", False, ">not quoted\nFrom here"),
        ("text\n-- \nAlice", False, "text\n-- \nAlice"),
    ],
)
def test_flowed_paragraphs_are_put_together(text: str, deletes_space: bool, shown: str) -> None:
    """RFC 3676, with DelSp, quotes and signatures."""
    assert unflowed(text, deletes_space=deletes_space) == shown


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<style>body{background:url(http://t.example)}</style>",
        '<img src="https://t.example/pixel.gif" width=1>',
        "<form action=https://t.example><input name=x></form>",
        "<iframe src=https://t.example></iframe>",
        '<div style="background:url(http://t.example)">x</div>',
    ],
)
def test_html_does_nothing_when_it_is_shown(html: str) -> None:
    """No script runs and nothing is asked for, so that no sender learns that it was read."""
    clean = sanitised(html)

    assert not any(word in clean for word in ("alert", "t.example", "<form", "<iframe", "<style"))


def test_html_becomes_lines_for_people() -> None:
    """Blocks, items, links, pictures' texts and cells."""
    html = (
        "<title>no</title><p>Hello&nbsp;<b>you</b>,<br>see <a href='https://x.example/a'>here</a> and"
        " <a href='https://y.example/'>y.example</a></p><ul><li>one<li>two</ul>"
        "<img src='cid:pic' alt=logo><table><tr><td>a<td>b</table><pre>  as\n  is</pre>"
    )

    assert text_of(sanitised(html)) == (
        "Hello you,\nsee here <https://x.example/a> and y.example\n\n- one\n- two\n\n[logo]\n\na b\n\n  as\n  is"
    )
