"""First sync of a mailbox from a real Dovecot: gmailsync beside mbsync and OfflineIMAP, on the same mail.

python tests/benchmarks/incoming.py [--rounds 5] [--scale 1.0] [--sets small,middle,large] [--round-trips 0,40]

Each program is started anew with nothing stored, reads the whole mailbox over TLS, and writes it durably (mbsync with
FSync, gmailsync with SQLite's synchronous=FULL). The programs take turns. A time counts from the program's start to its
end, and is printed only when the SHA-256 of every message that it stored matches what was sent to it; of gmailsync,
when `gmailsync audit` says so, too. Programs that are not installed are left out. Debian: dovecot-imapd, isync,
offlineimap3.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "rigs"))

from dovecot import PASSWORD, Dovecot
from relay import proven, relay

from fakes.clock import LiveClock
from fakes.google import SimulatedGoogle
from gmailsync.app import App
from gmailsync.config import read_settings
from gmailsync.flows import administration, sign_in, test_and_enable
from gmailsync.google.network import Network
from gmailsync.model.profile import NewProfile
from gmailsync.model.secret import Secret

ADDRESS = "alice@contoso.com"
SETS = {"small": (10_000, 4_000), "middle": (2_000, 100_000), "large": (40, 20_000_000)}
"""Name -> how many messages of how many bytes."""

HIGH_WATER = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
TUID = re.compile(rb"^X-TUID: .*\n", re.MULTILINE)
"""mbsync marks each message that it stores, to find it again after a crash."""


@dataclass(frozen=True)
class Mailbox:
    """Where the mail is: a port on this machine, and what it holds, as a count of SHA-256s."""

    port: int
    network: Path
    ca_file: Path
    content: Counter[str]


@dataclass(frozen=True)
class Run:
    """One first sync: seconds of wall clock, of the program's own CPU, and its peak memory in MB."""

    seconds: float
    cpu: float
    memory: float


# --- the mail ---


