"""gmailsync as a process that gets a signal before its n-th step: each commit and each piece that crosses the network.

What counts as a step is seen from below the product, at the operating system's and the database library's own seams,
so that nothing here knows how a sync works inside. The moment before a step is also the moment after the one before
it; `exit` is the last, so that before and after every commit, connection, handshake, sending and receiving are all
there. Of the moment between a request and its reply nobody can say whether the server has it yet: the signal falls
there, and one step later, when the reply has been read and not acted upon.

A run is a fork of one process that has imported everything and opened nothing: no file, no database, no connection.
To the signal, the database and the servers it is a process like any other; it only spares each run the second that
Python takes for the imports. Time stands still for it, and to sleep moves the simulation's clock.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import importlib
import json
import os
import pkgutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

SERVICES = {443: "https", 993: "imap", 995: "pop", 465: "smtp", 587: "smtp"}
"""What Google offers on its ports."""

INTERRUPTED = 130

PATIENCE = 300
"""Seconds after which a run that has no end gets a SIGALRM."""


@dataclass(frozen=True)
class Run:
    """How a run stands: `status` is the exit status, minus the signal that ended it, or None while it is stopped.

    `steps` are those it began, in order, such as `commit`, `send imap` and `receive smtp`; of one that got its signal,
    the last is the step that it did not take.
    """

    pid: int
    status: int | None
    out: str
    err: str
    steps: tuple[str, ...]

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


class Program:
    """Runs gmailsync, as often as wanted, in processes of their own."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="gmailsync-runs-")
        self._driver = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_without_settings(os.environ) | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._driver.stdin.close()
        self._driver.wait()
        self._driver.stdout.close()
        self._folder.cleanup()

    def run(
        self,
        *arguments: str,
        network: Path,
        clock: Path,
        before: int | None = None,
        how: signal.Signals = signal.SIGKILL,
        chokes_on: str = "",
    ) -> Run:
        """Run a command to its end, or until it got the signal before its n-th step, counted from 1.

        Mail with the words that it `chokes_on` makes it fail as nobody foresaw.
        """
        order = {"arguments": arguments, "clock": str(clock), "folder": self._folder.name, "before": before, "how": how}
        return self._told(order | {"chokes_on": chokes_on}, network)

    def resume(self, stopped: Run, network: Path) -> Run:
        """Let a stopped run go on, to its end."""
        return self._told({"resume": stopped.pid, "folder": self._folder.name}, network)

    def _told(self, order: dict[str, Any], network: Path) -> Run:
        print(json.dumps(order), file=self._driver.stdin, flush=True)
        told = json.loads(self._driver.stdout.readline())
        out, err, steps = (Path(self._folder.name, f"{told['pid']}.{kind}") for kind in ("out", "err", "steps"))
        services = {}
        for named, dialled in json.loads(network.read_text())["hosts"].items():
            services[dialled.rpartition(":")[2]] = SERVICES[int(named.rpartition(":")[2])]
        begun = []
        for line in steps.read_text().splitlines():
            step, _, port = line.partition(" ")
            begun.append(f"{step} {services[port]}" if port else step)
        return Run(told["pid"], told["status"], out.read_text(), err.read_text(), tuple(begun))


def _without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out what whoever runs the tests has set for a gmailsync of their own."""
    return {name: value for name, value in environ.items() if not name.startswith("GMAILSYNC_")}


# --- the process that forks ---


class _Steps:
    """The steps of one run: they are written down as they begin, and before one of them comes the signal."""

    def __init__(self, file: int, before: int | None, how: int) -> None:
        self._file, self._before, self._how = file, before, how
        self._begun = 0
        self._lock = threading.Lock()
        self._within = threading.local()

    def begin(self, step: str) -> None:
        with self._lock:
            self._begun += 1
            os.write(self._file, f"{step}\n".encode())
            mine = self._begun == self._before
        if mine:
            os.kill(os.getpid(), self._how)

    def counted(self, step: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, each call of which is a step; what it calls of others is part of it."""

        def call(*arguments: Any, **options: Any) -> Any:
            if getattr(self._within, "step", False):
                return function(*arguments, **options)
            self.begin(step(*arguments))
            self._within.step = True
            try:
                return function(*arguments, **options)
            finally:
                self._within.step = False

        return call


