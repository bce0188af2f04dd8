from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import Header
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmailsync.mime.addresses import _plain_addresses
from gmailsync.mime.headers import header_end, read_headers
from gmailsync.mime.storable import storable
from gmailsync.model.email import Headers

CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")

ODD_PIECES = [
    b"Subject: ", b"From: ", b"To: ", b"Date: ", b"Message-ID: ", b"In-Reply-To: ", b"Cc: ", b"\r\n", b"\n", b"\r",
    b"\r\n ", b"\n\t", b"\r\n\r\n", b"=?utf-8?B?", b"=?iso-2022-jp?b?", b"=?utf-8?q?", b"=?x?q?=00?=", b"?=", b"=?",
    b"=00", b"\x00", b"\xff", b"\xed\xa0\x80", b"\x1b$B", b"<", b">", b"@", b"a@b.example", b",", b";", b":", b'"',
    b"(", b")", b"\\", b"[", b"]", b"Thu, 1 Jan 1970 00:00:00 +0000", b"99 Jun 99999 99:99:99 +9999", b" ", b"\t",
]  # fmt: skip

odd_mail = st.binary() | st.lists(st.sampled_from(ODD_PIECES) | st.binary(max_size=8)).map(b"".join)


def texts(headers: Headers) -> Iterator[str]:
    """Yield every text of the headers."""
    yield from (headers.message_id, headers.subject, headers.sender, headers.in_reply_to, *headers.recipients)


def message(*fields: str | bytes) -> bytes:
    """Write a message of these header fields."""
    return b"\r\n".join([field.encode() if isinstance(field, str) else field for field in fields]) + b"\r\n\r\nbody\r\n"


# --- Promises --------------------------------------------------------------------------------


@given(odd_mail)
@example(b"")
@example(b"\r\nSubject: in the body")
@example(b"Subject: =?unicode_escape?q?\\d?=")
@example(b"Subject: =?undefined?q?x?= =?a\x00b?q?x?= =?hex?q?zz?= =?utf-16?q?=d8=00?=")
@example(b"Date: Thu, 1 Jan 0001 00:00:00 +2359")
@example(b"Date: Thu, 31 Dec 9999 23:59:59 -2359")
@example(b"Date: Thu, " + b"9" * 5000 + b" Jan 2026 00:00:00 +0000")
def test_any_octets_have_headers_that_both_databases_can_store(raw: bytes) -> None:
    """Reading never fails; no text holds a control character or a lone surrogate; the date is in UTC."""
    headers = read_headers(raw)

    for text in texts(headers):
        text.encode("utf-8")
        assert not any(ord(character) < 32 for character in text)
        assert text == text.strip()
    assert headers.date is None or headers.date.utcoffset() == UTC.utcoffset(None)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f\x85\u2028\u2029")))
def test_an_encoded_subject_is_read_as_it_was_meant(subject: str) -> None:
    """What the standard library's encoder writes, folded as it likes, comes back."""
    encoded = Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n")

    assert read_headers(message(f"Subject: {encoded}")).subject == storable(subject).strip()


@given(st.text(st.characters(codec="iso2022_jp", exclude_categories=["Cc"]), min_size=1))
def test_an_encoded_japanese_subject_is_read_as_it_was_meant(subject: str) -> None:
    """ISO-2022-JP, as Japanese programs write it."""
    encoded = Header(subject, "iso-2022-jp", header_name="Subject").encode(linesep="\r\n")

    assert read_headers(message(f"Subject: {encoded}")).subject == subject.strip()


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_is_read_and_nearly_all_of_it_makes_sense() -> None:
    """Hundreds of real messages, broken ones among them: each has headers, and most have a sender and a subject."""
    read = [read_headers(path.read_bytes()) for path in sorted(CORPUS.rglob("*.eml"))]

    assert all("\x00" not in text for headers in read for text in texts(headers))
    assert sum(bool(headers.sender and headers.subject) for headers in read) > 0.9 * len(read)
    assert sum(headers.date is not None for headers in read) > 0.9 * len(read)
    assert sum("=?" in headers.subject for headers in read) < 0.01 * len(read)


# --- Fields ----------------------------------------------------------------------------------


def test_an_ordinary_message_is_read() -> None:
    """Every field that is kept."""
    raw = message(
        "Received: from somewhere",
        "message-id: <1.2@contoso.com>",
        "From: Alice Example <alice@contoso.com>",
        "To: Bob <bob@example.com>, carol@example.com",
        "CC: =?utf-8?q?D=C3=B6ra?= <dora@example.com>, bob@example.com",
        "Subject: Quarterly figures",
        "Date: Fri, 17 Jul 2026 09:44:25 +0900",
        "In-Reply-To: <0.9@example.com> <0.8@example.com>",
    )

    assert read_headers(raw) == Headers(
        message_id="<1.2@contoso.com>",
        subject="Quarterly figures",
        sender="alice@contoso.com",
        recipients=("bob@example.com", "carol@example.com", "dora@example.com"),
        date=datetime(2026, 7, 17, 0, 44, 25, tzinfo=UTC),
        in_reply_to="<0.9@example.com>",
    )


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_ends_of_any_system_are_understood(end: str) -> None:
    """The fields end at the first empty line, and what looks like one after it is body."""
    raw = f"Subject: one{end} two{end}{end}From: eve@example.com".encode()

    headers = read_headers(raw)

    assert (headers.subject, headers.sender) == ("one two", "")


