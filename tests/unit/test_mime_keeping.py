"""Taking messages apart and putting them together again."""

import base64
import os
import random
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmailsync.mime.keeping import LONGEST, SHORTEST, SHORTEST_TEXT, content, joined, skeleton, stretches

CORPUS = os.environ.get("GMAILSYNC_CORPUS", "")


def in_lines(octets, line=76):
    """Write base64 as mail programs do."""
    letters = base64.b64encode(octets)
    return b"\r\n".join(letters[at : at + line] for at in range(0, len(letters), line))


def with_file(body, boundary="b"):
    """Make a message with one attachment, written like this."""
    head = f"Subject: offer\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n\r\nHello"
    fields = f"\r\n--{boundary}\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return f"{head}{fields}".encode() + body + f"\r\n--{boundary}--\r\n".encode()


def kept(raw):
    """Take a message apart; return its stretches, its skeleton and what was cut out."""
    found = stretches(raw)
    return found, skeleton(raw, found), [content(raw, stretch) for stretch in found]


def put_together(found, bones, contents):
    return joined(
        bones, [(stretch.start, stretch.line, octets) for stretch, octets in zip(found, contents, strict=True)]
    )


def file_of(size, seed=1):
    return random.Random(seed).randbytes(size)  # noqa: S311 - the same file at each run


FRAGMENTS = st.sampled_from([
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--", b"\r\n--b", b"\r\n--b--", b"=", b"==", b"A", b"AAAA\r\n", b"\0", b"\xff",
    b"Content-Transfer-Encoding: base64\r\n\r\n", b"x" * SHORTEST_TEXT, in_lines(file_of(SHORTEST)),
    in_lines(file_of(SHORTEST, 2), 72), in_lines(file_of(3_071), 20), in_lines(file_of(5_000)).replace(b"\r", b""),
    base64.b64encode(file_of(SHORTEST_TEXT)), in_lines(file_of(4_097))[:-3], in_lines(file_of(4_000), 998),
]) | st.binary(max_size=20)  # fmt: skip


@given(raw=st.lists(FRAGMENTS, max_size=14).map(b"".join))
@example(raw=b"")
@example(raw=b"\r\n\r\n" + in_lines(file_of(SHORTEST)))
@example(raw=b"\r\n--" * 6_000 + b"\r\n\r\n" + b"y" * SHORTEST_TEXT)
def test_any_bytes_come_together_again(raw):
    """Whatever was cut out, each octet is where it was, and stretches stand in order and apart."""
    found, bones, contents = kept(raw)

    assert put_together(found, bones, contents) == raw
    assert all(before.stop <= after.start for before, after in pairwise(found))
    assert [len(octets) for octets in contents] == [stretch.size for stretch in found]


@given(octets=st.binary(min_size=1, max_size=200), repeated=st.integers(60, 900), line=st.integers(5, 249))
def test_a_file_is_cut_out_decoded(octets, repeated, line):
    """However long its lines are, the same file is the same bytes."""
    file = octets * repeated
    body = in_lines(file, 4 * line)

    found, bones, contents = kept(with_file(body))

    is_long = len(body) >= SHORTEST and b"\r\n" in body
    assert b"".join(contents) == (file if is_long else b"")
    assert len(bones) == (len(with_file(b"")) if is_long else len(with_file(body)))
    assert put_together(found, bones, contents) == with_file(body)


