"""How fast and how large the simulated IMAP is, beside Dovecot where that is installed.

Run it with `python tests/benchmarks/imap.py`. It prints medians and asserts nothing.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes import tls
from fakes.google import SimulatedGoogle
from fakes.imap.session import ImapSession

ALICE = "alice@contoso.com"
MANY = 100_000
FETCHED = 5_000
SESSIONS = 200
RUNS = 5
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
BUFFER = bytearray(1 << 18)
LARGE = b"y" * 70 + b"\r\n"


def small(number: int) -> bytes:
    """Return a small message."""
    return (
        b"From: Bob <bob@fabrikam.example>\r\nTo: alice@contoso.com\r\nSubject: Hello %d\r\n"
        b"Message-ID: <%d@fabrikam.example>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nhello\r\n" % (number, number)
    )


def large(number: int) -> bytes:
    """Return a message of 4 kB."""
    return small(number) + LARGE * 54


def timed(act: Callable[[], object]) -> float:
    """Return how long something takes, in milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def median(act: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median of the runs, in milliseconds, after one that does not count."""
    act()
    return statistics.median(timed(act) for _ in range(runs))


def tell(what: str, figure: float, unit: str = "ms") -> None:
    """Print one figure."""
    print(f"{what:<64}{figure:>10.1f} {unit}", flush=True)


class Plain:
    """A client that reads as fast as it can and understands nothing but tags."""

    def __init__(self, address: str, context: ssl.SSLContext, name: str) -> None:
        host, _, port = address.rpartition(":")
        plain = socket.create_connection((host, int(port)), timeout=30)
        self._socket = context.wrap_socket(plain, server_hostname=name)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = BUFFER
        self._socket.recv(1 << 16)

    def do(self, command: str) -> int:
        """Send a command; return how many bytes came until it was answered."""
        self._socket.sendall(f"a {command}\r\n".encode())
        size = 0
        tail = b""
        while True:
            count = self._socket.recv_into(self._buffer)
            if not count:
                raise ConnectionError(tail.decode("utf-8", "replace"))
            size += count
            tail = (tail + bytes(self._buffer[max(0, count - 2000) : count]))[-2000:]
            if tail.endswith(b"\r\n") and tail[tail.rfind(b"\n", 0, -2) + 1 :].startswith(b"a "):
                return size

    def say(self, command: str) -> None:
        """Send a command and read the first that comes of the answer."""
        self._socket.sendall(f"a {command}\r\n".encode())
        self._socket.recv_into(self._buffer)

    def close(self) -> None:
        """Leave without a word."""
        self._socket.close()


def trusting() -> ssl.SSLContext:
    """Return a TLS context that trusts the simulated Google."""
    return ssl.create_default_context(cafile=str(tls.ca_file()))


def credentials(google: SimulatedGoogle, address: str = ALICE) -> str:
    """Return the XOAUTH2 response of an account."""
    return b64encode(f"user={address}\x01auth=Bearer {google.access_token(address)}\x01\x01".encode()).decode()


def measure_mailbox() -> None:
    """Measure a mailbox of many small messages, without a socket between."""
    google = SimulatedGoogle()
    google.add_account(ALICE)

    def seed() -> None:
        for number in range(MANY):
            google.world.deliver(ALICE, small(number), internal_date=BEGAN + timedelta(minutes=number))

    tell(f"seeding {MANY:,} messages", timed(seed))
    session = ImapSession(google.world)
    session.connected()
    session.receive(f"a AUTHENTICATE XOAUTH2 {credentials(google)}\r\n".encode())
    for command in (
        "SELECT INBOX",
        "UID SEARCH SINCE 1-Feb-2024",
        "UID SEARCH ALL",
        "UID SEARCH RETURN (COUNT) UNSEEN",
        "UID FETCH 1:* (FLAGS)",
        "STATUS INBOX (MESSAGES UNSEEN)",
    ):
        line = f"a {command}\r\n".encode()
        tell(f"{command} of {MANY:,}", median(lambda line=line: session.receive(line)))  # type: ignore[misc]  # bound now


def measure_fetch() -> None:
    """Measure a full fetch over TLS, and the same of Dovecot."""
    with SimulatedGoogle() as google:
        account = google.add_account(ALICE)
        for number in range(FETCHED):
            account.mail.add(large(number), labels=["\\Inbox"])
        client = Plain(google.network.hosts["imap.gmail.com:993"], trusting(), "imap.gmail.com")
        client.do(f"AUTHENTICATE XOAUTH2 {credentials(google)}")
        client.do("SELECT INBOX")
        ours = _fetches(client, "simulated Gmail")
    if DOVECOT is None or os.geteuid():
        print("Dovecot is not installed, or this is not root: nothing to compare with")
        return
    with dovecot() as (address, context):
        client = Plain(address, context, "localhost")
        client.do("LOGIN alice secret")
        client.do("SELECT INBOX")
        theirs = _fetches(client, "Dovecot")
    for what in ours:
        tell(f"{what}: simulated Gmail's throughput of Dovecot's", 100 * theirs[what] / ours[what], "%")


def _fetches(client: Plain, name: str) -> dict[str, float]:
    took = {}
    for what, command in (("full fetch", "UID FETCH 1:* (UID FLAGS BODY.PEEK[])"), ("flags", "UID FETCH 1:* (FLAGS)")):
        size = client.do(command)
        took[what] = median(lambda command=command: client.do(command))  # type: ignore[misc]  # bound now
        tell(f"{what} of {FETCHED:,}, {size / 1e6:.1f} MB, {name}", took[what])
    client.close()
    return took


@contextmanager
def dovecot() -> Iterator[tuple[str, ssl.SSLContext]]:
    """Run a Dovecot with the same messages; yields its address and a context for it."""
    with tempfile.TemporaryDirectory() as where:
        home = Path(where)
        home.chmod(0o755)
        for folder in ("cur", "new", "tmp"):
            (home / "mail" / folder).mkdir(parents=True)
        for number in range(FETCHED):
            (home / "mail" / "cur" / f"{1_700_000_000 + number}.M{number}.host:2,").write_bytes(large(number))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        certificate = ("-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2")
        files = ("-keyout", str(home / "key.pem"), "-out", str(home / "cert.pem"))
        subprocess.run(["openssl", "req", "-x509", *certificate, *files], check=True, capture_output=True)
        (home / "users").write_text("alice:{PLAIN}secret:8:8::/tmp::\n")
        (home / "dovecot.conf").write_text(
            f"protocols = imap\nbase_dir = {home}/run\nlog_path = {home}/log\nssl = required\n"
            f"ssl_cert = <{home}/cert.pem\nssl_key = <{home}/key.pem\nmail_location = maildir:{home}/mail\n"
            f"service imap-login {{\n inet_listener imap {{\n port = 0\n }}\n"
            f" inet_listener imaps {{\n address = 127.0.0.1\n port = {port}\n ssl = yes\n }}\n}}\n"
            f"passdb {{\n driver = passwd-file\n args = {home}/users\n}}\n"
            f"userdb {{\n driver = passwd-file\n args = {home}/users\n}}\nfirst_valid_uid = 8\nfirst_valid_gid = 8\n"
        )
        subprocess.run(["chown", "-R", "8:8", str(home / "mail")], check=True)
        server = subprocess.Popen([DOVECOT or "", "-F", "-c", str(home / "dovecot.conf")])
        try:
            for _ in range(200):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            context = ssl.create_default_context(cafile=str(home / "cert.pem"))
            context.check_hostname = False
            yield f"127.0.0.1:{port}", context
        finally:
            server.terminate()
            server.wait()


def measure_sessions() -> None:
    """Measure idle sessions, a whole visit, and the life of a world."""
    with SimulatedGoogle() as google:
        google.add_account(ALICE)
        address = google.network.hosts["imap.gmail.com:993"]
        context = trusting()
        response = credentials(google)

        def visit() -> Plain:
            client = Plain(address, context, "imap.gmail.com")
            client.do(f"AUTHENTICATE XOAUTH2 {response}")
            client.do("SELECT INBOX")
            return client

        def visit_and_leave() -> None:
            client = visit()
            client.do("LOGOUT")
            client.close()

        tell("login, select, logout over TLS", median(visit_and_leave, 31))
    tell("world start", median(lambda: SimulatedGoogle().start().stop(), 31))
    running = [SimulatedGoogle().start() for _ in range(31)]
    tell("world stop", statistics.median(timed(google.stop) for google in running))
    tell("import fakes.google, a whole Python", median(lambda: _python("import fakes.google")))
    tell("a Python that imports nothing", median(lambda: _python("pass")))
    tell(f"{SESSIONS} idle sessions", _idle_megabytes(), "MB")


def _python(program: str) -> None:
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", program], check=True, env=compiled)


def _idle_megabytes() -> float:
    """Return by how much this process grows, which the clients are no part of."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with SimulatedGoogle() as google:
        accounts = [google.add_account(f"user{number}@contoso.com") for number in range(SESSIONS)]
        responses = [credentials(google, account.address) for account in accounts]
        address = google.network.hosts["imap.gmail.com:993"]
        gc.collect()
        before = _resident()
        child = subprocess.Popen(
            [sys.executable, __file__, "--hold", address, google.network.ca_file],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin
        assert child.stdout
        child.stdin.write("".join(f"{response}\n" for response in responses) + "\n")
        child.stdin.flush()
        child.stdout.readline()
        grown = _resident() - before
        child.communicate()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return grown / 1e6


def hold(address: str, ca_file: str) -> None:
    """Keep a session in IDLE for each response on standard input, until that ends."""
    context = ssl.create_default_context(cafile=ca_file)
    clients = []
    while response := sys.stdin.readline().strip():
        client = Plain(address, context, "imap.gmail.com")
        client.do(f"AUTHENTICATE XOAUTH2 {response}")
        client.do("SELECT INBOX")
        client.say("IDLE")
        clients.append(client)
    print("ready", flush=True)
    sys.stdin.read()


def _resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    """Measure everything."""
    measure_sessions()
    measure_fetch()
    measure_mailbox()


if __name__ == "__main__":
    hold(*sys.argv[2:]) if sys.argv[1:2] == ["--hold"] else main()