def test_a_line_that_is_no_field_hides_nothing() -> None:
    """An mbox's From line, or half a line that some program left behind."""
    headers = read_headers(b"From alice@x Thu Jan  1 00:00:00 1970\nSubject: one\nnonsense\nFrom: alice@x.example\n\n")

    assert (headers.subject, headers.sender) == ("one", "alice@x.example")


def test_of_two_fields_the_first_counts() -> None:
    """The one that was nearest to the top when the message was written."""
    assert read_headers(message("Subject: first", "Subject: second")).subject == "first"


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        ("=?UTF-8?B?44G+44G/44KA?= and =?utf-8?Q?caf=C3=A9_?=x", "まみむ and café x"),
        ("=?utf-8?Q?one?=\r\n =?utf-8?Q?_two?=", "one two"),
        ("=?utf-8?B?44G+44E=?= =?utf-8?B?vw==?=", "まみ"),  # a character cut in two
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?Shift_JIS?B?h0A=?=", "①"),
        ("=?iso-8859-1?Q?=80?=", "€"),
        ("=?ISO-8859-1*fr?Q?=E9t=E9?=", "été"),
        ("=?utf-8?Q?with blanks in it?=", "with blanks in it"),
        ("=?no-such-charset?Q?caf=C3=A9?=", "café"),
        ("=?utf-8?Q?=FF=FE?=", "\ufffd\ufffd"),
        ("=?utf-8?B?a?= rest", "=?utf-8?B?a?= rest"),  # base64 that cannot be
        ("=?utf-8?B?YQ?= rest", "a rest"),  # base64 without its padding
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?utf-8?Q?a=00b=0D=0Ac=09d?=", "ab c d"),
        ("caf\u00e9 \u65e5\u672c", "café 日本"),
        (b"caf\xe9", "café"),
        (b"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "こんにちは"),  # Shift_JIS without a word of it
        (b"\x1b$B-!\x1b(B \x1b(I1\x1b(B", "① ｱ"),  # NEC's row 13 and half-width katakana
        ("=?utf-8?B?44G+4?= =?utf-8?B?4G/?=", "まみ"),  # base64 cut anywhere
        ("=?utf-8?q?What?_=3f?=", "What? ?"),  # question marks as they are
        ("=?utf-8?Q?broken and =?utf-8?Q?whole?=", "=?utf-8?Q?broken and whole"),
        ("=?utf-8?Q?whole?= =?utf-8?B?IGN1dCBvZm", "whole cut of"),  # the value was cut off
        ("=?utf-8?Q?caf=C3=A9_=", "café ="),
        ("what is =?utf-8?Q?", "what is =?utf-8?Q?"),
        ("=??Q?caf=E9?=", "café"),
        ("=?iso-8859-1?Q?caf=C3=A9?=", "café"),  # UTF-8 under another name
        ("=?utf-8?Q?caf=E9?=", "café"),  # and the other way round
        ("=?unknown-8bit?Q?caf=C3=A9?=", "café"),
        ("=?cp50221?B?GyRCLSEbKEI=?=", "①"),
        (b"\x1b$BF|K\\\x1b(B plain", "日本 plain"),
        ("  padded \t ", "padded"),
        ("", ""),
    ],
)
def test_subjects_are_decoded_as_far_as_that_can_be_done(field: str | bytes, subject: str) -> None:
    """RFC 2047 with the liberties that real programs take."""
    raw = message(b"Subject: " + (field if isinstance(field, bytes) else field.encode()))

    assert read_headers(raw).subject == subject


@pytest.mark.parametrize(
    ("field", "date"),
    [
        ("Fri, 17 Jul 2026 09:44:25 -0000", datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)),
        ("17 Jul 26 09:44 GMT (comment)", datetime(2026, 7, 17, 9, 44, tzinfo=UTC)),
        ("Mon, 1 Dec 1969 00:00:00 +0000", datetime(1969, 12, 1, tzinfo=UTC)),
        ("yesterday", None),
        ("Fri, 32 Jul 2026 09:44:25 +0000", None),
        ("", None),
    ],
)
def test_a_date_is_read_or_left_out(field: str, date: datetime | None) -> None:
    """An illegible date is no reason to lose the rest."""
    assert read_headers(message(f"Date: {field}")).date == date


