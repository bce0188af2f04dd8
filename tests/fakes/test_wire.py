from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.wire import LONGEST_LINE, Command, LiteralAnnounced, TooLong, Wire, crlf, crlf_size, dot_block


def test_a_line_is_taken_when_its_end_has_come() -> None:
    """A line stays in the buffer until LF; CR before it is no part of the line."""
    wire = Wire()

    wire.feed(b"DO")
    early = wire.take_line()
    wire.feed(b"NE\r")
    late = wire.take_line()
    wire.feed(b"\nnext\n")

    assert (early, late) == (None, None)
    assert [wire.take_line(), wire.take_line(), wire.take_line()] == [b"DONE", b"next", None]


def test_a_literal_waits_to_be_welcomed() -> None:
    """The announcement is reported before a byte of the literal is read, and the command has it in place."""
    wire = Wire()

    wire.feed(b"a LOGIN {5}\r\n")
    announced = wire.take_command()
    wire.welcome()
    wire.feed(b"ali")
    part = wire.take_command()
    wire.feed(b"ce secret\r\n")
    whole = wire.take_command()

    assert announced == LiteralAnnounced(head=b"a LOGIN {5}", before=11, size=5, waits=True)
    assert part is None
    assert whole == Command(b"a LOGIN {5}\r\nalice secret", (slice(13, 18),))


def test_a_refused_literal_leaves_no_trace() -> None:
    """The client does not send what was not welcomed; its next line is a new command."""
    wire = Wire()

    wire.feed(b"a APPEND x {99999999999}\r\n")
    wire.take_command()
    wire.refuse()
    wire.feed(b"b NOOP\r\n")

    assert wire.take_command() == Command(b"b NOOP")


def test_a_refused_literal_that_comes_anyway_is_skipped() -> None:
    """With `+` the rest of the command is on its way already, so all of it is read and thrown away."""
    wire = Wire()

    wire.feed(b"a APPEND x {6+}\r\nab")
    announced = wire.take_command()
    wire.refuse()
    wire.feed(b"\r\nef {3+}\r\nghi (x)\r\nb NOOP\r\n")

    assert isinstance(announced, LiteralAnnounced)
    assert not announced.waits
    assert wire.take_command() == Command(b"b NOOP")


def test_a_line_that_was_no_answer_can_be_put_back() -> None:
    """What was taken as a line can be taken again as the command that it is."""
    wire = Wire()
    wire.feed(b"a NOOP\r\nb NOOP\r\n")

    line = wire.take_line()
    assert isinstance(line, bytes)
    wire.put_back(line)

    assert wire.take_command() == Command(b"a NOOP")
    assert wire.take_command() == Command(b"b NOOP")


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_line_without_end_is_too_long(pieces: int) -> None:
    """However it arrives, a line past the limit is reported and not kept for ever."""
    wire = Wire()
    endless = b"x" * (LONGEST_LINE + 2)

    found: object = None
    for piece in range(pieces):
        wire.feed(endless[piece * len(endless) // pieces : (piece + 1) * len(endless) // pieces])
        found = found or wire.take_command()

    assert found == TooLong()


def test_a_command_of_many_long_lines_is_too_long() -> None:
    """Literals do not lift the limit on what is around them."""
    wire = Wire()
    found: object = None

    for _ in range(3):
        wire.feed(b"x" * 30000 + b" {0}\r\n")
        found = wire.take_command()
        if isinstance(found, LiteralAnnounced):
            wire.welcome()

    assert found == TooLong()


COMMANDS = b'a NOOP\r\nb LOGIN {5}\r\nal\r\ne {3}\r\nx{1\r\n\r\nc FETCH 1 (BODY[])\nd APPEND "x" {4+}\r\n\x00\xff{9\r\n'
COMMANDS += b"e APPEND x {200+}\r\n" + b"y" * 200 + b" z\r\nf NOOP\r\n"


@given(st.lists(st.integers(0, len(COMMANDS))))
def test_commands_do_not_depend_on_how_the_bytes_arrive(cuts: list[int]) -> None:
    """Any chopping of the stream gives the same commands."""
    edges = [0, *sorted(cuts), len(COMMANDS)]

    chopped = _commands([COMMANDS[start:end] for start, end in pairwise(edges)])

    assert chopped == _commands([COMMANDS])
    assert len(chopped) == 6


@given(st.lists(st.binary()))
def test_any_bytes_can_be_fed(pieces: list[bytes]) -> None:
    """Nothing that a client sends makes the wire raise."""
    _commands(pieces)


def _commands(pieces: list[bytes]) -> list[object]:
    """Feed pieces; welcome small literals and refuse others; return what was taken, without the questions."""
    wire = Wire()
    taken: list[object] = []
    for piece in pieces:
        wire.feed(piece)
        while (found := wire.take_command()) is not None and not isinstance(found, TooLong):
            if not isinstance(found, LiteralAnnounced):
                taken.append(found)
            elif found.size <= 100:
                wire.welcome()
            else:
                wire.refuse()
    return taken


@pytest.mark.parametrize(
    ("text", "block"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".\r\n..\r\na.b\r\n", b"..\r\n...\r\na.b\r\n.\r\n"),
        (b"a\n.\nb\rc\n", b"a\r\n..\r\nb\rc\r\n.\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n.\r\n"),
    ],
)
def test_a_dot_block_ends_where_a_dot_stands_alone(text: bytes, block: bytes) -> None:
    """No line of the text can be taken for the end, whatever its line ends are."""
    assert dot_block(text) == block


@given(st.lists(st.sampled_from([b".", b"\r", b"\n", b"a", b"\0", b"\xff"])).map(b"".join))
def test_what_is_read_from_a_dot_block_is_the_text(text: bytes) -> None:
    """Undone as RFC 1939 section 3 says, by a reader of CRLF and by one of LF, it is the text with CRLF."""
    block = dot_block(text)

    for end in (b"\r\n", b"\n"):
        lines = block.split(end)
        assert lines.index(b"." if end == b"\r\n" else b".\r") == len(lines) - 2
        unstuffed = [line[1:] if line.startswith(b".") else line for line in lines[:-2]]
        assert b"".join(line + end for line in unstuffed) == crlf(text)
    assert crlf_size(text) == len(crlf(text))
