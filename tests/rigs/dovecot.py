"""A real Dovecot in a temporary folder, which takes the simulated Google's tokens: a server that we did not write.

with Dovecot(google.world, folder) as dovecot:
    network = Network(hosts=google.network.hosts | dovecot.hosts, ca_file=google.network.ca_file)

It answers as imap.gmail.com and pop.gmail.com, asks the simulated tokeninfo about every XOAUTH2 and OAUTHBEARER token,
which has to be good for mail and to tell the address, and lets anybody in by the password `PASSWORD`. CONDSTORE is
offered and QRESYNC is not, as at Gmail.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from fakes import tls
from fakes.oauth.handler import handle
from fakes.oauth.http import Request
from fakes.world import World

PROGRAM = "/usr/sbin/dovecot"
PASSWORD = "correct-horse"
UNPRIVILEGED = 65534
"""Who runs it when we are root: Dovecot gives no mail to root."""

CAPABILITIES = (
    "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ NAMESPACE UNSELECT CHILDREN LIST-EXTENDED LIST-STATUS "
    "SPECIAL-USE UIDPLUS MOVE ESEARCH CONDSTORE"
)

CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
auth_mechanisms = plain login xoauth2 oauthbearer
disable_plaintext_auth = no
imap_capability = {capabilities}
mail_location = maildir:~/mail
mail_fsync = never
mail_max_userip_connections = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = create
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {pop}
    ssl = yes
  }}
}}
"""

OAUTH2 = """\
tokeninfo_url = http://127.0.0.1:{port}/tokeninfo?access_token=
username_attribute = email
scope = https://mail.google.com/
"""


class Dovecot:
    """One server with mailboxes of its own under `folder`, which has to exist; it runs within a `with`."""

    def __init__(self, world: World, folder: Path) -> None:
        self.folder = folder
        self._world = world
        self._closing = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.imap_port, self.pop_port = _free_ports(2)

    @property
    def hosts(self) -> Mapping[str, str]:
        """Gmail's addresses, led here."""
        return {
            "imap.gmail.com:993": f"127.0.0.1:{self.imap_port}",
            "pop.gmail.com:995": f"127.0.0.1:{self.pop_port}",
        }

    def __enter__(self) -> Self:
        tokeninfo = ThreadingHTTPServer(("127.0.0.1", 0), _tokeninfo(self._world))
        thread = threading.Thread(target=tokeninfo.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self._closing.callback(thread.join)
        self._closing.callback(tokeninfo.server_close)
        self._closing.callback(tokeninfo.shutdown)
        try:
            self._start(tokeninfo.server_port)
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def maildir(self, address: str) -> Path:
        """Return the folder of the user's Inbox."""
        return self.folder / "home" / address / "mail"

    def put(self, address: str, messages: Iterable[bytes]) -> None:
        """Lay messages into the user's Inbox, as fast as files can be written.

        They are named as Dovecot names what it delivers: with their size as it lies there, and as IMAP tells it.
        Without the latter it would read every message before it lists them.
        """
        inbox = self.maildir(address)
        for part in ("cur", "new", "tmp"):
            (inbox / part).mkdir(parents=True, exist_ok=True)
        for number, raw in enumerate(messages, 1 + len(os.listdir(inbox / "cur"))):  # noqa: PTH208 - ten times faster
            told = len(raw) + raw.count(b"\n") - raw.count(b"\r\n")
            (inbox / "cur" / f"{1700000000 + number}.M{number}.rig,S={len(raw)},W={told}:2,").write_bytes(raw)
        self._give(self.folder / "home")

    def forget(self, address: str) -> None:
        """Take the user's mail away."""
        shutil.rmtree(self.maildir(address), ignore_errors=True)

    def log(self) -> str:
        """Return what Dovecot has to say."""
        return (self.folder / "log").read_text(errors="replace")

    # --- starting ---

    def _start(self, tokeninfo_port: int) -> None:
        self.folder.chmod(0o755)
        certificate = tls.authority().issue_cert(
            "imap.gmail.com", "pop.gmail.com", "localhost", common_name="localhost"
        )
        certificate.private_key_pem.write_to_path(str(self.folder / "key.pem"))
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(str(self.folder / "cert.pem"), append=True)
        user, group, uid, gid = _runner()
        configuration = CONFIGURATION.format(
            folder=self.folder,
            user=user,
            group=group,
            uid=uid,
            gid=gid,
            password=PASSWORD,
            capabilities=CAPABILITIES,
            imap=self.imap_port,
            pop=self.pop_port,
        )
        (self.folder / "dovecot.conf").write_text(configuration)
        (self.folder / "oauth2.conf").write_text(OAUTH2.format(port=tokeninfo_port))
        for name in ("home", "run"):
            (self.folder / name).mkdir(exist_ok=True)
        self._give(self.folder)
        command = [PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")]
        identity = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, **identity)  # type: ignore[call-overload]
        self._closing.callback(self._stop)
        self._wait()

    def _wait(self) -> None:
        """Wait until it greets. RuntimeError with its own words when it does not come up."""
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.imap_port), timeout=5):
                    return
            except ConnectionRefusedError:
                pass
            try:
                self._process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            break
        raise RuntimeError(f"Dovecot did not start: {self._process.stderr.read().decode()}")

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stderr.close()

    def _give(self, path: Path) -> None:
        """Hand files to the user who runs Dovecot."""
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{UNPRIVILEGED}:{UNPRIVILEGED}", str(path)], check=True)


def _runner() -> tuple[str, str, int, int]:
    """Return the names and numbers of the user and group who run Dovecot."""
    uid = UNPRIVILEGED if os.geteuid() == 0 else os.getuid()
    user = pwd.getpwuid(uid)
    return user.pw_name, grp.getgrgid(user.pw_gid).gr_name, uid, user.pw_gid


def _free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago; Dovecot cannot be asked for just any."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def _tokeninfo(world: World) -> type[BaseHTTPRequestHandler]:
    """Return a handler that passes a question on to the simulated tokeninfo; Dovecot asks it without TLS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            request = Request("GET", "oauth2.googleapis.com", parts.path, parts.query, {}, b"")
            with world.lock:
                response = handle(world, request)
            self.send_response(response.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
