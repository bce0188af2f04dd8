"""A look at a mailbox in which nothing has changed, from a real Dovecot: what it costs, whatever its size.

python tests/benchmarks/looking.py [--sizes 1000,100000] [--looks 20] [--round-trip 40]

Prints medians: wall clock and CPU of one sync in a process that has synced before, CPU of the thread that looks (the
server is another process), and the round trips from connect to logout, reckoned from the time that a relay adds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from incoming import ADDRESS, message, signed_in

from fakes.clock import LiveClock
from fakes.google import SimulatedGoogle
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import cycle
from gmailsync.google.network import Network

import dovecot  # isort: skip - incoming puts the rigs on the path
import relay  # isort: skip

SIZE = 300
"""Octets of a message; what is in them does not matter here."""


@dataclass(frozen=True)
class Look:
    """Seconds of one look: by the clock, and of the looking thread's CPU."""

    wall: float
    cpu: float


def look(app: App) -> Look:
    """Sync once, and make sure that nothing came of it."""
    wall, cpu = time.perf_counter(), time.thread_time()
    done = cycle.run(app.ports, ADDRESS)
    spent = Look(time.perf_counter() - wall, time.thread_time() - cpu)
    assert done.ok, done
    assert (done.incoming.new, done.incoming.known) == (0, 0)
    return spent


def looks(home: Path, network: Network, number: int) -> Look:
    """Return the medians of so many looks, after one that warms up."""
    with App.open(read_settings({}, home=home), network=network) as app:
        look(app)
        found = [look(app) for _ in range(number)]
    return Look(statistics.median(one.wall for one in found), statistics.median(one.cpu for one in found))


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--looks", type=int, default=20)
    parser.add_argument("--round-trip", type=float, default=40)
    options = parser.parse_args()
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    delay = options.round_trip / 1000
    print(f"{'messages':>9} {'wall ms':>8} {'CPU ms':>7} {'round trips':>12}  (medians of {options.looks})")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-looking-")))
        root.chmod(0o755)
        google = stack.enter_context(SimulatedGoogle(clock=LiveClock()))
        (root / "dovecot").mkdir()
        server = stack.enter_context(dovecot.Dovecot(google.world, root / "dovecot"))
        google.network.write(root / "network.json")
        home, near, there = root / "home", google_network(google, server.imap_port), 0
        signed_in(google, home, root / "network.json")
        for size in sorted(map(int, options.sizes.split(","))):
            server.put(ADDRESS, (message(number, SIZE) for number in range(there, size)))
            there = size
            with App.open(read_settings({}, home=home), network=near) as app:
                assert cycle.run(app.ports, ADDRESS).ok
            at_hand = looks(home, near, options.looks)
            with relay.relay(server.imap_port, delay) as port:
                afar = looks(home, google_network(google, port), options.looks)
            trips = (afar.wall - at_hand.wall) / relay.proven(delay)
            print(f"{size:9} {at_hand.wall * 1000:8.1f} {at_hand.cpu * 1000:7.1f} {trips:12.1f}")


def google_network(google: SimulatedGoogle, imap_port: int) -> Network:
    """Return the simulated network with this server as Gmail's IMAP."""
    return Network(
        hosts={**google.network.hosts, "imap.gmail.com:993": f"127.0.0.1:{imap_port}"}, ca_file=google.network.ca_file
    )


if __name__ == "__main__":
    main()
