"""Plain mail clients in the same process: lines said to a session without sockets, and smtplib by a network map."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable

from fakes.actions import Send
from fakes.imap.session import ImapSession
from fakes.pop.session import PopSession

Say = Callable[[bytes], bytes]
"""Say a line and return the answer."""


def speaking_to(session: ImapSession | PopSession, tag: bytes = b"") -> Say:
    """Return how to talk to a session; every line but a literal begins with the tag."""
    awaited = False

    def say(line: bytes) -> bytes:
        nonlocal awaited
        answer = b""
        data = (b"" if awaited else tag) + line + b"\r\n"
        while actions := session.receive(data):
            answer += b"".join(action.data for action in actions if isinstance(action, Send))
            data = b""
        awaited = answer.startswith(b"+ ")
        return answer

    return say


class Smtp(smtplib.SMTP):
    """smtplib at smtp.gmail.com, dialled by the network map."""

    def __init__(self, dial: Callable[[str, int], socket.socket], trust: ssl.SSLContext) -> None:
        self._dial, self._trust = dial, trust
        super().__init__("smtp.gmail.com", 465, local_hostname="machine.example")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - smtplib's
        return self._trust.wrap_socket(self._dial(host, port), server_hostname=host)
