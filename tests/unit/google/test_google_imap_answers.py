"""FETCH answers: the quick reading says what IMAPClient's parser says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.google.imap_answers import _any, _internal_date, _plain, message, rows

ATOMS = st.from_regex(r"[abcXYZ$][abcXYZ019$_.-]{0,7}", fullmatch=True)
"""Without a digit first: the parser would make a number of 007."""
QUOTED = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=12)
FLAGS = st.lists(st.sampled_from(["\\Seen", "\\Flagged", "$Later", "Work"]), max_size=3).map(" ".join)
LABELS = st.lists(QUOTED.map(lambda text: f'"{text}"') | ATOMS | st.just('"\\\\Inbox"'), max_size=3).map(" ".join)
NUMBERS = st.integers(1, 2**64 - 1)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "X-GM-THRID": NUMBERS.map(str),
        "X-GM-MSGID": NUMBERS.map(str),
        "X-GM-LABELS": LABELS.map(lambda labels: f"({labels})"),
        "UID": st.integers(1, 2**32 - 1).map(str),
        "RFC822.SIZE": st.integers(0, 2**32 - 1).map(str),
        "INTERNALDATE": st.just('"17-Jul-2026 02:44:25 -0700"'),
        "FLAGS": FLAGS.map(lambda flags: f"({flags})"),
    },
)


@given(ITEMS, st.permutations(range(7)), st.none() | st.binary(max_size=30))
def test_the_quick_reading_says_what_the_parser_says(
    items: dict[str, str], order: list[int], body: bytes | None
) -> None:
    """Whatever the order and the values; where it says nothing, the parser is asked."""
    names = [name for _, name in sorted(zip(order, items, strict=False))]
    told = " ".join(f"{name} {items[name]}" for name in names)
    end = f"BODY[] {{{len(body)}}}" if body is not None else ""
    line = f"7 ({told}{' ' if told and end else ''}{end}".encode()
    response = [(line, body), b")"] if body is not None else [line + b")"]

    quick = _plain(response)

    slow = _any(response)
    assert quick in (None, slow)


def test_the_plain_shape_is_read_quickly() -> None:
    """As Gmail and Dovecot write it."""
    head = (
        b'7 (X-GM-THRID 2 X-GM-MSGID 3 X-GM-LABELS (\\Inbox "A b" NIL) UID 9 '
        b'INTERNALDATE "17-Jul-2026 02:44:25 -0700" FLAGS (\\Seen) BODY[] {3}'
    )

    assert _plain([(head, b"raw"), b")"]) == {
        b"X-GM-THRID": 2,
        b"X-GM-MSGID": 3,
        b"X-GM-LABELS": (b"\\Inbox", b"A b", None),
        b"UID": 9,
        b"INTERNALDATE": b"17-Jul-2026 02:44:25 -0700",
        b"FLAGS": (b"\\Seen",),
        b"BODY[]": b"raw",
    }


def test_labels_are_read_whatever_brackets_are_in_them() -> None:
    """Quoted as they have to be (RFC 3501 section 9, astring); the parser stumbles over a single [ in an atom."""
    head = b'7 (UID 9 X-GM-LABELS ("Old (2019)" "{5}" a[b [Imap]/Drafts "q\\"(") BODY[] {3}'

    [row] = rows([(head, b"raw"), b")"])

    assert row == {
        b"UID": 9,
        b"X-GM-LABELS": (b"Old (2019)", b"{5}", b"a[b", b"[Imap]/Drafts", b'q"('),
        b"BODY[]": b"raw",
    }


@pytest.mark.parametrize(
    "response",
    [
        [b"7 (UID 9 FLAGS (\\Seen) BODY[] {3})"],
        [(b"7 (UID 9 BODY[] {3}", b"raw"), b" FLAGS ())"],
        [(b"7 (UID 9 X-GM-LABELS ({1}", b"a"), (b" BODY[] {3}", b"raw"), b")"],
        [b"7 (UID nine)"],
    ],
    ids=["no literal", "items behind", "two literals", "no number"],
)
def test_other_shapes_are_left_to_the_parser(response) -> None:
    """The quick reading does not guess."""
    assert _plain(response) is None


@given(st.integers(86_400, 4_102_444_800), st.integers(-12 * 60, 14 * 60))
def test_any_time_of_arrival_is_read(seconds: int, minutes: int) -> None:
    """In UTC, whatever zone the server writes it in."""
    moment = datetime.fromtimestamp(seconds, UTC)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{moment:%d-%b-%Y %H:%M:%S} {sign}{hours:02}{rest:02}".encode()

    assert _internal_date(text) == moment - timedelta(minutes=minutes)


@given(st.lists(st.binary() | st.tuples(st.binary(), st.binary())))
def test_any_response_is_read_without_an_error(pieces: list[bytes | tuple[bytes, bytes]]) -> None:
    """What cannot be read is empty."""
    assert all(isinstance(row, dict) for row in rows(pieces))


def test_a_server_without_gmails_items_gives_messages_too() -> None:
    """They have no ids but their content."""
    given = message(
        {b"UID": 3, b"FLAGS": (b"\\Seen",), b"INTERNALDATE": b"17-Jul-2026 02:44:25 +0000", b"BODY[]": b"x"}
    )

    assert given is not None
    assert (given.gmail_message_id, given.gmail_thread_id, given.labels, given.flags) == (None, None, (), ("\\Seen",))
