from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import BadInput
from gmailsync.mime.addresses import bare_address
from gmailsync.mime.headers import read_headers
from gmailsync.mime.writing import compose

printable = st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"])


def write(**changes: Any) -> bytes:
    """Compose an ordinary email with changes."""
    parts: dict[str, Any] = {
        "sender": "alice@contoso.com",
        "to": ["bob@example.com"],
        "subject": "Quarterly figures",
        "body": "Hello Bob,\nhere they are.\n",
        "message_id": "<1@contoso.com>",
        "date": datetime(2026, 7, 17, 9, 44, 25, tzinfo=timezone(timedelta(hours=9))),
    }
    return compose(**parts | changes)


def read(raw: bytes) -> EmailMessage:
    """Read an email back with the standard library."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text(raw: bytes) -> str:
    """Return an email's body as it was before it got the line ends of mail."""
    content = read(raw).get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_an_email_is_written_with_what_it_was_given() -> None:
    """And comes back by our own reading."""
    raw = write(cc=["Carol Example <carol@example.com>"], subject="Zahlen für 四半期")

    headers = read_headers(raw)

    assert headers.sender == "alice@contoso.com"
    assert headers.recipients == ("bob@example.com", "carol@example.com")
    assert headers.subject == "Zahlen für 四半期"
    assert headers.message_id == "<1@contoso.com>"
    assert headers.date == datetime(2026, 7, 17, 0, 44, 25, tzinfo=UTC)
    assert text(raw) == "Hello Bob,\nhere they are.\n"


def test_an_email_has_crlf_line_ends_and_is_ascii_in_its_header() -> None:
    """As SMTP wants it."""
    raw = write(body="one\ntwo\r\nthree\rfour ü\n", subject="ü")

    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert raw.partition(b"\r\n\r\n")[0].isascii()


@given(st.text(printable))
def test_any_subject_arrives_as_it_was_written(subject: str) -> None:
    """However long, in whatever script."""
    assert read_headers(write(subject=subject)).subject == subject.strip()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")))
def test_any_body_arrives_as_it_was_written(body: str) -> None:
    """Up to one line end at its end, which an email always has."""
    assert text(write(body=body)).rstrip("\n") == body.rstrip("\n")


def test_attachments_arrive_exact_with_name_and_type(tmp_path: Path) -> None:
    """Text is not rewritten, mail is not taken apart, and names may be in any script."""
    contents = {
        "figures.txt": b"bare\nline ends\r\nand \xff",
        "請求書.pdf": b"%PDF\x00",
        "forwarded.eml": b"Subject: x\n\n.\n",
        "archive.tar.gz": b"\x1f\x8b",
        "unknown": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    message = read(write(attachments=[tmp_path / name for name in contents]))

    attached = {part.get_filename(): part for part in message.iter_attachments()}
    assert {name: part.get_payload(decode=True) for name, part in attached.items()} == contents
    assert [part.get_content_type() for part in attached.values()] == [
        "text/plain",
        "application/pdf",
        "application/octet-stream",
        "application/octet-stream",
        "application/octet-stream",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "hello\r\nBcc: eve@example.com"}, "subject"),
        ({"subject": "hello\nBcc: eve@example.com"}, "subject"),
        ({"subject": "hello\x00"}, "subject"),
        ({"subject": "hello\u2028there"}, "subject"),
        ({"subject": "lone \ud800"}, "subject"),
        ({"sender": "alice@contoso.com\r\nBcc: eve@example.com"}, "from"),
        ({"sender": "alice"}, "from"),
        ({"sender": ""}, "from"),
        ({"to": ["bob@example.com\nBcc: eve@example.com"]}, "to"),
        ({"to": ["bob@example.com, eve@example.com"]}, "to"),
        ({"to": ["eve@example.com, Bob <bob@example.com>"]}, "to"),
        ({"to": ["Bob (bob@example.com)"]}, "to"),
        ({"to": ["bob@exämple.com"]}, "to"),
        ({"to": ["Bob <bob@example.com> and more"]}, "to"),
        ({"cc": ["bob@"]}, "cc"),
        ({"body": "lone \ud800"}, "body"),
        ({"message_id": "<1@contoso.com>\r\nBcc: eve@example.com"}, "Message-ID"),
        ({"message_id": "1@contoso.com"}, "Message-ID"),
        ({"attachments": [Path("/nowhere/figures.pdf")]}, "attach"),
        ({"attachments": [Path("/")]}, "attach"),
    ],
)
def test_what_would_not_arrive_as_meant_is_refused(changes: dict[str, Any], field: str) -> None:
    """One line with field, value and what is allowed; above all nothing can add a header field."""
    with pytest.raises(BadInput) as refusal:
        write(**changes)

    assert refusal.value.field == field
    assert "\n" not in str(refusal.value)


@given(
    st.text()
    | st.from_regex(r"[\w.]+@[\w.]+")
    | st.text(printable, max_size=300).map(lambda name: f"{name} <bob@example.com>")
    | st.text(printable).map(lambda name: '"' + name.replace("\\", r"\\").replace('"', r"\"") + '" <bob@example.com>')
)
def test_no_address_adds_a_header_field(address: str) -> None:
    """Whatever is accepted is one recipient."""
    try:
        raw = write(to=[address])
    except BadInput:
        return

    assert read_headers(raw).recipients == (bare_address("to", address),)
    assert set(read(raw).keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("bob@example.com", "bob@example.com"),
        ("Bob Example <bob@example.com>", "bob@example.com"),
        ('"Example, \\"Bob\\"" <bob+crm@mail.example.com>', "bob+crm@mail.example.com"),
        (" <bob@example.com> ", "bob@example.com"),
    ],
)
def test_the_bare_address_is_for_the_smtp_envelope(text: str, address: str) -> None:
    """Names are for people."""
    assert bare_address("to", text) == address