def message(number: int, size: int) -> bytes:
    """Return a message of about this size, with CRLF line ends, different for each number."""
    head = (
        f"From: Bob {number} <bob{number}@example.com>\r\nTo: {ADDRESS}\r\nSubject: Order {number} of the benchmark\r\n"
        f"Date: Sun, 22 Nov 2026 12:{number // 60 % 60:02}:{number % 60:02} +0000\r\n"
        f"Message-ID: <{number}@bench.example.com>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    line = random.Random(number).randbytes(37).hex().encode() + b"\r\n"
    return (head + line * (size // len(line)))[: size - 2] + b"\r\n"


def digest(raw: bytes) -> str:
    """Return the SHA-256 of a message."""
    return hashlib.sha256(raw).hexdigest()


# --- the programs ---


def gmailsync(place: Path, home: Path, mailbox: Mailbox) -> tuple[list[str], Callable[[], Iterator[str]]]:
    """Sync into a copy of a home in which the owner has signed in."""
    shutil.copytree(home, place / "home")

    command = [sys.executable, "-m", "gmailsync", "--home", place / "home", "--network", mailbox.network]

    def stored() -> Iterator[str]:
        audit = subprocess.run([*command, "audit"], capture_output=True, text=True, check=False)
        if audit.returncode:
            raise RuntimeError(f"the audit found: {audit.stdout}{audit.stderr}")
        with App.open(read_settings({}, home=place / "home")) as app, app.ports.store.begin() as tx:
            yield from (digest(tx.emails.raw(email.id)) for email in tx.emails.select())

    return [*command, "sync"], stored


def mbsync(place: Path, _: Path, mailbox: Mailbox) -> tuple[list[str], Callable[[], Iterator[str]]]:
    """Pull into a Maildir, with FSync on, as it is by default."""
    (place / "mail").mkdir()
    (place / "mbsyncrc").write_text(
        f"""
FSync yes

IMAPAccount far
Host localhost
Port {mailbox.port}
User {ADDRESS}
Pass {PASSWORD}
SSLType IMAPS
CertificateFile {mailbox.ca_file}
AuthMechs LOGIN

IMAPStore far
Account far

MaildirStore near
Path {place}/mail/
Inbox {place}/inbox

Channel all
Far :far:
Near :near:
Sync Pull New
Create Near
SyncState *
"""
    )
    return ["mbsync", "-c", place / "mbsyncrc", "-q", "all"], lambda: maildir(place / "inbox")


def offlineimap(place: Path, _: Path, mailbox: Mailbox) -> tuple[list[str], Callable[[], Iterator[str]]]:
    """Pull into a Maildir."""
    (place / "offlineimaprc").write_text(
        f"""
[general]
accounts = all
metadata = {place}/state
fsync = yes
ui = quiet
[Account all]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {place}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {mailbox.port}
remoteuser = {ADDRESS}
remotepass = {PASSWORD}
ssl = yes
sslcacertfile = {mailbox.ca_file}
readonly = True
folderfilter = lambda name: name == "INBOX"
"""
    )
    return ["offlineimap", "-c", place / "offlineimaprc", "-o", "-1"], lambda: maildir(place / "mail" / "INBOX")


PROGRAMS = {"gmailsync": gmailsync, "mbsync": mbsync, "offlineimap": offlineimap}


def maildir(folder: Path) -> Iterator[str]:
    """Yield what lies in a Maildir, with the line ends that it had on the wire and without mbsync's own field."""
    for part in ("cur", "new"):
        for path in (folder / part).glob("*"):
            raw = TUID.sub(b"", path.read_bytes().replace(b"\r\n", b"\n"), count=1)
            yield digest(raw.replace(b"\n", b"\r\n"))


# --- measuring ---


def measured(name: str, home: Path, mailbox: Mailbox) -> Run:
    """Run one program once. RuntimeError when what it stored is not what was there."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        command, stored = PROGRAMS[name](Path(folder), home, mailbox)
        environment = os.environ | {"HOME": folder, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        peak: list[float] = [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        watcher.start()
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        watcher.join()
        if Counter(stored()) != mailbox.content:
            raise RuntimeError(
                f"{name} did not store the mailbox (exit {process.returncode}): {output.decode()[-2000:]}"
            )
        return Run(seconds, used.ru_utime + used.ru_stime, peak[0])


def _watch(pid: int, peak: list[float]) -> None:
    """Keep the most memory that the program had, in MB; what wait4 tells includes this process before its exec."""
    try:
        while True:
            status = Path(f"/proc/{pid}/status").read_text()
            peak[0] = max([peak[0], *(int(kb) / 1024 for kb in HIGH_WATER.findall(status))])
            time.sleep(0.02)
    except OSError:
        return


def signed_in(google: SimulatedGoogle, home: Path, network: Path) -> None:
    """Make a home in which the owner of the mailbox has signed in, tested and enabled it."""
    google.add_account(ADDRESS)
    setup = google.correct_setup()
    with App.open(read_settings({}, home=home), network=Network.from_file(network)) as app:
        ports = app.ports
        environment = "https://contoso.crm.dynamics.com"
        profile = NewProfile(
            "Gmail", setup.client.client_id, Secret(setup.client.client_secret), environment, is_default=True
        )
        administration.add_profile(ports, profile)
        administration.add_mailbox(ports, ADDRESS)
        administration.approve(ports, ADDRESS)
        sign_in.finish(ports, google.give_consent(sign_in.begin(ports, ADDRESS).url, ADDRESS))
        trial = test_and_enable.test_and_enable(ports, ADDRESS, enable=True)
        assert trial.ok, trial


def main() -> None:
    """Print one table for each set of mail and each round trip."""
    options = arguments()
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    programs = [name for name in PROGRAMS if name == "gmailsync" or shutil.which(name)]
    programs = [name for name in programs if name in options.programs.split(",")]
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-incoming-")))
        google = stack.enter_context(SimulatedGoogle(clock=LiveClock()))
        (root / "dovecot").mkdir()
        root.chmod(0o755)
        dovecot = stack.enter_context(Dovecot(google.world, root / "dovecot"))
        network = root / "network.json"
        google.network.write(network)
        signed_in(google, root / "home", network)
        for name in options.sets.split(","):
            count, size = SETS[name]
            count = max(1, int(count * options.scale))
            dovecot.forget(ADDRESS)
            dovecot.put(ADDRESS, (message(number, size) for number in range(count)))
            content = Counter(digest(message(number, size)) for number in range(count))
            for milliseconds in map(float, options.round_trips.split(",")):
                with ExitStack() as line:
                    port = dovecot.imap_port
                    if milliseconds:
                        port = line.enter_context(relay(port, milliseconds / 1000))
                    hosts = {**google.network.hosts, "imap.gmail.com:993": f"127.0.0.1:{port}"}
                    replace(google.network, hosts=hosts).write(network)
                    mailbox = Mailbox(port, network, google.network.ca_file, content)
                    print(f"\n{count} messages of {size} bytes, round trip {said(milliseconds)}")
                    compare(programs, root / "home", mailbox, options.rounds)


def said(milliseconds: float) -> str:
    """Tell the round trip that was asked for and, where there is a relay, what it proved to be."""
    return f"{milliseconds:g} ms" + (f" (measured {proven(milliseconds / 1000) * 1000:.1f} ms)" if milliseconds else "")


def compare(programs: list[str], home: Path, mailbox: Mailbox, rounds: int) -> None:
    """Let the programs take turns, and print the medians."""
    runs: dict[str, list[Run]] = {name: [] for name in programs}
    for number in range(rounds):
        for name in programs:
            if name == "offlineimap" and number >= 1:
                continue  # so slow that once tells enough
            runs[name].append(measured(name, home, mailbox))
    count = mailbox.content.total()
    base = statistics.median(run.seconds for run in runs.get("mbsync", runs["gmailsync"]))
    print(f"{'program':12} {'seconds':>8} {'msgs/s':>8} {'speed':>7} {'CPU s':>7} {'peak MB':>8}  runs")
    for name, all_runs in runs.items():
        seconds = statistics.median(run.seconds for run in all_runs)
        cpu = statistics.median(run.cpu for run in all_runs)
        memory = max(run.memory for run in all_runs)
        print(
            f"{name:12} {seconds:8.2f} {count / seconds:8.0f} {base / seconds:6.2f}x {cpu:7.2f} {memory:8.0f}  "
            + " ".join(f"{run.seconds:.2f}" for run in all_runs)
        )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--round-trips", default="0,40")
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    return parser.parse_args()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    main()
