"""From click to stored grant in a real Chromium, which finds the simulated Google under Google's own host name.

It is driven over a pipe by the Chrome DevTools Protocol. The pictures it takes are kept in the folder that
`GMAILSYNC_ARTIFACTS` names, or else in the test's own.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import select
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from gmailsync.web.languages import LANGUAGES

ALICE = "alice@contoso.com"
ITS_OWN = ("/ListAccounts", "/favicon.ico")
"""What Chromium asks Google of its own accord, page or no page."""

MOST_PAGES = 5
"""Pages that Google shows before it sends the owner back."""

FILL_IN = """
for (const box of document.querySelectorAll("[type=checkbox]")) box.checked = true;
for (const radio of document.querySelectorAll("[type=radio]")) radio.checked = radio.value === "alice@contoso.com";
document.querySelector("button[value=continue]") ? "button[value=continue]" : "form button";
"""
"""Chooses Alice, ticks every box, and tells what to press."""

PATIENCE = 60.0
"""Seconds for any one answer."""

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
         "--window-size=1100,800")  # fmt: skip


class Tab:
    """One tab. Its calls return when the page they lead to has loaded."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._numbers = count(1)
        self._pending = b""
        self._loads = 0
        self._session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self.call("Page.enable")

    def open(self, url: str) -> None:
        self._until_loaded("Page.navigate", url=url)

    def click(self, selector: str) -> None:
        """Click as a mouse would: where the element is, and only if it is there."""
        found = self.value(
            f"(() => {{ const box = document.querySelector({selector!r}); box.scrollIntoView();"
            " const r = box.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        point = {"x": found[0], "y": found[1], "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **point)
        self._until_loaded("Input.dispatchMouseEvent", type="mouseReleased", **point)

    def value(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params, **self._session}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _until_loaded(self, method: str, **params: Any) -> None:
        before = self._loads
        self.call(method, **params)
        while self._loads == before:
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            assert select.select([self._from], [], [], PATIENCE)[0], "Chromium says nothing"
            read = os.read(self._from, 1 << 16)
            assert read, "Chromium is gone"
            self._pending += read
        line, _, self._pending = self._pending.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._loads += message.get("method") == "Page.loadEventFired"
        return message


@contextmanager
def chromium(profile: Path, hosts: dict[str, str]) -> Iterator[Tab]:
    """Run a browser with a new profile folder, for which `hosts` (host:port) are the addresses they are mapped to."""
    rules = ",".join(f"MAP {name} {address}" for name, address in hosts.items())
    trusted = ",".join(_fingerprint(address) for address in hosts.values())
    read_by_it, to_browser = _pipe()
    from_browser, written_by_it = _pipe()
    command = [
        "bash", "-c", 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"', "bash", str(read_by_it), str(written_by_it),
        "chromium", *FLAGS, f"--user-data-dir={profile}", f"--host-resolver-rules={rules}",
        f"--ignore-certificate-errors-spki-list={trusted}",
    ]  # fmt: skip
    inherited = (read_by_it, written_by_it)
    with subprocess.Popen(command, pass_fds=inherited, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        for descriptor in inherited:
            os.close(descriptor)
        try:
            yield Tab(to_browser, from_browser)
        finally:
            os.close(to_browser)  # it ends with its pipe
            os.close(from_browser)
            try:
                running.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                running.kill()
                raise


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are not 3 and 4, which the browser wants to find its own at."""
    low = os.pipe()
    reads, writes = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return reads, writes


def _fingerprint(address: str) -> str:
    """Return the SHA-256 of a server's public key, as Chromium wants it; the authority's is not in what it is sent."""
    host, _, port = address.rpartition(":")
    certificate = load_pem_x509_certificate(ssl.get_server_certificate((host, int(port)), timeout=PATIENCE).encode())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@pytest.fixture
def pictures(tmp_path, request) -> Path:
    """Name the folder for what the browser shows."""
    kept = os.environ.get("GMAILSYNC_ARTIFACTS")
    folder = Path(kept) / re.sub(r"\W+", "-", request.node.name).strip("-") if kept else tmp_path / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.needs_package("chromium")
def test_an_owner_clicks_through_to_a_stored_grant(
    serving, redirect_here, google, gmailsync, tmp_path, pictures, language
):
    """List, button, Google's pages at accounts.google.com, result; the policy lets all of it through."""
    hosts = {name: address for name, address in google.network.hosts.items() if name.startswith("accounts.google.com:")}
    seen = []

    with serving(), chromium(tmp_path / "chromium", hosts) as tab:
        tab.open(f"{redirect_here}/?lang={language}")
        tab.picture(pictures / "1-mailboxes.png")
        tab.click("button")
        while len(seen) < MOST_PAGES and tab.value("location.origin") == "https://accounts.google.com":
            seen.append(tab.value("document.documentElement.lang"))
            tab.picture(pictures / f"2-google-{len(seen)}.png")
            tab.click(tab.value(FILL_IN))
        tab.picture(pictures / "3-result.png")
        result = tab.value("[location.origin, location.search, document.querySelector('main').innerText]")
        rules = tab.value("document.styleSheets[0].cssRules.length")
        tab.open(f"{redirect_here}/")
        tab.picture(pictures / "4-mailboxes.png")

    with google.world.lock:
        google.world.unimitated[:] = [asked for asked in google.world.unimitated if not asked.endswith(ITS_OWN)]
    assert set(seen) == {language}
    assert result[:2] == [redirect_here, ""]
    assert LANGUAGES[language].signed_in_as.format(address=ALICE) in result[2]
    assert rules > 0
    assert gmailsync("status", "--json").json["mailboxes"][0]["state"] == "not_approved"
