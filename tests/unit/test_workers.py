"""Which processes of this machine still run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from gmailsync.model.lease import Worker
from gmailsync.workers import SystemWorkers

TELLS = "from gmailsync.workers import SystemWorkers; print(SystemWorkers().me(), flush=True); input()"


@pytest.fixture
def another():
    """Start another process, wait until it runs, and end it after the test."""
    with subprocess.Popen([sys.executable, "-c", TELLS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def seen(process: subprocess.Popen[bytes]) -> Worker:
    """Return a running process of which only the pid is known."""
    return replace(SystemWorkers().me(), pid=process.pid, started="")


def test_a_worker_is_told_by_process_and_host():
    """Support finds it by these words."""
    me = SystemWorkers().me()

    assert str(me) == f"process {os.getpid()} on {me.host}"


def test_this_process_is_there():
    """A second sync in the same program waits for the first."""
    workers = SystemWorkers()

    assert not workers.is_gone(workers.me())


def test_a_process_is_there_until_it_has_ended(another):
    """Killed, it is gone, and even before its parent has asked how it ended."""
    workers, worker = SystemWorkers(), seen(another)

    before = workers.is_gone(worker)
    another.kill()
    os.waitid(os.P_PID, another.pid, os.WEXITED | os.WNOWAIT)
    unreaped = workers.is_gone(worker)
    another.wait()

    assert (before, unreaped, workers.is_gone(worker)) == (False, sys.platform == "linux", True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell when a process started")
def test_a_pid_that_was_given_again_is_another_process():
    """The process that had it before is gone."""
    workers = SystemWorkers()

    assert workers.is_gone(replace(workers.me(), started="1"))


def test_of_another_machine_nothing_is_certain(another):
    """Its processes have pids of their own."""
    worker = replace(seen(another), place="other")
    another.kill()
    another.wait()

    assert not SystemWorkers().is_gone(worker)
