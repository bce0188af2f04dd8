"""Reading ahead: in order, errors in their place, and nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.flows.ahead import Ahead


def nothing() -> None:
    """Give up nothing."""


def failing(items: list[int]) -> Generator[int]:
    """Yield the items, then break."""
    yield from items
    raise ValueError("the line broke")


def _fail(taken: Iterator[int], error: BaseException) -> None:
    """Take one item, and break."""
    next(taken)
    raise error


@given(st.lists(st.integers(), max_size=20))
def test_items_come_in_order(items: list[int]) -> None:
    """All of them, and then the end."""
    with Ahead((item for item in items), nothing) as taken:
        assert list(taken) == items


def test_an_error_comes_where_its_item_would() -> None:
    """What was read before it is taken first."""
    taken_items = []

    with pytest.raises(ValueError, match="the line broke"), Ahead(failing([1, 2]), nothing) as taken:
        taken_items.extend(taken)

    assert taken_items == [1, 2]


def test_one_item_is_read_ahead() -> None:
    """While one is dealt with the next is read, and no more: two are held."""
    read = []
    begun = [threading.Event() for _ in range(4)]

    def reading() -> Generator[int]:
        for number in range(4):
            read.append(number)
            begun[number].set()
            yield number

    with Ahead(reading(), nothing) as taken:
        for number in range(3):
            next(taken)
            assert begun[number + 1].wait(5)

            assert read == list(range(number + 2))


def test_who_stops_early_leaves_no_thread() -> None:
    """An error of the taker ends the reading after the item under way."""
    before = threading.active_count()

    with pytest.raises(KeyError), Ahead((number for number in range(1000)), nothing) as taken:
        _fail(taken, KeyError("store"))

    assert threading.active_count() == before


def test_an_interrupt_gives_up_at_once() -> None:
    """The line that the thread waits at is cut."""
    cut = threading.Event()

    def waiting() -> Generator[int]:
        yield 1
        if not cut.wait(5):
            raise AssertionError("nobody cut the line")
        raise OSError("cut")

    with pytest.raises(KeyboardInterrupt), Ahead(waiting(), cut.set) as taken:
        _fail(taken, KeyboardInterrupt())

    assert cut.is_set()
