"""Which process this is, and whether another one of this machine still runs."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

from gmailsync.model.lease import Lease, Worker

_PROC = Path("/proc")

_STATE, _START = 0, 19
"""Where state and start time stand behind the name in /proc/PID/stat (proc_pid_stat(5), fields 3 and 22)."""

_DEAD = ("Z", "X")
"""States of a process that ended; its parent has not yet asked how."""


class SystemWorkers:
    """The processes of this machine (see `gmailsync.ports.Workers`)."""

    def __init__(self) -> None:
        self.unreturned: set[Lease] = set()

    def me(self) -> Worker:
        """Return the process that asks."""
        return _this(os.getpid())

    def is_gone(self, worker: Worker) -> bool:
        """Tell whether the worker has certainly ended. Of other machines and containers nothing is certain."""
        if worker.place != _place():
            return False
        started = _started(worker.pid)
        # Both known and different: the pid was given to another process since.
        return started is None or bool(started and worker.started and started != worker.started)


@lru_cache(maxsize=1)
def _this(pid: int) -> Worker:
    """Ask the system once in a process's life; the pid tells a process from the one that it was forked from."""
    return Worker(socket.gethostname(), pid, _place(), _started(pid) or "")


def _place() -> str:
    """Name the space in which a pid means one process.

    Containers may share a host name, and each has a process 1. A machine that was started again is another place, too:
    a second machine of the same name would look no different.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        pids = (_PROC / "self/ns/pid").readlink()  # pid_namespaces(7)
    except OSError:  # not Linux
        return socket.gethostname()
    return f"{socket.gethostname()} {boot} {pids}"


def _started(pid: int) -> str | None:
    """Return when the process started, in ticks since the machine did; None without one, empty when it is not told."""
    if os.name != "posix":
        return ""  # elsewhere, the signal that only asks would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # somebody else's process, but there is one
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:  # not Linux, hidden from us, or ended just now
        return ""
    fields = stat.rpartition(")")[2].split()  # the name in front may hold anything
    return None if fields[_STATE] in _DEAD else fields[_START]
