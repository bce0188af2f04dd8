from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.mime.parameters import split


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('; filename="a b.pdf"', "a b.pdf"),
        ("; filename=a b.pdf", "a b.pdf"),
        ('; filename="a \\"b\\".pdf"', 'a "b".pdf'),
        ('; filename="C:\\temp\\a.pdf"', "C:\\temp\\a.pdf"),
        ('; filename="no end', "no end"),
        ('; filename="a;b=c.pdf"; size=3', "a;b=c.pdf"),
        ("; filename*=utf-8''%E8%AB%8B%E6%B1%82.pdf", "請求.pdf"),
        ("; filename*=ISO-8859-1'de'%FCber.pdf", "über.pdf"),
        ("; filename*1*=%E6%B1%82.pdf; filename*0*=utf-8''%E8%AB%8B", "請求.pdf"),
        ("; filename*0*=utf-8''%E8; filename*1*=%AB%8B; filename*2=.pdf", "請.pdf"),  # a character cut in two
        ('; filename*0="long "; filename*1="name.pdf"', "long name.pdf"),
        ("; filename*=%E8%AB%8B.pdf", "請.pdf"),
        ("; filename=plain.pdf; filename*=utf-8''better.pdf", "better.pdf"),
        ('; filename="=?utf-8?B?6KuL5rGC?= =?utf-8?B?LnBkZg==?="', "請求.pdf"),
        ("; filename==?iso-8859-1?Q?=FCber.pdf?=", "über.pdf"),
        ('; filename*0="=?utf-8?Q?=E8=AB=8B?="; filename*1=".pdf"', "請.pdf"),
        ("; filename=\"utf-8''%E8%AB%8B.pdf\"", "請.pdf"),  # without the asterisk
        (' filename="a.pdf"', "a.pdf"),
        ('; size=3 filename="a.pdf"', "a.pdf"),
        ("; filename=a b.pdf size=3", "a b.pdf"),
        ("; filename=it's 100%ab.pdf", "it's 100%ab.pdf"),
    ],
)
def test_a_filename_is_read_however_it_was_written(value: str, name: str) -> None:
    """RFC 2231, RFC 2047 where it has no place, and neither."""
    kind, found = split("attachment" + value)

    assert (kind, found["filename"]) == ("attachment", name)


@pytest.mark.parametrize(
    ("value", "kind", "charset"),
    [
        ("text/plain; charset=utf-8 format=flowed", "text/plain", "utf-8"),
        ("text/plain charset=utf-8", "text/plain", "utf-8"),
        ("text/plain charset = utf-8; format=flowed", "text/plain", "utf-8"),
        ("Text / Plain (of a kind); charset=utf-8", "text/plain", "utf-8"),
        ("charset=utf-8", "", "utf-8"),
    ],
)
def test_forgotten_semicolons_and_comments_hide_nothing(value: str, kind: str, charset: str) -> None:
    """The type and its parameters are read as far as one can tell where each begins."""
    found = split(value)

    assert (found[0], found[1]["charset"]) == (kind, charset)


@given(st.text() | st.text(alphabet=";=*'\"\\%abf0129? ="))
def test_any_value_has_parameters(value: str) -> None:
    """Nothing in a field's value makes reading it fail."""
    kind, found = split(value)

    assert kind == kind.lower()
    assert all(isinstance(text, str) for text in found.values())
