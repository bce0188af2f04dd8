"""One step ahead: the network is read while what came before is stored."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from queue import Queue
from threading import Event, Semaphore, Thread
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")

_PAUSE = 0.01
"""Seconds between two looks at a thread that is to end."""


class Ahead(Generic[T]):
    """Runs a generator in a thread of its own, one item ahead of whoever takes them in its `with`.

    No more than two items are held, because one may be large: the next is not begun before the last one was taken.
    What it raises is raised where its item would have come. When the block ends it is closed, and the thread has ended:
    after the item under way or, when somebody interrupts the program, at once by `give_up`.
    """

    def __init__(self, items: Generator[T], give_up: Callable[[], None]) -> None:
        self._items = items
        self._give_up = give_up
        self._ready: Queue[tuple[T] | BaseException | None] = Queue(maxsize=1)
        self._taken_over = Semaphore(0)
        self._enough = Event()
        self._thread = Thread(target=self._work, name="reading ahead", daemon=True)

    def __enter__(self) -> Iterator[T]:
        self._thread.start()
        return self._taken()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        self._taken_over.release()
        if error is not None and not isinstance(error, Exception):
            self._give_up()
        while self._thread.is_alive():  # it may wait for room; whatever it brings now is not wanted
            if not self._ready.empty():
                self._ready.get()
            self._thread.join(_PAUSE)

    def _taken(self) -> Iterator[T]:
        while (item := self._ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            self._taken_over.release()
            yield item[0]

    def _work(self) -> None:
        try:
            with closing(self._items) as items:
                for item in items:
                    self._ready.put((item,))
                    self._taken_over.acquire()
                    if self._enough.is_set():
                        return
            self._ready.put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
            self._ready.put(error)
