"""How a message is taken apart to be kept, and put together again, exact to the byte.

What is large in a message is cut out as *stretches*, each of which is kept once however many messages have it; the
rest is the message's *skeleton*. Base64 is cut out decoded, so that a file is the same in whatever lines it came.

Nothing here believes what the message says of itself. A stretch begins after an empty line and ends before a line that
begins with two hyphens, as every body part does (RFC 2046 section 5.1.1), and base64 counts as such only when writing
it again gives the same octets. So a wrong guess costs space and never a byte.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

SHORTEST = 4_096
"""Octets of base64 from which on it is cut out. A stretch costs about 200 octets of rows and indexes and its own
statements; pictures in signatures, which come again and again, begin at about this size."""

SHORTEST_TEXT = 262_144
"""Octets from which on anything else is cut out: texts are hardly ever the same twice, and compress where they are. To
look for each newsletter among all others costs a hash of its text and statements of its own."""

LONGEST = 1_026_000
"""Octets of one stretch, so that storing and reading hold a megabyte beside the message. Of base64 it is a whole number
of lines of 76, 72, 64 and 60 letters, so that a long file is cut at the same places in each."""

_MOST_PARTS = 5_000
"""Far beyond real mail; what follows is one part."""

_FEW = 32
"""Hyphens that are looked at one by one."""

_FIRST_LINE = re.compile(rb"(?:\r\n){0,8}([A-Za-z0-9+/]{20,998})\r\n")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a message from `start` up to `stop`, kept apart as `size` octets with this SHA-256.

    They are the octets of base64 in lines of `line` letters; or, where `line` is 0, those that stand there.
    """

    start: int
    stop: int
    line: int
    size: int
    sha256: bytes


def stretches(raw: bytes) -> list[Stretch]:
    """Find what is to be kept apart, in order. Copies no more than one stretch at a time."""
    if len(raw) < SHORTEST:
        return []  # nearly all mail of plain text
    return [stretch for start, stop in _bodies(raw) for stretch in _cut(raw, start, stop)]


def content(raw: bytes, stretch: Stretch) -> bytes:
    """Return what is kept of a stretch of this message."""
    octets = raw[stretch.start : stretch.stop]
    return binascii.a2b_base64(octets) if stretch.line else octets


def skeleton(raw: bytes, found: Sequence[Stretch]) -> bytes:
    """Return the message without its stretches."""
    if not found:
        return raw
    starts = [0, *(stretch.stop for stretch in found)]
    stops = [*(stretch.start for stretch in found), len(raw)]
    return b"".join(raw[start:stop] for start, stop in zip(starts, stops, strict=True))


def joined(bones: bytes, pieces: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return the message: its skeleton with (start, line, content) of each stretch, in order, in its place."""
    # A buffer, because joining a list of pieces would hold the message twice.
    whole, rest, taken = BytesIO(), memoryview(bones), 0
    for start, line, octets in pieces:
        gap = start - whole.tell()
        whole.write(rest[taken : taken + gap])
        taken += gap
        whole.write(_in_lines(octets, line) if line else octets)
    if not taken and not whole.tell():
        return bones
    whole.write(rest[taken:])
    return whole.getvalue()


def _bodies(raw: bytes) -> Iterator[tuple[int, int]]:
    """Yield where long bodies begin and end: between an empty line, if there is one, and two hyphens in the next."""
    start = 0
    for number in range(_MOST_PARTS):
        stop = _hyphens(raw, start) if number < _MOST_PARTS - 1 else len(raw)
        if stop - start >= SHORTEST:
            empty_line = raw.find(b"\r\n\r\n", start, stop)
            yield (start if empty_line < 0 else empty_line + 4), stop
        if stop == len(raw):
            return
        start = stop + 4


def _hyphens(raw: bytes, start: int) -> int:
    """Return where the next line that begins with two hyphens does so, its line end included; the end without one.

    A single letter is found ten times as fast as four, and base64 has no hyphen; where there are many, four are faster.
    """
    hyphen = start
    for _ in range(_FEW):
        hyphen = raw.find(b"-", hyphen)
        if hyphen < 0:
            return len(raw)
        if hyphen >= start + 2 and raw.startswith(b"\r\n--", hyphen - 2):
            return hyphen - 2
        hyphen += 1
    found = raw.find(b"\r\n--", max(start, hyphen - 2))
    return len(raw) if found < 0 else found


def _cut(raw: bytes, start: int, stop: int) -> Iterator[Stretch]:
    """Cut a body: base64 as far as it is written as we would, what then remains as it stands if that is long."""
    for stretch in _base64(raw, start, stop):
        yield stretch
        start = stretch.stop
    if stop - start >= SHORTEST_TEXT:
        for begin in range(start, stop, LONGEST):
            octets = raw[begin : min(begin + LONGEST, stop)]
            yield _stretch(begin, begin + len(octets), 0, octets)


def _base64(raw: bytes, start: int, stop: int) -> Iterator[Stretch]:
    first = _FIRST_LINE.match(raw, start, stop)
    if first is None or len(first[1]) % 4:
        return
    begin, line = first.start(1), len(first[1])
    lines = max(1, LONGEST // (line // 4 * 3))
    while stop - begin >= SHORTEST:
        letters = raw[begin : min(begin + lines * (line + 2), stop)].rstrip(b"\r\n")
        try:
            octets = binascii.a2b_base64(letters)
        except binascii.Error:
            return
        if not _is_in_lines(letters, octets, line):
            return
        yield _stretch(begin, begin + len(letters), line, octets)
        begin += len(letters) + 2


def _stretch(start: int, stop: int, line: int, octets: bytes) -> Stretch:
    return Stretch(start, stop, line, len(octets), hashlib.sha256(octets).digest())


def _in_lines(octets: bytes, line: int) -> bytes:
    """Write octets as base64 in lines of so many letters; the last one has no line end."""
    letters = binascii.b2a_base64(octets, newline=False)
    return b"\r\n".join([letters[at : at + line] for at in range(0, len(letters), line)])


def _is_in_lines(written: bytes, octets: bytes, line: int) -> bool:
    """Tell whether `written` is `_in_lines(octets, line)`, without making its thousands of lines."""
    returns, feeds = written[line :: line + 2], written[line + 1 :: line + 2]
    if returns != b"\r" * len(returns) or feeds != b"\n" * len(returns):
        return False
    # Where nothing else was a line end, taking them all out leaves as many letters as these places do.
    letters = written.replace(b"\r\n", b"")
    return len(letters) + 2 * len(returns) == len(written) and letters == binascii.b2a_base64(octets, newline=False)