def test_a_long_file_is_cut_at_the_same_places_in_every_usual_line():
    """So all messages that have it share all of it."""
    file = file_of(2 * LONGEST + SHORTEST)

    shared = {
        tuple(stretch.sha256 for stretch in stretches(with_file(in_lines(file, line)))) for line in (60, 64, 72, 76)
    }

    assert [len(hashes) for hashes in shared] == [3]


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda lines: lines.replace(b"\r\n", b"\n"), id="bare line ends"),
        pytest.param(lambda lines: lines.replace(b"\r\n", b" \r\n"), id="blanks at line ends"),
        pytest.param(lambda lines: b"A" + lines, id="a letter too many"),
        pytest.param(lambda lines: lines[:-1], id="cut off"),
        pytest.param(lambda lines: lines + b"\r\n_____\r\nmailing list\r\n", id="a footer"),
        pytest.param(lambda lines: lines[:-2] + b"B=", id="stray bits at the end"),
        pytest.param(lambda lines: lines[:600] + b"\r\n" + lines[600:], id="one short line"),
    ],
)
def test_base64_that_we_would_write_otherwise_stays_as_it_stands(spoilt):
    """In the skeleton where it is short, in one piece where it is long."""
    short, long = (with_file(spoilt(in_lines(b"\1" * size))) for size in (SHORTEST, SHORTEST_TEXT))

    found, bones, contents = kept(long)

    assert stretches(short) == []
    assert [stretch.line for stretch in found] == [0]
    assert put_together(found, bones, contents) == long


@pytest.mark.parametrize("hyphens", [0, 1, 31, 32, 33, 500])
@pytest.mark.parametrize("dash", [b"a-b", b"--", b"\n--", b"\r\n-"])
def test_a_file_is_found_behind_any_number_of_hyphens(dash, hyphens):
    """Few are looked at one by one, many are not."""
    file = file_of(9_000)
    message = with_file(in_lines(file)).replace(b"Hello", dash * hyphens)

    _found, _bones, contents = kept(message)

    assert contents == [file]


def test_what_comes_after_good_base64_costs_only_itself():
    """A file of several stretches of which the last is broken."""
    message = with_file(in_lines(file_of(LONGEST + SHORTEST))[:-1] + b"!")

    found, bones, contents = kept(message)

    assert [stretch.size for stretch in found] == [LONGEST]
    assert put_together(found, bones, contents) == message


def test_a_long_text_is_cut_out_as_it_stands():
    """In pieces that are short enough to hold; a text of usual length stays."""
    head = b"Subject: log\r\n\r\n"

    found, bones, contents = kept(head + b"a line\r\n" * 300_000)

    assert [stretch.size for stretch in found] == [LONGEST, LONGEST, 2_400_000 - 2 * LONGEST]
    assert bones == head
    assert put_together(found, bones, contents) == head + b"a line\r\n" * 300_000
    assert stretches(head + b"a line\r\n" * 8_000) == []


def test_a_file_in_a_forwarded_message_is_the_same_file():
    """Parts are found however deep they lie."""
    file = in_lines(file_of(50_000))
    inner = with_file(file)

    found = stretches(with_file(inner, boundary="outer"))

    assert [stretch.sha256 for stretch in found] == [stretch.sha256 for stretch in stretches(inner)]


def test_twenty_megabytes_come_together_again():
    """With an attachment as large as Gmail takes."""
    file = file_of(15_000_000)
    message = with_file(in_lines(file))

    found, bones, contents = kept(message)

    assert b"".join(contents) == file
    assert len(bones) < 300
    assert put_together(found, bones, contents) == message


def test_a_large_message_is_not_held_twice():
    """Taking it apart holds a few stretches beside it; putting it together, itself and a few stretches."""
    message = with_file(in_lines(file_of(15_000_000)))
    tracemalloc.start()

    found = stretches(message)
    bones, contents = skeleton(message, found), (content(message, stretch) for stretch in found)
    _, taking_apart = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    pieces = ((stretch.start, stretch.line, octets) for stretch, octets in zip(found, contents, strict=True))
    size = len(joined(bones, pieces))
    _, putting_together = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == len(message)
    assert taking_apart < 10 * LONGEST
    assert putting_together < 1.5 * len(message)


@pytest.mark.skipif(not CORPUS, reason="GMAILSYNC_CORPUS names no folder of messages")
def test_real_mail_comes_together_again():
    """Each message of the corpus, and each with the others in it."""
    messages = [path.read_bytes() for path in sorted(Path(CORPUS).rglob("*")) if path.is_file()]

    for message in [*messages, b"\r\n--\r\n".join(messages)]:
        assert put_together(*kept(message)) == message
