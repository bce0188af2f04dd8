"""A worker that falls asleep in the middle of its work, while others go on."""

from __future__ import annotations

from contextlib import contextmanager


class SleepyStore:
    """A store whose worker falls asleep before its n-th transaction, while `meanwhile` happens."""

    def __init__(self, store, moment, meanwhile):
        self.store, self.moment, self.meanwhile, self.begun = store, moment, meanwhile, 0

    @contextmanager
    def begin(self):
        self.begun += 1
        if self.begun == self.moment:
            self.meanwhile()
        with self.store.begin() as tx:
            yield tx
