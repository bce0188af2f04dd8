"""Mail that arrives in mailboxes of ours, and cycles that go well."""

from __future__ import annotations

from itertools import count
from typing import Any

from gmailsync.flows import cycle
from gmailsync.ports import Ports


class Arriving:
    """A simulated Google that mail arrives at, and the product that reads it. `sender` writes where nobody is named."""

    def __init__(self, google: Any, ports: Ports, sender: str) -> None:
        self.google, self.ports = google, ports
        self._sender, self._numbers = sender, count(1)

    def arrive(
        self,
        *addresses: str,
        sender: str = "",
        to: str = "",
        subject: str = "Hello",
        headers: str = "",
        body: str = "text",
    ) -> str:
        """Let a message arrive in mailboxes; return its Message-ID."""
        message_id = f"<{next(self._numbers)}@fabrikam.com>"
        head = (
            f"From: {sender or self._sender}\r\nTo: {to or ', '.join(addresses)}\r\nSubject: {subject}\r\n"
            f"Message-ID: {message_id}\r\n{headers}"
        )
        for address in addresses:
            self.google.deliver(address, f"{head}\r\n{body}\r\n".encode())
        return message_id

    def sync(self, first: str, *others: str) -> None:
        """Run a cycle of each."""
        for address in (first, *others):
            done = cycle.run(self.ports, address)
            assert done.ok, done.errors