@pytest.mark.parametrize(
    "written",
    [
        "Fri, 17 Jul 2026 18:44:25 +09:00",
        "Fri, 17 Jul 2026 18:44:25 GMT+9",
        "Fri, 17 Jul 2026 18:44:25 UTC+0900 (Japan)",
        "Fri, 17 Jul 2026 18:44:25 JST",
        "Fri Jul 17 18:44:25 JST 2026",
        "Fri, 17 Jul 2026 11:44:25 CEST",
        "Fri, 17 Jul 2026 18:44:25.882 +0900",
        "Fri, 17 Jul 2026 06:44:25 PM +0900",
        "17 Jul 2026 (a Friday) 18:44:25 +0900",
        "2026-07-17T18:44:25.1+09:00",
        "2026-07-17 18:44:25 +0900",
        "2026/07/17 09:44:25",
        "Fri, 17 Jul 2026 09:44:25 XYZ",
    ],
)
def test_a_date_of_another_form_is_the_same_date(written: str) -> None:
    """Zones with a colon or a name, fractions and ISO 8601 are read; a zone that is absent or unknown is UTC."""
    date = read_headers(message(f"Date: {written}")).date

    assert date is not None
    assert date.replace(microsecond=0) == datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)


def test_a_leap_second_is_the_one_before() -> None:
    """RFC 5322 section 3.3 allows it, and Python's dates have none."""
    assert read_headers(message("Date: Sat, 31 Dec 2016 23:59:60 +0000")).date == datetime(
        2016, 12, 31, 23, 59, 59, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("field", "sender"),
    [
        ("From: alice@contoso.com", "alice@contoso.com"),
        ('From: "Example, Alice" <alice@contoso.com>', "alice@contoso.com"),
        ("From: =?utf-8?B?YWxpY2VAY29udG9zby5jb20=?=", "alice@contoso.com"),
        ("From: The Mailer", "The Mailer"),
        ("Sender: robot@contoso.com", "robot@contoso.com"),
        ("X-From: nobody@contoso.com", ""),
    ],
)
def test_the_sender_is_an_address_where_there_is_one(field: str, sender: str) -> None:
    """Otherwise the text, so that people see something."""
    assert read_headers(message(field)).sender == sender


def test_recipients_without_an_address_are_left_out() -> None:
    """A group's name and empty places are nobody."""
    raw = message("To: undisclosed-recipients:;, , bob@example.com", "Bcc: =?utf-8?q?x?=, carol@example.com")

    assert read_headers(raw).recipients == ("bob@example.com", "carol@example.com")


@pytest.mark.parametrize(
    ("field", "message_id"),
    [
        ("<1@contoso.com>", "<1@contoso.com>"),
        ("\r\n <1@contoso.com>\r\n (comment)", "<1@contoso.com>"),
        ("<1 @ contoso.com>", "<1@contoso.com>"),
        ("1@contoso.com", "1@contoso.com"),
        ("Your message of Friday <1@contoso.com>", "<1@contoso.com>"),
    ],
)
def test_a_message_id_is_taken_out_of_what_surrounds_it(field: str, message_id: str) -> None:
    """Both in Message-ID and in In-Reply-To."""
    headers = read_headers(message(f"Message-ID: {field}", f"In-Reply-To: {field}"))

    assert (headers.message_id, headers.in_reply_to) == (message_id, message_id)


@given(st.lists(st.sampled_from([b"\r\n", b"\r\n\r\n", b"\r", b"\n", b"To: a", b" "]), max_size=12).map(b"".join))
def test_a_header_ends_at_its_first_empty_line(block: bytes) -> None:
    """The quick way for mail with nothing but CRLF finds what looking at every kind of line end finds."""
    empty_line = re.search(rb"(?:\A|\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)", block)

    found = header_end(block)

    assert found == (empty_line.span() if empty_line else None)


def test_a_message_without_an_end_is_given_up_on_in_time() -> None:
    """Sixty megabytes of header lines are read as far as any real message's header goes."""
    raw = b"Subject: big\r\n" + b"X-Filler: " + b"x" * 60_000_000

    assert read_headers(raw).subject == "big"


@given(
    st.lists(
        st.sampled_from(["a@b.example", "Bob <a@b.example>", '"Bob J." <a.b@c.example>', "<a@b>", "Bob", ""]),
        max_size=4,
    )
)
def test_plain_lists_of_addresses_are_read_as_the_stdlib_reads_them(parts: list[str]) -> None:
    """The quick reading of what nearly all mail has agrees with the one that knows every form."""
    value = ", ".join(parts)

    quick = _plain_addresses(value)

    expected = [address for _, address in getaddresses([value]) if "@" in address]
    assert quick is None or [address for _, address in quick] == expected