def _hook(steps: _Steps) -> None:
    """Count what passes the seams. libpq's own socket is none of Python's, so that all of these lead to Google."""
    from sqlalchemy.engine.default import DefaultDialect

    def peer(verb: str) -> Callable[..., str]:
        return lambda connection, *_: f"{verb} {connection.getpeername()[1]}"

    DefaultDialect.do_commit = steps.counted(lambda *_: "commit", DefaultDialect.do_commit)
    socket.socket.connect = steps.counted(lambda _, address: f"connect {address[1]}", socket.socket.connect)
    ssl.SSLSocket.do_handshake = steps.counted(peer("handshake"), ssl.SSLSocket.do_handshake)
    for kind, sending, receiving in (
        (socket.socket, ("send", "sendall"), ("recv", "recv_into")),
        (ssl.SSLSocket, ("send",), ("read",)),
    ):
        for verb, names in (("send", sending), ("receive", receiving)):
            for name in names:
                setattr(kind, name, steps.counted(peer(verb), getattr(kind, name)))


def _choke(words: bytes) -> None:
    """Let Python's own library fail over mail with these words, as it does over a mistake of ours."""
    sha256 = hashlib.sha256

    def choking(data: bytes = b"", **options: Any) -> Any:
        if words in data:
            raise ZeroDivisionError
        return sha256(data, **options)

    hashlib.sha256 = choking


def _import_all() -> None:
    """Import what any command may need, but open nothing; Alembic's scripts run when they are imported."""
    for name in ("app", "cli", "flows", "google", "mime", "rules", "store"):
        package = importlib.import_module(f"gmailsync.{name}")
        for module in pkgutil.iter_modules(getattr(package, "__path__", ()), f"{package.__name__}."):
            importlib.import_module(module.name)
    import typer.main

    # Typer builds the commands anew in each run; here once, for all.
    typer.main.get_command = functools.cache(typer.main.get_command)
    list(typer.main.get_command(sys.modules["gmailsync.cli"].app).commands.values())
    for name in (
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql.psycopg",
        "psycopg",
        "keyring.core",
        "keyring.backends.null",
    ):
        importlib.import_module(name)


def _run(order: dict[str, Any]) -> None:
    """Be the program; never returns."""
    from gmailsync.cli import main

    files = [os.path.join(order["folder"], f"{os.getpid()}.{kind}") for kind in ("out", "err", "steps")]  # noqa: PTH118
    out, err, written = (os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for file in files)
    for standard, opened in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, err)):
        os.dup2(opened, standard)
    signal.alarm(PATIENCE)
    _Clock.file = Path(order["clock"])
    steps = _Steps(written, order["before"], order["how"])
    _hook(steps)
    if order["chokes_on"]:
        _choke(order["chokes_on"].encode())
    status = main(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    steps.begin("exit")
    os._exit(status)


class _Clock:
    """The file that tells a simulation's time; who sleeps moves it, so that nobody waits."""

    file: Path

    @classmethod
    def sleep(cls, seconds: float) -> None:
        told = json.loads(cls.file.read_text())
        moved = datetime.fromisoformat(told["now"]) + timedelta(seconds=seconds)
        new = cls.file.with_suffix(".new")
        new.write_text(json.dumps(told | {"now": moved.isoformat()}))
        new.replace(cls.file)


def _serve() -> None:
    time.sleep = _Clock.sleep  # before anybody imports it
    _import_all()
    gc.freeze()  # otherwise each run would go through all of it once
    for line in sys.stdin:
        order = json.loads(line)
        if pid := order.get("resume"):
            os.kill(pid, signal.SIGCONT)
        elif (pid := os.fork()) == 0:
            try:
                _run(order)
            finally:  # Ctrl-C at the last step: whatever happens, this is not the process that serves
                os._exit(INTERRUPTED)
        _, status = os.waitpid(pid, os.WUNTRACED)
        ended = None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        print(json.dumps({"pid": pid, "status": ended}), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    _serve()
