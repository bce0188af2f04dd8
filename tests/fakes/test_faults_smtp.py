"""SMTP conversations in which something goes wrong on purpose, over real sockets because aiosmtpd lives on them."""

from __future__ import annotations

import base64
from itertools import count

import pytest

from fakes.google import SimulatedGoogle

ALICE, BOB = "alice@contoso.com", "bob@contoso.com"
BUSY = b"421 4.7.0 Temporary System Problem. Try again later."


class Talk:
    """A client on port 465 that says one thing and reads one reply; None for a connection that ended."""

    def __init__(self, google: SimulatedGoogle) -> None:
        plain = google.network.dial("smtp.gmail.com", 465)
        self.stream = google.network.ssl_context().wrap_socket(plain, server_hostname="smtp.gmail.com")
        self.lines = self.stream.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.stream.close()

    def say(self, text: bytes) -> bytes | None:
        try:
            self.stream.sendall(text + b"\r\n")
        except OSError:
            return None
        return self.reply()

    def reply(self) -> bytes | None:
        """Return the last line of the next reply."""
        try:
            while (line := self.lines.readline()) and line[3:4] == b"-":
                pass
        except OSError:
            return None
        return line.removesuffix(b"\r\n") if line.endswith(b"\n") else (line or None)


@pytest.fixture
def google(google: SimulatedGoogle) -> SimulatedGoogle:
    """Add Alice, who sends, and Bob, who receives."""
    google.add_account(ALICE)
    google.add_account(BOB)
    return google


def sign_in(google: SimulatedGoogle) -> bytes:
    token = google.access_token(ALICE)
    return b"AUTH XOAUTH2 " + base64.b64encode(f"user={ALICE}\1auth=Bearer {token}\1\1".encode())


def program(google: SimulatedGoogle) -> list[bytes]:
    """Return what sends one message, each step to be followed by a reply."""
    message = b"Subject: hello\r\n\r\nhello\r\n."
    return [
        b"EHLO a",
        sign_in(google),
        b"MAIL FROM:<alice@contoso.com>",
        b"RCPT TO:<bob@contoso.com>",
        b"DATA",
        message,
    ]


def send(google: SimulatedGoogle) -> list[bytes | None]:
    """Say it all until the connection ends; return the replies."""
    replies: list[bytes | None] = []
    with Talk(google) as talk:
        for step in program(google):
            replies.append(talk.say(step))
            if replies[-1] is None or replies[-1][:1] in b"45":
                break
    return replies


def arrived(google: SimulatedGoogle) -> int:
    """Return how many messages Bob has got."""
    return len(google.world.account(BOB).mail.folder("INBOX").uids)


FAILURES = {
    "refused at DATA": ("DATA", "refuse", BUSY, 0),
    "closed before DATA": ("DATA", "close", None, 0),
    "reset before DATA": ("DATA", "reset", None, 0),
    "greylisted": ("RCPT", "answer=450 4.2.1 Try later", b"450 4.2.1 Try later", 0),
    "refused after the dot": ("message", "answer=550 5.4.5 Daily limit", b"550 5.4.5 Daily limit", 0),
    "closed after the dot, not taken": ("message", "close", None, 0),
    "ended in the message": ("message", "close@9", None, 0),
    "taken, and the reply lost": ("message", "lose-reply", None, 1),
    "taken, and the reply to DATA lost": ("DATA", "lose-reply", None, 1),
    "taken, and the reply cut": ("message", "truncate=3", b"250", 1),
    "refused sign-in": ("AUTH", "answer=454 4.7.0 Temporary", b"454 4.7.0 Temporary", 0),
}


@pytest.mark.parametrize(("when", "what", "last", "taken"), FAILURES.values(), ids=FAILURES)
def test_a_submission_goes_wrong_as_told(google, when, what, last, taken) -> None:
    """What the client hears last, and whether the mail was taken all the same."""
    google.faults.add("smtp", when, what, times=1, account=ALICE)

    replies = send(google)

    assert replies[-1] == last
    assert arrived(google) == taken
    assert send(google)[-1].startswith(b"250 2.0.0 OK")


def test_a_connection_is_over_after_421(google) -> None:
    """RFC 5321 section 3.8: the server closes after it says so."""
    google.faults.add("smtp", "NOOP", "refuse")

    with Talk(google) as talk:
        replies = [talk.say(b"NOOP"), talk.reply()]

    assert replies == [BUSY, None]


def test_commands_sent_ahead_are_lost_with_the_connection(google) -> None:
    """What stands in the buffer behind the fault is not carried out."""
    google.faults.add("smtp", "NOOP", "close")
    ahead = [*program(google)[2:4], b"NOOP", *program(google)[4:]]

    with Talk(google) as talk:
        for step in program(google)[:2]:
            talk.say(step)
        replies = [talk.say(b"\r\n".join(ahead)), talk.reply(), talk.reply()]

    assert [reply and reply[:3] for reply in replies] == [b"250", b"250", None]
    assert arrived(google) == 0


def test_a_greeting_goes_wrong_too(google) -> None:
    """The first reply is one like any other; the next client is greeted."""
    google.faults.add("smtp", "greeting", "answer=554 5.7.0 Go away", times=1)

    with Talk(google) as first, Talk(google) as second:
        greetings = [first.greeting, second.greeting[:4]]

    assert greetings == [b"554 5.7.0 Go away", b"220 "]


def test_failing_at_each_wire_event_in_turn_sends_once_or_never(google) -> None:
    """Six steps are twelve events but for the way to the message; only after it was taken the mail is there."""
    happened, taken = [], []

    for n in count(1):
        before = arrived(google)
        event = google.faults.nth_wire_event(n)
        send(google)
        if not event.fired:
            break
        happened.append(event.happened)
        taken.append(arrived(google) - before)

    verbs = ["EHLO", "AUTH", "MAIL", "RCPT"]
    pairs = [f"{moment} smtp {verb}" for verb in verbs for moment in ("before", "after")]
    assert happened == [*pairs, "before smtp DATA", "before smtp message", "after smtp message"]
    assert taken == [0] * 10 + [1]
