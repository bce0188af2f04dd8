"""The numbers by which a client names messages, and sets of them (RFC 3501 sections 2.3.1 and 9)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NewType

SeqNum = NewType("SeqNum", int)
"""The place of a message in the folder as the session was told of it, from 1."""


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Numbers and ranges of numbers; None is `*`, the last that there is (RFC 3501 section 9, sequence-set)."""

    ranges: tuple[tuple[int | None, int | None], ...]

    def among(self, numbers: Sequence[int]) -> Iterator[int]:
        """Yield which of `numbers`, which rise, are in the set: rising, each once."""
        return (numbers[place] for place in self.places(numbers))

    def places(self, numbers: Sequence[int]) -> Iterator[int]:
        """Yield where in `numbers`, which rise, those lie that are in the set: rising, each once."""
        return _merged(self._slices(numbers)) if numbers else iter(())

    def _slices(self, numbers: Sequence[int]) -> list[tuple[int, int]]:
        """Return where in `numbers` each range begins and ends."""
        last = numbers[-1]
        bounds = (sorted((low or last, high or last)) for low, high in self.ranges)
        return sorted((bisect_left(numbers, low), bisect_right(numbers, high)) for low, high in bounds)


def _merged(slices: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the places of slices that are sorted and may overlap."""
    position = 0
    for start, stop in slices:
        yield from range(max(start, position), stop)
        position = max(position, stop)


def sequence_set(numbers: Iterable[int]) -> str:
    """Return numbers as a sequence set that keeps their order, as COPYUID has to (RFC 4315 section 3)."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ranges)
