"""How long programs take from their start until they are ready.

Run it with `python tests/benchmarks/startup.py [STARTS]`. It prints medians and asserts nothing. The first start of
each, which compiles, does not count.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

STARTS = 15

UNTIL_END: Mapping[str, Sequence[str]] = {
    "python": ("-c", "pass"),
    "import fakes.google": ("-c", "import fakes.google"),
    "gmailsync --version": ("-m", "gmailsync", "--version"),
    "gmailsync status, nothing there": ("-m", "gmailsync", "status"),
}
"""Programs that end by themselves."""

UNTIL_READY: Mapping[str, Sequence[str]] = {
    "python -m fakes": ("-m", "fakes", "--json"),
    "gmailsync simulate": ("-m", "gmailsync", "simulate", "--json"),
}
"""Programs that serve; they are ready when they have printed a line, and the network file is there by then."""


def run_to_end(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the seconds that a program takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - began


def run_until_ready(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the seconds until a program serves, and stop it."""
    command = [sys.executable, *arguments, "--network-file", f"{environment['GMAILSYNC_HOME']}/network.json"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as program:
        assert program.stdout is not None
        assert program.stdout.readline()
        taken = time.perf_counter() - began
        program.send_signal(signal.SIGINT)
    return taken


def main(starts: int = STARTS) -> None:
    """Start everything in turn, so that a busy moment of the machine falls on all of them."""
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(starts + 1):
            for programs, run in ((UNTIL_END, run_to_end), (UNTIL_READY, run_until_ready)):
                for name, arguments in programs.items():
                    with tempfile.TemporaryDirectory() as home:
                        taken.setdefault(name, []).append(run(arguments, as_installed(home, compiled)))
    print(f"median and least of {starts} starts, in milliseconds")
    for name, (_, *times) in taken.items():
        print(f"{name:<32} {statistics.median(times) * 1000:6.0f} {min(times) * 1000:6.0f}")


def as_installed(home: str, compiled: str) -> dict[str, str]:
    """Return the environment of a program that has been compiled, as one that is installed is, and nothing else yet."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "GMAILSYNC_HOME": home, "PYTHONPYCACHEPREFIX": compiled}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
