"""A running gmailsync that dies at some step, or whose database fails it once, for state machines.

A death is an exception that nothing catches, raised at some step; from then on the process can do nothing any more, so
that its lease stays where it was. Deaths by a real SIGKILL are in `tests/store/test_crash_matrix.py`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

from gmailsync.errors import StoreError
from gmailsync.model.lease import Worker


class Death(BaseException):
    """The process is no more."""


class Process:
    """A running gmailsync, over the ports of an opened one; it dies before its n-th step, or lives for ever.

    Its steps are its transactions, what it asks an IMAP session, and what it asks a POP session, each message and the
    end of the session among them. Its n-th transaction fails where it is `locked_at` n.
    """

    def __init__(self, pid, dead, ports, dies_at=None, locked_at=None):
        self._pid, self._dead, self._steps_left, self._transactions_left = pid, dead, dies_at, locked_at
        self.unreturned = set()
        self.ports = replace(ports, store=_Store(self, ports.store), mail=_Mail(self, ports.mail), workers=self)

    def step(self):
        """Die, or go on."""
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left <= 0:
                self._dead.add(self._pid)
                raise Death

    def transaction(self):
        """Begin one, or fail."""
        self.step()
        if self._transactions_left is not None:
            self._transactions_left -= 1
            if self._transactions_left == 0:
                self._dead.add(self._pid)  # for others, who look for it only when it has come to its end
                raise StoreError("the database is locked")

    def me(self):
        return Worker("here", self._pid, "this machine", "")

    def is_gone(self, worker):
        return worker.pid in self._dead


class _Store:
    def __init__(self, process, store):
        self._process, self._store = process, store

    @contextmanager
    def begin(self):
        self._process.transaction()
        with self._store.begin() as tx:
            yield tx


class _Mail:
    def __init__(self, process, mail):
        self._process, self._mail = process, mail

    @contextmanager
    def imap(self, *arguments):
        self._process.step()
        with self._mail.imap(*arguments) as source:
            yield _Source(self._process, source)

    @contextmanager
    def pop(self, *arguments, **options):
        self._process.step()
        with self._mail.pop(*arguments, **options) as drop:
            yield _Drop(self._process, drop)
            self._process.step()


class _Source:
    def __init__(self, process, source):
        self._process, self._source = process, source

    def hang_up(self):
        self._source.hang_up()

    def __getattr__(self, name):
        ask = getattr(self._source, name)

        def asked(*arguments, **options):
            self._process.step()
            return ask(*arguments, **options)

        return asked


class _Drop:
    def __init__(self, process, drop):
        self._process, self._drop = process, drop
        self.lets_go_of_what_was_read = drop.lets_go_of_what_was_read

    def hang_up(self):
        self._drop.hang_up()

    def listing(self):
        self._process.step()
        return self._drop.listing()

    def retrieve(self, numbers):
        for one in self._drop.retrieve(numbers):
            self._process.step()
            yield one

    def delete(self, numbers):
        self._process.step()
        self._drop.delete(numbers)
