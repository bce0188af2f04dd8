"""Filters: which mail they are for, and where they put it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import START
from fakes.gmail.filters import Criteria, Filter, arriving, place

RAW = (
    b'From: "Bob Brown" <bob@example.com>\r\nTo: alice@contoso.com\r\nCc: sales@contoso.com\r\n'
    b"Subject: =?utf-8?B?5Zub5Y2K5pyf?= Report, 2026\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    b"The gr\xf6\xdfte year.\r\n"
)
NESTED = b"".join(
    f'Content-Type: multipart/mixed; boundary="b{depth}"\r\n\r\n--b{depth}\r\n'.encode() for depth in range(2000)
)


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(),
        Criteria(sender="bob@example.com"),
        Criteria(sender="BOB"),
        Criteria(to="alice@contoso.com"),
        Criteria(to="sales@contoso.com"),
        Criteria(subject="四半期"),
        Criteria(subject="2026 report"),
        Criteria(subject='"report 2026"'),
        Criteria(words="größte"),
        Criteria(words="brown year"),
        Criteria(without="invoice"),
        Criteria(sender="carol OR bob"),
        Criteria(subject="-invoice report"),
        Criteria(words="smaller:1m -has:attachment {year invoice}"),
        Criteria(sender="bob", subject="report", words="year"),
    ],
)
def test_mail_that_is_meant(criteria):
    """Words stand in their field, whatever their case, encoding and order."""
    assert criteria.fit(arriving(RAW, START))


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(sender="ob@example.com"),
        Criteria(sender="alice@contoso.com"),
        Criteria(to="bob@example.com"),
        Criteria(subject='"2026 report"'),
        Criteria(subject="repor"),
        Criteria(words="invoice"),
        Criteria(words="year invoice"),
        Criteria(without="year"),
        Criteria(sender="bob", subject="invoice"),
    ],
)
def test_mail_that_is_not_meant(criteria):
    """Parts of words do not count, and every field that is given has to fit."""
    assert not criteria.fit(arriving(RAW, START))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Content-Type: text/plain; charset=no-such\r\n\r\nhello\r\n",
        b'Content-Type: text/plain; charset="\0"\r\n\r\nhello\r\n',
        b"Content-Type: multipart/mixed\r\n\r\nhello\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n*\r\n",
        NESTED,
    ],
    ids=["empty", "charset", "nul", "no-boundary", "no-base64", "nested"],
)
def test_hostile_mail_is_read_as_far_as_it_goes(raw):
    """Unknown charsets and nesting without end are no error."""
    assert not Criteria(words="invoice").fit(arriving(raw, START))


@given(st.binary(max_size=400), st.text(max_size=20))
def test_no_bytes_and_no_words_are_an_error(raw, words):
    """A filter looks at everything that arrives; only words that search otherwise at Gmail are refused."""
    with suppress(ValueError):
        Criteria(sender=words, words=words, without=words).fit(arriving(raw, START))


def test_a_filter_that_would_not_do_what_gmails_does_is_refused():
    """The operators that the search box of the simulation does not have."""
    with pytest.raises(ValueError, match="not imitated in a filter: around:5"):
        Criteria(words="around:5")


ALL = Criteria()


@pytest.mark.parametrize(
    ("filters", "spam", "labels", "flags"),
    [
        ([], False, {"\\Inbox"}, set()),
        ([], True, {"\\Junk"}, set()),
        ([Filter(ALL, labels=("Work",))], False, {"\\Inbox", "Work"}, set()),
        ([Filter(ALL, skip_inbox=True)], False, set(), set()),
        ([Filter(ALL, labels=("A",), skip_inbox=True), Filter(ALL, labels=("B",))], False, {"A", "B"}, set()),
        ([Filter(ALL, mark_read=True)], False, {"\\Inbox"}, {"\\Seen"}),
        ([Filter(ALL, star=True, important=True)], False, {"\\Inbox", "\\Starred", "\\Important"}, set()),
        ([Filter(ALL, trash=True)], False, {"\\Trash"}, set()),
        ([Filter(ALL, trash=True)], True, {"\\Trash"}, set()),
        ([Filter(ALL, never_spam=True)], True, {"\\Inbox"}, set()),
        ([Filter(ALL, labels=("Work",))], True, {"\\Junk", "Work"}, set()),
        ([Filter(Criteria(subject="invoice"), trash=True)], False, {"\\Inbox"}, set()),
    ],
)
def test_where_a_message_comes_to_lie(filters, spam, labels, flags):
    """Every filter that fits acts, and none that does not."""
    placing = place(filters, arriving(RAW, START), spam=spam)

    assert (placing.labels, placing.flags) == (labels, flags)


def test_spam_is_not_forwarded():
    """Everything else is, to each address once."""
    filters = [Filter(ALL, forward_to=("a@example.com",)), Filter(ALL, forward_to=("a@example.com", "b@example.com"))]

    assert place(filters, arriving(RAW, START)).forward_to == ("a@example.com", "b@example.com")
    assert place(filters, arriving(RAW, START), spam=True).forward_to == ()


@pytest.mark.parametrize("label", ["", " Work", "[Gmail]/Work", "a^b"])
def test_a_filter_has_no_label_that_gmail_would_not_make(label):
    """The error comes when the filter is written, not when mail arrives."""
    with pytest.raises(ValueError, match="name"):
        Filter(ALL, labels=(label,))
